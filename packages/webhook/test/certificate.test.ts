import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { describe, it } from 'node:test';
import { createServerCertificate } from '../src/certificate.ts';

describe('createServerCertificate', () => {
  const made = createServerCertificate({ names: ['danube.system.svc', '127.0.0.1'], days: 30 });
  const certificate = new X509Certificate(made.certificate);
  const authority = new X509Certificate(made.authority);

  it('makes a certificate that its authority signed, for the names and the time', () => {
    assert.ok(authority.ca);
    assert.ok(!certificate.ca);
    assert.ok(certificate.checkIssued(authority));
    assert.ok(certificate.verify(authority.publicKey));
    assert.ok(authority.verify(authority.publicKey));
    assert.equal(certificate.checkHost('danube.system.svc'), 'danube.system.svc');
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkHost('other.system.svc'), undefined);
    const days = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 86_400_000;
    assert.equal(Math.round(days), 30);
  });

  it('is what a client accepts who trusts the authority, and nobody else', async () => {
    const server = createServer({ cert: made.certificate, key: made.privateKey }, (socket) =>
      socket.end('hello'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const trusting = connect({ port: address.port, host: '127.0.0.1', ca: made.authority });
    await once(trusting, 'secureConnect');
    assert.ok(trusting.authorized);
    trusting.destroy();
    const stranger = connect({ port: address.port, host: '127.0.0.1' });
    await assert.rejects(once(stranger, 'secureConnect'));
    server.close();
  });

  it('says years after 2049 in the longer form', () => {
    const late = createServerCertificate({
      names: ['a.example'],
      days: 1,
      now: new Date('2055-01-01T00:00:00Z'),
    });
    assert.equal(new X509Certificate(late.certificate).validToDate.getUTCFullYear(), 2055);
  });
});
