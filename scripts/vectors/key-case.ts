import type { KeyCase } from './case-format.ts';
import { BUILDER, ed25519Pkcs8, P256, pem, sha256, type FixedKey } from './fixed-keys.ts';
import { vector, type Content, type Vector } from './vector.ts';

/** The builder's key in PEM. */
export const PUBLIC_PEM: string = pem('PUBLIC KEY', BUILDER.spki);
export const PRIVATE_PEM: string = pem('PRIVATE KEY', ed25519Pkcs8(BUILDER.seed));

type Slot = KeyCase['slot'];
type Options = Pick<KeyCase, 'passphrase' | 'file'>;

/** Bytes that are this key; the builder's where none is named. */
export function readsKey(
  slot: Slot,
  name: string,
  description: string,
  input: Content,
  options: Options = {},
  key: FixedKey = BUILDER,
): Vector {
  return keyVector(slot, name, description, input, options, {
    verdict: 'accepted',
    algorithm: key === P256 ? 'ecdsa-p256-sha256' : 'ed25519',
    keyid: key.keyid,
    spkiSha256: sha256(key.spki).toString('hex'),
  });
}

/** Bytes that are no key for this slot. */
export function refusesKey(
  slot: Slot,
  name: string,
  description: string,
  input: Content,
  code: string,
  options: Options = {},
): Vector {
  return keyVector(slot, name, description, input, options, { verdict: 'rejected', code });
}

function keyVector(
  slot: Slot,
  name: string,
  description: string,
  input: Content,
  options: Options,
  expect: KeyCase['expect'],
): Vector {
  return vector(
    `${slot}-${name}`,
    { description, kind: 'key', slot, input: 'key', ...options, expect },
    { key: input },
  );
}
