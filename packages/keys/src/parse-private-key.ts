import { KeyError } from './errors.ts';
import { MAX_KEY_BYTES } from './parse-public-key.ts';
import { isPem, parsePem } from './pem.ts';
import { encodePkcs8, parsePkcs8 } from './pkcs8.ts';
import { encodePem } from './pem.ts';
import { createPrivateKey, seedOf, type PrivateKey } from './private-key.ts';
import { wipe } from './secret.ts';

/** What opens an encrypted key. Bytes, because a string cannot be wiped; wiping them stays with the caller. */
export interface PassphraseOptions {
  readonly passphrase?: Uint8Array;
}

/**
 * Reads the one private key in a file.
 *
 * @throws {KeyError}
 */
export async function parsePrivateKey(
  bytes: Uint8Array,
  options: PassphraseOptions = {},
): Promise<PrivateKey> {
  if (bytes.length > MAX_KEY_BYTES) throw new KeyError('ERR_KEY_LIMIT', 'the file is too large to be a key');
  if (isPem(bytes)) return parsePrivatePem(bytes, options);
  throw new KeyError('ERR_KEY_FORMAT', 'not a key');
}

async function parsePrivatePem(bytes: Uint8Array, _options: PassphraseOptions): Promise<PrivateKey> {
  const { label, der } = parsePem(bytes);
  try {
    if (label !== 'PRIVATE KEY') throw new KeyError('ERR_KEY_FORMAT', `this is a PEM block ${label}`);
    const { seed, claimedPublicKey } = parsePkcs8(der);
    return createPrivateKey(seed, claimedPublicKey);
  } finally {
    wipe(der);
  }
}

/** The key as PKCS#8 PEM. The bytes are a secret: wipe them. */
export async function encodePrivateKeyPem(
  key: PrivateKey,
  _options: PassphraseOptions = {},
): Promise<Uint8Array> {
  const der = encodePkcs8(seedOf(key));
  try {
    return encodePem('PRIVATE KEY', der);
  } finally {
    wipe(der);
  }
}
