import { spkiSha256 } from '@danube/keys';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import type { ServiceOptions } from './key-service.ts';

/** How a key is opened. What does not concern a scheme is ignored by it. */
export interface OpenKeyOptions {
  /** Opens an encrypted key file. Bytes, so that the caller can wipe them afterwards. */
  readonly passphrase?: Uint8Array;
  /** Takes a key file from a Kubernetes mount: through links inside its folder, and readable by its group. */
  readonly allowMountedKey?: boolean;
  /** How a key service is called. */
  readonly service?: ServiceOptions;
  /** The key that this must be: its keyid, or the SHA-256 of its SubjectPublicKeyInfo in hex. */
  readonly expectedKey?: string;
  /** Stops opening. */
  readonly signal?: AbortSignal;
}

/** Opens keys of one scheme. Given the whole URI; resolves once key, version and public key are pinned. */
export type OpenScheme = (keyUri: string, options: OpenKeyOptions) => Promise<KeyBackend>;

/** Key URI schemes, spelled as cosign spells them. The module of a backend is loaded when its scheme is used. */
const SCHEMES: ReadonlyMap<string, () => Promise<OpenScheme>> = new Map<string, () => Promise<OpenScheme>>([
  ['file', async () => (await import('./file-key.ts')).openFileKey],
  ['awskms', async () => (await import('./awskms.ts')).openAwsKey],
  ['hashivault', async () => (await import('./vault.ts')).openVaultKey],
  ['openbao', async () => (await import('./vault.ts')).openVaultKey],
  ['ssh-agent', async () => (await import('./ssh-agent.ts')).openAgentKey],
  ['pkcs11', async () => async (uri, options) => (await import('./pkcs11.ts')).openPkcs11Key(uri, options)],
  ['gcpkms', async () => (await import('./gcpkms.ts')).openGcpKey],
  ['k8s', async () => (await import('./kubernetes.ts')).openKubernetesKey],
  ['azurekms', async () => (await import('./azurekms.ts')).openAzureKey],
]);

const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * Opens the key that a URI or a plain path names. Close it when done.
 *
 * @throws {SignError} ERR_SIGN_KEY_URI for an unknown scheme, ERR_SIGN_KEY when it is not the expected key, and for
 * key services ERR_SIGN_KEY, ERR_SIGN_DENIED, ERR_SIGN_UNAVAILABLE, ERR_SIGN_ENDPOINT, ERR_SIGN_CREDENTIALS.
 * @throws {KeyError} from `@danube/keys`, for a key file that cannot be read, is refused, or needs a passphrase
 * (ERR_KEY_PASSPHRASE_REQUIRED).
 * @throws the signal's reason, when it was aborted.
 */
export async function openKey(keyUri: string, options: OpenKeyOptions = {}): Promise<KeyBackend> {
  options.signal?.throwIfAborted();
  const scheme = SCHEME.exec(keyUri)?.[1]?.toLowerCase() ?? 'file';
  const open = SCHEMES.get(scheme);
  if (open === undefined) {
    const byPlugin = await (await import('./plugin.ts')).openPluginKey(keyUri, options);
    if (byPlugin !== undefined) return checkPin(byPlugin, options.expectedKey);
    throw new SignError('ERR_SIGN_KEY_URI', `no key backend for ${scheme}:`, {
      hint: `known are ${[...SCHEMES.keys()].map((known) => `${known}:`).join(', ')} and plain paths; for a file of that name write ./${scheme}:…`,
    });
  }
  return checkPin(await (await open())(keyUri, options), options.expectedKey);
}

async function checkPin(backend: KeyBackend, expectedKey: string | undefined): Promise<KeyBackend> {
  const { keyid } = backend.publicKey;
  if (expectedKey === undefined || [keyid, spkiSha256(backend.publicKey)].includes(expectedKey))
    return backend;
  await backend.close?.();
  throw new SignError('ERR_SIGN_KEY', `${backend.uri} is the key ${keyid}, and ${expectedKey} is expected`, {
    hint: 'another key or version may have taken its place; find out before you sign with it',
  });
}
