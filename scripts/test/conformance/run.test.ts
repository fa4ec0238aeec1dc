import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { VectorFolder } from '../../conformance/folder.ts';
import { compare, notApplicable, type Outcome } from '../../conformance/outcome.ts';
import { runConformance } from '../../conformance/run.ts';
import { inTemporaryFolder } from '../vectors/temporary-folder.ts';

const kindOf = (
  name: string,
  outcomes: readonly Outcome[],
  exceptions: readonly string[] = [],
): VectorFolder => ({
  name,
  exceptions,
  judge: () => outcomes,
});

const GOOD = kindOf('good', [compare('one', 'accept', 'accept'), compare('two', 'reject', 'reject')]);
const BAD = kindOf('bad', [compare('one', 'accept', 'reject'), compare('two', 'reject', 'reject')]);
const MIXED = kindOf(
  'mixed',
  [compare('one', 'a', 'a'), notApplicable('two', 'because'), notApplicable('three', 'because')],
  ['because'],
);
const EMPTY = kindOf('empty', []);
const SKIPPED = kindOf('skipped', [notApplicable('one', 'because')], ['because']);
const SILENT = kindOf('silent', [
  compare('one', 'a', 'a'),
  notApplicable('two', 'for a reason nobody wrote down'),
]);
const REASONS = kindOf(
  'reasons',
  [compare('one', 'a', 'a'), notApplicable('two', 'this'), notApplicable('three', 'that')],
  ['this', 'that'],
);

interface Run {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs over sub-folders of a new folder that holds these. */
async function run(
  folders: readonly string[],
  paths: readonly string[],
  known: readonly VectorFolder[],
): Promise<Run> {
  return inTemporaryFolder(async (parent) => {
    for (const folder of folders) mkdirSync(join(parent, folder));
    const [out, err]: [string[], string[]] = [[], []];
    const streams = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
    const code = await runConformance(
      paths.map((path) => join(parent, path)),
      known,
      streams,
    );
    return { code, out, err };
  });
}

describe('runConformance', () => {
  it('prints one line a folder and ends with 0 when all cases agree', async () => {
    const { code, out, err } = await run(['good', 'mixed'], ['good', 'mixed'], [GOOD, MIXED]);
    assert.deepEqual(out, [
      'good: 2 agreed, 0 disagreed, 0 not applicable',
      'mixed: 1 agreed, 0 disagreed, 2 not applicable (because)',
    ]);
    assert.deepEqual(err, []);
    assert.equal(code, 0);
  });

  it('lists disagreements under the line, judges the other folders all the same, and ends with 1', async () => {
    const { code, out } = await run(['good', 'bad'], ['bad', 'good'], [GOOD, BAD]);
    assert.deepEqual(out, [
      'bad: 1 agreed, 1 disagreed, 0 not applicable\n  one: expected accept, got reject',
      'good: 2 agreed, 0 disagreed, 0 not applicable',
    ]);
    assert.equal(code, 1);
  });

  it('counts cases by reason where there are several reasons', async () => {
    const { out } = await run(['reasons'], ['reasons'], [REASONS]);
    assert.deepEqual(out, ['reasons: 1 agreed, 0 disagreed, 2 not applicable (1: this; 1: that)']);
  });

  it('runs every known folder of a parent, and says which ones it does not know', async () => {
    const { code, out, err } = await run(['good', 'mixed', 'other'], ['.'], [GOOD, MIXED]);
    assert.equal(out.length, 2);
    assert.match(err.join(), /no module for: other/);
    assert.equal(code, 0);
  });

  it('ends with 2 when a parent lacks a known folder', async () => {
    const { code, out, err } = await run(['good', 'other'], ['.'], [GOOD, MIXED]);
    assert.deepEqual(out, []);
    assert.match(err.join(), /missing mixed/);
    assert.equal(code, 2);
  });

  for (const [title, folders, paths, known] of [
    ['a folder it does not know', ['other'], ['other'], [GOOD]],
    ['a folder that is not there', [], ['good/..', 'gone'], [GOOD]],
    ['no folder at all', [], [], [GOOD]],
    ['a known folder without cases', ['empty'], ['empty'], [EMPTY]],
    ['a folder in which no case applies', ['skipped'], ['skipped'], [SKIPPED]],
  ] as const) {
    it(`ends with 2 for ${title}`, async () => {
      const { code, out } = await run(folders, paths, known);
      assert.equal(code, 2);
      assert.deepEqual(out, []);
    });
  }

  it('refuses a case that is left out for a reason its module does not declare', async () => {
    await assert.rejects(run(['silent'], ['silent'], [SILENT]), /does not declare/);
  });
});
