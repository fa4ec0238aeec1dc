import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { pathMatcher, PatternError, uriMatcher } from '../../src/documents/policy/patterns.ts';
import {
  imageMatcher,
  packageMatcher,
  parseImage,
  parsePackage,
} from '../../src/documents/policy/selectors.ts';
import { lockName } from '../../src/documents/index.ts';

const segment = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));

describe('a pattern', () => {
  it('without wildcards matches itself alone', () => {
    fc.assert(fc.property(path, path, (a, b) => pathMatcher(a)(b) === (a === b)));
  });

  it('with * stays within a part; ** is any number of parts', () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        const depth = (text: string): number => text.split('/').length;
        assert.equal(pathMatcher(`${a}/*`)(`${a}/${b}`), depth(b) === 1);
        assert.ok(pathMatcher(`${a}/**`)(`${a}/${b}`));
        assert.ok(!pathMatcher(`${a}/**`)(`${a}x/${b}`));
      }),
    );
  });

  it('of a URI matches no other host, scheme or userinfo', () => {
    const match = uriMatcher('git+https://git.example.com/shop/**');
    assert.ok(match('git+https://git.example.com/shop/app'));
    for (const uri of [
      'git+https://git.example.com.evil.org/shop/app',
      'git+https://evil@git.example.com/shop/app',
      'git+https://git.example.com@evil.org/shop/app',
      'git+http://git.example.com/shop/app',
      'git+https://git.example.com:443/shop/app',
      'git+https://git.example.com/shop/../evil/app',
      'git+https://git.example.com/shop/%2e%2e/evil',
      'git+https://git.example.com/shop/a%2fb',
      'git+https://git.example.com/shop/app?x=y',
      'git+https://git.example.com/shop/app#x',
      'git+https://git.example.com/shop//app',
      'git+https://git.example.com/shopping/app',
    ])
      assert.ok(!match(uri), uri);
  });

  it('takes time proportional to both lengths, whatever they are: no run of stars goes back over all of a name', () => {
    const pattern = `${'a*'.repeat(400)}b`;
    const name = 'a'.repeat(4000);
    assert.equal(pathMatcher(pattern)(name), false);
    const folders = `${'**/a/'.repeat(200)}b`;
    assert.equal(pathMatcher(folders)('a/'.repeat(2000) + 'a'), false);
  });

  it('never throws for a name, nor for a pattern anything but the error of patterns', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, text) => {
        for (const make of [pathMatcher, uriMatcher]) {
          try {
            make(pattern)(text);
          } catch (error) {
            assert.ok(error instanceof PatternError);
          }
        }
      }),
    );
  });
});

describe('packages and images', () => {
  it('are told apart by type, namespace and registry', () => {
    const isOurs = packageMatcher('pkg:npm/@shop/*@1.*');
    const of = (purl: string): boolean => isOurs(parsePackage(purl)!);
    assert.ok(of('pkg:npm/%40shop/app@1.2.0'));
    for (const purl of [
      'pkg:npm/%40shop/app@2.0.0',
      'pkg:npm/%40shop/app',
      'pkg:npm/app@1.2.0',
      'pkg:pypi/%40shop/app@1.2.0',
      'pkg:npm/%40shop-evil/app@1.2.0',
    ])
      assert.ok(!of(purl), purl);
    const isImage = imageMatcher('registry.example.com/shop/*');
    assert.ok(isImage(parseImage('registry.example.com/shop/app:1.2')!));
    for (const name of ['shop/app', 'registry.example.com:5000/shop/app', 'registry.example.com/shop/a/b'])
      assert.ok(!isImage(parseImage(name)!), name);
    assert.ok(imageMatcher('docker.io/library/*')(parseImage('nginx')!));
    assert.throws(() => imageMatcher('nginx'), PatternError);
  });

  it('are locked without their versions', () => {
    const names = {
      'dist/app-1.2.0.tgz': 'app-*.tgz',
      'app_2026.11.3-rc.1_linux_amd64.tar.gz': 'app_*_linux_amd64.tar.gz',
      'app-v1.2.tgz': 'app-v*.tgz',
      'app.tgz': 'app.tgz',
    };
    for (const [name, locked] of Object.entries(names)) assert.equal(lockName({ name, digest: {} }), locked);
  });
});
