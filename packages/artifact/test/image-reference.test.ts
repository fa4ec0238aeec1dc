import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatImageReference, parseImageReference } from '@danube/artifact/image-reference';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import { artifactError } from './folder.ts';

const HEX = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const DIGEST = `sha256:${HEX}`;
/** What references are made of, and what they are not. */
const PIECES = ['a', 'A', '0', '.', '_', '-', ':', '/', '@', '[', ']', '%', '\\', ' ', 'é'];

/** Text, and the same in full. */
const READ: readonly (readonly [text: string, full: string])[] = [
  ['nginx', 'docker.io/library/nginx'],
  ['nginx:1.27', 'docker.io/library/nginx:1.27'],
  ['shop/app', 'docker.io/shop/app'],
  ['docker.io/nginx', 'docker.io/library/nginx'],
  ['index.docker.io/nginx', 'docker.io/library/nginx'],
  ['registry-1.docker.io/library/nginx', 'docker.io/library/nginx'],
  ['docker.io/shop/app:v1', 'docker.io/shop/app:v1'],
  ['docker.io:443/nginx', 'docker.io:443/nginx'],
  [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
  [`shop/app:v1@${DIGEST}`, `docker.io/shop/app:v1@${DIGEST}`],
  [`a@sha512:${HEX}${HEX}`, `docker.io/library/a@sha512:${HEX}${HEX}`],
  ['registry.example.com/app', 'registry.example.com/app'],
  ['Registry.Example.COM/app', 'registry.example.com/app'],
  ['registry.example.com:5000/shop/app:v1.2.0', 'registry.example.com:5000/shop/app:v1.2.0'],
  ['localhost/app', 'localhost/app'],
  ['localhost:5000/app', 'localhost:5000/app'],
  ['registry:5000/app', 'registry:5000/app'],
  ['127.0.0.1:5000/app', '127.0.0.1:5000/app'],
  ['[::1]:5000/app', '[::1]:5000/app'],
  ['[2001:db8::1]/app', '[2001:db8::1]/app'],
  ['a.b/c', 'a.b/c'],
  ['registry/app', 'docker.io/registry/app'],
  ['localhost', 'docker.io/library/localhost'],
  ['example.com', 'docker.io/library/example.com'],
  ['example.com:5000', 'docker.io/library/example.com:5000'],
  ['a__b/c--d/e.f_g', 'docker.io/a__b/c--d/e.f_g'],
  [`a:${'v'.repeat(128)}`, `docker.io/library/a:${'v'.repeat(128)}`],
  ['a:_', 'docker.io/library/a:_'],
  ['xn--bcher-kva.example/app', 'xn--bcher-kva.example/app'],
  [`${HEX}/app`, `docker.io/${HEX}/app`],
];

/** What resembles a reference, and is none or could be read as another. */
const REFUSED: readonly string[] = [
  '',
  ' ',
  'nginx ',
  ' nginx',
  'ngi nx',
  'nginx\n',
  'nginx\u0000',
  'Nginx',
  'SHOP/app',
  'shop/App',
  'registry.example.com/App',
  '/app',
  'app/',
  'shop//app',
  './app',
  '../app',
  'shop/../app',
  'registry.example.com/..',
  'registry.example.com/',
  'registry.example.com./app',
  '.example.com/app',
  'registry..example.com/app',
  '-registry.example.com/app',
  'registry-.example.com/app',
  'registry_1.example.com/app',
  'user@registry.example.com/app',
  'user:password@registry.example.com/app',
  'https://registry.example.com/app',
  'docker://nginx',
  'oci:nginx:v1:v2',
  'registry.example.com:/app',
  'registry.example.com:0/app',
  'registry.example.com:05000/app',
  'registry.example.com:65536/app',
  'registry.example.com:port/app',
  'registry.example.com:5000:5000/app',
  '127.1/app',
  '127.0.0.01/app',
  '0x7f.0.0.1/app',
  '256.0.0.1/app',
  '1.2.3.4.5/app',
  '[::1/app',
  '[::1]x/app',
  '[0:0:0:0:0:0:0:1]/app',
  '[fe80::1%25eth0]/app',
  '[::ffff:127.0.0.1]/app',
  'app:',
  'app:-v1',
  'app:.v1',
  'app:v1 ',
  'app:v+1',
  `app:${'v'.repeat(129)}`,
  'app:v1:v2',
  'app@',
  'app@sha256:',
  `app@${HEX}`,
  `app@sha256:${HEX.slice(1)}`,
  `app@sha256:${HEX}0`,
  `app@sha256:${HEX.toUpperCase()}`,
  `app@SHA256:${HEX}`,
  `app@sha384:${HEX.slice(0, 32)}${HEX}`,
  `app@md5:${HEX.slice(0, 32)}`,
  `app@sha256+b64:${HEX}`,
  `app@sha256:../${HEX.slice(3)}`,
  `app@${DIGEST}@${DIGEST}`,
  `app@${DIGEST}:v1`,
  `@${DIGEST}`,
  `:v1@${DIGEST}`,
  HEX,
  `${HEX}:v1`,
  'a_-b',
  'a___b',
  'a..b',
  'a._b',
  '_a',
  'a_',
  '-a',
  'a-',
  'a.',
  'registry.example.com\\app',
  'registry.example.com%2fapp',
  'registry.example.com?x/app',
  'registry.example.com#/app',
  'bücher.example/app',
  'regıstry.example.com/app',
  'registry.example.com/apр',
  'registry․example.com/app',
  'registry.example.com\u2044app',
  `a/${'b'.repeat(255)}`,
  'a'.repeat(1025),
];

describe('parseImageReference', () => {
  for (const [text, full] of READ) {
    it(`reads ${text.slice(0, 60)}`, () => {
      assert.equal(formatImageReference(parseImageReference(text)), full);
    });
  }

  it('gives the parts', () => {
    assert.deepEqual(parseImageReference(`registry.example.com:5000/shop/app:v1@${DIGEST}`), {
      registry: 'registry.example.com:5000',
      repository: 'shop/app',
      tag: 'v1',
      digest: DIGEST,
    });
    assert.deepEqual(parseImageReference('nginx'), { registry: 'docker.io', repository: 'library/nginx' });
  });

  for (const text of REFUSED) {
    it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
      assert.throws(() => parseImageReference(text), artifactError('ERR_ARTIFACT_IMAGE_REFERENCE'));
    });
  }

  it('shows in its error no character that could rewrite a line', () => {
    assert.throws(
      () => parseImageReference('app\u001b[2K\u202e\n'),
      (error: Error) => /^[ -~]*$/.test(error.message),
    );
  });

  it('never puts an attacker below a registry that is only in the text (portieris v0.14.2)', () => {
    for (const text of [
      'attacker.example/registry.example.com/app',
      'registry.example.com.attacker.example/app',
      'registry.example.com:443.attacker.example/app',
      'attacker/registry.example.com/app',
    ]) {
      const registry = readOrNothing(text)?.registry;
      assert.notEqual(registry, 'registry.example.com', text);
    }
  });

  it('reads what it writes, for any text that it takes', () => {
    const part = fc.constantFrom(...PIECES, '127.0.0.1', 'docker.io', 'localhost', DIGEST);
    const texts = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.constantFrom(...READ.map(([text]) => text)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const reference = readOrNothing(text);
        if (reference === undefined) return;
        const full = formatImageReference(reference);
        assert.deepEqual(parseImageReference(full), reference);
        assert.match(full, /^[\w.:@/[\]-]+$/);
        assert.ok(!reference.repository.split('/').some((segment) => ['', '.', '..'].includes(segment)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('comes to an end for every text that makes regular expressions go back and forth', () => {
    for (const [unit, end] of [
      ['a-', '!'],
      ['a.', '!'],
      ['-', '!'],
      ['a/', '/'],
      ['a__', '!'],
      ['[', ''],
      ['a:', ''],
    ] as const) {
      const longest = unit.repeat((1024 - end.length) / unit.length) + end;
      // What takes exponential time would not come to an end here.
      for (let length = 1; length <= longest.length; length += 1) readOrNothing(longest.slice(-length));
    }
  });

  it('is pure: its bundle needs nothing of Node.js', async () => {
    const { metafile } = await build({
      stdin: {
        contents: `export * from '@danube/artifact/image-reference';`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      write: false,
      metafile: true,
      platform: 'browser',
      conditions: ['@danube/source'],
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    assert.deepEqual(
      imports.filter(({ external, path }) => external === true || path.startsWith('node:')),
      [],
    );
  });
});

function readOrNothing(text: string): ReturnType<typeof parseImageReference> | undefined {
  try {
    return parseImageReference(text);
  } catch {
    return undefined;
  }
}
