import { type DigestSet, MalformedError, parseAttestations, parseStatement } from 'in-toto-attestation';

/** A file of attestations as a store holds it; it never changes. */
export interface StoredAttestation {
  /** Where it is, for people. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface StoreCall {
  /** Ends what the call has under way; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Attestations by what they are about. What is put is never changed or replaced: its name is the digest of its bytes, so
 * that any number of writers may put the same at the same time. Finding is not believing: nothing is verified here.
 *
 * Every call throws {@link StoreError}.
 */
export interface SubjectStore {
  /**
   * Stores a file of attestations. Durable when it resolves; the same again changes nothing.
   *
   * @returns false when it was there already.
   * @throws {MalformedError} when the bytes hold no attestation with a subject: nobody would find it
   */
  put(bytes: Uint8Array, call?: StoreCall): Promise<boolean>;

  /** Every file with an attestation that names this digest, `sha256:` and lower-case hex, as a subject. */
  find(subject: string, call?: StoreCall): AsyncIterable<StoredAttestation>;

  /** The paths of all files. */
  list(call?: StoreCall): AsyncIterable<string>;

  /** All files, one after the other. */
  stream(call?: StoreCall): AsyncIterable<StoredAttestation>;

  close(): void;
}

const SUBJECT = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** @throws {TypeError} */
export function checkSubject(subject: string): void {
  if (!SUBJECT.test(subject)) throw new TypeError('expected sha256:, sha384: or sha512: and lower-case hex');
}

/**
 * The digests that the attestations of a file name as subjects, `sha256:HEX` and the like, each once. What cannot be read
 * names nothing.
 */
export function subjectsIn(bytes: Uint8Array): string[] {
  const subjects = new Set<string>();
  const attestations = ignoreMalformed(() => parseAttestations(bytes).attestations) ?? [];
  for (const entry of attestations) {
    if ('error' in entry) continue;
    const statement = ignoreMalformed(() => parseStatement(entry.envelope.payload));
    for (const { digest } of statement?.subject ?? []) addDigests(digest, subjects);
  }
  return [...subjects];
}

function addDigests(digest: DigestSet, subjects: Set<string>): void {
  for (const [algorithm, hex] of Object.entries(digest)) {
    const subject = `${algorithm}:${hex}`;
    if (SUBJECT.test(subject)) subjects.add(subject);
  }
}

function ignoreMalformed<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** The subjects of what is to be stored. @throws {MalformedError} when there are none */
export function requireSubjects(bytes: Uint8Array): string[] {
  const subjects = subjectsIn(bytes);
  if (subjects.length > 0) return subjects;
  parseAttestations(bytes);
  throw new MalformedError('ERR_MISSING', '', 'no attestation with a subject by which it could be found');
}
