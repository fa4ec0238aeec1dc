import type { PublicKey } from '@danube/keys';
import { encodeHex } from 'in-toto-attestation';
import { patternProblem } from './identity-pattern.ts';
import type {
  TimestampAuthority,
  TrustedBuilder,
  TrustedCertificate,
  TrustedKey,
  TrustRoot,
} from './trust-root.ts';

/** What is wrong, and where: a JSON pointer (RFC 6901) into the trust root. */
export interface Contradiction {
  readonly pointer: string;
  readonly message: string;
}

/** The first thing in a trust root that cannot mean what it says; `undefined` when all of it can. */
export function findContradiction(root: TrustRoot): Contradiction | undefined {
  const { keys, builders, verifiers = [], sigstore = [], timestampAuthorities = [] } = root;
  return (
    checkHead(root) ??
    firstOf(keys, '/keys', checkKey) ??
    duplicate(
      keys.map(({ publicKey }) => keyOf(publicKey)),
      '/keys',
      'the key',
    ) ??
    duplicate(namesOf(sigstore), '/sigstore', 'the name') ??
    firstOf(builders, '/builders', (builder) => checkBuilder(builder, root)) ??
    duplicate(idsOf(builders), '/builders', 'the builder') ??
    firstOf(verifiers, '/verifiers', (verifier) => checkSigners(verifier, root)) ??
    duplicate(idsOf(verifiers), '/verifiers', 'the verifier') ??
    firstOf(timestampAuthorities, '/timestampAuthorities', checkAuthority) ??
    duplicate(namesOf(timestampAuthorities), '/timestampAuthorities', 'the name')
  );
}

function checkHead({ version, expires, builders, verifiers = [] }: TrustRoot): Contradiction | undefined {
  if (!Number.isSafeInteger(version) || version < 1)
    return at('/version', 'must be a whole number from 1 on');
  if (!isDate(expires)) return at('/expires', 'must be a time');
  if (builders.length + verifiers.length === 0)
    return at('', 'names no builder and no verifier: nothing could be trusted');
  return undefined;
}

function checkKey({ revoked, ...window }: TrustedKey): Contradiction | undefined {
  const problem = checkWindow(window);
  if (problem !== undefined) return problem;
  if (revoked !== undefined && !isDate(revoked.since)) return at('/revoked/since', 'must be a time');
  return undefined;
}

function checkWindow({
  notBefore,
  notAfter,
}: {
  readonly notBefore: Date;
  readonly notAfter: Date;
}): Contradiction | undefined {
  if (!isDate(notBefore)) return at('/notBefore', 'must be a time');
  if (!isDate(notAfter)) return at('/notAfter', 'must be a time');
  if (notBefore > notAfter) return at('/notAfter', 'is before notBefore: it could never sign');
  return undefined;
}

function checkAuthority({ certificates, ...window }: TimestampAuthority): Contradiction | undefined {
  if (certificates.length === 0) return at('/certificates', 'holds no certificate');
  return checkWindow(window);
}

function checkBuilder(builder: TrustedBuilder, root: TrustRoot): Contradiction | undefined {
  const { certificates, maxLevel, buildTypes, sources } = builder;
  if (certificates?.length === 0)
    return at('/certificates', 'is empty; leave it out when only keys sign for it');
  return (
    firstOf(certificates ?? [], '/certificates', (certificate) => checkCertificate(certificate, root)) ??
    duplicate((certificates ?? []).map(describeCertificate), '/certificates', 'the entry') ??
    checkSigners(builder, root) ??
    ([1, 2, 3].includes(maxLevel) ? undefined : at('/maxLevel', 'must be 1, 2 or 3')) ??
    checkList(buildTypes, '/buildTypes', () => undefined) ??
    checkList(sources, '/sources', patternProblem)
  );
}

function checkCertificate(
  { sigstore, identity, issuer }: TrustedCertificate,
  root: TrustRoot,
): Contradiction | undefined {
  if (!namesOf(root.sigstore ?? []).includes(sigstore)) return at('/sigstore', 'is no name in /sigstore');
  for (const [pointer, pattern] of [
    ['/identity', identity],
    ['/issuer', issuer],
  ] as const) {
    const problem = pattern === '' ? 'must not be empty' : patternProblem(pattern);
    if (problem !== undefined) return at(pointer, problem);
  }
  return undefined;
}

/** Who signs for a builder or a verifier. All certificates together are one signer: an attestation has one at most. */
function checkSigners(
  {
    id,
    keys,
    certificates = [],
    threshold,
  }: Pick<TrustedBuilder, 'id' | 'keys' | 'certificates' | 'threshold'>,
  root: TrustRoot,
): Contradiction | undefined {
  if (id === '') return at('/id', 'must not be empty');
  if (keys.length + certificates.length === 0) return at('/keys', 'names no key: nobody could sign for it');
  const stranger = keys.findIndex((key) => !root.keys.some(({ publicKey }) => publicKey === key));
  if (stranger !== -1) return at(`/keys/${stranger}`, 'is no key of this trust root');
  const twice = duplicate(keys.map(keyOf), '/keys', 'the key');
  if (twice !== undefined) return twice;
  if (!Number.isInteger(threshold) || threshold < 1)
    return at('/threshold', 'must be a whole number from 1 on');
  const signers = keys.length + Math.min(certificates.length, 1);
  if (threshold > signers) return at('/threshold', `is more than the ${signers} that can sign for it`);
  return undefined;
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

function idsOf(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id);
}

function describeCertificate({ sigstore, identity, issuer }: TrustedCertificate): string {
  return JSON.stringify([sigstore, identity, issuer]);
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
