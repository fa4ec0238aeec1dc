/** Encrypted PKCS#8 (RFC 5958, section 3) by PBES2 (RFC 8018, 6.2), with scrypt (RFC 7914) or PBKDF2, and AES-CBC. */
import { decryptAesCbc, encryptAesCbc, pbkdf2, scrypt } from '#platform/kdf';
import {
  contentOf,
  encodeDer,
  encodeInteger,
  encodeOid,
  integerOf,
  oidOf,
  parseDer,
  sequenceOf,
  TAG,
  type DerElement,
} from './der.ts';
import { KeyError } from './errors.ts';
import type { Pbkdf2Cost, ScryptCost } from './kdf.ts';
import { checkIterations, checkScryptCost, SCRYPT_WRITTEN } from './limits.ts';
import { wipe } from './secret.ts';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';
const HMAC_SHA256 = '1.2.840.113549.2.9';
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';

const HASHES: ReadonlyMap<string, Pbkdf2Cost['hash']> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  [HMAC_SHA256, 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);
const KEY_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['2.16.840.1.101.3.4.1.2', 16],
  ['2.16.840.1.101.3.4.1.22', 24],
  [AES_256_CBC, 32],
]);
const AES_BLOCK = 16;
const MAX_SALT = 1024;

/** Iterations of PBKDF2 with SHA-256 that we write. */
const PBKDF2_WRITTEN = 600_000;

/** Which key derivation an encrypted key is written with; see `encodePrivateKeyPem`. */
export type KeyDerivation = 'scrypt' | 'pbkdf2';

type DeriveKey = (passphrase: Uint8Array, length: number) => Promise<Uint8Array>;

/**
 * What is inside, still to be parsed and wiped; `undefined` when the passphrase is wrong (or right by its padding
 * only, which the parser will notice). Throws `KeyError` ERR_KEY_FORMAT, ERR_KEY_LIMIT.
 */
export async function decryptPkcs8(der: Uint8Array, passphrase: Uint8Array): Promise<Uint8Array | undefined> {
  const [scheme, encrypted, ...rest] = sequenceOf(parseDer(der));
  const ciphertext = contentOf(encrypted, TAG.octetString);
  const { deriveKey, keyLength, iv } = parseScheme(scheme);
  if (rest.length > 0 || ciphertext.length % AES_BLOCK !== 0) throw malformed('its parts do not fit');
  const key = await deriveKey(passphrase, keyLength);
  try {
    return decryptAesCbc(key, iv, ciphertext);
  } finally {
    wipe(key);
  }
}

function parseScheme(scheme: DerElement | undefined): {
  deriveKey: DeriveKey;
  keyLength: number;
  iv: Uint8Array;
} {
  const [oid, parameters] = sequenceOf(scheme);
  if (oidOf(oid) !== PBES2) throw unsupported('an outdated encryption (not PBES2)');
  const [derivation, cipher] = sequenceOf(parameters);
  const [cipherOid, ivElement] = sequenceOf(cipher);
  const keyLength = KEY_LENGTHS.get(oidOf(cipherOid));
  if (keyLength === undefined) throw unsupported(`another cipher than AES-CBC (${oidOf(cipherOid)})`);
  const iv = contentOf(ivElement, TAG.octetString);
  if (iv.length !== AES_BLOCK) throw malformed('its initialisation vector has not 16 bytes');
  return { deriveKey: parseDerivation(derivation, keyLength), keyLength, iv };
}

function parseDerivation(derivation: DerElement | undefined, keyLength: number): DeriveKey {
  const [oid, parameters] = sequenceOf(derivation);
  const [saltElement, ...others] = sequenceOf(parameters);
  const salt = contentOf(saltElement, TAG.octetString);
  if (salt.length > MAX_SALT) throw new KeyError('ERR_KEY_LIMIT', 'the encrypted key has an oversized salt');
  if (oidOf(oid) === SCRYPT) return scryptDerivation(salt, others, keyLength);
  if (oidOf(oid) === PBKDF2) return pbkdf2Derivation(salt, others, keyLength);
  throw unsupported(`another key derivation than scrypt and PBKDF2 (${oidOf(oid)})`);
}

function scryptDerivation(salt: Uint8Array, fields: readonly DerElement[], keyLength: number): DeriveKey {
  const [N, r, p, length, ...rest] = fields;
  const cost: ScryptCost = { N: integerOf(N), r: integerOf(r), p: integerOf(p) };
  if (rest.length > 0) throw malformed('its scrypt parameters are too many');
  checkLength(length, keyLength);
  checkScryptCost(cost);
  return (passphrase, wanted) => scrypt(passphrase, salt, cost, wanted);
}

function pbkdf2Derivation(salt: Uint8Array, fields: readonly DerElement[], keyLength: number): DeriveKey {
  const [count, ...optional] = fields;
  const iterations = integerOf(count);
  const length = optional[0]?.tag === TAG.integer ? optional.shift() : undefined;
  const [prf, ...rest] = optional;
  // RFC 8018, A.2: HMAC-SHA-1 when no other is named.
  const hash = prf === undefined ? 'sha1' : HASHES.get(oidOf(sequenceOf(prf)[0]));
  if (hash === undefined) throw unsupported('a hash in PBKDF2 that is not SHA-1 or SHA-2');
  if (rest.length > 0) throw malformed('its PBKDF2 parameters are too many');
  checkLength(length, keyLength);
  checkIterations(iterations);
  return (passphrase, wanted) => pbkdf2(passphrase, salt, { iterations, hash }, wanted);
}

function checkLength(length: DerElement | undefined, keyLength: number): void {
  if (length !== undefined && integerOf(length) !== keyLength) {
    throw malformed('its key length is not the one of its cipher');
  }
}

/** Encrypts with a new salt and initialisation vector: AES-256-CBC under scrypt (N = 2^17) or PBKDF2. */
export async function encryptPkcs8(
  pkcs8: Uint8Array,
  passphrase: Uint8Array,
  derivation: KeyDerivation,
): Promise<Uint8Array> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(AES_BLOCK));
  const key =
    derivation === 'scrypt'
      ? await scrypt(passphrase, salt, SCRYPT_WRITTEN, 32)
      : await pbkdf2(passphrase, salt, { iterations: PBKDF2_WRITTEN, hash: 'sha256' }, 32);
  try {
    const cipher = sequence(encodeOid(AES_256_CBC), encodeDer(TAG.octetString, iv));
    const scheme = sequence(encodeOid(PBES2), sequence(encodeDerivation(derivation, salt), cipher));
    return sequence(scheme, encodeDer(TAG.octetString, encryptAesCbc(key, iv, pkcs8)));
  } finally {
    wipe(key);
  }
}

function encodeDerivation(derivation: KeyDerivation, salt: Uint8Array): Uint8Array {
  const saltElement = encodeDer(TAG.octetString, salt);
  if (derivation === 'scrypt') {
    const { N, r, p } = SCRYPT_WRITTEN;
    return sequence(
      encodeOid(SCRYPT),
      sequence(saltElement, encodeInteger(N), encodeInteger(r), encodeInteger(p)),
    );
  }
  const hash = sequence(encodeOid(HMAC_SHA256), encodeDer(TAG.null));
  return sequence(encodeOid(PBKDF2), sequence(saltElement, encodeInteger(PBKDF2_WRITTEN), hash));
}

function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return encodeDer(TAG.sequence, ...contents);
}

function unsupported(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the encrypted key uses ${what}`, {
    hint: 'convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW',
  });
}

function malformed(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the encrypted key cannot be read: ${what}`);
}
