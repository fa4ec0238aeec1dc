import {
  type Attestation,
  type BrokenAttestation,
  type Envelope,
  LIMITS,
  MalformedError,
  parseAttestations,
} from 'in-toto-attestation';
import { CliError, usageError } from '../exit-code.ts';
import { readUpTo, writeOutput } from '../file.ts';
import type { ConvertOptions } from './convert.ts';
import { encodeAttestations } from './encoding.ts';

/**
 * Reads attestations in any format and writes them in one.
 *
 * @throws CliError ERR_EVIDENCE for a file that is malformed, ERR_USAGE when the format cannot hold what there is.
 */
export function convertFiles(paths: readonly string[], { format, out = '-' }: ConvertOptions): void {
  const envelopes = paths.flatMap((path) => readAttestations(path).map((entry) => takeEnvelope(path, entry)));
  writeOutput(out, encodeAttestations(envelopes, format));
}

function readAttestations(path: string): readonly (Attestation | BrokenAttestation)[] {
  try {
    return parseAttestations(readUpTo(path, LIMITS.jsonLinesBytes + 1)).attestations;
  } catch (error) {
    throw error instanceof MalformedError ? malformed(path, error) : error;
  }
}

function takeEnvelope(path: string, entry: Attestation | BrokenAttestation): Envelope {
  const place = entry.line === undefined ? path : `${path}:${entry.line}`;
  if ('error' in entry) throw malformed(place, entry.error);
  if (entry.bundle !== undefined && holdsMore(entry.bundle.verificationMaterial)) {
    throw usageError(`${place} holds a certificate, log entries or timestamps, which would be lost`);
  }
  return entry.envelope;
}

function holdsMore({
  publicKey,
  tlogEntries,
  rfc3161Timestamps,
}: NonNullable<Attestation['bundle']>['verificationMaterial']): boolean {
  return publicKey === undefined || tlogEntries.length > 0 || rfc3161Timestamps.length > 0;
}

function malformed(place: string, cause: MalformedError): CliError {
  return new CliError('ERR_EVIDENCE', `${place}: ${cause.message} (${cause.code})`, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
}
