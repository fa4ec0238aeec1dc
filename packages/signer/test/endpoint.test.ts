import assert from 'node:assert/strict';
import type { lookup } from 'node:dns';
import { after, describe, it } from 'node:test';
import { openKey, SignError } from '@danube/signer';
import { matchAddress, metadataEndpoint, parseEndpoint } from '../src/endpoint.ts';
import { createServiceClient } from '../src/service-client.ts';
import { refusal } from './service.ts';
import { startServer } from './servers/http.ts';

const HOSTS = ['kms.example.com', '.vault.example.com', /^kms\.[a-z]+\.example\.org$/];

function refuses(url: string, rules = {}): void {
  assert.throws(
    () => parseEndpoint(url, HOSTS, rules),
    { name: 'SignError', code: 'ERR_SIGN_ENDPOINT' },
    url,
  );
}

describe('parseEndpoint (keys.md 16)', () => {
  it('takes the hosts of the service, and those that the user allows', () => {
    for (const url of [
      'https://kms.example.com',
      'https://a.vault.example.com/v1',
      'https://kms.eu.example.org.:443',
    ]) {
      parseEndpoint(url, HOSTS, {});
    }
    refuses('https://other.example.net');
    parseEndpoint('https://other.example.net', HOSTS, { allowedHosts: ['other.example.net'] });
  });

  it('refuses every other host, also one that looks alike', () => {
    for (const host of [
      'kms.example.com.evil.net',
      'xkms.example.com',
      'vault.example.com',
      'kms.a.b.example.org',
    ]) {
      refuses(`https://${host}`);
    }
  });

  it('refuses private, link-local and loopback addresses in every spelling, unless they are allowed', () => {
    for (const host of [
      '169.254.169.254',
      '0x7f.1',
      '2130706433',
      '[::ffff:127.0.0.1]',
      '[::1]',
      'localhost.',
      'localhost',
      '10.0.0.1',
      '[fe80::1]',
      '[fd00:ec2::254]',
      '[64:ff9b::a9fe:a9fe]',
    ]) {
      assert.throws(
        () => parseEndpoint(`https://${host}`, ['*'].slice(host.startsWith('local') ? 1 : 0), {}),
        SignError,
      );
    }
    parseEndpoint('https://10.0.0.1', ['*'], { allowPrivateAddresses: true });
  });

  it('takes http: on the loopback interface only, and only with the flag', () => {
    refuses('http://kms.example.com', { allowLoopbackHttp: true });
    refuses('http://127.0.0.1:1');
    parseEndpoint('http://127.0.0.1:1', HOSTS, { allowLoopbackHttp: true });
    refuses('http://10.0.0.1', { allowLoopbackHttp: true, allowPrivateAddresses: true });
    for (const scheme of ['ftp', 'file', 'unix']) refuses(`${scheme}://kms.example.com`);
  });

  it('refuses a user, a query and a fragment, and shows none of them', () => {
    for (const extra of [
      'https://CANARY:CANARY@kms.example.com',
      'https://kms.example.com/?CANARY',
      'https://kms.example.com/#CANARY',
    ]) {
      assert.throws(
        () => parseEndpoint(extra, HOSTS, {}),
        (error: SignError) => !error.message.includes('CANARY'),
      );
    }
  });

  it('refuses the hosts of others in AWS, before anything is sent', async () => {
    const service = {
      environment: { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
    };
    for (const host of [
      '169.254.169.254',
      'kms.eu-central-1.amazonaws.com.evil.net',
      'bucket.s3.amazonaws.com',
      'ec2-1-2-3-4.compute-1.amazonaws.com',
      '2130706433',
      '[::ffff:127.0.0.1]',
    ]) {
      await refusal(openKey(`awskms://${host}/alias/x`, { service }), 'ERR_SIGN_ENDPOINT');
    }
  });

  it('knows public addresses from all others', () => {
    for (const address of ['8.8.8.8', '2600:1f00::1']) assert.ok(matchAddress(address, {}), address);
    for (const address of [
      '127.0.0.1',
      '100.64.0.1',
      '::',
      '::ffff:8.8.8.8',
      'fc00::1',
      'ff02::1',
      '2002:7f00:1::',
      'x',
    ]) {
      assert.ok(!matchAddress(address, {}), address);
    }
  });

  it('lets metadata services be asked at their fixed addresses only', () => {
    metadataEndpoint('http://169.254.169.254', {});
    for (const url of ['http://169.254.169.253', 'http://metadata.evil.net', 'http://127.0.0.1:1']) {
      assert.throws(() => metadataEndpoint(url, {}), SignError);
    }
  });
});

describe('connections (keys.md 16)', () => {
  const seen: string[] = [];
  const call = (url: string, answers: readonly string[]): Promise<unknown> => {
    let asked = 0;
    // A name server that gives another address each time it is asked.
    const rebinding = ((_: string, __: object, done: (error: null, found: object[]) => void) => {
      const address = answers[asked++] ?? '169.254.169.254';
      done(null, [{ address, family: 4 }]);
    }) as unknown as typeof lookup;
    const endpoint = parseEndpoint(url, ['*'], { allowLoopbackHttp: true }, rebinding);
    const client = createServiceClient(endpoint, {
      service: 'test',
      environment: {},
      allowLoopbackHttp: true,
      maxAttempts: 1,
      audit: ({ outcome }) => void seen.push(`${outcome} ${asked}`),
    });
    const request = {
      operation: 'sign',
      method: 'POST',
      path: '/',
      headers: { 'x-token': 'CANARY' },
      body: 'CANARY',
    } as const;
    return client
      .call(
        () => request,
        () => undefined,
        new AbortController().signal,
      )
      .finally(() => client.close());
  };

  it('go to the address that was checked, after one look-up', async () => {
    const server = await startServer(() => ({}));
    after(() => server.close());
    await call(`http://localhost:${new URL(server.url).port}`, ['127.0.0.1']);
    assert.equal(seen.at(-1), 'ok 1');
    assert.equal(server.received.length, 1);
  });

  it('are refused when a public name has a private address (DNS rebinding)', async () => {
    for (const address of ['169.254.169.254', '10.0.0.1']) {
      await refusal(call('https://kms.example.com', [address]), 'ERR_SIGN_ENDPOINT');
    }
  });

  for (const status of [301, 302, 307, 308]) {
    it(`follow no redirect (${status}): neither body nor token leave`, async () => {
      const thief = await startServer(() => ({}));
      const server = await startServer(() => ({ status, headers: { location: thief.url } }));
      after(() => Promise.all([thief.close(), server.close()]));
      await refusal(call(`http://localhost:${new URL(server.url).port}`, ['127.0.0.1']), 'ERR_SIGN_ENDPOINT');
      assert.equal(thief.received.length, 0);
    });
  }

  it('take no answer that is longer than the cap', async () => {
    const server = await startServer(() => ({ body: 'x'.repeat(70_000) }));
    after(() => server.close());
    await refusal(call(`http://localhost:${new URL(server.url).port}`, ['127.0.0.1']), 'ERR_SIGN_BACKEND');
  });

  it('do not wait for a body that trickles', async () => {
    const server = await startServer((_, response) => {
      response.write('{');
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
      return undefined;
    });
    after(() => server.close());
    const endpoint = parseEndpoint(server.url, [], { allowLoopbackHttp: true });
    const client = createServiceClient(endpoint, {
      service: 'test',
      environment: {},
      deadlines: { callMs: 60 },
      maxAttempts: 1,
    });
    const request = { operation: 'sign', method: 'GET', path: '/' } as const;
    await refusal(
      client.call(
        () => request,
        () => undefined,
        new AbortController().signal,
      ),
      'ERR_SIGN_UNAVAILABLE',
    );
    client.close();
  });
});
