import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ProxyEnvironment, ProxyError, readProxies } from '../src/index.ts';

const PROXY = 'http://proxy.example:3128';

/** Whether a URL is asked for by the proxy. */
function isProxied(url: string, noProxy: string): boolean {
  return (
    readProxies({ HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY, NO_PROXY: noProxy })(new URL(url)) !== undefined
  );
}

describe('NO_PROXY', () => {
  // The rules of x/net/http/httpproxy: what is between the bars is reached directly.
  const rows: readonly (readonly [noProxy: string, direct: readonly string[], proxied: readonly string[]])[] =
    [
      [
        '',
        ['https://localhost', 'https://127.0.0.1', 'https://127.9.9.9:8443', 'https://[::1]'],
        ['https://a.example', 'http://10.0.0.1'],
      ],
      ['*', ['https://a.example', 'http://10.0.0.1:81'], []],
      [
        'example.com',
        ['https://example.com', 'https://a.example.com', 'https://a.b.example.com:8443'],
        ['https://notexample.com', 'https://example.com.evil.example'],
      ],
      ['.example.com', ['https://a.example.com'], ['https://example.com', 'https://aexample.com']],
      ['*.example.com', ['https://a.example.com'], ['https://example.com']],
      ['EXAMPLE.com', ['https://example.com'], []],
      [
        'example.com:443',
        ['https://example.com', 'https://a.example.com'],
        ['http://example.com', 'https://example.com:8443'],
      ],
      ['example.com:8443', ['https://example.com:8443'], ['https://example.com']],
      [
        '10.0.0.0/8',
        ['https://10.1.2.3', 'http://10.255.255.255:5000'],
        ['https://11.0.0.1', 'https://ten.example'],
      ],
      ['192.0.2.7', ['https://192.0.2.7'], ['https://192.0.2.8']],
      ['192.0.2.7:5000', ['https://192.0.2.7:5000'], ['https://192.0.2.7']],
      ['2001:db8::/32', ['https://[2001:db8::1]'], ['https://[2001:db9::1]', 'https://192.0.2.1']],
      ['2001:db8::1', ['https://[2001:db8:0:0::1]'], ['https://[2001:db8::2]']],
      ['[2001:db8::1]:5000', ['https://[2001:db8::1]:5000'], ['https://[2001:db8::1]']],
      [' a.example , ,b.example', ['https://a.example', 'https://b.example'], ['https://c.example']],
      ['bücher.example', ['https://xn--bcher-kva.example'], []],
      [':5000', [], ['https://a.example:5000']],
      ['10.0.0.0/99', [], ['https://10.0.0.1']],
    ];
  for (const [noProxy, direct, proxied] of rows) {
    it(`is read as in Go: ${JSON.stringify(noProxy)}`, () => {
      for (const url of direct) assert.equal(isProxied(url, noProxy), false, url);
      for (const url of proxied) assert.equal(isProxied(url, noProxy), true, url);
    });
  }
});

describe('HTTPS_PROXY and HTTP_PROXY', () => {
  const urlFor = (env: ProxyEnvironment, url: string): string | undefined =>
    readProxies(env)(new URL(url))?.url.href;

  it('are each for their own scheme, upper case first', () => {
    const env = {
      HTTPS_PROXY: 'http://s.example',
      https_proxy: 'http://no.example',
      http_proxy: 'http://p.example',
    };
    assert.equal(urlFor(env, 'https://a.example'), 'http://s.example/');
    assert.equal(urlFor(env, 'http://a.example'), 'http://p.example/');
    assert.equal(urlFor({ HTTP_PROXY: PROXY }, 'https://a.example'), undefined);
    assert.equal(urlFor({ HTTPS_PROXY: '', https_proxy: PROXY }, 'https://a.example'), `${PROXY}/`);
    assert.equal(urlFor({}, 'https://a.example'), undefined);
  });

  it('may leave the scheme out', () => {
    assert.equal(urlFor({ HTTPS_PROXY: 'proxy.example:3128' }, 'https://a.example'), `${PROXY}/`);
  });

  it('keep credentials out of the URL that may be shown', () => {
    const proxy = readProxies({ HTTPS_PROXY: 'http://bob:p%40ss@proxy.example:3128' })(
      new URL('https://a.example'),
    );
    assert.equal(proxy?.url.href, `${PROXY}/`);
    assert.equal(proxy.authorization, `Basic ${Buffer.from('bob:p@ss').toString('base64')}`);
  });

  it('are refused, and not shown, when they are no HTTP proxy', () => {
    for (const value of [
      'socks5://bob:secret@proxy.example',
      'http://',
      'http://bob:secret@',
      'http://bob:%zz@h',
    ]) {
      const proxies = readProxies({ HTTPS_PROXY: value });
      assert.throws(
        () => proxies(new URL('https://a.example')),
        (error) => {
          assert.ok(error instanceof ProxyError);
          assert.equal(error.code, 'ERR_PROXY_REFUSED');
          assert.doesNotMatch(error.message, /secret|bob/);
          return true;
        },
      );
      assert.equal(proxies(new URL('https://localhost')), undefined);
    }
  });
});
