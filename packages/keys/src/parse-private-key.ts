import { KeyError } from './errors.ts';
import { isJson, parsePrivateJwk } from './jwk.ts';
import { MAX_KEY_BYTES } from './limits.ts';
import { isOpenSshLine } from './openssh-public.ts';
import { requirePassphrase, wrongPassphrase, type PassphraseOptions } from './passphrase.ts';
import { isPem, parsePem } from './pem.ts';
import { parsePkcs8 } from './pkcs8.ts';
import { createPrivateKey, type PrivateKey } from './private-key.ts';
import { decodeRawKey, rawKeyHint } from './raw-key.ts';
import { wipe } from './secret.ts';

type ReadSecret = (secret: Uint8Array, options: PassphraseOptions) => Promise<PrivateKey>;

/** What the PEM labels of private keys hold. Formats that need more than DER are loaded when they are met. */
const LABELS: ReadonlyMap<string, ReadSecret> = new Map<string, ReadSecret>([
  ['PRIVATE KEY', async (der) => readPkcs8(der)],
  ['ENCRYPTED PRIVATE KEY', readEncryptedPkcs8],
  ['OPENSSH PRIVATE KEY', readOpenSsh],
  ['ENCRYPTED SIGSTORE PRIVATE KEY', readSigstore],
  ['ENCRYPTED COSIGN PRIVATE KEY', readSigstore],
]);

/**
 * Reads the one Ed25519 private key in a file: PKCS#8 PEM, plain or encrypted (PBES2 with scrypt or PBKDF2), OpenSSH,
 * plain or encrypted, cosign's and Sigstore's encrypted keys, a JWK, or a seed of 32 bytes, alone or followed by its
 * public key, raw, in hex or in standard base64. Recognised by content. A public half in it must be the derived one.
 * `bytes` stay the caller's to wipe.
 *
 * @throws {KeyError} ERR_KEY_FORMAT (not exactly one key), ERR_KEY_SLOT (a public key), ERR_KEY_ALGORITHM (RSA,
 * P-256, …), ERR_KEY_MISMATCH (halves that do not belong together), ERR_KEY_PASSPHRASE_REQUIRED, ERR_KEY_PASSPHRASE
 * (wrong), ERR_KEY_LIMIT (more than 16 KiB, or a key derivation that would take too long).
 */
export async function parsePrivateKey(
  bytes: Uint8Array,
  options: PassphraseOptions = {},
): Promise<PrivateKey> {
  if (bytes.length > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', 'the file is too large to be a key');
  if (isPem(bytes)) return parsePrivatePem(bytes, options);
  if (isJson(bytes)) return readJwk(bytes);
  if (isOpenSshLine(bytes)) throw publicKeyHere('an OpenSSH public key');
  return readRaw(bytes);
}

async function parsePrivatePem(bytes: Uint8Array, options: PassphraseOptions): Promise<PrivateKey> {
  const { label, der } = parsePem(bytes);
  try {
    if (label === 'PUBLIC KEY') throw publicKeyHere('PUBLIC KEY');
    const read = LABELS.get(label);
    if (read === undefined) throw otherLabel(label);
    return await read(der, options);
  } finally {
    wipe(der);
  }
}

function readPkcs8(der: Uint8Array): PrivateKey {
  const { seed, claimedPublicKey } = parsePkcs8(der);
  return createPrivateKey(seed, claimedPublicKey);
}

async function readEncryptedPkcs8(der: Uint8Array, options: PassphraseOptions): Promise<PrivateKey> {
  const { decryptPkcs8 } = await import('./pbes2.ts');
  return readDecrypted(await decryptPkcs8(der, requirePassphrase(options)));
}

async function readSigstore(json: Uint8Array, options: PassphraseOptions): Promise<PrivateKey> {
  const { decryptSigstoreKey } = await import('./sigstore-key.ts');
  return readDecrypted(await decryptSigstoreKey(json, requirePassphrase(options)));
}

async function readOpenSsh(blob: Uint8Array, options: PassphraseOptions): Promise<PrivateKey> {
  const { parseOpenSshPrivateKey } = await import('./openssh-private.ts');
  return parseOpenSshPrivateKey(blob, options);
}

/** CBC has no authentication: one wrong passphrase in 256 leaves good padding, and then what is inside is not DER. */
function readDecrypted(der: Uint8Array | undefined): PrivateKey {
  if (der === undefined) throw wrongPassphrase();
  try {
    return readPkcs8(der);
  } catch (error) {
    if (error instanceof KeyError && error.code === 'ERR_KEY_FORMAT') throw wrongPassphrase();
    throw error;
  } finally {
    wipe(der);
  }
}

function readJwk(bytes: Uint8Array): PrivateKey {
  const { seed, claimedPublicKey } = parsePrivateJwk(bytes);
  try {
    return createPrivateKey(seed, claimedPublicKey);
  } finally {
    wipe(seed);
  }
}

function readRaw(bytes: Uint8Array): PrivateKey {
  const raw = decodeRawKey(bytes);
  if (raw === undefined) {
    throw new KeyError('ERR_KEY_FORMAT', 'this is no private key in a form that is read here', {
      hint: rawKeyHint(bytes),
    });
  }
  try {
    return createPrivateKey(raw.subarray(0, 32), raw.length === 64 ? raw.subarray(32) : undefined);
  } finally {
    wipe(raw);
  }
}

function publicKeyHere(what: string): KeyError {
  return new KeyError('ERR_KEY_SLOT', `this is a public key (${what}) where a private key is expected`, {
    hint: 'give the file without .pub',
  });
}

function otherLabel(label: string): KeyError {
  const convertible =
    label === 'EC PRIVATE KEY' || label === 'RSA PRIVATE KEY' || label === 'DSA PRIVATE KEY';
  return convertible
    ? new KeyError('ERR_KEY_ALGORITHM', `this is an ${label}, and only Ed25519 keys sign`, {
        hint: 'make an Ed25519 key: danube keys generate --out PATH',
      })
    : new KeyError('ERR_KEY_FORMAT', `this is a PEM block ${label}, and no private key that is read here`);
}
