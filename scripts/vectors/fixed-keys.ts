import { p256 } from '@noble/curves/nist.js';
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { Content } from './vector.ts';

/*
 * Keys made of fixed seeds, by node:crypto and noble alone: the vectors must not depend on the code they test.
 * Anybody can make them, so they protect nothing.
 */

/** A key of the vectors: its files below test-vectors/keys/, and how it signs. */
export interface FixedKey {
  readonly name: string;
  /** `SHA256:` and the unpadded base64 of the SHA-256 of the OpenSSH public key. */
  readonly keyid: string;
  readonly spki: Uint8Array;
  /** Ed25519: 32 bytes. P-256: the uncompressed point. */
  readonly raw: Uint8Array;
  /** The secret: an Ed25519 seed or a P-256 scalar. */
  readonly seed: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** SHA-256 of bytes or of UTF-8 text. */
export function sha256(data: Content): Buffer {
  return createHash('sha256').update(data).digest();
}

function seedOf(name: string): Buffer {
  return sha256(`danube test vector key: ${name}`);
}

const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const P256_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** RFC 4251, section 5: a string with its length in front. */
export function sshString(data: Content): Buffer {
  const bytes = Buffer.from(data);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function fingerprint(blob: Uint8Array): string {
  return `SHA256:${sha256(blob).toString('base64').replace(/=+$/, '')}`;
}

/** The OpenSSH wire form of an Ed25519 public key (RFC 8709, section 4). */
export function sshEd25519(raw: Uint8Array): Buffer {
  return Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);
}

export function ed25519Pkcs8(seed: Uint8Array): Buffer {
  return Buffer.concat([ED25519_PKCS8_PREFIX, seed]);
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: ed25519Pkcs8(seed), format: 'der', type: 'pkcs8' });
}

/** The Ed25519 key of a name. */
export function ed25519Key(name: string): FixedKey {
  const seed = seedOf(name);
  const key = privateKeyOf(seed);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const raw = spki.subarray(-32);
  return {
    name,
    seed,
    spki,
    raw,
    keyid: fingerprint(sshEd25519(raw)),
    sign: (message) => sign(null, message, key),
  };
}

/** Base64 as JWK writes it: URL-safe, without padding. */
export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** PKCS#8 of a P-256 key. */
export function p256Pkcs8({ seed, raw }: FixedKey): Buffer {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: base64url(seed),
    x: base64url(raw.subarray(1, 33)),
    y: base64url(raw.subarray(33)),
  };
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return key.export({ format: 'der', type: 'pkcs8' });
}

/** The P-256 key of a name. */
export function p256Key(name: string): FixedKey {
  const seed = seedOf(name);
  const raw = p256.getPublicKey(seed, false);
  const blob = ['ecdsa-sha2-nistp256', 'nistp256', raw].map(sshString);
  return {
    name,
    seed,
    raw,
    spki: Buffer.concat([P256_SPKI_PREFIX, raw]),
    keyid: fingerprint(Buffer.concat(blob)),
    // RFC 6979, so that the vectors stay the same.
    sign: (message) => p256.sign(message, seed, { format: 'der' }),
  };
}

/** The builder that the cases trust. */
export const BUILDER: FixedKey = ed25519Key('builder');
/** A second trusted signer. */
export const AUDITOR: FixedKey = ed25519Key('auditor');
/** Somebody nobody trusts. */
export const STRANGER: FixedKey = ed25519Key('stranger');
/** A signer whose key lives in a service without Ed25519. */
export const P256: FixedKey = p256Key('p256');

/** A PEM block of lines of 64 characters (RFC 7468). */
export function pem(label: string, der: Uint8Array): string {
  const body =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ''].join('\n');
}

/** The files of test-vectors/keys/. */
export function keyFiles(): Record<string, Content> {
  const ed25519 = [BUILDER, AUDITOR, STRANGER];
  return Object.fromEntries([
    ...ed25519.map((key) => [`${key.name}.key`, pem('PRIVATE KEY', ed25519Pkcs8(key.seed))]),
    ...[...ed25519, P256].map((key) => [`${key.name}.pub`, pem('PUBLIC KEY', key.spki)]),
    ['builder.ssh.pub', `ssh-ed25519 ${sshEd25519(BUILDER.raw).toString('base64')} builder@example.com\n`],
    ['builder.raw.pub', BUILDER.raw],
  ]) as Record<string, Content>;
}
