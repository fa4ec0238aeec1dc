import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { releaseFiles, roleKey, rootRole, signed } from '../../test/tuf/repository.ts';
import { der, sequence } from '../../vectors/der.ts';
import { ed25519Key, ed25519Pkcs8, p256Key, p256Pkcs8, pem } from '../../vectors/fixed-keys.ts';
import type { Content } from '../../vectors/vector.ts';
import { certificateBody, certificateOf, extension, name, TRUE } from '../../vectors/x509.ts';

/** Where clients of Sigstore get their trusted root from. */
export const HOST = 'tuf-repo-cdn.sigstore.dev';

const ROLES = [
  roleKey(
    createPrivateKey({
      key: ed25519Pkcs8(ed25519Key('sigstore tuf roles').seed),
      format: 'der',
      type: 'pkcs8',
    }),
  ),
];

/** The root metadata of every such repository: the same each time, because some clients have it built in. */
export const TUF_ROOT: Buffer = signed(rootRole({ keys: ROLES }), ROLES);

/** A TUF repository that stands for Sigstore's, for clients that are given {@link TUF_ROOT}, its authority and its proxy. */
export interface SigstoreTuf {
  /** PEM of the authority that issued the server's certificate. */
  readonly authority: string;
  /** What clients take for their HTTPS proxy. It leads to {@link HOST} alone, which is here. */
  readonly proxy: string;
  close(): void;
}

const VALID = ['2026-01-01T00:00:00Z', '2049-01-01T00:00:00Z'] as const;
const AUTHORITY = p256Key('sigstore tuf authority');
const SERVER = p256Key('sigstore tuf server');
const ISSUER = name('authority of a test');

function certificate(
  serial: number,
  subject: Buffer,
  spki: Uint8Array,
  extensions: readonly Buffer[],
): string {
  const body = certificateBody({ serial, issuer: ISSUER, subject, valid: VALID, spki, extensions });
  return pem('CERTIFICATE', certificateOf(body, AUTHORITY));
}

const AUTHORITY_CERTIFICATE = certificate(1, ISSUER, AUTHORITY.spki, [
  extension('2.5.29.19', sequence(TRUE), true),
  extension('2.5.29.15', der(0x03, Buffer.of(2, 0x04)), true),
]);
const SERVER_CERTIFICATE = certificate(2, name(HOST), SERVER.spki, [
  extension('2.5.29.17', sequence(der(0x82, Buffer.from(HOST)))),
]);

/**
 * @param trustedRoot its target `trusted_root.json`.
 * @param others its other targets, by their names.
 */
export async function serveSigstoreTuf(
  trustedRoot: Content,
  others: Readonly<Record<string, Buffer>> = {},
): Promise<SigstoreTuf> {
  const files = releaseFiles({
    version: 1,
    target: Buffer.from(trustedRoot),
    name: 'trusted_root.json',
    others,
    keys: ROLES,
  });
  const identity = { key: pem('PRIVATE KEY', p256Pkcs8(SERVER)), cert: SERVER_CERTIFICATE };
  const repository = createTlsServer(identity, (request, response) => {
    const bytes = files.get((request.url ?? '').slice(1));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  const proxy = createServer().on('connect', ({ url }, socket) => {
    if (url === `${HOST}:443`) {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      repository.emit('connection', socket);
    } else socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    authority: AUTHORITY_CERTIFICATE,
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
