import type { RegistryKey } from '@danube/verifier';
import { KeyError, parsePublicKey } from '@danube/keys';
import { isJsonArray, isJsonObject, type JsonValue, MalformedError, parseJson } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readUpTo } from '../file.ts';
import { readPublicKey } from './expectations.ts';

/** More than any registry's list of keys has. */
const KEYS_BYTES = 1_048_576;

/**
 * The keys of a registry: a public key, or what `/-/npm/v1/keys` of the registry answers, which says when keys expire.
 *
 * @throws CliError ERR_USAGE for a file that is neither, and for a list with a key that cannot be read.
 */
export function readRegistryKeys(path: string): RegistryKey[] {
  const bytes = readUpTo(path, KEYS_BYTES);
  if (bytes.find((byte) => byte > 0x20) !== 0x7b) return [{ publicKey: readPublicKey(path) }];
  try {
    const document = parseJson(bytes);
    const keys = isJsonObject(document) ? document['keys'] : undefined;
    if (keys === undefined || !isJsonArray(keys) || keys.length === 0)
      throw usageError(`--public-key ${path}: expected the list of keys that a registry answers`);
    return keys.map((key, index) => readKey(key, `--public-key ${path}: /keys/${index}`));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw usageError(`--public-key ${path}: ${error.message}`, error.hint);
  }
}

function readKey(entry: JsonValue, place: string): RegistryKey {
  const { key, expires = null } = isJsonObject(entry) ? entry : {};
  if (typeof key !== 'string') throw usageError(`${place}: expected a key in base64`);
  return {
    publicKey: parseKey(key, place),
    ...(expires === null ? {} : { expires: readDate(expires, place) }),
  };
}

function parseKey(base64: string, place: string): RegistryKey['publicKey'] {
  try {
    return parsePublicKey(Buffer.from(`-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`));
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw usageError(`${place}/key: ${error.message}`, error.hint);
  }
}

function readDate(value: JsonValue, place: string): Date {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value);
  const date = new Date(isTime ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw usageError(`${place}/expires: expected a time in UTC, or null`);
  return date;
}
