import { appendSignature, signStatement } from '@danube/signer';
import { type Envelope, LIMITS, parseAttestations, parseStatement } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { withSigningKey } from '../signing-key.ts';
import { isTerminal, STDIN } from '../terminal.ts';
import { encodeAttestations } from './encoding.ts';
import type { SignOptions } from './sign.ts';

/**
 * Signs the statement in a file, or adds a signature to the envelope in it.
 *
 * @throws DanubeError; nothing is written then.
 */
export async function signFile(file: string | undefined, options: SignOptions): Promise<void> {
  const bytes = readInput(inputPath(file, options.passphraseFile), LIMITS.envelopeBytes);
  const envelope = options.append === true ? await addSignature(bytes, options) : await sign(bytes, options);
  writeOutput(options.out ?? '-', encodeAttestations([envelope], options.format));
}

function inputPath(file: string | undefined, passphraseFile: string | undefined): string {
  if (file !== undefined && file !== '-') return file;
  if (passphraseFile === '-') throw usageError('statement and passphrase cannot both come from stdin');
  if (isTerminal(STDIN)) throw usageError('no statement is given', 'name its file, or send it to stdin');
  return '-';
}

async function sign(bytes: Uint8Array, options: SignOptions): Promise<Envelope> {
  const statement = parseStatement(bytes);
  return withSigningKey(options, (backend) => signStatement(statement, backend));
}

async function addSignature(bytes: Uint8Array, options: SignOptions): Promise<Envelope> {
  const envelope = readEnvelope(bytes);
  parseStatement(envelope.payload); // nobody's key should stand under what is not even a statement
  return withSigningKey(options, (backend) => appendSignature(envelope, backend));
}

function readEnvelope(bytes: Uint8Array): Envelope {
  const [attestation, ...others] = parseAttestations(bytes).attestations;
  if (attestation === undefined || others.length > 0) {
    throw usageError('--append needs a file with exactly one attestation');
  }
  if ('error' in attestation) throw attestation.error;
  if (attestation.format === 'sigstore-bundle') {
    throw usageError(
      'a Sigstore bundle holds exactly one signature',
      'make it a DSSE envelope first: danube provenance convert --format dsse',
    );
  }
  return attestation.envelope;
}
