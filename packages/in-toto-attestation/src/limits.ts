/**
 * Every limit that the parsers of this package enforce, in one place. A document at the limit is read, one past it is
 * refused with `ERR_LIMIT` (or `ERR_JSON_DEPTH`). The limits bound work and memory before any signature is checked.
 */
export const LIMITS = {
  /** Bytes of one JSON document: an envelope, a Sigstore bundle, a statement, one line of JSON Lines: 16 MiB. */
  envelopeBytes: 16_777_216,
  /** Bytes of one JSON Lines file: 256 MiB. */
  jsonLinesBytes: 268_435_456,
  /** Lines of one JSON Lines file that are not blank. */
  lines: 16_384,
  /** Objects and arrays inside each other; the outermost counts as 1. */
  depth: 64,
  /** Subjects of one statement. */
  subjects: 16_384,
  /** Signatures of one envelope. */
  signatures: 64,
  /** Algorithms in one digest set. */
  digests: 32,
  /** Certificates in one Sigstore bundle. */
  certificates: 32,
  /** Transparency log entries in one Sigstore bundle. */
  tlogEntries: 32,
  /** Hashes in one inclusion proof: a log of 2^64 entries needs no more. */
  proofHashes: 64,
  /** RFC 3161 timestamps in one Sigstore bundle. */
  timestamps: 32,
} as const;
