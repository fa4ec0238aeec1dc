import { fileWarnings, permissionFlaws, readKeyFile, refused, resolveMounted } from './file-open.ts';
import type { KeyFileWarning } from './file-open.ts';
import { parsePrivateKey, type PassphraseOptions } from './parse-private-key.ts';
import { parsePublicKey } from './parse-public-key.ts';
import type { PrivateKey } from './private-key.ts';
import type { PublicKey } from './public-key.ts';
import { wipe } from './secret.ts';

export type { KeyFileWarning } from './file-open.ts';

/** How a private key file is opened. */
export interface PrivateKeyFileOptions extends PassphraseOptions {
  /** For Kubernetes mounts: links inside the folder are followed, and the file may be readable by its group. */
  readonly allowMounted?: boolean;
}

/** A private key from a file, and what is worth telling about that file. */
export interface PrivateKeyFile {
  readonly key: PrivateKey;
  readonly warnings: readonly KeyFileWarning[];
}

/**
 * Reads a private key from a regular file that belongs to this user or root and that nobody else can read. Asked of
 * the open file, so that swapping it in between gains nothing.
 *
 * @throws {KeyError} ERR_KEY_FILE_REFUSED (a link, pipe, device or folder; another owner; a mode that lets others in),
 * ERR_KEY_FILE_READ, and whatever `parsePrivateKey` throws.
 */
export async function readPrivateKeyFile(
  path: string,
  options: PrivateKeyFileOptions = {},
): Promise<PrivateKeyFile> {
  const mounted = options.allowMounted ?? false;
  const target = mounted ? resolveMounted(path) : path;
  const { bytes, stats } = readKeyFile(target, {
    followLinks: false,
    check: (found) => {
      const [flaw] = permissionFlaws(found, mounted);
      if (flaw !== undefined) throw refused(path, flaw);
    },
  });
  try {
    return { key: await parsePrivateKey(bytes, options), warnings: fileWarnings(target, stats) };
  } finally {
    wipe(bytes);
  }
}

/**
 * Reads a public key from a regular file; links are followed, because there is no secret to protect.
 *
 * @throws {KeyError} ERR_KEY_FILE_REFUSED (not a regular file), ERR_KEY_FILE_READ, and whatever `parsePublicKey` throws.
 */
export function readPublicKeyFile(path: string): PublicKey {
  const { bytes } = readKeyFile(path, { followLinks: true });
  try {
    return parsePublicKey(bytes);
  } finally {
    wipe(bytes); // it may be a private key that came to the wrong place
  }
}
