import type { PublicKey } from '@danube/keys';
import { encodeHex } from 'in-toto-attestation';
import { patternProblem } from './identity-pattern.ts';
import type { TrustedBuilder, TrustedKey, TrustRoot } from './trust-root.ts';

/** What is wrong, and where: a JSON pointer (RFC 6901) into the trust root. */
export interface Contradiction {
  readonly pointer: string;
  readonly message: string;
}

/** The first thing in a trust root that cannot mean what it says; `undefined` when all of it can. */
export function findContradiction(root: TrustRoot): Contradiction | undefined {
  return (
    checkHead(root) ??
    firstOf(root.keys, '/keys', checkKey) ??
    duplicate(
      root.keys.map(({ publicKey }) => keyOf(publicKey)),
      '/keys',
      'the key',
    ) ??
    firstOf(root.builders, '/builders', (builder) => checkBuilder(builder, root)) ??
    duplicate(
      root.builders.map(({ id }) => id),
      '/builders',
      'the builder',
    )
  );
}

function checkHead({ version, expires, keys, builders }: TrustRoot): Contradiction | undefined {
  if (!Number.isSafeInteger(version) || version < 1)
    return at('/version', 'must be a whole number from 1 on');
  if (!isDate(expires)) return at('/expires', 'must be a time');
  if (keys.length === 0) return at('/keys', 'holds no key: nothing could be trusted');
  if (builders.length === 0) return at('/builders', 'holds no builder: nothing could be trusted');
  return undefined;
}

function checkKey({ notBefore, notAfter, revoked }: TrustedKey): Contradiction | undefined {
  if (!isDate(notBefore)) return at('/notBefore', 'must be a time');
  if (!isDate(notAfter)) return at('/notAfter', 'must be a time');
  if (notBefore > notAfter) return at('/notAfter', 'is before notBefore: the key could never sign');
  if (revoked !== undefined && !isDate(revoked.since)) return at('/revoked/since', 'must be a time');
  return undefined;
}

function checkBuilder(builder: TrustedBuilder, root: TrustRoot): Contradiction | undefined {
  const { id, keys, threshold, maxLevel, buildTypes, sources } = builder;
  if (id === '') return at('/id', 'must not be empty');
  if (keys.length === 0) return at('/keys', 'names no key: nobody could sign for it');
  const stranger = keys.findIndex((key) => !root.keys.some(({ publicKey }) => publicKey === key));
  if (stranger !== -1) return at(`/keys/${stranger}`, 'is no key of this trust root');
  const twice = duplicate(keys.map(keyOf), '/keys', 'the key');
  if (twice !== undefined) return twice;
  if (!Number.isInteger(threshold) || threshold < 1)
    return at('/threshold', 'must be a whole number from 1 on');
  if (threshold > keys.length)
    return at('/threshold', `is more than the ${keys.length} key(s) of the builder`);
  if (![1, 2, 3].includes(maxLevel)) return at('/maxLevel', 'must be 1, 2 or 3');
  return (
    checkList(buildTypes, '/buildTypes', () => undefined) ?? checkList(sources, '/sources', patternProblem)
  );
}

/** A list that is there and empty would trust nothing by one reading and anything by another. */
function checkList(
  list: readonly string[] | undefined,
  pointer: string,
  problemOf: (text: string) => string | undefined,
): Contradiction | undefined {
  if (list === undefined) return undefined;
  if (list.length === 0) return at(pointer, 'is empty; leave it out when it does not matter');
  return (
    firstOf(list, pointer, (text) => {
      const problem = text === '' ? 'must not be empty' : problemOf(text);
      return problem === undefined ? undefined : at('', problem);
    }) ?? duplicate(list, pointer, 'the entry')
  );
}

function duplicate(names: readonly string[], pointer: string, what: string): Contradiction | undefined {
  const index = names.findIndex((name, position) => names.indexOf(name) !== position);
  return index === -1 ? undefined : at(`${pointer}/${index}`, `${what} is there twice`);
}

function firstOf<T>(
  items: readonly T[],
  pointer: string,
  check: (item: T) => Contradiction | undefined,
): Contradiction | undefined {
  for (const [index, item] of items.entries()) {
    const found = check(item);
    if (found !== undefined) return at(`${pointer}/${index}${found.pointer}`, found.message);
  }
  return undefined;
}

function at(pointer: string, message: string): Contradiction {
  return { pointer, message };
}

function keyOf({ spki }: PublicKey): string {
  return encodeHex(spki);
}

function isDate(value: Date): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
