import { decodeBase64, decodeHex } from './encoding.ts';
import { KeyError } from './errors.ts';
import { isOpenSshLine, parseOpenSshLine } from './openssh-public.ts';
import { isPem, parsePem } from './pem.ts';
import { createPublicKey, type PublicKey } from './public-key.ts';
import { parseSpki } from './spki.ts';
import { wipe } from './secret.ts';

/** Longest key file that is looked at, in bytes; the longest real ones are a few hundred. */
export const MAX_KEY_BYTES = 16_384;

/**
 * Reads the one public key in a file: PEM or DER SubjectPublicKeyInfo, an OpenSSH line, or 32 bytes raw, in hex or
 * in standard base64. Recognised by content. Ed25519 keys must be canonical points on the curve and not of small
 * order (architecture.md's strict profile).
 *
 * @throws {KeyError} ERR_KEY_FORMAT (not exactly one key), ERR_KEY_SLOT (a private key), ERR_KEY_ALGORITHM (RSA,
 * X25519, …), ERR_KEY_POINT (a point that must not be trusted), ERR_KEY_LIMIT (more than 16 KiB).
 */
export function parsePublicKey(bytes: Uint8Array): PublicKey {
  if (bytes.length > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', 'the file is too large to be a key');
  if (isPem(bytes)) return parsePublicPem(bytes);
  if (isOpenSshLine(bytes)) {
    const { algorithm, raw } = parseOpenSshLine(bytes);
    return createPublicKey(algorithm, raw);
  }
  if (isDer(bytes)) return parsePublicDer(bytes);
  return createPublicKey('ed25519', parseRawPublicKey(bytes));
}

function parsePublicPem(bytes: Uint8Array): PublicKey {
  const { label, der } = parsePem(bytes);
  if (label === 'PUBLIC KEY') return parsePublicDer(der);
  wipe(der);
  if (label.endsWith('PRIVATE KEY')) throw privateKeyHere(label);
  throw new KeyError('ERR_KEY_FORMAT', `this is a PEM block ${label}; a public key is PUBLIC KEY`);
}

function parsePublicDer(der: Uint8Array): PublicKey {
  const { algorithm, raw } = parseSpki(der);
  return createPublicKey(algorithm, raw);
}

/** A SEQUENCE that fills the file; 32 bytes are a raw key, whatever they begin with. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && bytes.length !== 32 && bytes[1] === bytes.length - 2;
}

function parseRawPublicKey(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 32) return bytes;
  const text = withoutLineEnd(bytes);
  const decoded = text.length === 64 ? decodeHex(text) : text.length === 44 ? decodeBase64(text) : undefined;
  if (decoded?.length === 32) return decoded;
  throw notAKey(bytes, 'public');
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) !== 0x0a ? bytes : bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function privateKeyHere(label: string): KeyError {
  return new KeyError('ERR_KEY_SLOT', `this is a private key (${label}) where a public key is expected`, {
    hint: 'give the .pub file beside it; danube keys public PATH prints the public half',
  });
}

function notAKey(bytes: Uint8Array, kind: string): KeyError {
  const newline = bytes.length === 33 && bytes[32] === 0x0a;
  return new KeyError(
    'ERR_KEY_FORMAT',
    `these ${bytes.length} bytes are no ${kind} key in a form that is read here`,
    {
      hint: newline
        ? 'a raw key has exactly 32 bytes: remove the line feed at the end'
        : 'PEM, an OpenSSH key, JWK, or 32 bytes raw, in hex or in base64',
    },
  );
}
