import { KeyError } from './errors.ts';
import type { PassphraseOptions } from './passphrase.ts';
import type { KeyDerivation } from './pbes2.ts';
import { encodePem } from './pem.ts';
import { encodePkcs8 } from './pkcs8.ts';
import { seedOf, type PrivateKey } from './private-key.ts';
import { wipe } from './secret.ts';

/** How a private key is written. */
export interface EncodePrivateKeyOptions extends PassphraseOptions {
  /**
   * `scrypt` (the default): N = 2^17, r = 8, p = 1, which takes 128 MiB. OpenSSL's command line reads scrypt keys up
   * to 32 MiB only, so for keys it must open there is `pbkdf2`: SHA-256, 600,000 iterations.
   */
  readonly derivation?: KeyDerivation;
}

/**
 * The key as PKCS#8 PEM: version 1, or with a passphrase encrypted by PBES2 and AES-256-CBC. The bytes of a plain one
 * are a secret, for the caller to wipe.
 *
 * @throws {KeyError} ERR_KEY_PASSPHRASE for an empty passphrase.
 * @throws {TypeError} after `destroy`.
 */
export async function encodePrivateKeyPem(
  key: PrivateKey,
  { passphrase, derivation = 'scrypt' }: EncodePrivateKeyOptions = {},
): Promise<Uint8Array> {
  if (passphrase?.length === 0)
    throw new KeyError('ERR_KEY_PASSPHRASE', 'an empty passphrase protects nothing');
  const der = encodePkcs8(seedOf(key));
  try {
    if (passphrase === undefined) return encodePem('PRIVATE KEY', der);
    const { encryptPkcs8 } = await import('./pbes2.ts');
    return encodePem('ENCRYPTED PRIVATE KEY', await encryptPkcs8(der, passphrase, derivation));
  } finally {
    wipe(der);
  }
}
