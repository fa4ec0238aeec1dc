/** Ed25519 by libsodium, which the caller brings: it checks a signature in about half the time that OpenSSL takes. */
import { isStrictSignature } from './ed25519-profile.ts';
import { isPublicKey, type PublicKey } from './public-key.ts';

/** As much of libsodium as is used here; `sodium-native` has it. */
export interface Libsodium {
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/**
 * The same as `verifySignature` for one Ed25519 key, by libsodium: what the strict profile refuses is not shown to it, and
 * its equation is the cofactorless one as well. The verdicts of both are held together by a property test and by the
 * conformance run.
 *
 * @throws {TypeError} for what is no libsodium, a key that `parsePublicKey` did not make, or one of another algorithm.
 */
export function createLibsodiumVerifier(
  libsodium: Libsodium,
  key: PublicKey,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  if (typeof libsodium?.crypto_sign_verify_detached !== 'function') {
    throw new TypeError('libsodium must have crypto_sign_verify_detached');
  }
  if (!isPublicKey(key)) throw new TypeError('the key must come from parsePublicKey');
  if (key.algorithm !== 'ed25519') throw new TypeError(`libsodium verifies ed25519, not ${key.algorithm}`);
  const raw = Uint8Array.from(key.raw);
  return (message, signature) => {
    if (!isStrictSignature(signature)) return false;
    // Nothing but true is a yes: the promise of another library is none, and neither is a number.
    const verdict: unknown = libsodium.crypto_sign_verify_detached(signature, message, raw);
    return verdict === true;
  };
}
