import { statSync } from 'node:fs';
import { encodePrivateKeyPem, type EncodePrivateKeyOptions } from './encode-private-key.ts';
import { fileWarnings, permissionFlaws, readKeyFile, refused, resolveMounted } from './file-open.ts';
import type { KeyFileWarning } from './file-open.ts';
import { createFiles } from './file-write.ts';
import { parsePrivateKey } from './parse-private-key.ts';
import type { PassphraseOptions } from './passphrase.ts';
import { parsePublicKey } from './parse-public-key.ts';
import type { PrivateKey } from './private-key.ts';
import { encodePublicKeyPem, type PublicKey } from './public-key.ts';
import { wipe } from './secret.ts';

export { describeKeyFile, type KeyFileDescription } from './file-describe.ts';
export type { KeyFileFlaw, KeyFileWarning } from './file-open.ts';

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
      const [flaw] = permissionFlaws(target, found, mounted);
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

/** A key pair that was written, and what is worth telling about its folder. */
export interface WrittenKeyPair {
  readonly publicKeyPath: string;
  readonly warnings: readonly KeyFileWarning[];
}

/**
 * Writes a private key as PKCS#8 PEM to a new file of mode 0600, encrypted when there is a passphrase, and its public
 * key as PEM to the same path with `.pub`. Nothing is ever overwritten: when either file exists, neither is touched
 * or left behind. Both are on disk when the promise resolves.
 *
 * @throws {KeyError} ERR_KEY_FILE_EXISTS, ERR_KEY_FILE_WRITE, ERR_KEY_PASSPHRASE (empty).
 */
export async function writeKeyPair(
  path: string,
  key: PrivateKey,
  options: EncodePrivateKeyOptions = {},
): Promise<WrittenKeyPair> {
  const publicKeyPath = `${path}.pub`;
  const privatePem = await encodePrivateKeyPem(key, options);
  const publicPem = new TextEncoder().encode(encodePublicKeyPem(key.publicKey));
  try {
    createFiles([
      { path, mode: 0o600, bytes: privatePem },
      { path: publicKeyPath, mode: 0o644, bytes: publicPem },
    ]);
    return { publicKeyPath, warnings: fileWarnings(path, statSync(path)) };
  } finally {
    wipe(privatePem);
  }
}
