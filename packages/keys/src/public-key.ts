import { encodeHex } from 'in-toto-attestation';
import * as ed25519 from '#platform/ed25519';
import * as p256 from '#platform/p256';
import { sha256 } from '#platform/sha256';
import { isStrictSignature, publicKeyFlaw } from './ed25519-profile.ts';
import { asciiText, encodeBase64 } from './encoding.ts';
import { KeyError } from './errors.ts';
import { encodeSshPublicKey, SSH_KEY_TYPE, sshFingerprint } from './openssh-public.ts';
import { p256KeyFlaw, readP256Signature } from './p256.ts';
import { encodePem } from './pem.ts';
import { encodeSpki } from './spki.ts';

/** The signature algorithms of this toolchain: pure Ed25519 (RFC 8032), and ECDSA P-256 with SHA-256, to verify only. */
export type KeyAlgorithm = 'ed25519' | 'ecdsa-p256-sha256';

/**
 * A public key that was checked when it was read: canonical, on the curve, not of small order. Only this package
 * makes one; an object that merely looks like one verifies nothing.
 */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** OpenSSH fingerprint: `SHA256:` and unpadded base64. The same for every encoding of the key. */
  readonly keyid: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Ed25519: 32 bytes. P-256: the uncompressed SEC 1 point, 65 bytes. */
  readonly raw: Uint8Array;
}

/** Whether this is a key that this package made, and not an object that merely looks like one. */
export function isPublicKey(key: PublicKey): boolean {
  return VERIFIERS.has(key);
}

type Verifier = (message: Uint8Array, signature: Uint8Array) => boolean;

/** The verifier of each key that passed the checks, with its own copy of the key, imported once. */
const VERIFIERS = new WeakMap<PublicKey, Verifier>();

/** Checks a key's bytes and makes the key. Throws `KeyError` ERR_KEY_POINT. */
export function createPublicKey(algorithm: KeyAlgorithm, bytes: Uint8Array): PublicKey {
  const flaw = algorithm === 'ed25519' ? publicKeyFlaw(bytes) : p256KeyFlaw(bytes);
  if (flaw !== undefined) throw new KeyError('ERR_KEY_POINT', `the public key ${flaw}`);
  const raw = Uint8Array.from(bytes);
  const key = Object.freeze({
    algorithm,
    keyid: sshFingerprint(algorithm, raw),
    spki: encodeSpki(algorithm, raw),
    raw,
  });
  VERIFIERS.set(key, createVerifier(algorithm, Uint8Array.from(bytes)));
  return key;
}

function createVerifier(algorithm: KeyAlgorithm, raw: Uint8Array): Verifier {
  if (algorithm === 'ed25519') {
    const verify = ed25519.createVerifier(raw);
    return (message, signature) => isStrictSignature(signature) && verify(message, signature);
  }
  const verify = p256.createVerifier(raw);
  return (message, signature) => readP256Signature(signature).some((candidate) => verify(message, candidate));
}

/**
 * Whether `signature` is the key's over exactly these message bytes. Ed25519 by the strict profile: canonical points
 * that are not of small order, S < L, the cofactorless equation, the same on every platform. P-256: DER or the 64
 * bytes of IEEE P1363. A signature of any other length or form is `false`, never an exception.
 *
 * @throws {TypeError} for a key that this package did not make, or arguments that are not byte arrays.
 */
export function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const verify = VERIFIERS.get(key);
  if (verify === undefined) throw new TypeError('the key must come from parsePublicKey');
  if (!(message instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    throw new TypeError('message and signature must be Uint8Arrays');
  }
  return verify(message, signature);
}

/** The key as PEM with the label `PUBLIC KEY` (RFC 7468, section 13), which openssl and cosign read. */
export function encodePublicKeyPem(key: PublicKey): string {
  return asciiText(encodePem('PUBLIC KEY', key.spki));
}

/** The key as a line of an OpenSSH `.pub` file, with a line feed at its end. The comment must be one line. */
export function encodeOpenSshPublicKey(key: PublicKey, comment = ''): string {
  if (/[\r\n]/.test(comment)) throw new TypeError('the comment must not hold a line break');
  const base64 = asciiText(encodeBase64(encodeSshPublicKey(key.algorithm, key.raw)));
  return `${[SSH_KEY_TYPE[key.algorithm], base64, comment].join(' ').trimEnd()}\n`;
}

/** SHA-256 of the key's SubjectPublicKeyInfo, in lower-case hex: the id that clouds and cosign show. */
export function spkiSha256(key: PublicKey): string {
  return encodeHex(sha256(key.spki));
}
