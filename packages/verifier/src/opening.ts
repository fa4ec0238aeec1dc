import type { Envelope, Statement } from 'in-toto-attestation';
import type { PublicKey } from '@danube/keys';
import {
  MalformedError,
  PROVENANCE_V02,
  PROVENANCE_V1,
  matchStatementPayloadType,
  pae,
  parseProvenance,
} from 'in-toto-attestation';
import { isPublicKey, verifySignature } from '@danube/keys';
import { type CertificateProof, type SigningCertificate, judgeCertificate } from './certificate.ts';
import { type DelegatedSigner, judgeDelegation } from './delegation.ts';
import { catchMalformed, type EvidenceItem } from './evidence.ts';
import type { Expected } from './expectations.ts';
import { type Build, readBuild } from './profiles.ts';
import type { SignatureProofs } from './signature-proofs.ts';
import { earliest, type ProvenTime, type TimeProof } from './signing-time.ts';

/** A stage of opening an attestation: its value; or why it was not reached, with the error if it broke right here. */
export type Stage<Value> =
  | { readonly reached: true; readonly value: Value }
  | { readonly reached: false; readonly reason: string; readonly error?: MalformedError };

/**
 * An attestation, opened as far as it can be trusted: each stage is reached only through the one before it, so that no
 * check can read a statement that the caller's keys have not signed.
 */
export interface Opened {
  readonly path: string | null;
  readonly line: number | null;
  readonly envelope: Stage<Envelope>;
  /** The distinct keys of the caller that verified a signature; empty without an envelope. */
  readonly signers: readonly PublicKey[];
  /** The certificate that signed, judged by the caller's expectations; absent when there is none or none is expected. */
  readonly certificate?: SigningCertificate;
  /** A key that signed in place of one of the caller's, which is among the signers then; or why it does not count. */
  readonly delegated?: DelegatedSigner;
  /** What its timestamps prove; absent when nobody looked at them, or it has none. */
  readonly timeProof?: TimeProof;
  /** When it was signed at the latest, as proven; absent when nothing proves it, and then every time is a claim. */
  readonly signedAt?: ProvenTime;
  /** Reached when at least `threshold` keys (a certificate counts as one) signed: the payload may be believed. */
  readonly payload: Stage<Envelope>;
  readonly statement: Stage<Statement>;
  /** The provenance in the statement, and how to read it. */
  readonly build: Stage<Build>;
}

const NEVER: Stage<never> = unreached('there is no attestation');

/** Stands where an attestation should be, so that the report says in the same form that there is none. */
export const NOTHING: Opened = {
  path: null,
  line: null,
  envelope: NEVER,
  signers: [],
  payload: NEVER,
  statement: NEVER,
  build: NEVER,
};

/** The predicate types of SLSA provenance that are understood, compared as opaque strings. */
export const PROVENANCE_TYPES: readonly string[] = [PROVENANCE_V1, PROVENANCE_V02];

/** Opens one attestation with the caller's keys. Never throws for what the evidence holds. */
export function openAttestation(
  item: EvidenceItem,
  expected: Expected,
  now: Date,
  proof?: CertificateProof,
  timeProof?: TimeProof,
  signatureProofs?: SignatureProofs,
): Opened {
  const envelope = readEnvelope(item);
  const signedAt = earliest(timeProof?.times ?? []);
  const direct = envelope.reached ? verifiedKeys(item, envelope.value, expected.keys, signatureProofs) : [];
  // A signature counts for one key: it is looked at as a delegated one only when it is nobody's own.
  const delegated =
    envelope.reached && direct.length === 0
      ? judgeDelegation(item, envelope.value, expected.keys, signedAt, now)
      : undefined;
  const signers =
    delegated === undefined || delegated.reason !== undefined ? direct : [delegated.delegation.issuer];
  const certificate = envelope.reached ? judgeCertificate(proof, expected.certificates) : undefined;
  const payload = trustPayload(envelope, signers, certificate, expected.threshold);
  const statement = readStatement(item, payload);
  const { path, line = null } = item;
  const opened = { path, line, envelope, signers, payload, statement, build: readProvenance(statement) };
  if (certificate === undefined && timeProof === undefined && delegated === undefined) return opened;
  return {
    ...opened,
    ...(certificate !== undefined && { certificate }),
    ...(delegated !== undefined && { delegated }),
    ...(timeProof !== undefined && { timeProof }),
    ...(signedAt !== undefined && { signedAt }),
  };
}

