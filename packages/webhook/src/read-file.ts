import { readFileSync } from 'node:fs';
import { WebhookError } from './errors.ts';

/** @throws {WebhookError} `ERR_WEBHOOK_IO` */
export function readConfigFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new WebhookError('ERR_WEBHOOK_IO', reason.includes(path) ? reason : `${path}: ${reason}`, {
      cause,
    });
  }
}
