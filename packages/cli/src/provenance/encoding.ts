import {
  certificateBundle,
  type Envelope,
  encodeEnvelope,
  encodeJsonLines,
  encodeSigstoreBundle,
  publicKeyBundle,
} from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import type { FileFormat } from './file-formats.ts';

/** What a bundle holds beside its envelope. */
export interface BundleMaterial {
  /** Over its only signature. */
  readonly timestamps?: readonly Uint8Array[];
  /** Of the key that signed, where another key delegated to it. */
  readonly certificate?: Uint8Array | undefined;
}

/**
 * Envelopes as a file: a DSSE envelope, a Sigstore bundle, or in-toto JSON Lines.
 *
 * @param material of the bundle; other formats have no place for it.
 * @throws CliError ERR_USAGE when the format cannot hold them.
 */
export function encodeAttestations(
  envelopes: readonly Envelope[],
  format: FileFormat,
  material: BundleMaterial = {},
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
    format === 'dsse' ? encodeEnvelope(envelope) : encodeBundle(envelope, material),
    Buffer.from('\n'),
  ]);
}

function encodeBundle(envelope: Envelope, { timestamps = [], certificate }: BundleMaterial): Uint8Array {
  const [signature, ...others] = envelope.signatures;
  if (signature === undefined || others.length > 0) {
    throw usageError(
      `a Sigstore bundle holds exactly one signature, and this envelope has ${envelope.signatures.length}`,
      'use --format dsse or jsonl',
    );
  }
  return encodeSigstoreBundle(
    certificate === undefined
      ? publicKeyBundle(envelope, signature.keyid ?? '', timestamps)
      : certificateBundle(envelope, certificate, timestamps),
  );
}
