import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cleanEnvironment, ROOT } from '../repository.ts';

/** Each script that `npm run` starts with arguments, and what it does not take. */
const CALLS: readonly (readonly [script: string, args: readonly string[], reason: RegExp])[] = [
  ['interop/main.ts', ['UNKNOWN'], /there is no peer UNKNOWN; those there are: .*Helm.*, verifiers$/],
  ['interop/main.ts', ['--vector=x'], /'--vector'/],
  ['interop/main.ts', ['--record', 'Helm', '--vectors=x'], /name none/],
  ['interop/main.ts', ['--record'], /--vectors=FOLDER is needed/],
  ['bench/main.ts', ['--only', 'UNKNOWN'], /--only takes startup, .*webhook$/],
  ['bench/main.ts', ['startup'], /'startup'/],
  ['bench/main.ts', ['--quick', '--record'], /whole run/],
  ['conformance/main.ts', ['UNKNOWN'], /UNKNOWN/],
  ['vectors.ts', ['--chek'], /'--chek'/],
  ['schemas.ts', ['--chek'], /'--chek'/],
  ['manifest.ts', ['--chek'], /'--chek'/],
  ['transcripts.ts', ['docs/trust.md'], /'docs\/trust\.md'/],
  ['packages.ts', ['install'], /'install'/],
  ['image.ts', ['--base', 'x'], /expected --base DIR/],
  ['self-build.ts', ['--quick'], /'--quick'/],
  ['mutation/main.ts', ['UNKNOWN'], /UNKNOWN is no source that guards/],
  ['mutation/main.ts', ['--quick'], /'--quick'/],
];

describe('a script with arguments that it does not take', () => {
  for (const [script, args, reason] of CALLS) {
    it(`ends with one line and 2: ${script} ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          '--conditions=@danube/source',
          join('scripts', script),
          ...args,
        ],
        { cwd: ROOT, encoding: 'utf8', env: cleanEnvironment() },
      );
      assert.deepEqual([status, stdout], [2, ''], stderr);
      const [line = '', ...others] = stderr.trimEnd().split('\n');
      assert.deepEqual(others, []);
      assert.match(line, /^[a-z-]+: error: /);
      assert.match(line, reason);
    });
  }
});
