import { appendSignature, signStatements } from '@danube/signer';
import {
  type Envelope,
  LIMITS,
  MalformedError,
  parseAttestations,
  parseStatement,
  type Statement,
} from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { clearSecrets } from '../secrets.ts';
import { withDelegatedKey, withSigningKey } from '../signing-key.ts';
import { requireTimestampFormat, timestampsFor } from '../timestamp-option.ts';
import { isTerminal, printable, STDIN } from '../terminal.ts';
import { encodeAttestations } from './encoding.ts';
import type { SignOptions } from './sign.ts';

/**
 * Signs the statements in files, or adds a signature to the envelope in one. All or nothing.
 *
 * @throws DanubeError; nothing is written then.
 */
export async function signFiles(files: readonly string[], options: SignOptions): Promise<void> {
  const [file, ...others] = files;
  if (others.length > 0) requireMany(options);
  requireTimestampFormat(options, options.format);
  const { envelopes, certificate } =
    options.append === true ? await append(file, options) : await sign(files, options);
  const timestamps = await timestampsFor(envelopes, options);
  writeOutput(options.out ?? '-', encodeAttestations(envelopes, options.format, { timestamps, certificate }));
}

interface Signed {
  readonly envelopes: readonly Envelope[];
  /** Of a delegated key. */
  readonly certificate?: Uint8Array;
}

async function append(file: string | undefined, options: SignOptions): Promise<Signed> {
  if (options.delegate === true) throw usageError('--append and --delegate exclude each other', APPEND_HINT);
  return { envelopes: [await addSignature(read(file, options), options)] };
}

const APPEND_HINT = 'the certificate of a delegated key travels in a bundle, which holds one signature';

/** Said before anything is signed: signatures may cost money. */
function requireMany({ append, format }: SignOptions): void {
  if (append === true) throw usageError('--append takes one attestation');
  if (format !== 'jsonl')
    throw usageError('several attestations do not fit in one file of this format', 'use --format jsonl');
}

function read(file: string | undefined, { passphraseFile }: SignOptions): Uint8Array {
  return readInput(inputPath(file, passphraseFile), LIMITS.envelopeBytes);
}

/** @throws CliError ERR_USAGE, which names the file, for what is no statement. */
function readStatement(file: string | undefined, options: SignOptions): Statement {
  try {
    return parseStatement(read(file, options));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const name = file === undefined || file === '-' ? 'standard input' : printable(file);
    throw usageError(`${name} is no statement: ${error.message}`, error.hint);
  }
}

function inputPath(file: string | undefined, passphraseFile: string | undefined): string {
  if (file !== undefined && file !== '-') return file;
  if (passphraseFile === '-') throw usageError('statement and passphrase cannot both come from stdin');
  if (isTerminal(STDIN)) throw usageError('no statement is given', 'name its file, or send it to stdin');
  return '-';
}

async function sign(files: readonly string[], options: SignOptions): Promise<Signed> {
  const inputs = files.length === 0 ? [undefined] : files;
  const statements = inputs.map((file) => clearSecrets(readStatement(file, options), options));
  const { concurrency, rate } = options;
  return withDelegatedKey(options, async (backend) => {
    const envelopes = await signStatements(statements, backend, {
      ...(concurrency !== undefined && { concurrency }),
      ...(rate !== undefined && { ratePerSecond: rate }),
    });
    return { envelopes, ...(backend.certificate !== undefined && { certificate: backend.certificate }) };
  });
}

async function addSignature(bytes: Uint8Array, options: SignOptions): Promise<Envelope> {
  const envelope = readEnvelope(bytes);
  if (options.onSecret === 'redact') {
    throw usageError(
      'what others have signed cannot be redacted',
      'use --on-secret allow, or build the statement anew',
    );
  }
  // Nobody's key should stand under what is not even a statement, or publishes a secret.
  clearSecrets(parseStatement(envelope.payload), options);
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
