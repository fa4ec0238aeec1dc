/** ECDSA on P-256 with SHA-256: the points and signature encodings that are accepted. It only ever verifies. */
import { concatBytes } from './secret.ts';

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Length of an uncompressed SEC 1 point, in bytes. */
export const P256_POINT_LENGTH = 65;
const SCALAR_LENGTH = 32;

/** Why these bytes are no P-256 public key; `undefined` when they are one. */
export function p256KeyFlaw(point: Uint8Array): string | undefined {
  if (point[0] !== 0x04 || point.length !== P256_POINT_LENGTH) return 'is not an uncompressed P-256 point';
  const x = bigEndian(point.subarray(1, 33));
  const y = bigEndian(point.subarray(33));
  if (x >= P || y >= P) return 'is not canonically encoded';
  // SEC 1, 2.3.4: y² = x³ - 3x + b
  if ((y * y - (x * x * x - 3n * x + B)) % P !== 0n) return 'is not a point on the curve';
  return undefined;
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/**
 * What a signature may mean, as r || s: the DER that most tools write and the 64 bytes of IEEE P1363 are both met in
 * envelopes. Almost always one of the two; 64 bytes can by a freak be both, and then either may be meant.
 */
export function readP256Signature(signature: Uint8Array): Uint8Array[] {
  const p1363 = signature.length === 2 * SCALAR_LENGTH ? [signature] : [];
  const fromDer = readDerSignature(signature);
  return fromDer === undefined ? p1363 : [...p1363, fromDer];
}

/** SEQUENCE of two INTEGERs (RFC 3279, 2.2.3), minimal in every length; no form of BER beyond that. */
function readDerSignature(signature: Uint8Array): Uint8Array | undefined {
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return undefined;
  const rEnd = 4 + (signature[3] ?? 0);
  const r = readScalar(signature.subarray(2, rEnd));
  const s = readScalar(signature.subarray(rEnd));
  return r === undefined || s === undefined ? undefined : concatBytes(r, s);
}

function readScalar(integer: Uint8Array): Uint8Array | undefined {
  const [tag, length, first, second = 0] = integer;
  if (tag !== 0x02 || length !== integer.length - 2 || first === undefined || first >= 0x80) return undefined;
  if (first === 0 && integer.length > 3 && second < 0x80) return undefined;
  const digits = integer.subarray(first === 0 ? 3 : 2);
  if (digits.length > SCALAR_LENGTH) return undefined;
  return concatBytes(new Uint8Array(SCALAR_LENGTH - digits.length), digits);
}
