/** PEM (RFC 7468), strictly: one block, nothing around it, and never as a string, because it may be a secret. */
import { asciiText, decodeBase64, encodeBase64 } from './encoding.ts';
import { KeyError } from './errors.ts';
import { concatBytes, wipe } from './secret.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LINE_LENGTH = 64;
const LABEL = /^-----BEGIN ([A-Z0-9]+(?: [A-Z0-9]+)*)-----$/;

/** One PEM block; `der` is what its base64 says, and is for the caller to wipe. */
export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

/** Whether bytes mean to be PEM. */
export function isPem(bytes: Uint8Array): boolean {
  return asciiText(bytes.subarray(0, 10)) === '-----BEGIN';
}

/** Reads a file that is one PEM block. Throws `KeyError` ERR_KEY_FORMAT. */
export function parsePem(bytes: Uint8Array): PemBlock {
  const lines = splitLines(bytes);
  const label = LABEL.exec(asciiText(lines[0] ?? bytes.subarray(0, 0)))?.[1];
  if (label === undefined) throw malformed('its first line is not a PEM header');
  const end = lines.findIndex((line) => asciiText(line.subarray(0, 8)) === '-----END');
  if (end === -1 || asciiText(lines[end] ?? bytes.subarray(0, 0)) !== `-----END ${label}-----`) {
    throw malformed(`it has no line -----END ${label}-----`);
  }
  if (lines.slice(end + 1).some((line) => line.length > 0)) throw trailing(lines.slice(end + 1));
  return { label, der: decodeBody(lines.slice(1, end)) };
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    lines.push(bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end));
    start = end + 1;
  }
  return lines;
}

function decodeBody(lines: readonly Uint8Array[]): Uint8Array {
  if (lines.some((line) => line.includes(0x3a))) throw legacyEncryption();
  const text = concatBytes(...lines);
  try {
    const der = decodeBase64(text);
    if (der === undefined || der.length === 0) throw malformed('its body is not base64');
    return der;
  } finally {
    wipe(text);
  }
}

/** Writes one block, as bytes because it may hold a private key. */
export function encodePem(label: string, der: Uint8Array): Uint8Array {
  const ascii = new TextEncoder();
  const base64 = encodeBase64(der);
  const lines: Uint8Array[] = [];
  for (let i = 0; i < base64.length; i += LINE_LENGTH) {
    lines.push(base64.subarray(i, i + LINE_LENGTH), Uint8Array.of(LINE_FEED));
  }
  try {
    return concatBytes(
      ascii.encode(`-----BEGIN ${label}-----\n`),
      ...lines,
      ascii.encode(`-----END ${label}-----\n`),
    );
  } finally {
    wipe(base64);
  }
}

function trailing(lines: readonly Uint8Array[]): KeyError {
  return lines.some(isPem)
    ? malformed('it holds more than one PEM block', 'keep one key in a file')
    : malformed('there is something after the PEM block', 'remove all that follows the END line');
}

function legacyEncryption(): KeyError {
  return malformed(
    'its PEM block has headers, as old OpenSSL wrote them for encrypted keys',
    'convert it: openssl pkcs8 -topk8 -in OLD -out NEW',
  );
}

function malformed(what: string, hint?: string): KeyError {
  return new KeyError(
    'ERR_KEY_FORMAT',
    `the key file cannot be read: ${what}`,
    hint === undefined ? {} : { hint },
  );
}
