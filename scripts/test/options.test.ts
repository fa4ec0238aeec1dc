import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildProgram } from '../../packages/cli/src/program.ts';
import { casesOf, type StoredCase } from './vectors/cases.ts';
import { expectationOptions } from './vectors/command-line.ts';
import { verifyByCommand } from './vectors/verify-by-command.ts';

/** Options of `verify` that demand nothing, and what they are instead. */
const NO_EXPECTATIONS: Readonly<Record<string, string>> = {
  '--provenance': 'where the evidence is',
  '--store': 'where the evidence is; packages/cli/test/stores.test.ts has the pair',
  '--digest': 'what is judged',
  '--checksums': 'what is judged',
  '--job': 'what is judged',
  '--tarball': 'what is judged; packages/cli/test/npm-package.test.ts has the pair',
  '--package-lock': 'what is judged; a pair likewise',
  '--data-dir': 'where jobs are',
  '--platform': 'what is judged of an index; packages/cli/test/registry.test.ts has the pair',
  '--registry-auth': 'how registries are reached; pairs likewise',
  '--registry-ca': 'how registries are reached',
  '--token-server': 'how registries are reached',
  '--plain-http': 'how registries are reached',
  '--offline': 'what may be reached',
  '--vsa': 'what is written; packages/cli/test/summary.test.ts',
  '--vsa-key': 'who signs that',
  '--passphrase-file': 'how its key is opened',
  '--key-config': 'how its key is opened',
  '--allow-mounted-key': 'how its key is opened',
  '--format': 'how the report is written',
  '--explain': 'how the report is written',
};

/** The long names of all options of `danube provenance verify`, as the command itself declares them. */
async function verifyOptions(): Promise<string[]> {
  const program = await buildProgram(undefined, () => undefined);
  const verify = program.commands
    .find((command) => command.name() === 'provenance')
    ?.commands.find((command) => command.name() === 'verify');
  assert.ok(verify);
  return verify.options.flatMap(({ long }) => long ?? []);
}

/** An accepted and a rejected case that differ in nothing but one option. */
interface Pair {
  readonly accepted: StoredCase<'verify'>;
  readonly rejected: StoredCase<'verify'>;
}

function findPair(option: string, cases: readonly StoredCase<'verify'>[]): Pair | undefined {
  const ofVerdict = (verdict: string): StoredCase<'verify'>[] =>
    cases.filter(({ content }) => content.expect.verdict === verdict);
  for (const rejected of ofVerdict('rejected')) {
    if (!expectationOptions(rejected.content.expectations).some((text) => isOption(text, option))) continue;
    const accepted = ofVerdict('accepted').find((other) => rest(other, option) === rest(rejected, option));
    if (accepted !== undefined) return { accepted, rejected };
  }
  return undefined;
}

function isOption(argument: string, option: string): boolean {
  return argument === option || argument.startsWith(`${option}=`);
}

/** All that a case is, but for one option: its files with their bytes, what is judged, the other options. */
function rest({ folder, content }: StoredCase<'verify'>, option: string): string {
  const { artifacts, evidence, expectations, now } = content;
  const options = expectationOptions(expectations).filter((argument) => !isOption(argument, option));
  return JSON.stringify([artifacts, evidence, now, options.sort(), filesOf(folder)]);
}

function filesOf(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path !== 'case.json' && statSync(join(folder, path)).isFile())
    .sort()
    .map((path) => [path, readFileSync(join(folder, path), 'base64')]);
}

describe('danube provenance verify', { concurrency: 2 }, async () => {
  const options = await verifyOptions();
  const cases = casesOf('verify').filter(({ content }) => content.now === undefined);

  for (const option of options.filter((name) => !Object.hasOwn(NO_EXPECTATIONS, name))) {
    it(`rejects by ${option} alone what it accepts otherwise`, async () => {
      const pair = findPair(option, cases);
      assert.ok(pair, `test-vectors/verify has no two cases that differ in ${option} alone`);
      await verifyByCommand(pair.accepted);
      await verifyByCommand(pair.rejected);
    });
  }

  it('has every option that is listed here as no expectation', () => {
    assert.deepEqual(
      Object.keys(NO_EXPECTATIONS).filter((name) => !options.includes(name)),
      [],
    );
  });
});
