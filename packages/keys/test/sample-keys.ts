/** Keys from fixed seeds, so that every run tests the same ones. Throwaway: never used for anything but tests. */
import { encodeHex } from 'in-toto-attestation';
import { Point } from '@noble/ed25519';
import { createPrivateKey, type PrivateKey } from '../src/private-key.ts';

/** RFC 8032, 7.1, TEST 1. */
export const RFC8032_SEED: Uint8Array = hex(
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
);
export const RFC8032_PUBLIC: Uint8Array = hex(
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
);
export const RFC8032_KEYID = 'SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8';

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A seed of 32 bytes that depend on `n`, none of them zero. */
export function seed(n: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => ((n * 31 + i * 7) % 255) + 1);
}

export function sampleKey(n: number): PrivateKey {
  return createPrivateKey(seed(n));
}

/** The eight points of small order: multiples of a point of order 8. */
export const TORSION: readonly Point[] = (() => {
  const order8 = Point.fromBytes(hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'));
  const points = [Point.ZERO];
  for (let i = 1; i < 8; i++) points.push(points[i - 1]!.add(order8));
  return points;
})();

/** Every form in which a secret could leak into a text: raw, hex, base64 and base64url. */
export function secretForms(secret: Uint8Array): string[] {
  const buffer = Buffer.from(secret);
  return [encodeHex(secret), ...(['latin1', 'base64', 'base64url'] as const).map((e) => buffer.toString(e))];
}

/** The private JWK of RFC 8032, 7.1, TEST 1, with these members replaced. */
export function jwk(members: object): Uint8Array {
  const x = Buffer.from(RFC8032_PUBLIC).toString('base64url');
  const d = Buffer.from(RFC8032_SEED).toString('base64url');
  return utf8(JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, d, ...members }));
}
