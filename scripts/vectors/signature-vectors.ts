import { ed25519ph } from '@noble/curves/ed25519.js';
import { createHash } from 'node:crypto';
import { BUILDER, P256, STRANGER, type FixedKey } from './fixed-keys.ts';
import { addOrder, ORDER_L } from './malleable.ts';
import { vector, type Vector } from './vector.ts';

const MESSAGE = Buffer.from('danube test vector: a message');

function signed(
  name: string,
  description: string,
  signature: Uint8Array,
  verdict: 'accepted' | 'rejected',
  key: FixedKey = BUILDER,
): Vector {
  return vector(
    name,
    {
      description,
      kind: 'signature',
      publicKey: `../../keys/${key.name}.pub`,
      message: 'message',
      signature: 'signature',
      expect: { verdict },
    },
    { message: MESSAGE, signature },
  );
}

const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const encode = (number: bigint): Buffer =>
  Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
const sha512 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha512').update(Buffer.concat(parts)).digest();

/**
 * A signature with R = the neutral element and S = k·a, where a is the secret scalar: it satisfies the equation
 * [S]B = R + [k]A of RFC 8032, section 5.1.7, though nobody chose a nonce.
 */
function neutralR(key: FixedKey, encodedR: Uint8Array): Buffer {
  const clamped = sha512(key.seed).subarray(0, 32);
  clamped.writeUInt8(clamped.readUInt8(0) & 0xf8, 0);
  clamped.writeUInt8((clamped.readUInt8(31) & 0x7f) | 0x40, 31);
  const k = littleEndian(sha512(encodedR, key.raw, MESSAGE)) % ORDER_L;
  return Buffer.concat([encodedR, encode((k * littleEndian(clamped)) % ORDER_L)]);
}

const GOOD = BUILDER.sign(MESSAGE);
const NEUTRAL = encode(1n);
const NEUTRAL_NOT_CANONICAL = encode(2n ** 255n - 18n);

/** Bare signatures under the strict profile. */
export const SIGNATURE_VECTORS: readonly Vector[] = [
  signed('ed25519', 'A pure Ed25519 signature.', GOOD, 'accepted'),
  signed('ed25519-other-key', 'A signature by another key.', STRANGER.sign(MESSAGE), 'rejected'),
  signed(
    'ed25519-prehashed',
    'An Ed25519ph signature is no pure one.',
    ed25519ph.sign(MESSAGE, BUILDER.seed),
    'rejected',
  ),
  signed('ed25519-s-plus-order', 'S + L instead of S.', addOrder(GOOD), 'rejected'),
  signed(
    'ed25519-neutral-r',
    'R is the neutral element, and the equation holds: a point of small order is refused as R.',
    neutralR(BUILDER, NEUTRAL),
    'rejected',
  ),
  signed(
    'ed25519-not-canonical-r',
    'The same with an R that is not canonically encoded.',
    neutralR(BUILDER, NEUTRAL_NOT_CANONICAL),
    'rejected',
  ),
  signed('ed25519-zero', 'Sixty-four bytes of zero.', Buffer.alloc(64), 'rejected'),
  signed('ed25519-short', 'The last byte is missing.', GOOD.subarray(0, 63), 'rejected'),
  signed('ed25519-long', 'A byte too many.', Buffer.concat([GOOD, Buffer.of(0)]), 'rejected'),
  signed('ed25519-empty', 'No bytes: never "nothing to complain about".', Buffer.alloc(0), 'rejected'),
  signed('p256', 'An ECDSA P-256 signature in DER.', P256.sign(MESSAGE), 'accepted', P256),
  signed(
    'p256-trailing-byte',
    'A byte after the DER of a P-256 signature.',
    Buffer.concat([P256.sign(MESSAGE), Buffer.of(0)]),
    'rejected',
    P256,
  ),
  signed(
    'p256-zero',
    'A P-256 signature whose r and s are zero.',
    Buffer.from('3006020100020100', 'hex'),
    'rejected',
    P256,
  ),
  signed('p256-raw-zero', 'The same as raw r and s.', Buffer.alloc(64), 'rejected', P256),
];
