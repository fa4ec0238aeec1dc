import { KeyError } from '@danube/keys';
import { delegateKey, type KeyBackend, openKey, type OpenKeyOptions, resolveSecret } from '@danube/signer';
import { resolveDataDir, signingKeyPath } from './data-dir.ts';
import { usageError } from './exit-code.ts';
import { canPrompt, promptPassphrase, readPassphraseFile } from './passphrase.ts';
import type { KeyConfig } from './key-config.ts';
import type { FileFormat } from './provenance/file-formats.ts';
import type { DelegatingOptions, KeyOptions } from './signing-key-options.ts';
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

/**
 * The same, with a key in memory that the signing key certifies when `--delegate` asks for it; `use` has to let its
 * certificate travel with what it signs.
 *
 * @throws CliError ERR_USAGE, before anything is signed, for a format that holds no certificate.
 */
export async function withDelegatedKey<T>(
  options: DelegatingOptions & { readonly format: FileFormat },
  use: (backend: KeyBackend) => Promise<T>,
): Promise<T> {
  if (options.delegate !== true) return withSigningKey(options, use);
  if (options.format !== 'bundle')
    throw usageError('the certificate of a delegated key travels in a bundle only', 'use --format bundle');
  return withSigningKey(options, async (backend) => {
    const delegated = await delegateKey(backend);
    try {
      return await use(delegated);
    } finally {
      await delegated.close?.();
    }
  });
}

async function openSigningKey(options: KeyOptions): Promise<KeyBackend> {
  const { key, dataDir, passphraseFile, keyConfig } = options;
  const uri = key ?? signingKeyPath(resolveDataDir(dataDir));
  const config =
    keyConfig === undefined ? undefined : (await import('./key-config.ts')).readKeyConfig(keyConfig);
  const open = openOptions(options, config);
  if (passphraseFile !== undefined) return openWith(uri, open, readPassphraseFile(passphraseFile));
  if (config?.passphrase !== undefined) {
    return openWith(uri, open, await resolveSecret(config.passphrase.secret, config.service));
  }
  try {
    return await openKey(uri, open);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'ERR_KEY_PASSPHRASE_REQUIRED') throw error;
    if (!canPrompt())
      throw usageError(`${uri} is encrypted`, 'give its passphrase by --passphrase-file FILE');
    return openWith(uri, open, await promptPassphrase(`passphrase of ${uri}: `));
  }
}

function openOptions(
  { allowMountedKey, rate }: KeyOptions,
  { service = {}, expectedKey }: Partial<KeyConfig> = {},
): OpenKeyOptions {
  return {
    allowMountedKey: allowMountedKey === true,
    service: rate === undefined ? service : { ...service, ratePerSecond: rate },
    ...(expectedKey !== undefined && { expectedKey }),
  };
}

async function openWith(uri: string, options: OpenKeyOptions, passphrase: Uint8Array): Promise<KeyBackend> {
  try {
    return await openKey(uri, { ...options, passphrase });
  } finally {
    passphrase.fill(0);
  }
}
