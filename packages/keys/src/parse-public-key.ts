import { KeyError } from './errors.ts';
import { isJson, parsePublicJwk } from './jwk.ts';
import { MAX_KEY_BYTES } from './limits.ts';
import { isOpenSshLine, parseOpenSshLine } from './openssh-public.ts';
import { isPem, parsePem } from './pem.ts';
import { createPublicKey, type KeyAlgorithm, type PublicKey } from './public-key.ts';
import { decodeRawKey, rawKeyHint } from './raw-key.ts';
import { wipe } from './secret.ts';
import { parseSpki } from './spki.ts';

/**
 * Reads the one public key in a file: SubjectPublicKeyInfo in PEM or DER, an OpenSSH line, a JWK, or 32 bytes of
 * Ed25519 raw, in hex or in standard base64. Recognised by content. What is read must be a canonical point on the
 * curve and not of small order.
 *
 * @throws {KeyError} ERR_KEY_FORMAT (not exactly one key), ERR_KEY_SLOT (a private key), ERR_KEY_ALGORITHM (RSA,
 * X25519, …), ERR_KEY_POINT (a point that must not be trusted), ERR_KEY_LIMIT (more than 16 KiB).
 */
export function parsePublicKey(bytes: Uint8Array): PublicKey {
  if (bytes.length > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', 'the file is too large to be a key');
  const { algorithm, raw } = parseByContent(bytes);
  return createPublicKey(algorithm, raw);
}

function parseByContent(bytes: Uint8Array): { readonly algorithm: KeyAlgorithm; readonly raw: Uint8Array } {
  if (isPem(bytes)) return parsePublicPem(bytes);
  if (isJson(bytes)) return parsePublicJwk(bytes);
  if (isOpenSshLine(bytes)) return parseOpenSshLine(bytes);
  if (isDer(bytes)) return parseSpki(bytes);
  return { algorithm: 'ed25519', raw: parseRawPublicKey(bytes) };
}

function parsePublicPem(bytes: Uint8Array): { readonly algorithm: KeyAlgorithm; readonly raw: Uint8Array } {
  const { label, der } = parsePem(bytes);
  if (label === 'PUBLIC KEY') return parseSpki(der);
  wipe(der);
  if (label.endsWith('PRIVATE KEY')) throw privateKeyHere(label);
  throw new KeyError('ERR_KEY_FORMAT', `this is a PEM block ${label}, and a public key is a PUBLIC KEY`);
}

/** A SEQUENCE that fills the file; 32 bytes are a raw key, whatever they begin with. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && bytes.length !== 32 && bytes[1] === bytes.length - 2;
}

function parseRawPublicKey(bytes: Uint8Array): Uint8Array {
  const raw = decodeRawKey(bytes);
  if (raw?.length === 32) return raw;
  wipe(raw);
  if (raw !== undefined) throw privateKeyHere('seed and public half');
  throw new KeyError('ERR_KEY_FORMAT', 'this is no public key in a form that is read here', {
    hint: rawKeyHint(bytes),
  });
}

function privateKeyHere(what: string): KeyError {
  return new KeyError('ERR_KEY_SLOT', `this is a private key (${what}) where a public key is expected`, {
    hint: 'give the .pub file beside it; danube keys public PATH prints the public half',
  });
}
