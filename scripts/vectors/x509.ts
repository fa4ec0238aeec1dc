import { der, integer, octets, sequence } from './der.ts';
import type { FixedKey } from './fixed-keys.ts';

/* Certificates (RFC 5280) of the vectors' authorities, whose keys are P-256. */

/** An object identifier as it is written: `1.2.840`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(number: number): number[] {
  const bytes = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) + 128);
  }
  return bytes;
}

/** The algorithm of every signature here. */
export const ECDSA_WITH_SHA256: Buffer = sequence(oid('1.2.840.10045.4.3.2'));
export const TRUE: Buffer = der(0x01, Buffer.of(0xff));

export function bits(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.of(0), bytes);
}

/** A name that has a common name alone. */
export function name(commonName: string): Buffer {
  const attribute = sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(commonName)));
  return sequence(der(0x31, attribute));
}

/** UTCTime, which is what times before 2050 are written in. */
export function time(iso: string): Buffer {
  return der(0x17, Buffer.from(`${iso.slice(2).replaceAll(/[-T:Z]/g, '')}Z`));
}

export function extension(id: string, value: Uint8Array, critical: boolean = false): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));
}

interface Certificate {
  readonly serial: number;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly valid: readonly [from: string, to: string];
  readonly spki: Uint8Array;
  readonly extensions: readonly Buffer[];
}

/** What the issuer signs. */
export function certificateBody({
  serial,
  issuer,
  subject,
  valid: [from, to],
  spki,
  extensions,
}: Certificate): Buffer {
  return sequence(
    der(0xa0, integer(2)),
    integer(serial),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(from), time(to)),
    subject,
    spki,
    der(0xa3, sequence(...extensions)),
  );
}

/** A certificate, signed by the key of its issuer. */
export function certificateOf(body: Buffer, key: FixedKey): Buffer {
  return sequence(body, ECDSA_WITH_SHA256, bits(key.sign(body)));
}
