import { closeSync, openSync, readSync } from 'node:fs';
import { WebhookError } from './errors.ts';

/** More than any of them has, also a trust root with several Sigstore instances, or all authorities of a system. */
const MAX_BYTES = 16 * 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
};

/** Any file that the configuration names, and the configuration itself. @throws {WebhookError} `ERR_WEBHOOK_IO` */
export function readConfigFile(path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readUpTo(path, MAX_BYTES + 1);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new WebhookError('ERR_WEBHOOK_IO', `cannot read ${path}: ${REASONS[code] ?? code}`, { cause });
  }
  if (bytes.length <= MAX_BYTES) return bytes;
  throw new WebhookError('ERR_WEBHOOK_IO', `${path} is larger than ${MAX_BYTES} bytes`);
}

/** Of a pipe or a device as well, which need not end. */
function readUpTo(path: string, limit: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.alloc(Math.min(65_536, limit - length));
      const count = chunk.length === 0 ? 0 : readSync(fd, chunk);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      length += count;
    }
  } finally {
    closeSync(fd);
  }
}
