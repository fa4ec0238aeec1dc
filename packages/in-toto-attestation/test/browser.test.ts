import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';

import type * as Formats from '../src/index.ts';
import { parseStatement } from '../src/index.ts';
import { bytes, envelope, statement } from './documents.ts';

const sources = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

/** The code without its comments. */
function code(file: string): string {
  return readFileSync(`${sources}/${file}`, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/.*/gs, '');
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [`${sources}/index.ts`],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'formats',
    write: false,
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The package in a global scope that has what ECMAScript and every browser have, and nothing of Node. */
async function inBrowser(): Promise<typeof Formats> {
  const context = createContext({ TextEncoder, TextDecoder });
  assert.equal(
    runInContext('typeof Buffer + typeof process + typeof require', context),
    'undefined'.repeat(3),
  );
  runInContext(await bundle(), context);
  return runInContext('formats', context) as typeof Formats;
}

describe('the sources', () => {
  it('import nothing but each other, and zod where that is the point', () => {
    for (const file of files) {
      const imported = [...code(file).matchAll(/\bfrom '([^']+)'|\bimport\(|\brequire\(/g)].map(
        ([, name]) => name,
      );
      for (const name of imported) {
        assert.ok(
          name?.startsWith('./') || name?.startsWith('../') || name === 'zod',
          `${file} imports ${name}`,
        );
        if (name === 'zod') assert.match(file, /^zod\//);
        if (name?.includes('zod/')) assert.equal(file, 'zod.ts');
      }
    }
  });

  it('use no global of Node, but for the one guarded use of Buffer', () => {
    for (const file of files) {
      const globals = code(file).match(/\b(?:process|Buffer|__dirname|setImmediate|global)\b(?!')/g) ?? [];
      assert.deepEqual(globals, file === 'bytes.ts' ? ['Buffer'] : [], file);
    }
  });
});

describe('in a browser', () => {
  it('reads and writes as in Node', async () => {
    const formats = await inBrowser();
    const read = formats.parseEnvelope(bytes(envelope));
    assert.deepEqual([...read.payload], [...bytes(statement)]);
    assert.equal(
      JSON.stringify(formats.parseStatement(read.payload)),
      JSON.stringify(parseStatement(bytes(statement))),
    );
    assert.deepEqual([...formats.encodeEnvelope(read)], [...bytes(envelope)]);
    assert.equal(formats.parseAttestations(bytes(envelope)).format, 'dsse');
    const { predicateType, predicate } = formats.parseStatement(read.payload);
    assert.equal(formats.parseProvenance(predicateType, predicate).version, '1');
  });

  it('refuses as in Node', async () => {
    const formats = await inBrowser();
    for (const [text, code] of [
      ['{"a":1,"a":2}', 'ERR_JSON_DUPLICATE_KEY'],
      ['{"payload":"aGk","payloadType":"","signatures":[{"sig":"AA=="}]}', 'ERR_BASE64'],
      ['{"payload":"aGl=","payloadType":"","signatures":[{"sig":"AA=="}]}', 'ERR_BASE64'],
    ] as const) {
      assert.throws(
        () => formats.parseEnvelope(bytes(text)),
        (error) => error instanceof formats.MalformedError && error.code === code,
      );
    }
  });
});
