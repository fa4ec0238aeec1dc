import { join } from 'node:path';
import type { ArtifactInput, EvidenceFile, Expectations, Policy } from '@danube/verifier';
import { loadEvidence } from '@danube/verifier';
import {
  DocumentError,
  parsePolicyTest,
  type PolicyTestCase,
  type PolicyTestDocument,
} from '@danube/verifier/documents';
import { MalformedError } from 'in-toto-attestation';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { readEvidence } from '../provenance/evidence-files.ts';
import { callArtifact, loadPolicies, POLICY_BYTES } from '../provenance/policies.ts';
import { reportRows } from '../provenance/report-rows.ts';
import { print, printable, printJson } from '../terminal.ts';
import { judgeFiles, readTrust } from './judging.ts';

interface Outcome {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

const FILE = 'policy-test.yaml';

/** Runs every case of a folder. */
export async function testPolicies(folder: string, format: 'text' | 'json'): Promise<ExitCode> {
  const test = readTest(join(folder, FILE));
  const policies = loadPolicies(test.policies.map((path) => join(folder, path)));
  const expectations = { ...(await trustOf(folder, test)), policies };
  const outcomes: Outcome[] = [];
  for (const each of test.cases) outcomes.push(await runCase(folder, each, expectations));
  const untested = untestedRules(policies, test.cases);
  if (format === 'json') printJson({ cases: outcomes, untested });
  else print(describe(outcomes, untested));
  return outcomes.every(({ passed }) => passed) ? EXIT.ok : EXIT.rejected;
}

function readTest(path: string): PolicyTestDocument {
  const bytes = readInput(path, POLICY_BYTES);
  try {
    return parsePolicyTest(bytes);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw usageError(`${path}: ${error.message}`, error.hint);
  }
}

async function trustOf(
  folder: string,
  { publicKeys, plainTrustRoot }: PolicyTestDocument,
): Promise<Expectations> {
  return readTrust({
    ...(publicKeys === undefined ? {} : { publicKey: publicKeys.map((path) => join(folder, path)) }),
    ...(plainTrustRoot === undefined ? {} : { plainTrustRoot: join(folder, plainTrustRoot) }),
  });
}

async function runCase(folder: string, each: PolicyTestCase, expectations: Expectations): Promise<Outcome> {
  const files = each.provenance.map((path) => readEvidence(join(folder, path)));
  const found = findArtifact(files, each.artifact);
  if (found === undefined)
    throw usageError(
      `the case ${printable(each.name)}: no attestation has a subject ${printable(each.artifact)}`,
    );
  const artifacts = each.as === undefined ? [found] : callArtifact([found], each.as);
  const now = each.now === undefined ? new Date() : new Date(each.now);
  const [row] = reportRows(await judgeFiles(files, artifacts, expectations, now), []);
  const failed = row?.failed.map(({ id }) => id) ?? [];
  const actual = row?.verdict === 'accepted' ? ['accepted'] : ['rejected', ...failed.toSorted()];
  const expected = [each.expect, ...(each.failed ?? []).toSorted()];
  return { name: each.name, passed: expected.join('\n') === actual.join('\n'), expected, actual };
}

/** The digest is the one that the evidence has for this name: whether that is right is not what is tested here. */
function findArtifact(files: readonly EvidenceFile[], name: string): ArtifactInput | undefined {
  for (const item of loadEvidence(files).items) {
    const statement = item.statement();
    const subject =
      statement instanceof MalformedError ? undefined : statement.subject.find((each) => each.name === name);
    if (subject !== undefined) return { name, digest: subject.digest };
  }
  return undefined;
}

function untestedRules(policies: readonly Policy[], cases: readonly PolicyTestCase[]): string[] {
  const failed = new Set(cases.flatMap(({ failed = [] }) => failed));
  return ['policy.match', ...policies.flatMap(({ checkIds }) => checkIds)].filter((id) => !failed.has(id));
}

function describe(outcomes: readonly Outcome[], untested: readonly string[]): string {
  const lines = outcomes.flatMap(({ name, passed, expected, actual }) =>
    passed
      ? [`pass  ${printable(name)}`]
      : [
          `FAIL  ${printable(name)}`,
          `  expected ${printable(expected.join(', '))}`,
          `  found    ${printable(actual.join(', '))}`,
        ],
  );
  if (untested.length > 0)
    lines.push(`no case is rejected by: ${printable([...new Set(untested)].join(', '))}`);
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  return [...lines, `${passed} of ${outcomes.length} as expected`].join('\n');
}
