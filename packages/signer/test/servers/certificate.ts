/** A certificate for TLS on this machine, made anew by each test: there is no key in the repository. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

const ED25519 = sequence(der(0x06, Buffer.from('2b6570', 'hex')));
const COMMON_NAME = Buffer.from('550403', 'hex');
const SUBJECT_ALTERNATIVE_NAME = Buffer.from('551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');

/** A certificate for 127.0.0.1 and its key, signed by itself (RFC 5280), or by another as its client. */
export function makeCertificate(
  name = '127.0.0.1',
  issuer?: TlsIdentity & { readonly name: string },
): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const loopback = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ED25519,
    commonName(issuer?.name ?? name),
    sequence(time('20200101000000Z'), time('20991231235959Z')),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(...(issuer === undefined ? [der(0x01, Buffer.of(0xff))] : []))),
        extension(SUBJECT_ALTERNATIVE_NAME, loopback),
      ),
    ),
  );
  const signature = sign(null, unsigned, issuer?.key ?? privateKey);
  const certificate = sequence(unsigned, ED25519, der(0x03, Buffer.of(0), signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents);
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(der(0x06, COMMON_NAME), der(0x0c, Buffer.from(name)))));
}

function time(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(der(0x06, id), der(0x04, value));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
