import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ARTIFACT_LIMITS, parseChecksums, type Checksum } from '@danube/artifact';
import { artifactError, folderOf, hashOf } from './folder.ts';

const A = hashOf('a');
const B = hashOf('b');
const A512 = hashOf('a', 'sha512');

function parse(text: string): Checksum[] {
  return parseChecksums(Buffer.from(text));
}

describe('parseChecksums', () => {
  it('reads the lines of sha256sum, sha384sum and sha512sum', () => {
    const text = `${A}  a.txt\n${B} *dir/b  c.bin\n${A512}  x\n${hashOf('a', 'sha384')}  y\n`;
    assert.deepEqual(parse(text), [
      { name: 'a.txt', digest: { sha256: A } },
      { name: 'dir/b  c.bin', digest: { sha256: B } },
      { name: 'x', digest: { sha512: A512 } },
      { name: 'y', digest: { sha384: hashOf('a', 'sha384') } },
    ]);
  });

  it('reads tagged lines, as of sha256sum --tag and BSD', () => {
    assert.deepEqual(parse(`SHA256 (a (1).txt) = ${A}\nSHA512 (b) = ${A512}\n`), [
      { name: 'a (1).txt', digest: { sha256: A } },
      { name: 'b', digest: { sha512: A512 } },
    ]);
  });

  it('decodes escaped names, and only those', () => {
    assert.deepEqual(
      parse(`\\${A}  a\\\\b\\nc\\rd\n\\SHA256 (x\\\\y) = ${A}\n${A}  x\\ny`).map(({ name }) => name),
      ['a\\b\nc\rd', 'x\\y', 'x\\ny'],
    );
  });

  it('reads what the tools write, whatever the names', (context) => {
    const names = [
      'plain',
      'with space',
      'back\\slash',
      'new\nline',
      'é',
      '*star',
      ' lead',
      'SHA256 (x) = y',
      '#hash',
    ];
    const folder = folderOf(Object.fromEntries(names.map((name) => [name, name])));
    const expected = names.map((name) => ({ name, digest: { sha256: hashOf(name) } }));
    try {
      for (const options of [[], ['--binary'], ['--tag']]) {
        const output = execFileSync('sha256sum', [...options, '--', ...names], { cwd: folder });
        assert.deepEqual(parseChecksums(output), expected);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      context.skip('sha256sum is missing');
    }
  });

  it('takes comments, a last line without an end, and one entry twice', () => {
    assert.deepEqual(parse(`# of today\n${A}  a\n${A}  a`), [{ name: 'a', digest: { sha256: A } }]);
  });

  it('joins the digests of one name by different algorithms', () => {
    assert.deepEqual(parse(`SHA256 (a) = ${A}\n${A512}  a\n`), [
      { name: 'a', digest: { sha256: A, sha512: A512 } },
    ]);
  });

  it('takes names that are special to JavaScript', () => {
    assert.deepEqual(
      parse(`${A}  __proto__\n${B}  constructor\n`).map(({ name }) => name),
      ['__proto__', 'constructor'],
    );
  });

  const REJECTED: readonly (readonly [what: string, line: string, message: RegExp])[] = [
    ['an empty line', '', /is empty/],
    ['a line without a name', A, /is not a checksum/],
    ['one space', `${A} a`, /is not a checksum/],
    ['a tab', `${A}\ta`, /control character/],
    ['a carriage return', `${A}  a\r`, /carriage return/],
    ['upper case', `${A.toUpperCase()}  a`, /upper case/],
    ['a digest that is too short', `${A.slice(1)}  a`, /63 hex digits/],
    ['SHA-1', `${hashOf('a', 'sha1')}  a`, /40 hex digits/],
    ['MD5', `${hashOf('a', 'md5')}  a`, /32 hex digits/],
    ['tagged MD5', `MD5 (a) = ${hashOf('a', 'md5')}`, /uses MD5/],
    ['another algorithm of the same length (threat 13)', `SHA3-256 (a) = ${A}`, /uses SHA3-256/],
    ['a tag with the digest of another algorithm', `SHA512 (a) = ${A}`, /64 hex digits where SHA512 has 128/],
    ['an escape that is none', `\\${A}  a\\t`, /escapes nothing/],
    ['a backslash at the end', `\\${A}  a\\`, /escapes nothing/],
    ['a signature around the list', '-----BEGIN PGP SIGNED MESSAGE-----', /is not a checksum/],
    ['another digest of the same name', `${B}  first`, /another sha256/],
  ];
  for (const [what, line, message] of REJECTED) {
    it(`rejects ${what}, and says which line it is`, () => {
      const check = artifactError('ERR_ARTIFACT_CHECKSUMS', message);
      assert.throws(() => parse(`${A}  first\n${line}\n${A}  last\n`), check);
      assert.throws(() => parse(`${A}  first\n${line}\n${A}  last\n`), { line: 2 });
    });
  }

  it('rejects a list without checksums', () => {
    for (const text of ['', '\n', '# only this\n'])
      assert.throws(() => parse(text), artifactError('ERR_ARTIFACT_CHECKSUMS'));
  });

  it('rejects bytes that are not UTF-8, and says which line they are on', () => {
    const bytes = Buffer.concat([Buffer.from(`${A}  a\n${A}  b`), Buffer.of(0xff, 0x0a)]);
    assert.throws(() => parseChecksums(bytes), { code: 'ERR_ARTIFACT_CHECKSUMS', line: 2 });
  });

  it('reads as many lines as the limit says, and not one more (threat 47)', () => {
    const lines = Array.from({ length: ARTIFACT_LIMITS.checksums }, (_, index) => `${A}  ${index}\n`).join(
      '',
    );
    assert.equal(parse(lines).length, ARTIFACT_LIMITS.checksums);
    assert.throws(() => parse(`${lines}${A}  more`), artifactError('ERR_ARTIFACT_LIMIT'));
    const comment = `#${' '.repeat(ARTIFACT_LIMITS.checksumsBytes - A.length - 5)}\n${A}  a`;
    assert.equal(parse(comment).length, 1);
    assert.throws(() => parse(`${comment}b`), artifactError('ERR_ARTIFACT_LIMIT'));
  });

  it('reads back what a writer of the format writes', () => {
    const names = fc.uniqueArray(
      fc
        .string({ minLength: 1, unit: 'grapheme' })
        .filter((name) => !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\t]/.test(name)),
    );
    fc.assert(
      fc.property(names, (list) => {
        if (list.length === 0) return;
        const lines = list.map((name) => {
          const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
          return `${escaped === name ? '' : '\\'}${hashOf(name)}  ${escaped}\n`;
        });
        assert.deepEqual(
          parse(lines.join('')),
          list.map((name) => ({ name, digest: { sha256: hashOf(name) } })),
        );
      }),
    );
  });

  it('throws nothing else, whatever the bytes', () => {
    const pieces = fc.constantFrom(
      A,
      A512,
      '  ',
      ' *',
      '\\',
      '\n',
      '#',
      'SHA256 (',
      ') = ',
      'a',
      '\r',
      '\0',
      'é',
    );
    const lists = fc.array(pieces, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(lists, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          for (const { digest } of parseChecksums(bytes)) assert.ok(Object.keys(digest).length > 0);
        } catch (error) {
          artifactError('ERR_ARTIFACT_CHECKSUMS')(error);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
