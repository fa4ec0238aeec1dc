import type { Envelope, SigstoreBundle, Statement } from 'in-toto-attestation';
import { ACCEPTED, MalformedError, parseAttestations, parseStatement } from 'in-toto-attestation';
import { ExpectationError } from './errors.ts';

/** A file that may hold attestations, as it was found. What it is called decides nothing. */
export interface EvidenceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** One attestation of an evidence file, or what stands where one should be. */
export interface EvidenceItem {
  readonly path: string;
  /** Line of a JSON Lines file, from 1. */
  readonly line?: number;
  readonly envelope: Envelope | MalformedError;
  /** The Sigstore bundle around the envelope, for whoever proves who signed it. */
  readonly bundle?: SigstoreBundle;
  /**
   * The payload's statement, parsed once. Until a signature over the same bytes verified it is a claim of whoever
   * wrote the file: good to decide where an attestation is listed and which digests to compute, and for nothing else.
   */
  readonly statement: () => Statement | MalformedError;
}

/** What {@link loadEvidence} read; the same value serves any number of evaluations. */
export interface Evidence {
  readonly items: readonly EvidenceItem[];
}

/**
 * Reads evidence files in every format of `in-toto-attestation`, recognised by content: a DSSE envelope, JSON Lines, a
 * Sigstore bundle. A file or line that is none of them is kept with its error and reported; it never throws for what a
 * file holds. Nothing of the bytes is needed afterwards: their memory may be used for the next file.
 *
 * @throws {ExpectationError} (a `TypeError`) when a file is not `{ path, bytes }`.
 */
export function loadEvidence(files: readonly EvidenceFile[]): Evidence {
  return { items: files.flatMap(loadFile) };
}

function loadFile({ path, bytes }: EvidenceFile): EvidenceItem[] {
  if (typeof path !== 'string' || !(bytes instanceof Uint8Array)) {
    throw new ExpectationError('evidence', 'a file is { path: string, bytes: Uint8Array }');
  }
  const parsed = catchMalformed(() => parseAttestations(bytes));
  if (parsed instanceof MalformedError) return [brokenItem(path, parsed)];
  if (parsed.attestations.length === 0) {
    return [brokenItem(path, new MalformedError('ERR_MISSING', '', 'holds no attestation'))];
  }
  return parsed.attestations.map((entry) => {
    const item =
      'error' in entry ? brokenItem(path, entry.error) : envelopeItem(path, entry.envelope, entry.bundle);
    return entry.line === undefined ? item : { ...item, line: entry.line };
  });
}

function brokenItem(path: string, error: MalformedError): EvidenceItem {
  return { path, envelope: error, statement: () => error };
}

function envelopeItem(path: string, envelope: Envelope, bundle?: SigstoreBundle): EvidenceItem {
  let statement: Statement | MalformedError | undefined;
  const item = {
    path,
    envelope,
    statement: () => (statement ??= catchMalformed(() => parseStatement(envelope.payload))),
  };
  return bundle === undefined ? item : { ...item, bundle };
}

/** The value, or the error that says why the untrusted bytes are not one. Any other error is a bug and goes through. */
export function catchMalformed<Value>(parse: () => Value): Value | MalformedError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MalformedError) return error;
    throw error;
  }
}

/**
 * The accepted digest algorithms that subjects of the evidence name, in the order of `ACCEPTED` and always with
 * `sha256`: what artifacts have to be hashed with. The statements are not verified yet; they can only make the caller
 * compute more digests, never fewer.
 */
export function digestAlgorithms(evidence: Evidence): string[] {
  const named = new Set(['sha256']);
  for (const item of evidence.items) {
    const statement = item.statement();
    if (statement instanceof MalformedError) continue;
    for (const { digest } of statement.subject) {
      for (const algorithm of Object.keys(digest)) named.add(algorithm);
    }
  }
  return ACCEPTED.filter((algorithm) => named.has(algorithm));
}
