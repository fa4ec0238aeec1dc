/** JSON Web Keys: Ed25519 as OKP (RFC 8037), and P-256 public keys (RFC 7518, 6.2). */
import {
  asObject,
  decodeBase64,
  MalformedError,
  member,
  optionalString,
  parseJson,
  requiredString,
  type JsonObject,
} from 'in-toto-attestation';
import { KeyError } from './errors.ts';
import { printableName } from './key-type.ts';
import { LONGEST_RAW_KEY } from './raw-key.ts';
import type { KeyAlgorithm } from './public-key.ts';
import { concatBytes } from './secret.ts';

/** Whether bytes mean to be JSON, and are not a raw key that happens to begin with a brace. */
export function isJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && bytes.length > LONGEST_RAW_KEY;
}

/** Reads a public JWK into algorithm and key bytes, which still have to be checked as a point. Throws `KeyError`. */
export function parsePublicJwk(bytes: Uint8Array): {
  readonly algorithm: KeyAlgorithm;
  readonly raw: Uint8Array;
} {
  return readStrictly(() => {
    const jwk = parseJwk(bytes, 'verify');
    if (member(jwk, 'd') !== undefined) {
      throw new KeyError('ERR_KEY_SLOT', 'this is a private JWK where a public key is expected', {
        hint: 'remove its member d, or give the .pub file',
      });
    }
    if (typeOf(jwk) === 'OKP Ed25519') return { algorithm: 'ed25519', raw: bytesOf(jwk, 'x') };
    if (typeOf(jwk) !== 'EC P-256') throw otherAlgorithm(jwk);
    const point = concatBytes(Uint8Array.of(0x04), bytesOf(jwk, 'x'), bytesOf(jwk, 'y'));
    return { algorithm: 'ecdsa-p256-sha256', raw: point };
  });
}

/**
 * Reads a private Ed25519 JWK. Its `x` must be there, and the caller must compare it with the derived one. The JSON
 * reader makes strings of the seed, which nobody can wipe: other formats are better for keys at rest.
 */
export function parsePrivateJwk(bytes: Uint8Array): {
  readonly seed: Uint8Array;
  readonly claimedPublicKey: Uint8Array;
} {
  return readStrictly(() => {
    const jwk = parseJwk(bytes, 'sign');
    if (member(jwk, 'd') === undefined) {
      throw new KeyError('ERR_KEY_SLOT', 'this is a public JWK where a private key is expected');
    }
    if (typeOf(jwk) !== 'OKP Ed25519') throw otherAlgorithm(jwk);
    return { seed: bytesOf(jwk, 'd'), claimedPublicKey: bytesOf(jwk, 'x') };
  });
}

function parseJwk(bytes: Uint8Array, operation: 'sign' | 'verify'): JsonObject {
  const jwk = asObject(parseJson(bytes), '');
  const operations = member(jwk, 'key_ops');
  const use = optionalString(jwk, 'use', '') ?? 'sig';
  if (use !== 'sig' || (Array.isArray(operations) && !operations.includes(operation))) {
    throw new KeyError('ERR_KEY_ALGORITHM', `this JWK is not meant to ${operation} (use or key_ops)`);
  }
  return jwk;
}

/** kty and crv; the names of RFC 7518 and 8037. */
function typeOf(jwk: JsonObject): string {
  return `${requiredString(jwk, 'kty', '')} ${optionalString(jwk, 'crv', '') ?? ''}`.trim();
}

function otherAlgorithm(jwk: JsonObject): KeyError {
  return typeOf(jwk) === 'EC P-256'
    ? new KeyError(
        'ERR_KEY_ALGORITHM',
        'this is an ECDSA P-256 private key: Danube can only verify with P-256 keys',
      )
    : new KeyError(
        'ERR_KEY_ALGORITHM',
        `this is a JWK of type ${typeOf(jwk).split(' ').map(printableName).join(' ')}; Ed25519 and P-256 keys are used here`,
      );
}

function bytesOf(jwk: JsonObject, name: string): Uint8Array {
  const text = requiredString(jwk, name, '');
  const bytes = decodeBase64(text, `/${name}`, 'none');
  if (/[+/]/.test(text) || bytes.length !== 32) {
    throw new KeyError('ERR_KEY_FORMAT', `the JWK cannot be read: ${name} is not 32 bytes in base64url`);
  }
  return bytes;
}

/** Names the place and the code, but passes nothing on that could quote the key. */
function readStrictly<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new KeyError(
      'ERR_KEY_FORMAT',
      `the JWK cannot be read: ${error.code} ${printableName(error.pointer || '/')}`,
    );
  }
}
