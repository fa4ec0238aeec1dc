import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { SignError } from './errors.ts';

const MAX_BYTES = 64 * 1024;

/**
 * The bytes of a file that holds a credential or says where to get one.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS when it is no regular file, too long, or cannot be read.
 */
export async function readCredentialFile(path: string, maxBytes: number = MAX_BYTES): Promise<Uint8Array> {
  try {
    // Links are followed: that is how Kubernetes replaces what it mounts.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw new TypeError('not a regular file');
      const buffer = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > maxBytes) throw new TypeError(`longer than ${maxBytes} bytes`);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new SignError('ERR_SIGN_CREDENTIALS', `the credential file ${path} cannot be used`, {
      hint: 'the platform should have written it there; look at the service account of this workload',
      cause: error,
    });
  }
}
