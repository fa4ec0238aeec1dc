import {
  base64url,
  BUILDER,
  ed25519Key,
  P256,
  pem,
  sshEd25519,
  sshString,
  STRANGER,
  type FixedKey,
} from './fixed-keys.ts';
import { PRIVATE_PEM, PUBLIC_PEM, readsKey, refusesKey } from './key-case.ts';
import { privateJwk } from './private-key-forms.ts';
import type { Vector } from './vector.ts';

const P256_COORDINATES = { x: base64url(P256.raw.subarray(1, 33)), y: base64url(P256.raw.subarray(33)) };
const p256Ssh = Buffer.concat(['ecdsa-sha2-nistp256', 'nistp256', P256.raw].map(sshString)).toString(
  'base64',
);

/** The first key of a series whose raw public half begins with this byte. */
function keyThatBegins(byte: number): FixedKey {
  for (let count = 0; ; count += 1) {
    const key = ed25519Key(`begins with ${byte}, attempt ${count}`);
    if (key.raw[0] === byte) return key;
  }
}

const BRACE = keyThatBegins(0x7b);
const SEQUENCE = keyThatBegins(0x30);

const PUBLIC_KEYS: readonly Vector[] = [
  readsKey('public', 'pem', 'SubjectPublicKeyInfo in PEM.', PUBLIC_PEM),
  readsKey('public', 'pem-crlf', 'PEM with line ends of Windows.', PUBLIC_PEM.replaceAll('\n', '\r\n')),
  readsKey('public', 'der', 'SubjectPublicKeyInfo in DER.', BUILDER.spki),
  readsKey(
    'public',
    'openssh',
    'An OpenSSH public key with a comment.',
    `ssh-ed25519 ${sshEd25519(BUILDER.raw).toString('base64')} builder@example.com\n`,
  ),
  readsKey('public', 'raw', 'The 32 bytes of the key.', BUILDER.raw),
  readsKey(
    'public',
    'raw-like-json',
    'The 32 bytes of a key that begins with a brace, as JSON does.',
    BRACE.raw,
    {},
    BRACE,
  ),
  readsKey(
    'public',
    'raw-like-der',
    'The 32 bytes of a key that begins as a DER sequence does.',
    SEQUENCE.raw,
    {},
    SEQUENCE,
  ),
  readsKey('public', 'hex', 'The 32 bytes in hex.', `${Buffer.from(BUILDER.raw).toString('hex')}\n`),
  readsKey('public', 'base64', 'The 32 bytes in base64.', `${Buffer.from(BUILDER.raw).toString('base64')}\n`),
  readsKey(
    'public',
    'jwk',
    'A JWK of type OKP.',
    JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: base64url(BUILDER.raw) }),
  ),
  readsKey('public', 'p256-pem', 'An ECDSA P-256 key in PEM.', pem('PUBLIC KEY', P256.spki), {}, P256),
  readsKey(
    'public',
    'p256-openssh',
    'An ECDSA P-256 key of OpenSSH.',
    `ecdsa-sha2-nistp256 ${p256Ssh}\n`,
    {},
    P256,
  ),
  readsKey(
    'public',
    'p256-jwk',
    'A JWK of type EC.',
    JSON.stringify({ kty: 'EC', crv: 'P-256', ...P256_COORDINATES }),
    {},
    P256,
  ),
  refusesKey(
    'public',
    'two-pem-blocks',
    'Two keys in one file: which one is meant?',
    PUBLIC_PEM + pem('PUBLIC KEY', STRANGER.spki),
    'ERR_KEY_FORMAT',
  ),
  refusesKey(
    'public',
    'trailing-text',
    'Something after the PEM block.',
    `${PUBLIC_PEM}x\n`,
    'ERR_KEY_FORMAT',
  ),
  refusesKey(
    'public',
    'trailing-bytes',
    'A byte after the DER.',
    pem('PUBLIC KEY', Buffer.concat([BUILDER.spki, Buffer.of(0)])),
    'ERR_KEY_FORMAT',
  ),
  refusesKey(
    'public',
    'thirty-one-bytes',
    'A raw key that lacks a byte.',
    BUILDER.raw.subarray(1),
    'ERR_KEY_FORMAT',
  ),
  refusesKey(
    'public',
    'other-label',
    'A certificate where a key is expected.',
    pem('CERTIFICATE', BUILDER.spki),
    'ERR_KEY_FORMAT',
  ),
  refusesKey('public', 'empty', 'An empty file.', '', 'ERR_KEY_FORMAT'),
  refusesKey(
    'public',
    'private-pem',
    'A private key where a public one belongs.',
    PRIVATE_PEM,
    'ERR_KEY_SLOT',
  ),
  refusesKey(
    'public',
    'private-jwk',
    'A private JWK where a public one belongs.',
    privateJwk(BUILDER),
    'ERR_KEY_SLOT',
  ),
  refusesKey(
    'public',
    'x25519',
    'A key for key agreement, which signs nothing.',
    pem('PUBLIC KEY', Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), BUILDER.raw])),
    'ERR_KEY_ALGORITHM',
  ),
  refusesKey(
    'public',
    'p256-off-curve',
    'A P-256 key whose point is not on the curve.',
    pem('PUBLIC KEY', Buffer.concat([P256.spki.subarray(0, -1), Buffer.of((P256.spki.at(-1) ?? 0) ^ 1)])),
    'ERR_KEY_POINT',
  ),
  refusesKey(
    'public',
    'too-large',
    'A file that is larger than any key.',
    `${PUBLIC_PEM}${'\n'.repeat(16_384)}`,
    'ERR_KEY_LIMIT',
  ),
];

const P = 2n ** 255n - 19n;
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** An encoded point: y in little-endian, and the sign of x in the last bit. */
function point(y: bigint, sign: 0 | 1 = 0): Buffer {
  return Buffer.from((y | (BigInt(sign) << 255n)).toString(16).padStart(64, '0'), 'hex').reverse();
}

const WEAK_POINTS: readonly (readonly [string, string, Buffer])[] = [
  ['identity', 'The point of order 1: one signature is good for every message.', point(1n)],
  ['order-2', 'The point of order 2.', point(P - 1n)],
  ['order-4', 'A point of order 4.', point(0n)],
  ['order-4-negative', 'The other point of order 4.', point(0n, 1)],
  ['order-8-a', 'A point of order 8.', point(ORDER_8)],
  ['order-8-b', 'A point of order 8.', point(ORDER_8, 1)],
  ['order-8-c', 'A point of order 8.', point(P - ORDER_8)],
  ['order-8-d', 'A point of order 8.', point(P - ORDER_8, 1)],
  ['not-canonical-identity', 'The point of order 1, with y + p.', point(P + 1n)],
  ['not-canonical', 'A y that is p or more: two encodings of one key would have two ids.', point(P + 3n)],
  ['negative-zero', 'The point of order 1 with the sign of an x that is zero.', point(1n, 1)],
  ['off-curve', 'A y to which no x belongs.', point(2n)],
];

const WEAK_KEYS: readonly Vector[] = WEAK_POINTS.flatMap(([name, description, bytes]) => [
  refusesKey('public', `point-${name}`, description, bytes, 'ERR_KEY_POINT'),
]);

/** Public keys as they are read. */
export const PUBLIC_KEY_VECTORS: readonly Vector[] = [...PUBLIC_KEYS, ...WEAK_KEYS];
