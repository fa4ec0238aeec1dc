import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { transform } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { folder } from './danube.ts';
import { write } from './fixture.ts';

const TOP = join(import.meta.dirname, '../../..');
const LAUNCHERS = [join(TOP, 'bin/danube'), join(TOP, 'packages/cli/bin/danube.cjs')];

/** Runs a launcher by a Node that says it is another version. */
function launchedBy(version: string, launcher: string): ReturnType<typeof spawnSync> {
  const pretend = `Object.defineProperty(process, 'version', { value: '${version}' })`;
  const script = `${pretend}; process.argv = ['node', 'danube', '--version']; require(${JSON.stringify(launcher)})`;
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
}

describe('the launcher', () => {
  for (const launcher of LAUNCHERS) {
    const name = launcher.slice(TOP.length + 1);
    for (const version of ['v0.10.48', 'v18.20.8', 'v20.20.2', 'v22.9.0', 'v22.21.9']) {
      it(`${name} refuses Node.js ${version} and says what to do`, () => {
        const { status, stdout, stderr } = launchedBy(version, launcher);
        assert.equal(status, 2);
        assert.equal(stdout, '');
        assert.match(
          String(stderr),
          new RegExp(`^danube: error: .*22\\.22\\.0 or newer; this is ${version} `),
        );
        assert.match(String(stderr), /hint: .*npm ci.*npx danube/);
        assert.match(String(stderr), /hint: .*https:\/\/nodejs\.org/);
      });
    }
    for (const version of ['v22.22.0', 'v22.100.0', 'v24.0.0', 'v100.1.2']) {
      it(`${name} runs with Node.js ${version}`, () => {
        assert.equal(launchedBy(version, launcher).stdout, `${manifest.version}\n`);
      });
    }
  }

  it('asks for the version that package.json asks for', () => {
    const required = /REQUIRED = \[(\d+), (\d+), (\d+)\]/.exec(readFileSync(LAUNCHERS[1]!, 'utf8'))!;
    assert.equal(manifest.engines.node, `>=${required.slice(1).join('.')}`);
  });

  it('is written so that an old engine can read it', async () => {
    for (const launcher of LAUNCHERS) {
      const text = readFileSync(launcher, 'utf8');
      await transform(text, { target: 'es5', loader: 'js' });
      assert.doesNotMatch(text, /require\('node:/);
      assert.doesNotMatch(text, /,\s*\)/, 'a comma at the end of arguments');
    }
  });
});

describe('the launcher of a clone that is not built', () => {
  const clone = folder();
  const launcher = join(clone, 'bin/danube');
  cpSync(join(TOP, 'bin'), join(clone, 'bin'), { recursive: true });
  cpSync(join(TOP, 'packages/cli/bin'), join(clone, 'packages/cli/bin'), { recursive: true });
  write(join(clone, 'package.json'), '{}');
  const main = join(clone, 'packages/cli/src/main.ts');

  it('runs the sources with the source condition, and passes arguments and exit code on', () => {
    write(
      main,
      `const words: string[] = process.argv.slice(2);
       console.log(JSON.stringify({ words, execArgv: process.execArgv }));
       process.exit(41);`,
    );
    const { status, stdout } = spawnSync(process.execPath, [launcher, 'a', '--b=c d'], { encoding: 'utf8' });
    assert.equal(status, 41);
    const { words, execArgv } = JSON.parse(stdout);
    assert.deepEqual(words, ['a', '--b=c d']);
    assert.ok(execArgv.includes('--conditions=@danube/source'));
  });

  it('ends with 3, not as a rejection does, when the program cannot be loaded', () => {
    write(join(clone, 'packages/cli/dist/danube.cjs'), 'throw new Error("boom");');
    const { status, stderr } = spawnSync(process.execPath, [launcher], { encoding: 'utf8' });
    assert.equal(status, 3);
    assert.match(stderr, /^danube: error: Error: boom/);
    rmSync(join(clone, 'packages/cli/dist'), { recursive: true });
  });

  it('passes a signal on, and ends by it when its child does', async () => {
    write(main, `console.log(process.pid); setInterval(() => {}, 1000);`);
    const child = spawn(process.execPath, [launcher], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM']);
  });
});
