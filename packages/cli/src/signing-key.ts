import { KeyError } from '@danube/keys';
import { type KeyBackend, openKey } from '@danube/signer';
import { resolveDataDir, signingKeyPath } from './data-dir.ts';
import { usageError } from './exit-code.ts';
import { canPrompt, promptPassphrase, readPassphraseFile } from './passphrase.ts';
import type { KeyOptions } from './signing-key-options.ts';
import { sayHint, sayWarning } from './terminal.ts';

/**
 * Opens the signing key, asks for its passphrase where one is needed and somebody is there, and lets go of the key
 * afterwards.
 *
 * @throws KeyError, SignError, CliError ERR_USAGE when the key is encrypted and there is no passphrase.
 */
export async function withSigningKey<T>(
  options: KeyOptions,
  use: (backend: KeyBackend) => Promise<T>,
): Promise<T> {
  const backend = await openSigningKey(options);
  try {
    for (const { message, hint } of backend.warnings ?? []) {
      sayWarning(message);
      sayHint(hint);
    }
    return await use(backend);
  } finally {
    await backend.close?.();
  }
}

async function openSigningKey(options: KeyOptions): Promise<KeyBackend> {
  const { key, dataDir, passphraseFile, allowMountedKey = false } = options;
  const uri = key ?? signingKeyPath(resolveDataDir(dataDir));
  if (passphraseFile !== undefined) {
    return openWith(uri, allowMountedKey, readPassphraseFile(passphraseFile));
  }
  try {
    return await openKey(uri, { allowMountedKey });
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'ERR_KEY_PASSPHRASE_REQUIRED') throw error;
    if (!canPrompt())
      throw usageError(`${uri} is encrypted`, 'give its passphrase by --passphrase-file FILE');
    return openWith(uri, allowMountedKey, await promptPassphrase(`passphrase of ${uri}: `));
  }
}

async function openWith(uri: string, allowMountedKey: boolean, passphrase: Uint8Array): Promise<KeyBackend> {
  try {
    return await openKey(uri, { allowMountedKey, passphrase });
  } finally {
    passphrase.fill(0);
  }
}
