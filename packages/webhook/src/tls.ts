import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions, PeerCertificate, TLSSocket } from 'node:tls';
import type { WebhookConfig } from './config-schema.ts';
import { WebhookError } from './errors.ts';
import { readConfigFile } from './read-file.ts';

type Tls = NonNullable<WebhookConfig['tls']>;

/** Suites with authenticated encryption and a key for each connection alone; TLS 1.3 has no others. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What a connection is made with, and until when the certificate is good. */
export interface Certificate {
  readonly context: SecureContextOptions;
  readonly notAfter: Date;
}

/**
 * Reads certificate and key, and makes sure that they belong together.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_IO`, `ERR_WEBHOOK_CONFIG`
 */
export function loadCertificate({ certificate, privateKey, clientCertificates }: Tls): Certificate {
  const cert = readConfigFile(certificate);
  const key = readConfigFile(privateKey);
  const ca = clientCertificates === undefined ? undefined : readConfigFile(clientCertificates.authorities);
  const parsed = parseCertificate(cert, certificate);
  return {
    context: {
      cert,
      key,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      honorCipherOrder: true,
      ...(ca === undefined ? {} : { ca }),
    },
    notAfter: parsed.validToDate,
  };
}

function parseCertificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `${path}: expected a certificate in PEM`, { cause });
  }
}

/** Whether who is at the other end showed a certificate that the configuration wants. */
export function isAllowedClient(socket: TLSSocket, { clientCertificates }: Tls): boolean {
  if (clientCertificates === undefined) return true;
  if (!socket.authorized) return false;
  const { names } = clientCertificates;
  return names === undefined || names.includes(commonName(socket.getPeerCertificate()));
}

function commonName({ subject }: PeerCertificate): string {
  const name: unknown = subject?.CN;
  return typeof name === 'string' ? name : '';
}
