/** What a key is, by the names that people know, to say what was found where something else was expected. */
import { oidOf, sequenceOf, TAG, type DerElement } from './der.ts';
import { KeyError } from './errors.ts';

/** The two algorithms of this toolchain, as `KeyAlgorithm` and in words. */
export const ED25519_OID = '1.3.101.112';
export const EC_OID = '1.2.840.10045.2.1';
export const P256_OID = '1.2.840.10045.3.1.7';

const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.1': 'an RSA',
  '1.2.840.113549.1.1.10': 'an RSA-PSS',
  '1.2.840.10040.4.1': 'a DSA',
  '1.2.840.113549.1.3.1': 'a Diffie-Hellman',
  '1.3.101.110': 'an X25519',
  '1.3.101.111': 'an X448',
  [ED25519_OID]: 'an Ed25519',
  '1.3.101.113': 'an Ed448',
  [P256_OID]: 'an ECDSA P-256',
  '1.3.132.0.34': 'an ECDSA P-384',
  '1.3.132.0.35': 'an ECDSA P-521',
  '1.3.132.0.10': 'an ECDSA secp256k1',
  '2.16.840.1.101.3.4.3.17': 'an ML-DSA-44',
  '2.16.840.1.101.3.4.3.18': 'an ML-DSA-65',
  '2.16.840.1.101.3.4.3.19': 'an ML-DSA-87',
};

/** AlgorithmIdentifier of SPKI and PKCS#8: the algorithm, and the curve where it has one. */
export interface AlgorithmId {
  readonly oid: string;
  readonly curve: string | undefined;
}

/** Reads an AlgorithmIdentifier (RFC 5280, 4.1.1.2) of any algorithm; parameters other than a named curve are not looked at. */
export function parseAlgorithmId(element: DerElement | undefined): AlgorithmId {
  const [oid, parameters, ...rest] = sequenceOf(element);
  if (rest.length > 0)
    throw new KeyError('ERR_KEY_FORMAT', 'the key is not valid DER: more than one parameter');
  const algorithm = oidOf(oid);
  if (algorithm === ED25519_OID && parameters !== undefined) {
    throw new KeyError('ERR_KEY_FORMAT', 'an Ed25519 key has no parameters (RFC 8410)');
  }
  const namedCurve = algorithm === EC_OID && parameters?.tag === TAG.oid;
  return { oid: algorithm, curve: namedCurve ? oidOf(parameters) : undefined };
}

/** "an RSA", "an ECDSA P-384", "an unknown (1.2.3)": to be followed by "key". */
export function nameOf({ oid, curve }: AlgorithmId): string {
  if (oid === EC_OID && curve === undefined) return 'an ECDSA (explicit curve)';
  return NAMES[curve ?? oid] ?? `an unknown (${curve ?? oid})`;
}

/** A name out of a file that nobody vouches for, fit for a terminal. */
export function printableName(name: string): string {
  return /^[\x21-\x7e]{1,64}$/.test(name) ? name : '(unprintable)';
}
