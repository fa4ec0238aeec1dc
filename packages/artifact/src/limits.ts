/** What this package reads at most; one more is refused with ERR_ARTIFACT_LIMIT. */
export const ARTIFACT_LIMITS = {
  /** Files in one directory tree. */
  files: 1_000_000,
  /** Folders within folders. */
  depth: 256,
  /** Bytes of a checksum file. */
  checksumsBytes: 16_777_216,
  /** Entries of a checksum file. */
  checksums: 100_000,
  /** Bytes of `index.json`, an image index or an image manifest. */
  ociDocumentBytes: 4_194_304,
  /** Image indexes within image indexes. */
  ociDepth: 8,
  /** Blobs of an OCI layout. */
  ociBlobs: 16_384,
} as const;
