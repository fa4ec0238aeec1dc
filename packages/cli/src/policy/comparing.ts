import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactInput, type EvidenceFile, type Expectations, loadEvidence } from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { fromErrno } from '../file.ts';
import { evidenceIn, readEvidence } from '../provenance/evidence-files.ts';
import { loadPolicies } from '../provenance/policies.ts';
import { reportRows } from '../provenance/report-rows.ts';
import { print, printable, printJson } from '../terminal.ts';
import type { DiffOptions } from './diff.ts';
import { judgeFiles, readTrust } from './judging.ts';

interface Verdict {
  readonly verdict: string;
  /** The checks that fail. */
  readonly failed: readonly string[];
}

interface Change {
  readonly folder: string;
  readonly artifact: string;
  readonly before: Verdict;
  readonly after: Verdict;
}

/** Judges every artifact of a store by two policies. */
export async function diffPolicies(before: string, after: string, options: DiffOptions): Promise<ExitCode> {
  const trust = await readTrust(options);
  const sides = [loadPolicies([before]), loadPolicies([after])].map((policies) => ({ ...trust, policies }));
  const now = new Date();
  const changes: Change[] = [];
  let count = 0;
  for (const folder of jobFolders(options.over)) {
    const files = evidenceIn(folder).map(readEvidence);
    const artifacts = subjectsOf(files);
    if (artifacts.length === 0) continue;
    count += artifacts.length;
    const [old = [], next = []] = await Promise.all(
      sides.map((side) => judgeAll(files, artifacts, side, now)),
    );
    for (const [index, { name }] of artifacts.entries()) {
      const [a, b] = [old[index], next[index]];
      if (a !== undefined && b !== undefined && a.verdict !== b.verdict)
        changes.push({ folder, artifact: name, before: a, after: b });
    }
  }
  if (count === 0) throw usageError(`there is no provenance in ${options.over}`);
  if (options.format === 'json') printJson({ artifacts: count, changes });
  else print([...changes.flatMap(describe), `${changes.length} of ${count} artifact(s) change`].join('\n'));
  return changes.length === 0 ? EXIT.ok : EXIT.rejected;
}

/** The folders of all jobs of a data directory; or the folder itself, when it is that of a job. */
function jobFolders(path: string): string[] {
  const jobs = join(path, 'artifacts');
  if (!existsSync(jobs)) return [path];
  try {
    return readdirSync(jobs, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(jobs, name))
      .sort();
  } catch (error) {
    throw fromErrno('read', jobs, error);
  }
}

/** What the attestations are about, each name and digest once. */
function subjectsOf(files: readonly EvidenceFile[]): readonly ArtifactInput[] {
  const found = new Map<string, ArtifactInput>();
  for (const item of loadEvidence(files).items) {
    const statement = item.statement();
    if (statement instanceof MalformedError) continue;
    for (const { name = '', digest } of statement.subject) {
      if (digest['sha256'] !== undefined) found.set(`${name} ${digest['sha256']}`, { name, digest });
    }
  }
  return [...found.values()];
}

async function judgeAll(
  files: readonly EvidenceFile[],
  artifacts: readonly ArtifactInput[],
  expectations: Expectations,
  now: Date,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const artifact of artifacts) {
    const [row] = reportRows(await judgeFiles(files, [artifact], expectations, now), []);
    verdicts.push({ verdict: row?.verdict ?? 'rejected', failed: row?.failed.map(({ id }) => id) ?? [] });
  }
  return verdicts;
}

function describe({ folder, artifact, before, after }: Change): string[] {
  const failed = [...before.failed, ...after.failed].join(', ');
  return [
    printable(`${before.verdict} -> ${after.verdict}  ${artifact}  (${folder})`),
    ...(failed === '' ? [] : [printable(`  ${failed}`)]),
  ];
}
