import { fileURLToPath } from 'node:url';
import { readPrivateKeyFile } from '@danube/keys/file';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import type { OpenKeyOptions } from './open-key.ts';

/** A key on disk: a path, `file:PATH`, or a `file://` URL. */
export async function openFileKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const { key, warnings } = await readPrivateKeyFile(pathOf(keyUri), {
    ...(options.passphrase !== undefined && { passphrase: options.passphrase }),
    allowMounted: options.allowMountedKey ?? false,
  });
  return {
    uri: keyUri,
    publicKey: key.publicKey,
    algorithm: key.publicKey.algorithm,
    maxMessageBytes: Infinity,
    warnings,
    sign: async (message) => key.sign(message),
    close: async () => key.destroy(),
  };
}

function pathOf(keyUri: string): string {
  if (!keyUri.startsWith('file:')) return keyUri;
  if (!keyUri.startsWith('file://')) return keyUri.slice('file:'.length);
  try {
    return fileURLToPath(keyUri);
  } catch (error) {
    throw new SignError('ERR_SIGN_KEY_URI', `${keyUri} is not the URL of a local file`, {
      hint: 'write file:///ABSOLUTE/PATH, or just the path',
      cause: error,
    });
  }
}
