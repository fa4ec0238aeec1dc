import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { ROOT } from '../../repository.ts';
import { EXPLAINED } from '../../mutation/explained.ts';
import { sourcesOf, TARGETS, testsOf } from '../../mutation/targets.ts';

const files = execFileSync('git', ['ls-files', 'packages', 'scripts'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.endsWith('.ts'));

describe('what is changed', () => {
  it('is there, and so is what has to notice', () => {
    for (const { sources, tests } of TARGETS)
      for (const pattern of [...sources, ...tests])
        assert.ok(
          files.some((file) => pattern.test(file)),
          String(pattern),
        );
  });

  it('is changed once, and is no test', () => {
    const sources = TARGETS.flatMap((target) => sourcesOf(target, files));
    const tests = new Set(TARGETS.flatMap((target) => testsOf(target, files)));
    assert.equal(new Set(sources).size, sources.length);
    assert.deepEqual(
      sources.filter((file) => tests.has(file)),
      [],
    );
  });

  it('is what the explanations are about, each of them once', () => {
    const sources = new Set(TARGETS.flatMap((target) => sourcesOf(target, files)));
    assert.deepEqual(
      EXPLAINED.filter(({ file }) => !sources.has(file)),
      [],
    );
    assert.equal(new Set(EXPLAINED.map(({ file, what }) => `${file} ${what}`)).size, EXPLAINED.length);
  });
});
