import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Metafile } from 'esbuild';
import { bundleCli, bundleVerify } from '../build.ts';
import manifest from '../package.json' with { type: 'json' };
import { DANUBE, danube, folder } from './danube.ts';
import { jobRecord, write, writeRelease } from './fixture.ts';

const root = folder();
const DIST = join(import.meta.dirname, '../dist');
const VERIFY = ['provenance', 'verify', 'dist/app.tgz', '--public-key', 'keys/first.key.pub'];

before(() => writeRelease(root));

/** The modules of which a bundle holds anything. */
function modulesIn({ outputs }: Metafile): string[] {
  const bundled = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return bundled.flatMap(([name, { bytesInOutput }]) => (bytesInOutput === 0 ? [] : [name]));
}

function packagesOf(modules: readonly string[]): string[] {
  const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

/** Writes down what the process has loaded of Node.js itself. */
const TELL_BUILTINS = `process.on('exit', () => require('node:fs').writeFileSync('builtins', process.moduleLoadList.join('\\n')))`;

function builtinsOf(args: readonly string[]): Set<string> {
  const preload = write(join(root, 'tell-builtins.cjs'), TELL_BUILTINS);
  const { status } = spawnSync(process.execPath, ['--require', preload, ...args], { cwd: root });
  assert.equal(status, 0);
  const names = readFileSync(join(root, 'builtins'), 'utf8').split('\n');
  return new Set(names.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13)));
}

