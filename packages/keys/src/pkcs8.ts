/** PKCS#8 of an Ed25519 key (RFC 8410, section 7), not encrypted. */
import { contentOf, integerOf, parseDer, sequenceOf, TAG, type DerElement } from './der.ts';
import { ED25519_PKCS8_PREFIX } from './ed25519-der.ts';
import { ED25519_KEY_LENGTH } from './ed25519-profile.ts';
import { KeyError } from './errors.ts';
import { ED25519_OID, nameOf, parseAlgorithmId, P256_OID, type AlgorithmId } from './key-type.ts';
import { concatBytes } from './secret.ts';

/** Context tag [1], primitive: the public key that version 2 (RFC 5958) may carry. */
const TAG_PUBLIC_KEY = 0x81;

/** A seed, and the public half that the file claims for it. Both are views into what was parsed. */
export interface SeedAndClaim {
  readonly seed: Uint8Array;
  readonly claimedPublicKey?: Uint8Array;
}

/**
 * Reads version 1, and version 2 with its public key, which the caller must compare with the derived one: OpenSSL 3.5
 * does not. Throws `KeyError` ERR_KEY_FORMAT, or ERR_KEY_ALGORITHM for a key that is not Ed25519.
 */
export function parsePkcs8(der: Uint8Array): SeedAndClaim {
  const [version, algorithm, privateKey, ...optional] = sequenceOf(parseDer(der));
  const versionNumber = integerOf(version);
  const algorithmId = parseAlgorithmId(algorithm);
  if (algorithmId.oid !== ED25519_OID) throw notEd25519(algorithmId);
  const seed = contentOf(parseDer(contentOf(privateKey, TAG.octetString)), TAG.octetString);
  if (seed.length !== ED25519_KEY_LENGTH) throw malformed('its seed has not 32 bytes');
  if (versionNumber === 0 && optional.length === 0) return { seed };
  if (versionNumber !== 1) throw malformed('its version and its fields do not fit');
  return { seed, claimedPublicKey: parsePublicField(optional) };
}

function parsePublicField([publicKey, ...rest]: readonly DerElement[]): Uint8Array {
  const content = contentOf(publicKey, TAG_PUBLIC_KEY);
  if (rest.length > 0 || content[0] !== 0) throw malformed('a field follows that is not a public key');
  return content.subarray(1);
}

/** Writes version 1, the form that every tool reads. The result is a secret. */
export function encodePkcs8(seed: Uint8Array): Uint8Array {
  return concatBytes(ED25519_PKCS8_PREFIX, seed);
}

/** The refusal of a private key that is not Ed25519. */
export function notEd25519(found: AlgorithmId): KeyError {
  return new KeyError(
    'ERR_KEY_ALGORITHM',
    found.curve === P256_OID
      ? 'this is an ECDSA P-256 private key: Danube can only verify with P-256 keys'
      : `this is ${nameOf(found)} private key, and only Ed25519 keys sign`,
    { hint: 'make an Ed25519 key: danube keys generate --out PATH' },
  );
}

function malformed(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the PKCS#8 key cannot be read: ${what}`);
}
