import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../../repository.ts';
import { EXPLAINED } from '../../mutation/explained.ts';
import { sourcesOf, TARGETS, testsOf } from '../../mutation/targets.ts';

const files = ['packages', 'scripts']
  .flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
  )
  .filter((file) => file.endsWith('.ts') && !/\/(?:node_modules|dist)\//.test(file));

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
