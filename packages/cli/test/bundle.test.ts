import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { bundleCli } from '../build.ts';
import { BUNDLE, folder } from './danube.ts';
import { jobRecord, write, writeRelease } from './fixture.ts';

const root = folder();
const VERIFY = ['provenance', 'verify', 'dist/app.tgz', '--public-key', 'keys/first.key.pub'];

/** Writes down what the process has loaded of Node.js itself. */
const TELL_BUILTINS = `process.on('exit', () => require('node:fs').writeFileSync('builtins', process.moduleLoadList.join('\\n')))`;

function builtinsOf(args: readonly string[]): Set<string> {
  const preload = write(join(root, 'tell-builtins.cjs'), TELL_BUILTINS);
  const { status } = spawnSync(process.execPath, ['--require', preload, ...args], { cwd: root });
  assert.equal(status, 0);
  const names = readFileSync(join(root, 'builtins'), 'utf8').split('\n');
  return new Set(names.filter((name) => name.startsWith('NativeModule ')).map((name) => name.slice(13)));
}

/** The modules of the bundle that a command evaluates, by their paths. */
async function modulesOf(args: readonly string[]): Promise<string[]> {
  const path = join(root, 'readable.cjs');
  const { outputs } = await bundleCli({ outfile: path, minify: false });
  const bundled = Object.entries(Object.values(outputs)[0]!.inputs);
  const readable = readFileSync(path, 'utf8');
  // esbuild wraps each module that is not always evaluated; its name is the wrapper's only key.
  const wrapper = /^var __(?:esm|commonJS) = \((?:fn|cb)/gm;
  assert.equal(readable.match(wrapper)?.length, 2);
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
  const always = bundled.flatMap(([name, { bytesInOutput }]) =>
    bytesInOutput === 0 || wrapped.includes(name) ? [] : [name],
  );
  return [...new Set([...always, ...evaluated])].sort();
}

function packagesOf(modules: readonly string[]): string[] {
  const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

describe('what danube provenance verify loads', () => {
  before(() => writeRelease(root));

  it('of other packages is the command-line parser', async () => {
    const modules = await modulesOf(VERIFY);
    assert.deepEqual(packagesOf(modules), ['commander']);
    // Nor is anything evaluated that builds, signs or reads private keys.
    const others = modules.filter((name) => /\/(?:builder|signer|store)\/|private|pkcs8/.test(name));
    assert.deepEqual(others, []);
  });

  it('is told: generate, which reads documents that people write, loads zod', async () => {
    write(join(root, 'job.json'), jobRecord());
    const generate = ['provenance', 'generate', '--job-record', 'job.json', '--artifacts', 'dist'];
    assert.deepEqual(packagesOf(await modulesOf(generate)), ['commander', 'zod']);
    assert.deepEqual(packagesOf(await modulesOf([...generate, '--help'])), ['commander']);
  });

  it('of Node.js is no network, no child process, no terminal, no compression', () => {
    write(join(root, 'empty.cjs'), '');
    const always = builtinsOf(['empty.cjs']);
    const loaded = [...builtinsOf([BUNDLE, ...VERIFY])].filter((name) => !always.has(name));
    const refused =
      /^(?:_http|http|https|http2|net|tls|dns|dgram|child_process|tty|zlib|readline|inspector|vm|v8|wasi|sqlite)|undici/;
    assert.deepEqual(
      loaded.filter((name) => refused.test(name)),
      [],
    );
    assert.ok(loaded.includes('crypto'));
  });
});

describe('the bundle', () => {
  it('is one file of plain ASCII without paths of the machine that built it', () => {
    const text = readFileSync(BUNDLE, 'latin1');
    assert.match(text, /^[\t\n\r -~]*$/);
    assert.ok(!text.includes(process.cwd()) && !text.includes(join(import.meta.dirname, '../../..')));
  });

  it('comes with the licences of what it contains', async () => {
    const licences = readFileSync(join(import.meta.dirname, '../dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const { inputs } = await bundleCli({ write: false });
    for (const name of packagesOf(Object.keys(inputs)))
      assert.ok(licences.includes(`==== ${name} ====`), name);
  });

  it('is the same whenever it is built', async () => {
    const path = join(root, 'again.cjs');
    await bundleCli({ outfile: path });
    assert.equal(readFileSync(path, 'utf8'), readFileSync(BUNDLE, 'utf8'));
  });
});
