import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, der, integer, octets, oid, sequence, set, time, utf8 } from './der.ts';

/** What a server needs, and who has to be trusted for it. All PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface CertificateRequest {
  /** DNS names and IP addresses of the server. */
  readonly names: readonly string[];
  readonly days: number;
  readonly now?: Date;
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const DAY_MS = 86_400_000;
/** Clocks of a cluster differ. */
const SKEW_MS = 5 * 60_000;

/**
 * Makes an authority and a certificate of its for a server (RFC 5280), with ECDSA P-256 keys. The authority's key is thrown
 * away: it signs this one certificate.
 */
export function createServerCertificate({
  names,
  days,
  now = new Date(),
}: CertificateRequest): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { from: new Date(now.getTime() - SKEW_MS), to: new Date(now.getTime() + days * DAY_MS) };
  const issuer = nameOf(`danube-webhook-ca-${randomBytes(4).toString('hex')}`);
  const certify = (subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string =>
    encodePem(encodeCertificate({ issuer, subject, key, extensions, ...validity }, authority.privateKey));
  const authorityId = keyId(authority.publicKey);
  return {
    authority: certify(issuer, authority.publicKey, [
      extension('2.5.29.19', sequence(boolean(true)), true),
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
      extension('2.5.29.14', octets(authorityId)),
    ]),
    certificate: certify(nameOf(names[0] ?? 'danube-webhook'), server.publicKey, [
      extension('2.5.29.19', sequence(), true),
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
      extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.35', sequence(der(0x80, authorityId))),
      extension('2.5.29.17', sequence(...names.map(alternativeName))),
    ]),
    privateKey: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** What a certificate says. `issuer` and `subject` are names, `extensions` whole ones. */
export interface Contents {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from: Date;
  readonly to: Date;
}

/** X.509 v3, signed with ECDSA. */
export function encodeCertificate(
  { issuer, subject, key, extensions, from, to }: Contents,
  signer: KeyObject,
): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const contents = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(from), time(to)),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(contents, ECDSA_WITH_SHA256, bits(sign('sha256', contents, signer)));
}

/** A distinguished name of a common name alone. */
export function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName.slice(0, 64)))));
}

export function extension(id: string, value: Buffer, isCritical: boolean = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return der(0x87, Buffer.from(name.split('.').map(Number)));
  if (isIP(name) !== 0) throw new TypeError(`${name}: IPv6 addresses are not supported; use a name`);
  return der(0x82, Buffer.from(name, 'ascii'));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

export function encodePem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
