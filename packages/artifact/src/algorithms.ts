/** Digest algorithms that a file can be hashed with, all in one pass. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** Lower-case hex digits of each algorithm. */
export const HEX_DIGITS: ReadonlyMap<HashAlgorithm, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** @throws TypeError for an empty list, an unknown algorithm, or one that is named twice */
export function checkAlgorithms(algorithms: readonly HashAlgorithm[]): void {
  if (algorithms.length === 0) throw new TypeError('no digest algorithm');
  if (new Set(algorithms).size < algorithms.length) throw new TypeError('a digest algorithm is named twice');
  for (const algorithm of algorithms) {
    if (!HEX_DIGITS.has(algorithm))
      throw new TypeError(`not a digest algorithm of this package: ${algorithm}`);
  }
}
