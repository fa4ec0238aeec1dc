import type { SigstoreBundle } from 'in-toto-attestation';
import { RFC3161Timestamp } from '@sigstore/core';
import { createPublicKey } from 'node:crypto';
import { SigstoreError } from './errors.ts';
import type { ProvenTime } from './signer.ts';
import type { TimestampAuthority, TimestampRoot } from './timestamp-authority.ts';

/** What the timestamps of a bundle prove about its signature. */
export interface TimestampFindings {
  /** Times at which the signature was there already, each vouched for by an authority of the root. */
  readonly times: readonly ProvenTime[];
  /** Why the other timestamps prove nothing. */
  readonly problems: readonly string[];
}

/**
 * Looks at the timestamps (RFC 3161) of a bundle whose envelope a key signed. Each is judged by itself: one that proves
 * nothing takes nothing from another that does.
 *
 * A timestamp counts when an authority of the root signed it with its own key, over this very signature, at a time at
 * which the authority counts and every certificate of its chain was valid.
 *
 * No network, no clock. Never throws for what the bundle holds.
 */
export function verifyTimestamps(
  { verificationMaterial, dsseEnvelope }: SigstoreBundle,
  root: TimestampRoot,
): TimestampFindings {
  const [signature] = dsseEnvelope?.signatures ?? [];
  const times: ProvenTime[] = [];
  const problems: string[] = [];
  for (const der of verificationMaterial.rfc3161Timestamps) {
    try {
      if (signature === undefined)
        throw timeError('the bundle has no envelope whose signature it could be of');
      times.push(verifyTimestamp(der, signature.sig, root));
    } catch (error) {
      if (!(error instanceof SigstoreError)) throw error;
      problems.push(error.message);
    }
  }
  return { times, problems };
}

/**
 * Verifies one timestamp over a signature.
 *
 * @param der a TimeStampResp (RFC 3161, section 2.4.2).
 * @throws {SigstoreError} `ERR_SIGSTORE_TIME`
 */
export function verifyTimestamp(
  der: Uint8Array,
  signature: Uint8Array,
  { authorities }: TimestampRoot,
): ProvenTime {
  const timestamp = readTimestamp(der);
  const candidates = authorities.filter((authority) => isSigner(timestamp, authority));
  if (candidates.length === 0) throw timeError('no timestamp authority of the root signed it');
  const problems = candidates.map((authority) => problemOf(timestamp, signature, authority));
  const index = problems.indexOf(undefined);
  const authority = candidates[index];
  if (authority === undefined) throw timeError(problems[0] ?? 'it proves nothing');
  return { by: 'timestamp-authority', name: authority.name, time: timestamp.signingTime };
}

const GRANTED: readonly bigint[] = [0n, 1n];

/**
 * Reads a timestamp that was granted.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_TIME`
 */
export function readTimestamp(der: Uint8Array): RFC3161Timestamp {
  const timestamp = read(() => RFC3161Timestamp.parse(Buffer.from(der)));
  const { status, time } = read(() => ({ status: timestamp.status, time: statusTime(timestamp) }));
  if (!GRANTED.includes(status)) throw timeError(`it was not granted (status ${status})`);
  if (Number.isNaN(time)) throw timeError('it has no time');
  return timestamp;
}

function statusTime(timestamp: RFC3161Timestamp): number {
  return GRANTED.includes(timestamp.status) ? timestamp.signingTime.getTime() : 0;
}

/** The library reads ASN.1 as it goes, and throws whatever comes out of bytes that are something else. */
function read<Value>(look: () => Value): Value {
  try {
    return look();
  } catch (cause) {
    throw new SigstoreError('ERR_SIGSTORE_TIME', 'the timestamp cannot be read', { cause });
  }
}

function isSigner(timestamp: RFC3161Timestamp, { signer }: TimestampAuthority): boolean {
  return read(
    () =>
      signer.serialNumber.equals(timestamp.signerSerialNumber) &&
      signer.issuer.equals(timestamp.signerIssuer),
  );
}

function problemOf(
  timestamp: RFC3161Timestamp,
  signature: Uint8Array,
  { name, signer, chain, notBefore, notAfter }: TimestampAuthority,
): string | undefined {
  const time = timestamp.signingTime;
  if (time < notBefore || time > notAfter) {
    return `${name} counts from ${notBefore.toISOString()} to ${notAfter.toISOString()}, and it is of ${time.toISOString()}`;
  }
  if (chain.some(({ validFromDate, validToDate }) => time < validFromDate || time > validToDate))
    return `a certificate of ${name} was not valid on ${time.toISOString()}`;
  try {
    timestamp.verify(
      Buffer.from(signature),
      createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' }),
    );
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    return `it is not of ${name} over this signature (${reason})`;
  }
}

function timeError(message: string): SigstoreError {
  return new SigstoreError('ERR_SIGSTORE_TIME', `the timestamp proves nothing: ${message}`);
}
