/**
 * The strict Ed25519 profile: what is checked in front of the equation of RFC 8032, section 5.1.7, so that every
 * platform accepts exactly the same signatures. Public keys and R are canonically encoded and not of small order,
 * S is below the order L, and the equation (in `#platform/ed25519`) is the cofactorless one.
 */

/** Length of seeds, public keys and points, in bytes. */
export const ED25519_KEY_LENGTH = 32;
/** Length of a signature, in bytes. */
export const ED25519_SIGNATURE_LENGTH = 64;

const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER_L = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);

/** y of a point of order 8; the other three are its mirror images in both axes. */
const ORDER_8_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

/** The five y coordinates of the eight points of small order; the sign of x tells those with the same y apart. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y].map(encodeY);

/** Why these bytes are no public key in the strict profile; `undefined` when they are one. */
export function publicKeyFlaw(key: Uint8Array): string | undefined {
  if (key.length !== ED25519_KEY_LENGTH) return `has ${key.length} bytes, not ${ED25519_KEY_LENGTH}`;
  if (!isCanonical(key)) return 'is not canonically encoded';
  if (isSmallOrder(key)) return 'is a point of small order: anybody can sign for it';
  if (!isOnCurve(key)) return 'is not a point on the curve';
  return undefined;
}

/** Whether a signature can be valid at all: 64 bytes, R canonical and not of small order, S < L. */
export function isStrictSignature(signature: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_LENGTH) return false;
  return isCanonical(signature) && !isSmallOrder(signature) && isBelowOrder(signature);
}

/** y < p, where y is the first 32 bytes without the sign bit. The encodings of p and more end in ff…ff7f. */
function isCanonical(point: Uint8Array): boolean {
  if (((point[31] ?? 0) & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (point[i] !== 0xff) return true;
  return (point[0] ?? 0) < 0xed;
}

function isSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) =>
    y.every((byte, i) => (i === 31 ? (point[i] ?? 0) & 0x7f : point[i]) === byte),
  );
}

/** S < L: the last 32 bytes compared from the most significant one down. */
function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (signature[32 + i] ?? 0) - (ORDER_L[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** RFC 8032, 5.1.3: x² = (y² - 1) / (d y² + 1) must be a square; u/v is one exactly when u·v is (Euler's criterion). */
function isOnCurve(point: Uint8Array): boolean {
  const y2 = decodeY(point) ** 2n % P;
  const residue = powerOfEuler(((y2 - 1n + P) * (D * y2 + 1n)) % P);
  return residue === 0n || residue === 1n;
}

/** x to the power of (p - 1) / 2, which is 2^254 - 10: of ones nearly alone, so that runs of them are doubled. */
function powerOfEuler(x: bigint): bigint {
  let run = x; // x^(2^length - 1)
  let length = 1;
  const lengthenBy = (other: bigint, count: number): void => {
    run = (squared(run, count) * other) % P;
    length += count;
  };
  for (const bit of RUN_LENGTH) {
    lengthenBy(run, length);
    if (bit === '1') lengthenBy(x, 1);
  }
  const x3 = (squared(x, 1) * x) % P;
  return (squared(run, 4) * squared(x3, 1)) % P; // 2^254 - 10 = (2^250 - 1) 2^4 + 6
}

/** 250 in binary, without its first digit. */
const RUN_LENGTH = '1111010';

function squared(x: bigint, times: number): bigint {
  let result = x;
  for (let i = 0; i < times; i += 1) result = (result * result) % P;
  return result;
}

function decodeY(point: Uint8Array): bigint {
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt((point[i] ?? 0) & (i === 31 ? 0x7f : 0xff));
  return y;
}

function encodeY(y: bigint): Uint8Array {
  return Uint8Array.from({ length: ED25519_KEY_LENGTH }, (_, i) => Number((y >> BigInt(8 * i)) & 0xffn));
}
