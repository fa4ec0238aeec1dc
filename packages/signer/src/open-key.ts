import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';

/** How a key is opened. What does not concern a scheme is ignored by it. */
export interface OpenKeyOptions {
  /** Opens an encrypted key file. Bytes, so that the caller can wipe them afterwards. */
  readonly passphrase?: Uint8Array;
  /** Takes a key file from a Kubernetes mount: through links inside its folder, and readable by its group. */
  readonly allowMountedKey?: boolean;
  /** Stops opening. */
  readonly signal?: AbortSignal;
}

/** Opens keys of one scheme. Given the whole URI; resolves once key, version and public key are pinned. */
type OpenScheme = (keyUri: string, options: OpenKeyOptions) => Promise<KeyBackend>;

/** Key URI schemes, spelled as cosign spells them. A backend is loaded when its scheme is used. */
const SCHEMES: ReadonlyMap<string, OpenScheme> = new Map([
  [
    'file',
    async (keyUri: string, options: OpenKeyOptions) =>
      (await import('./file-key.ts')).openFileKey(keyUri, options),
  ],
]);

const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * Opens the key that a URI or a plain path names. Close it when done.
 *
 * @throws {SignError} ERR_SIGN_KEY_URI for an unknown scheme.
 * @throws {KeyError} from `@danube/keys`, for a key file that cannot be read, is refused, or needs a passphrase
 * (ERR_KEY_PASSPHRASE_REQUIRED).
 * @throws the signal's reason, when it was aborted.
 */
export async function openKey(keyUri: string, options: OpenKeyOptions = {}): Promise<KeyBackend> {
  options.signal?.throwIfAborted();
  const scheme = SCHEME.exec(keyUri)?.[1]?.toLowerCase() ?? 'file';
  const open = SCHEMES.get(scheme);
  if (open === undefined) {
    throw new SignError('ERR_SIGN_KEY_URI', `no key backend for ${scheme}:`, {
      hint: `known are ${[...SCHEMES.keys()].map((known) => `${known}:`).join(', ')} and plain paths; for a file of that name write ./${scheme}:…`,
    });
  }
  return open(keyUri, options);
}
