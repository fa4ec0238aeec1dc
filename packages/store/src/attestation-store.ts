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
   * that is there with other bytes is never replaced. Killed at any point, `read` gives all of the files or none, each
   * of them whole, and the same call again succeeds.
   *
   * @throws {StoreError} `ERR_STORE_JOB_ID`, `_FILE_NAME`, `_LIMIT`, `_CONFLICT`, `_IO`
   */
  put(jobId: string, files: AttestationFiles): Promise<PutResult>;

  /**
   * The attestation files of a job, by name: those of `names` that are there, or all.
   *
   * @throws {StoreError} `ERR_STORE_JOB_ID`, `_FILE_NAME`, `_NOT_FOUND` when there is no such job, `_LIMIT`, `_IO`
   */
  read(jobId: string, names?: readonly string[]): Promise<AttestationFiles>;

  /**
   * The ids of all jobs, sorted.
   *
   * @throws {StoreError} `ERR_STORE_IO`
   */
  list(): Promise<readonly string[]>;
}

/** What a store takes at most; one more is refused with ERR_STORE_LIMIT. */
export const STORE_LIMITS = {
  /** Bytes of one file. */
  fileBytes: 67_108_864,
  /** Files of one job. */
  files: 1024,
} as const;
