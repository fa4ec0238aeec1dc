import {
  type Envelope,
  encodeEnvelope,
  encodeJsonLines,
  encodeSigstoreBundle,
  publicKeyBundle,
} from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import type { FileFormat } from './file-formats.ts';

/**
 * Envelopes as a file: a DSSE envelope, a Sigstore bundle, or in-toto JSON Lines.
 *
 * @param timestamps over the only signature of a bundle; other formats have no place for them.
 * @throws CliError ERR_USAGE when the format cannot hold them.
 */
export function encodeAttestations(
  envelopes: readonly Envelope[],
  format: FileFormat,
  timestamps: readonly Uint8Array[] = [],
): Uint8Array {
  if (format === 'jsonl') return encodeJsonLines(envelopes);
  const [envelope, ...others] = envelopes;
  if (envelope === undefined || others.length > 0) {
    throw usageError(
      `${envelopes.length} attestations do not fit in one ${format} file`,
      'use --format jsonl',
    );
  }
  return Buffer.concat([
    format === 'dsse' ? encodeEnvelope(envelope) : encodeBundle(envelope, timestamps),
    Buffer.from('\n'),
  ]);
}

function encodeBundle(envelope: Envelope, timestamps: readonly Uint8Array[]): Uint8Array {
  const [signature, ...others] = envelope.signatures;
  if (signature === undefined || others.length > 0) {
    throw usageError(
      `a Sigstore bundle holds exactly one signature, and this envelope has ${envelope.signatures.length}`,
      'use --format dsse or jsonl',
    );
  }
  return encodeSigstoreBundle(publicKeyBundle(envelope, signature.keyid ?? '', timestamps));
}
