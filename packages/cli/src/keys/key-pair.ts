import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatePrivateKey, type PrivateKey, spkiSha256 } from '@danube/keys';
import { type WrittenKeyPair, writeKeyPair } from '@danube/keys/file';
import { resolveDataDir, signingKeyPath } from '../data-dir.ts';
import { usageError } from '../exit-code.ts';
import { fromErrno } from '../file.ts';
import { finish } from '../interruption.ts';
import { canPrompt, promptNewPassphrase, readPassphraseFile } from '../passphrase.ts';
import { print, printJson, printable, sayHint, sayWarning } from '../terminal.ts';
import type { GenerateKeyOptions } from './generate.ts';

/**
 * Makes a key pair and says where it is.
 *
 * @throws KeyError, CliError; neither file is left behind then.
 */
export async function generateKeyPair(options: GenerateKeyOptions): Promise<void> {
  const path = options.out ?? defaultPath(options.dataDir);
  const { derivation } = options;
  const passphrase = await readPassphrase(options);
  if (passphrase === undefined && derivation !== 'scrypt')
    throw usageError('--derivation is for an encrypted key', 'add --passphrase or --passphrase-file FILE');
  const key = generatePrivateKey();
  try {
    const encryption = passphrase === undefined ? {} : { passphrase, derivation };
    const written = await finish(() => writeKeyPair(path, key, encryption));
    report(path, key, written, options.format);
  } finally {
    key.destroy();
    passphrase?.fill(0);
  }
}

/** Danube's own place is made when it is not there yet; a path that the caller names is taken as it is. */
function defaultPath(dataDir: string | undefined): string {
  const path = signingKeyPath(resolveDataDir(dataDir));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromErrno('write', dirname(path), error);
  }
  return path;
}

async function readPassphrase(options: GenerateKeyOptions): Promise<Uint8Array | undefined> {
  if (options.passphraseFile !== undefined) return readPassphraseFile(options.passphraseFile);
  if (options.passphrase === undefined) return undefined;
  if (!canPrompt()) {
    throw usageError('--passphrase asks on a terminal, and there is none', 'use --passphrase-file FILE');
  }
  return promptNewPassphrase();
}

function report(
  path: string,
  { publicKey }: PrivateKey,
  written: WrittenKeyPair,
  format: 'text' | 'json',
): void {
  for (const { message, hint } of written.warnings) {
    sayWarning(message);
    sayHint(hint);
  }
  const { publicKeyPath } = written;
  const { keyid, algorithm } = publicKey;
  if (format === 'json')
    printJson({ path, publicKeyPath, keyid, spkiSha256: spkiSha256(publicKey), algorithm });
  else
    print(`private key  ${printable(path)}\npublic key   ${printable(publicKeyPath)}\nkey id       ${keyid}`);
}
