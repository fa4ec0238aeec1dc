/** What the tests of private key formats ask. */
import assert from 'node:assert/strict';
import { parsePrivateKey, type KeyErrorCode, type PassphraseOptions } from '@danube/keys';
import { PASSPHRASE } from './sample-files.ts';

export const WITH_PASSPHRASE: PassphraseOptions = { passphrase: PASSPHRASE };

export async function keyidOf(bytes: Uint8Array, options?: PassphraseOptions): Promise<string> {
  return (await parsePrivateKey(bytes, options)).publicKey.keyid;
}

export async function refuses(
  bytes: Uint8Array,
  code: KeyErrorCode,
  message: RegExp = /./,
  options?: PassphraseOptions,
): Promise<void> {
  await assert.rejects(parsePrivateKey(bytes, options), { name: 'KeyError', code, message });
}