function readEnvelope({ envelope }: EvidenceItem): Stage<Envelope> {
  if (envelope instanceof MalformedError) return broken('the envelope could not be read', envelope);
  if (matchStatementPayloadType(envelope.payloadType)) return { reached: true, value: envelope };
  const error = new MalformedError(
    'ERR_VALUE',
    '/payloadType',
    `${envelope.payloadType} is not an in-toto payload`,
  );
  return broken('the payload is not an in-toto statement', error);
}

/**
 * The distinct keys that verify a signature over the bytes as they were received (DSSE v1.0.2, protocol.md). The keyid
 * only says which key to try first; every other key is tried as well, and a signature counts for one key at most.
 */
function verifiedKeys(
  item: EvidenceItem,
  { payloadType, payload, signatures }: Envelope,
  keys: readonly PublicKey[],
  proofs: SignatureProofs | undefined,
): readonly PublicKey[] {
  let message: Uint8Array | undefined;
  const verified: PublicKey[] = [];
  for (const [position, { keyid, sig }] of signatures.entries()) {
    const key =
      provenKey(keys, verified, proofs?.keyOf(item, position)) ??
      verifyingKey(keys, verified, keyid, (message ??= pae(payloadType, payload)), sig);
    if (key !== undefined) verified.push(key);
  }
  return verified;
}

/** What was proven counts for a key of the caller, once; else the signature is looked at here. */
function provenKey(
  keys: readonly PublicKey[],
  verified: readonly PublicKey[],
  key: PublicKey | undefined,
): PublicKey | undefined {
  if (key === undefined || !keys.includes(key) || verified.includes(key)) return undefined;
  return isPublicKey(key) ? key : undefined;
}

/** The key that verifies this signature, apart from those that have signed already. */
function verifyingKey(
  keys: readonly PublicKey[],
  verified: readonly PublicKey[],
  keyid: string | undefined,
  message: Uint8Array,
  signature: Uint8Array,
): PublicKey | undefined {
  const verifies = (key: PublicKey): boolean =>
    !verified.includes(key) && verifySignature(key, message, signature);
  const hinted = keys.find((key) => key.keyid === keyid);
  if (hinted !== undefined && verifies(hinted)) return hinted;
  return keys.find((key) => key !== hinted && verifies(key));
}

function trustPayload(
  envelope: Stage<Envelope>,
  signers: readonly PublicKey[],
  certificate: SigningCertificate | undefined,
  threshold: number,
): Stage<Envelope> {
  if (!envelope.reached) return unreached(envelope.reason);
  const count = signers.length + (certificate?.accepted === true ? 1 : 0);
  if (count === 0 && certificate?.proof.signer !== undefined)
    return unreached('the certificate is not of the expected identity');
  if (count === 0) return unreached('the signature did not verify');
  if (count < threshold) return unreached('too few of the keys signed');
  return envelope;
}

function readStatement(item: EvidenceItem, payload: Stage<Envelope>): Stage<Statement> {
  if (!payload.reached) return unreached(payload.reason);
  const statement = item.statement();
  if (statement instanceof MalformedError) return broken('the statement could not be read', statement);
  return { reached: true, value: statement };
}

function readProvenance(statement: Stage<Statement>): Stage<Build> {
  if (!statement.reached) return unreached(statement.reason);
  const { predicateType, predicate } = statement.value;
  if (!PROVENANCE_TYPES.includes(predicateType)) return unreached('the predicate is not provenance');
  const provenance = catchMalformed(() => parseProvenance(predicateType, predicate));
  if (provenance instanceof MalformedError) return broken('the predicate could not be read', provenance);
  return { reached: true, value: readBuild(provenance) };
}

/** The stage at which an attestation broke; later ones only repeat the reason. */
function broken(reason: string, error: MalformedError): Stage<never> {
  return { reached: false, reason, error };
}

function unreached(reason: string): Stage<never> {
  return { reached: false, reason };
}
