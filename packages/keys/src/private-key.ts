import { createSigner } from '#platform/ed25519';
import { ED25519_KEY_LENGTH } from './ed25519-profile.ts';
import { KeyError } from './errors.ts';
import { createPublicKey, type PublicKey } from './public-key.ts';
import { allocateSecret, copySecret, equalBytes, wipe } from './secret.ts';

/**
 * An Ed25519 private key in memory. Its public half is always derived, never taken from a file, so that no caller
 * can make it sign for another (the double-public-key oracle).
 */
export interface PrivateKey {
  readonly publicKey: PublicKey;
  /** The 64-byte pure Ed25519 signature (RFC 8032, 5.1.6). @throws {TypeError} after `destroy`. */
  sign(message: Uint8Array): Uint8Array;
  /** Zeroes our copy of the seed and lets go of OpenSSL's. The key is useless afterwards. */
  destroy(): void;
}

const SEEDS = new WeakMap<PrivateKey, Uint8Array>();

/**
 * Makes a key of a 32-byte seed, which is copied: wiping it stays with the caller. A public half that was stored with
 * it must be the derived one. Throws `KeyError` ERR_KEY_MISMATCH.
 */
export function createPrivateKey(seed: Uint8Array, claimedPublicKey?: Uint8Array): PrivateKey {
  const signer = createSigner(seed);
  if (claimedPublicKey !== undefined && !equalBytes(claimedPublicKey, signer.publicKey)) {
    signer.destroy();
    throw new KeyError('ERR_KEY_MISMATCH', 'the public half in the file is not the one of the private key');
  }
  const ownSeed = copySecret(seed);
  const key: PrivateKey = Object.freeze({
    publicKey: createPublicKey('ed25519', signer.publicKey),
    sign: (message: Uint8Array) => signer.sign(message),
    destroy: () => {
      wipe(ownSeed);
      SEEDS.delete(key);
      signer.destroy();
    },
  });
  SEEDS.set(key, ownSeed);
  return key;
}

/** The seed itself, not a copy, for encoders in this package. */
export function seedOf(key: PrivateKey): Uint8Array {
  const seed = SEEDS.get(key);
  if (seed === undefined) throw new TypeError('the private key was destroyed, or is not from this package');
  return seed;
}

/** A new key from the platform's random number generator. */
export function generatePrivateKey(): PrivateKey {
  const seed = crypto.getRandomValues(allocateSecret(ED25519_KEY_LENGTH));
  try {
    return createPrivateKey(seed);
  } finally {
    wipe(seed);
  }
}
