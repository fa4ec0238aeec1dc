import { existsSync } from 'node:fs';
import {
  DocumentError,
  parseTrustRootDocument,
  readTrustRootEnvelope,
  type TrustRootChange,
  type TrustRootDocument,
} from '@danube/verifier/documents';
import { type Envelope, isJsonObject, MalformedError, parseJson } from 'in-toto-attestation';
import { CliError, usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { print, printable, sayHint } from '../terminal.ts';

/** More than any trust root has, in its envelope. */
const ROOT_BYTES = 8 * 1024 * 1024;

/** A trust root as it lies there, signed or not. */
export interface TrustRootFile {
  /** The document alone. */
  readonly bytes: Uint8Array;
  readonly document: TrustRootDocument;
  /** Around it; its signatures were not verified. */
  readonly envelope?: Envelope;
}

/** @throws CliError ERR_USAGE for what is no trust root; ERR_IO. */
export function readTrustRootFile(path: string): TrustRootFile {
  const bytes = readInput(path, ROOT_BYTES);
  return inWords(path, () => {
    if (!isEnvelope(bytes)) return { bytes, document: parseTrustRootDocument(bytes) };
    const envelope = readTrustRootEnvelope(bytes);
    return { bytes: envelope.payload, document: parseTrustRootDocument(envelope.payload), envelope };
  });
}

function isEnvelope(bytes: Uint8Array): boolean {
  try {
    const value = parseJson(bytes, { maxBytes: ROOT_BYTES });
    return isJsonObject(value) && Object.hasOwn(value, 'payloadType');
  } catch (error) {
    if (error instanceof MalformedError) return false; // whoever reads it as a document says what is wrong
    throw error;
  }
}

/** What is wrong with a document, said of the file. @throws CliError ERR_USAGE */
export function inWords<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw usageError(`the trust root ${path}: ${error.message}`, error.hint);
  }
}

/**
 * Changes the document in a file: reads it, and puts the changed one in its place at once, unless somebody else changed
 * it meanwhile. Says what the change means.
 *
 * @throws CliError ERR_USAGE, ERR_IO, ERR_CONFLICT; the file is untouched then.
 */
export function changeTrustRoot(
  path: string,
  change: (document: TrustRootDocument) => TrustRootChange,
): void {
  if (path === '-') throw usageError('a trust root is changed in its file', 'name the file');
  const { bytes, document, envelope } = readTrustRootFile(path);
  if (envelope !== undefined) {
    throw usageError(
      `${path} is signed, and a change would make its signatures void`,
      `change the document, and sign it again: danube trust show ${path} --format json > trust-root.json`,
    );
  }
  const { document: changed, means } = inWords(path, () => change(document));
  if (!Buffer.from(readInput(path, ROOT_BYTES)).equals(bytes)) {
    throw new CliError('ERR_CONFLICT', `${path} was changed by somebody else meanwhile; nothing was written`);
  }
  writeOutput(path, encodeDocument(changed));
  sayChange(path, changed, means);
}

/** Writes a document where there is none yet. @throws CliError ERR_USAGE, ERR_IO */
export function createTrustRoot(path: string, make: () => TrustRootChange): void {
  if (existsSync(path))
    throw usageError(`${path} is there already`, 'it is not overwritten; change it, or name another');
  const { document, means } = inWords(path, make);
  writeOutput(path, encodeDocument(document));
  sayChange(path, document, means);
}

export function encodeDocument(document: TrustRootDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function sayChange(path: string, { version }: TrustRootDocument, means: readonly string[]): void {
  print([`${path}: version ${version}`, ...means.map((sentence) => `  ${printable(sentence)}`)].join('\n'));
  sayHint(`it is in force when it is signed: danube trust sign ${path} --key ROOT-KEY --out SIGNED-FILE`);
}
