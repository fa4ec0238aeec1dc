import { createPublicKey, ECDH } from 'node:crypto';
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MalformedError,
  parseJson,
} from 'in-toto-attestation';

/**
 * What is wrong with the keys of metadata: `tuf-js` counts the ids of keys that signed, and one key under two ids of a role
 * would count twice towards its threshold (TUF, section 4.3: keys are unique). `undefined` when nothing is.
 */
export function keyProblem(metadata: Uint8Array): string | undefined {
  const document = read(metadata);
  if (typeof document === 'string') return document;
  const signed = objectAt(document, 'signed');
  const delegations = objectAt(signed, 'delegations');
  return (
    sharedKey(objectAt(signed, 'keys'), Object.entries(objectAt(signed, 'roles'))) ??
    sharedKey(objectAt(delegations, 'keys'), [
      ...listAt(delegations, 'roles').map((role): [string, JsonValue] => ['a delegated role', role]),
      ['the delegated bins', objectAt(delegations, 'succinct_roles')],
    ])
  );
}

/** Two readers that see two documents in one text are how a check is bypassed: what is not strict JSON is refused. */
function read(metadata: Uint8Array): JsonValue | string {
  try {
    return objectOf(parseJson(metadata));
  } catch (error) {
    if (error instanceof MalformedError)
      return `its metadata is not JSON that all read alike: ${error.message}`;
    throw error;
  }
}

function sharedKey(keys: JsonObject, roles: readonly (readonly [string, JsonValue])[]): string | undefined {
  for (const [name, role] of roles) {
    const seen = new Map<string, string>();
    for (const keyid of listAt(role, 'keyids').filter((keyid) => typeof keyid === 'string')) {
      const identity = Object.hasOwn(keys, keyid) ? identityOf(objectAt(keys, keyid)) : undefined;
      if (identity === undefined) continue;
      const other = seen.get(identity);
      if (other !== undefined && other !== keyid)
        return `one key is there as ${other} and as ${keyid}, and would count twice for ${name}`;
      seen.set(identity, keyid);
    }
  }
  return undefined;
}

const CURVES: ReadonlyMap<string, string> = new Map([
  ['ecdsa-sha2-nistp256', 'prime256v1'],
  ['ecdsa-sha2-nistp384', 'secp384r1'],
]);

/** The same text for the same key, in whichever of the forms that `tuf-js` takes; what cannot be read verifies nothing. */
function identityOf(key: JsonObject): string | undefined {
  const { public: text } = objectAt(key, 'keyval');
  if (typeof text !== 'string') return undefined;
  const { scheme } = key;
  const curve = typeof scheme === 'string' ? CURVES.get(scheme) : undefined;
  try {
    if (text.startsWith('-----BEGIN')) return identityOfPem(text, curve);
    return curve === undefined ? text.toLowerCase() : compressed(text, curve);
  } catch {
    return undefined;
  }
}

function identityOfPem(pem: string, curve: string | undefined): string {
  const key = createPublicKey(pem);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const [hexX, hexY] = [x, y].map((part) => Buffer.from(part, 'base64url').toString('hex'));
  if (key.asymmetricKeyType === 'ed25519') return hexX ?? '';
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return compressed(`04${hexX}${hexY}`, curve);
  return key.export({ format: 'der', type: 'spki' }).toString('hex');
}

function compressed(point: string, curve: string): string {
  return String(ECDH.convertKey(point, curve, 'hex', 'hex', 'compressed'));
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function objectAt(value: JsonValue, name: string): JsonObject {
  return objectOf(objectOf(value)[name]);
}

function listAt(value: JsonValue, name: string): readonly JsonValue[] {
  const list = objectOf(value)[name];
  return list !== undefined && isJsonArray(list) ? list : [];
}
