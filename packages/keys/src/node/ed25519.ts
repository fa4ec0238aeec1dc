/** Ed25519 by node:crypto. The strict profile's checks come before every call (ed25519-profile.ts). */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { ED25519_PKCS8_PREFIX, ED25519_SPKI_PREFIX } from '../ed25519-der.ts';
import { concatBytes, wipe } from '../secret.ts';

/** Verifies with one public key, which is imported once, when the first signature comes. */
export function createVerifier(
  publicKey: Uint8Array,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  let imported: KeyObject | undefined;
  return (message, signature) => {
    imported ??= importPublicKey(publicKey);
    return verify(null, message, imported, signature);
  };
}

/** As a JWK (RFC 8037): OpenSSL takes half a millisecond to get ready for the first key that it reads from DER. */
function importPublicKey(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** The public key of a seed, and a signer for it. The seed is not kept; `destroy` lets OpenSSL's copy go. */
export function createSigner(seed: Uint8Array): {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
  destroy(): void;
} {
  let key: KeyObject | undefined = importSeed(seed);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(ED25519_SPKI_PREFIX.length)),
    sign(message) {
      if (key === undefined) throw new TypeError('the private key was destroyed');
      return Uint8Array.from(sign(null, message, key));
    },
    destroy() {
      key = undefined;
    },
  };
}

function importSeed(seed: Uint8Array): KeyObject {
  const pkcs8 = concatBytes(ED25519_PKCS8_PREFIX, seed);
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: 'der', type: 'pkcs8' });
  } finally {
    wipe(pkcs8);
  }
}
