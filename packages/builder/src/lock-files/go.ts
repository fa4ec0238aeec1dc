import { base64Digest, type LockedDependency } from './locked.ts';
import type { LockFileReader } from './table.ts';

/**
 * go.sum (go.dev/ref/mod, "go.sum files"): `h1:` is the hash of the list of a module's files, not of one file, which in-toto
 * calls dirHash. A line of `VERSION/go.mod` is about that file of the module alone.
 */
export function readGoSum(reader: LockFileReader, text: string): LockedDependency[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `line ${index + 1}`;
    const [module, version, hash, ...more] = line.trim().split(/\s+/);
    const base64 = hash?.startsWith('h1:') === true ? hash.slice('h1:'.length) : '';
    const dirHash = base64Digest('sha256', base64);
    if (module === undefined || version === undefined || dirHash === undefined || more.length > 0) {
      throw reader.wrong(place, 'expected module, version and "h1:" with a hash in base64');
    }
    const isModFile = version.endsWith('/go.mod');
    const plain = isModFile ? version.slice(0, -'/go.mod'.length) : version;
    return [
      {
        uri: reader.purl(place, 'golang', module, plain, {}, isModFile ? 'go.mod' : undefined),
        digest: { dirHash },
      },
    ];
  });
}
