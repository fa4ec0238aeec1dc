import { encodeOpenSshPublicKey, encodePublicKeyPem, KeyError, type PublicKey } from '@danube/keys';
import { readPublicKeyFile } from '@danube/keys/file';
import { encodeHex } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { withSigningKey } from '../signing-key.ts';
import { print } from '../terminal.ts';
import type { PublicOptions } from './public.ts';

const ENCODINGS = {
  pem: encodePublicKeyPem,
  openssh: (key: PublicKey): string => encodeOpenSshPublicKey(key),
  'raw-hex': (key: PublicKey): string => encodeHex(key.raw),
} as const;

/**
 * Prints a public key; of a private one, its public half.
 *
 * @throws KeyError, SignError, CliError
 */
export async function printPublicKey(key: string, options: PublicOptions): Promise<void> {
  print(ENCODINGS[options.format](await readPublicKey(key, options)));
}

const KEY_URI = /^[a-z][a-z0-9+.-]+:/i;

async function readPublicKey(key: string, options: PublicOptions): Promise<PublicKey> {
  try {
    if (!KEY_URI.test(key)) return readPublicKeyFile(key);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    if (error.code === 'ERR_KEY_FORMAT') throw usageError(`${key}: ${error.message}`, error.hint);
    if (error.code !== 'ERR_KEY_SLOT') throw error;
  }
  return withSigningKey({ ...options, key }, async ({ publicKey }) => publicKey);
}
