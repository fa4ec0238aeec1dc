/** SubjectPublicKeyInfo (RFC 5280, 4.1) of the two algorithms: one encoding each, so what is read is what would be written. */
import { contentOf, parseDer, sequenceOf, TAG } from './der.ts';
import { ED25519_SPKI_PREFIX } from './ed25519-der.ts';
import { KeyError } from './errors.ts';
import { EC_OID, ED25519_OID, nameOf, P256_OID, parseAlgorithmId } from './key-type.ts';
import type { KeyAlgorithm } from './public-key.ts';
import { P256_SPKI_PREFIX } from './p256-der.ts';
import { concatBytes } from './secret.ts';

/** Reads DER into algorithm and key bytes, which still have to be checked as a point. */
export function parseSpki(der: Uint8Array): { readonly algorithm: KeyAlgorithm; readonly raw: Uint8Array } {
  const [algorithm, bits, ...rest] = sequenceOf(parseDer(der));
  const found = parseAlgorithmId(algorithm);
  const content = contentOf(bits, TAG.bitString);
  if (content[0] !== 0 || rest.length > 0) {
    throw new KeyError('ERR_KEY_FORMAT', 'the public key is not a SubjectPublicKeyInfo');
  }
  const raw = content.subarray(1);
  if (found.oid === ED25519_OID) return { algorithm: 'ed25519', raw };
  if (found.oid === EC_OID && found.curve === P256_OID) return { algorithm: 'ecdsa-p256-sha256', raw };
  throw new KeyError(
    'ERR_KEY_ALGORITHM',
    `this is ${nameOf(found)} key; Ed25519 and ECDSA P-256 keys are used here`,
  );
}

/** Writes DER. */
export function encodeSpki(algorithm: KeyAlgorithm, raw: Uint8Array): Uint8Array {
  return concatBytes(algorithm === 'ed25519' ? ED25519_SPKI_PREFIX : P256_SPKI_PREFIX, raw);
}
