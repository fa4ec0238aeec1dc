import type { Source } from './job-record.ts';

/** Source and ref in one, as SPDX download locations write them: `git+https://host/path@refs/heads/main`. */
export function sourceWithRef({ uri, ref }: Source): string {
  return ref === undefined ? uri : `${uri}@${ref}`;
}
