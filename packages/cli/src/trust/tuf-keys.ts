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
      if (identity === PSS_ALONE)
        return `the key ${keyid} of ${name} is for RSA-PSS alone, and compares with no other`;
      const other = seen.get(identity);
      if (other !== undefined && other !== keyid)
        return `one key is there as ${other} and as ${keyid}, and would count twice for ${name}`;
      seen.set(identity, keyid);
    }
  }
  return undefined;
}

const PSS_ALONE = 'rsa-pss';
const CURVES: ReadonlyMap<JsonValue, string> = new Map([
  ['ecdsa-sha2-nistp256', 'prime256v1'],
  ['ecdsa-sha2-nistp384', 'secp384r1'],
]);
const HEX = /^(?:[0-9a-f]{2})+$/i;
/** What `tuf-js` takes for a key in PEM. */
const PEM = '-----BEGIN PUBLIC KEY-----';

/**
 * The same text for the same key, in whichever of the forms that `tuf-js` takes and by whatever name: it looks at the scheme
 * of a key, and at whether that fits, only where it is ECDSA. What cannot be read verifies nothing.
 */
function identityOf({ keytype, scheme, keyval }: JsonObject): string | undefined {
  const { public: text } = objectOf(keyval);
  if (typeof text !== 'string') return undefined;
  try {
    if (text.startsWith(PEM)) return identityOfPem(text);
    if (!HEX.test(text)) return undefined;
    if (keytype === 'ed25519') return text.toLowerCase();
    const curve = scheme === undefined ? undefined : CURVES.get(scheme);
    return curve === undefined ? undefined : compressed(text, curve);
  } catch {
    return undefined;
  }
}

const CURVES_OF_JWK: ReadonlyMap<string | undefined, string> = new Map([
  ['P-256', 'prime256v1'],
  ['P-384', 'secp384r1'],
]);

function identityOfPem(pem: string): string {
  const key = createPublicKey(pem);
  // It has no JWK, and its modulus may stand there in another key, which verifies the same signatures.
  if (key.asymmetricKeyType === 'rsa-pss') return PSS_ALONE;
  const jwk = key.export({ format: 'jwk' });
  const curve = CURVES_OF_JWK.get(jwk.crv);
  if (curve !== undefined) return compressed(`04${hexOf(jwk.x)}${hexOf(jwk.y)}`, curve);
  return jwk.kty === 'RSA' ? `${hexOf(jwk.n)} ${hexOf(jwk.e)}` : hexOf(jwk.x);
}

function compressed(point: string, curve: string): string {
  return String(ECDH.convertKey(point, curve, 'hex', 'hex', 'compressed'));
}

function hexOf(base64url: string = ''): string {
  return Buffer.from(base64url, 'base64url').toString('hex');
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
