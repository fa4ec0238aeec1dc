/** What a store holds of one job: file name to bytes. */
export type AttestationFiles = ReadonlyMap<string, Uint8Array>;

export interface PutResult {
  /** The names that were written now; empty when the store already held all of them with these bytes. */
  readonly written: readonly string[];
}

/** A place where the attestations of jobs live. Whatever implements it promises what `put` says. */
export interface AttestationStore {
  /**
   * Stores files under a job. Durable when it resolves. A file that is there with the same bytes is left alone; one
   * that is there with other bytes is never replaced. Killed at any point, each file is there whole or not at all,
   * and the same call again succeeds.
   *
   * @throws StoreError ERR_STORE_JOB_ID, ERR_STORE_FILE_NAME, ERR_STORE_LIMIT, ERR_STORE_CONFLICT, ERR_STORE_IO
   */
  put(jobId: string, files: AttestationFiles): Promise<PutResult>;

  /**
   * The attestation files of a job, by name.
   *
   * @throws StoreError ERR_STORE_JOB_ID, ERR_STORE_NOT_FOUND, ERR_STORE_LIMIT, ERR_STORE_IO
   */
  read(jobId: string): Promise<AttestationFiles>;

  /**
   * The ids of all jobs, sorted.
   *
   * @throws StoreError ERR_STORE_IO
   */
  list(): Promise<readonly string[]>;
}

/** What a store takes at most; one more is refused with ERR_STORE_LIMIT. */
export const STORE_LIMITS: { readonly fileBytes: number; readonly files: number } = {
  /** Bytes of one file. */
  fileBytes: 64 * 1024 * 1024,
  /** Files of one job. */
  files: 1024,
};
