import { StoreError } from './errors.ts';
import { show } from './show.ts';

/** A job id: 1 to 128 ASCII letters, digits, `.`, `_` and `-`, the first a letter, a digit or `_`. */
export const JOB_ID: RegExp = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The name of an attestation file: like a job id, ending in `.json` or `.jsonl`. */
export const FILE_NAME: RegExp = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,121}\.jsonl?$/;

/**
 * Job ids become directory names, so nothing but plain names passes.
 *
 * @throws {StoreError} `ERR_STORE_JOB_ID`
 */
export function checkJobId(jobId: string): void {
  if (JOB_ID.test(jobId)) return;
  throw new StoreError('ERR_STORE_JOB_ID', `the job id ${show(jobId)} is not a plain name`, {
    hint: '1 to 128 letters, digits, ".", "_" and "-", the first of them a letter, a digit or "_"',
  });
}

/** @throws {StoreError} `ERR_STORE_FILE_NAME` */
export function checkFileName(name: string): void {
  if (FILE_NAME.test(name)) return;
  throw new StoreError('ERR_STORE_FILE_NAME', `the file name ${show(name)} cannot be stored`, {
    hint: 'letters, digits, ".", "_" and "-", ending in ".json" or ".jsonl"',
  });
}
