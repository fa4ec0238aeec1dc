/**
 * Encrypted keys of cosign and Sigstore: PEM around JSON with scrypt parameters and a NaCl secretbox of a PKCS#8 key.
 * Their keys are ECDSA P-256 by default, which we cannot sign with; `cosign import-key-pair` makes Ed25519 ones.
 */
import { scrypt } from '#platform/kdf';
import { secretbox } from '@noble/ciphers/salsa.js';
import {
  asObject,
  MalformedError,
  member,
  parseJson,
  readBytes,
  required,
  requiredObject,
  requiredString,
  type JsonObject,
} from 'in-toto-attestation';
import { KeyError } from './errors.ts';
import { printableName } from './key-type.ts';
import type { ScryptCost } from './kdf.ts';
import { wipe } from './secret.ts';

/** The only costs that were ever written: N, with r = 8 and p = 1. */
const COSTS: readonly number[] = [32_768, 65_536, 131_072];
const NONCE_LENGTH = 24;

interface SigstoreKey {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** The PKCS#8 inside, to be parsed and wiped; `undefined` when the passphrase is wrong. Throws `KeyError`. */
export async function decryptSigstoreKey(
  json: Uint8Array,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { cost, salt, nonce, ciphertext } = parseSigstoreKey(json);
  const key = await scrypt(passphrase, salt, cost, 32);
  try {
    return secretbox(key, nonce).open(ciphertext);
  } catch {
    return undefined; // its tag does not match: that is all a secretbox can say
  } finally {
    wipe(key);
  }
}

function parseSigstoreKey(json: Uint8Array): SigstoreKey {
  try {
    const root = asObject(parseJson(json), '');
    const kdf = requiredObject(root, 'kdf', '');
    const cipher = requiredObject(root, 'cipher', '');
    if (requiredString(kdf, 'name', '/kdf') !== 'scrypt') throw malformed('its key derivation is not scrypt');
    if (requiredString(cipher, 'name', '/cipher') !== 'nacl/secretbox')
      throw malformed('its cipher is not secretbox');
    const nonce = required(cipher, 'nonce', '/cipher', readBytes);
    if (nonce.length !== NONCE_LENGTH) throw malformed('its nonce has not 24 bytes');
    return {
      cost: parseCost(requiredObject(kdf, 'params', '/kdf')),
      salt: required(kdf, 'salt', '/kdf', readBytes),
      nonce,
      ciphertext: required(root, 'ciphertext', '', readBytes),
    };
  } catch (error) {
    if (error instanceof MalformedError)
      throw malformed(`${error.code} ${printableName(error.pointer || '/')}`);
    throw error;
  }
}

function parseCost(params: JsonObject): ScryptCost {
  const N = member(params, 'N');
  if (typeof N === 'number' && COSTS.includes(N) && member(params, 'r') === 8 && member(params, 'p') === 1) {
    return { N, r: 8, p: 1 };
  }
  throw new KeyError('ERR_KEY_LIMIT', 'the Sigstore key asks for other scrypt parameters than cosign writes');
}

function malformed(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the Sigstore key cannot be read: ${what}`);
}
