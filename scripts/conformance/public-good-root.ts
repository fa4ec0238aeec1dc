import { join } from 'node:path';
import { openSource, UnreadableError, type Source } from './folder.ts';

/** The trusted root of Sigstore's public instance, which lies in a folder beside the vectors that need it. */
export function publicGoodRoot(source: Source): Uint8Array {
  const beside = openSource(source.path(join('..', 'sigstore-trusted-root')));
  const path = beside.files.find((name) => name.endsWith('trusted_root.json'));
  if (path === undefined)
    throw new UnreadableError('there is no trusted_root.json in ../sigstore-trusted-root');
  return beside.bytes(path);
}
