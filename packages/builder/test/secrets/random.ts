/** Values that look random and are the same in every run. */
export interface Random {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  text(length: number, alphabet: string): string;
  hex(length: number): string;
  bytes(length: number): Uint8Array;
  uuid(): string;
  password(): string;
}

/** mulberry32 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const text = (length: number, alphabet: string): string =>
    Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
  const hex = (length: number): string => text(length, '0123456789abcdef');
  return {
    below,
    text,
    hex,
    pick: (items) => items[below(items.length)]!,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    uuid: () => [8, 4, 4, 4, 12].map((length) => hex(length)).join('-'),
    password: () => `${text(4, 'bcdfghjk')}${text(3, '23456789')}${text(2, '_+!')}${text(4, 'BCDFGHJK')}`,
  };
}