/** The modules of the whole program that a command evaluates. */
async function evaluatedBy(args: readonly string[]): Promise<string[]> {
  const path = join(root, 'readable.cjs');
  const modules = modulesIn(await bundleCli({ outfile: path, minify: false }));
  const readable = readFileSync(path, 'utf8');
  // esbuild wraps each module that is not always evaluated; its name is the wrapper's only key.
  const wrapped = [...readable.matchAll(/= __(?:esm|commonJS)\(\{\n\s*"([^"]+)"\(/g)].map(
    ([, name = '']) => name,
  );
  const told = readable
    .replace(/^(var __esm = .*\n)/m, '$1  if (fn) evaluated.push(__getOwnPropNames(fn)[0]);\n')
    .replace(/^(var __commonJS = .*\n)/m, '$1  if (cb) evaluated.push(__getOwnPropNames(cb)[0]);\n');
  const prologue = `const evaluated = [];
    process.on('exit', () => require('node:fs').writeFileSync('modules', JSON.stringify(evaluated)));\n`;
  assert.equal(spawnSync(process.execPath, [write(path, prologue + told), ...args], { cwd: root }).status, 0);
  const evaluated: string[] = JSON.parse(readFileSync(join(root, 'modules'), 'utf8'));
  return [...modules.filter((name) => !wrapped.includes(name)), ...evaluated];
}

describe('what danube provenance verify loads', () => {
  it('of other packages is what options are declared with', async () => {
    const modules = modulesIn(await bundleVerify({ write: false }));
    assert.deepEqual(packagesOf(modules), ['commander']);
    assert.ok(!modules.some((name) => name.endsWith('/command.js')), 'the parser itself is not needed');
    // Nor is anything there that builds, signs, stores or reads private keys.
    const others = modules.filter((name) => /\/(?:builder|signer)\/|private|pkcs8|job-directory/.test(name));
    assert.deepEqual(others, []);
  });

  it('is little to read: V8 reads all of it before anything runs', () => {
    assert.ok(statSync(join(DIST, 'verify.cjs')).size < 140_000);
  });

  it('of Node.js is no network, no child process, no terminal, no compression', () => {
    write(join(root, 'empty.cjs'), '');
    const always = builtinsOf(['empty.cjs']);
    const loaded = [...builtinsOf([DANUBE, ...VERIFY])].filter((name) => !always.has(name));
    const refused =
      /^(?:_http|http|https|http2|net|tls|dns|dgram|child_process|tty|zlib|readline|inspector|v8|wasi|sqlite)|undici/;
    assert.deepEqual(
      loaded.filter((name) => refused.test(name)),
      [],
    );
    assert.ok(loaded.includes('crypto'));
  });

  it('is the whole program when that is needed, which begins anew and answers the same', () => {
    const usual = danube(VERIFY, { cwd: root });
    assert.equal(usual.code, 0);
    const input = readFileSync(join(root, 'dist/provenance.json'));
    const piped = danube([...VERIFY, '--provenance', '-'], { cwd: root, input });
    assert.deepEqual({ ...piped, stdout: piped.stdout.replace('in -)', 'in dist/provenance.json)') }, usual);
    const whole = spawnSync(process.execPath, [join(DIST, 'danube.cjs'), ...VERIFY], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.deepEqual([whole.status, whole.stdout, whole.stderr], [usual.code, usual.stdout, usual.stderr]);
    const help = danube(['provenance', 'verify', '--help']);
    assert.match(help.stdout, /Usage: danube provenance verify/);
    assert.equal(danube(['provenance', 'verify', '--no-such-option']).code, 2);
  });
});

describe('what V8 made of the bundle', () => {
  const copy = folder();
  const launcher = join(copy, 'bin/danube.cjs');
  const args = VERIFY.map((word) => (word.includes('/') ? join(root, word) : word));
  cpSync(dirname(DANUBE), join(copy, 'bin'), { recursive: true });
  cpSync(DIST, join(copy, 'dist'), { recursive: true });

  /** How V8 took what was kept: `undefined` when there was nothing for this bundle. */
  function verifyAndTell(): boolean | undefined {
    const code = `process.argv = ['node', 'danube', ...${JSON.stringify(args)}];
      const { script } = require(${JSON.stringify(launcher)});
      process.on('exit', (code) => require('fs').writeFileSync('told', JSON.stringify({ code, rejected: script.cachedDataRejected })));`;
    spawnSync(process.execPath, ['-e', code], { cwd: copy });
    const told: { code: number; rejected?: boolean } = JSON.parse(readFileSync(join(copy, 'told'), 'utf8'));
    assert.equal(told.code, 0);
    return told.rejected;
  }

  it('is used', () => {
    assert.equal(verifyAndTell(), false);
  });

  it('is not used for any other bundle, even one of the same length', () => {
    const bundle = join(copy, 'dist/verify.cjs');
    const text = readFileSync(bundle, 'utf8');
    const other = text.replace('"use strict"', "'use strict'");
    assert.ok(other !== text && other.length === text.length);
    writeFileSync(bundle, other);
    assert.equal(verifyAndTell(), undefined);
    writeFileSync(bundle, text);
  });

  it('may be damaged or missing: then the bundle is compiled as usual', () => {
    const name = readdirSync(join(copy, 'dist')).find((entry) => entry.endsWith('.v8'))!;
    writeFileSync(join(copy, 'dist', name), 'not from V8');
    assert.equal(verifyAndTell(), true);
    rmSync(join(copy, 'dist', name));
    assert.equal(verifyAndTell(), undefined);
  });

  it('is not published: nobody could read it', () => {
    assert.ok(manifest.files.includes('!dist/*.v8'));
  });
});

describe('what other commands load', () => {
  it('is what they use: generate, which reads documents that people write, loads zod, and its help does not', async () => {
    write(join(root, 'job.json'), jobRecord());
    const generate = ['provenance', 'generate', '--job-record', 'job.json', '--artifacts', 'dist'];
    assert.ok(packagesOf(await evaluatedBy(generate)).includes('zod'));
    assert.deepEqual(packagesOf(await evaluatedBy([...generate, '--help'])), ['commander']);
  });
});

describe('a bundle', () => {
  for (const [name, bundle] of Object.entries({ 'danube.cjs': bundleCli, 'verify.cjs': bundleVerify })) {
    it(`names no path of the machine that built it: ${name}`, () => {
      const bytes = readFileSync(join(DIST, name));
      assert.ok(!bytes.includes(join(import.meta.dirname, '../../..')));
    });

    it(`is the same whenever it is built: ${name}`, async () => {
      const [one, other] = [join(root, `1-${name}`), join(root, `2-${name}`)];
      await Promise.all([bundle({ outfile: one }), bundle({ outfile: other })]);
      assert.equal(readFileSync(one, 'utf8'), readFileSync(other, 'utf8'));
    });

    it(`comes with the licences of what it contains: ${name}`, async () => {
      const licences = readFileSync(join(DIST, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
      for (const other of packagesOf(modulesIn(await bundle({ write: false })))) {
        assert.ok(licences.includes(`==== ${other} ====`), other);
      }
    });
  }
});
