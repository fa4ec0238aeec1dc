import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, describe, it } from 'node:test';
import { ProxyError, type ProxyErrorCode, readProxies, TunnelAgent } from '@danube/proxy';
import { startProxy, type ProxyOptions } from '@danube/test-registry';

const TARGET = new URL('https://far.example/x');

/** What a request through the proxy fails with. */
async function failure(proxyUrl: string): Promise<unknown> {
  const proxy = readProxies({ HTTPS_PROXY: proxyUrl })(TARGET);
  assert.ok(proxy !== undefined);
  const agent = new TunnelAgent(proxy, { timeout: 200 });
  const { promise, resolve } = Promise.withResolvers<unknown>();
  request(TARGET, { agent }, () => resolve('an answer'))
    .on('error', resolve)
    .end();
  return promise.finally(() => agent.destroy());
}

async function proxyWith(options: Partial<ProxyOptions>): Promise<string> {
  const proxy = await startProxy({ routes: {}, ...options });
  after(() => proxy.close());
  return `http://bob:secret@${proxy.host}`;
}

describe('a tunnel that is not opened', () => {
  const rows: readonly (readonly [string, Partial<ProxyOptions> | undefined, ProxyErrorCode])[] = [
    ['the proxy is gone', undefined, 'ERR_PROXY_UNAVAILABLE'],
    ['the proxy says nothing', { misbehave: 'silence' }, 'ERR_PROXY_UNAVAILABLE'],
    ['the proxy fails', { misbehave: 502 }, 'ERR_PROXY_UNAVAILABLE'],
    ['the proxy wants other credentials', { credentials: 'bob:other' }, 'ERR_PROXY_DENIED'],
    ['the proxy does not connect there', {}, 'ERR_PROXY_REFUSED'],
    ['the proxy answers itself', { misbehave: 200 }, 'ERR_PROXY_REFUSED'],
  ];
  for (const [what, options, code] of rows) {
    it(`is an error that holds no credential: ${what}`, async () => {
      const error = await failure(
        options === undefined ? 'http://bob:secret@127.0.0.1:1' : await proxyWith(options),
      );
      assert.ok(error instanceof ProxyError, String(error));
      assert.equal(error.code, code, error.message);
      const { message, stack, hint, cause } = error;
      assert.doesNotMatch(JSON.stringify([message, stack, hint, String(cause)]), /secret|c2VjcmV0/);
    });
  }
});
