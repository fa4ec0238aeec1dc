/** What the transit engine of Vault and OpenBao says about a key, and which of its versions is pinned. */
import { type KeyAlgorithm, parsePublicKey, type PublicKey } from '@danube/keys';
import { isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { SignError } from './errors.ts';

/** A version of a key. */
export interface VaultKey {
  readonly version: number;
  readonly latestVersion: number;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: PublicKey;
  /** Whether the private key can be read or backed up in plain. */
  readonly exportable: boolean;
}

const TYPES: Readonly<Record<string, KeyAlgorithm>> = {
  ed25519: 'ed25519',
  'ecdsa-p256': 'ecdsa-p256-sha256',
};

/**
 * The pinned version from the answer about a key.
 *
 * @param name the service, for messages.
 * @param wanted the version that the key URI names; the latest when it names none.
 * @throws {SignError} ERR_SIGN_KEY for a key that cannot be used, ERR_SIGN_BACKEND for an answer that makes no sense.
 */
export function readVaultKey(
  data: JsonObject,
  name: string,
  key: string,
  wanted: number | undefined,
): VaultKey {
  const type = data['type'];
  const algorithm = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (algorithm === undefined) {
    throw new SignError('ERR_SIGN_KEY', `${key} is a key of ${name} that is used for no signature here`, {
      hint: 'make one of the type ed25519 or ecdsa-p256',
    });
  }
  if (data['derived'] !== false) {
    throw new SignError(
      'ERR_SIGN_KEY',
      `${key} is a derived key: it has another public key for each context`,
      {
        hint: 'make one without derived',
      },
    );
  }
  const versions = data['keys'];
  if (versions === undefined || !isJsonObject(versions)) throw noSense(name, 'no versions');
  const latestVersion = latestOf(versions, name);
  if (data['latest_version'] !== latestVersion) throw noSense(name, 'another latest version than it lists');
  const version = wanted ?? latestVersion;
  const publicKey = readPublicKey(versions[version], algorithm, name, `${key} version ${version}`);
  const exportable = data['exportable'] !== false || data['allow_plaintext_backup'] !== false;
  return { version, latestVersion, algorithm, publicKey, exportable };
}

/** By number: by text, version 9 would be later than version 10. */
function latestOf(versions: JsonObject, name: string): number {
  const numbers = Object.keys(versions).map(Number);
  const latest = numbers.reduce((highest, number) => Math.max(highest, number), 0);
  if (latest < 1 || numbers.some((number) => !Number.isSafeInteger(number) || number < 1))
    throw noSense(name, 'no versions');
  return latest;
}

function readPublicKey(
  entry: JsonValue | undefined,
  algorithm: KeyAlgorithm,
  name: string,
  key: string,
): PublicKey {
  if (entry === undefined)
    throw new SignError('ERR_SIGN_KEY', `${name} has no ${key}`, {
      hint: 'it may have been trimmed, or not be made yet',
    });
  const text = isJsonObject(entry) ? entry['public_key'] : undefined;
  // Ed25519: base64 of 32 bytes; P-256: PEM.
  const wellFormed = algorithm === 'ed25519' ? /^[A-Za-z0-9+/]{43}=$/ : /^-----BEGIN PUBLIC KEY-----\n/;
  if (typeof text !== 'string' || !wellFormed.test(text)) throw noSense(name, 'no public key');
  const publicKey = parsePublicKey(Buffer.from(text));
  if (publicKey.algorithm !== algorithm) throw noSense(name, 'the public key of another algorithm');
  return publicKey;
}

function noSense(name: string, what: string): SignError {
  return new SignError('ERR_SIGN_BACKEND', `${name} answered with ${what}`);
}
