/** How OpenSSH encrypts a key file: bcrypt_pbkdf makes key and counter of AES-256-CTR. */
import { applyAesCtr } from '#platform/kdf';
import bcrypt from 'bcrypt-pbkdf';
import { KeyError } from './errors.ts';
import { checkBcryptRounds } from './limits.ts';
import { wrongPassphrase } from './passphrase.ts';
import { allocateSecret, wipe } from './secret.ts';
import { SshReader } from './ssh-wire.ts';

const AES_KEY = 32;
const AES_BLOCK = 16;

/** The decrypted private part, a secret; a wrong passphrase gives other bytes, which the parser notices. */
export function decryptOpenSsh(
  encrypted: { readonly kdfOptions: Uint8Array; readonly privatePart: Uint8Array },
  passphrase: Uint8Array,
): Uint8Array {
  const keyAndCounter = deriveKey(encrypted.kdfOptions, passphrase);
  try {
    return applyAesCtr(
      keyAndCounter.subarray(0, AES_KEY),
      keyAndCounter.subarray(AES_KEY),
      encrypted.privatePart,
    );
  } finally {
    wipe(keyAndCounter);
  }
}

function deriveKey(kdfOptions: Uint8Array, passphrase: Uint8Array): Uint8Array {
  const reader = new SshReader(kdfOptions);
  const salt = reader.string();
  const rounds = reader.uint32();
  if (reader.rest.length > 0)
    throw new KeyError('ERR_KEY_FORMAT', 'the OpenSSH key has odd bcrypt parameters');
  checkBcryptRounds(rounds);
  const derived = allocateSecret(AES_KEY + AES_BLOCK);
  // Not zero for an empty passphrase or salt: OpenSSH encrypts with neither, so it is as good as a wrong one.
  const failed = bcrypt.pbkdf(
    passphrase,
    passphrase.length,
    salt,
    salt.length,
    derived,
    derived.length,
    rounds,
  );
  if (failed !== 0) throw wrongPassphrase();
  return derived;
}
