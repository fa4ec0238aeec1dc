import type { EvidenceFile, Expectations, Policy, Proofs, Report } from '@danube/verifier';
import { type DependencyReport, type Evidence, loadEvidence } from '@danube/verifier';
import { followDependencies, MAX_DEPTH } from '@danube/verifier/chain';
import { ACCEPTED, MalformedError } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { printable, sayWarning } from '../terminal.ts';
import { expandEvidence, readEvidence } from './evidence-files.ts';
import { inFlags } from './expectations.ts';
import { loadPolicies } from './policies.ts';
import { findInStore } from './stores.ts';
import type { VerifyOptions } from './verify.ts';

/** A verification whose dependencies were followed. */
export interface Following {
  readonly report: Report;
  readonly expectations: Expectations;
  /** What speaks for dependencies, as it was read. */
  readonly files: readonly EvidenceFile[];
  /** A store held something that could not be read: it might have spoken for a dependency. */
  readonly isBlind: boolean;
}

type Prove = (evidence: Evidence) => Promise<Pick<Proofs, 'certificates' | 'times'>>;

/**
 * Judges, and follows dependencies. A store is asked for what speaks for a dependency only when accepted provenance names
 * that dependency; then all is judged again, with what was found.
 *
 * @throws CliError ERR_USAGE, ERR_IO; StoreError
 */
export async function judgeFollowing(
  options: VerifyOptions,
  given: Expectations,
  judge: (expectations: Expectations) => Report,
  prove: Prove,
): Promise<Following> {
  const paths = new Set((options.dependencyEvidence ?? []).flatMap(expandEvidence));
  const files = [...paths].map(readEvidence);
  const evidence = [...loadEvidence(files).items];
  for (const { path, envelope } of evidence)
    if (envelope instanceof MalformedError) sayWarning(`${path} is no attestation: ${envelope.message}`);
  const policies = readLevels(options.followPolicy);
  const asked = new Set<string>();
  let isBlind = false;
  for (;;) {
    const expectations = await expect(options, given, policies, { items: evidence }, prove);
    const report = judge(expectations);
    const digests =
      options.store === undefined ? [] : silentDigests(report).filter((text) => !asked.has(text));
    if (options.store === undefined || digests.length === 0) return { report, expectations, files, isBlind };
    for (const digest of digests) asked.add(digest);
    const found = await findInStore(options.store, digests, options);
    isBlind ||= found.isBlind;
    if (found.files.length === 0) return { report, expectations, files, isBlind };
    files.push(...found.files);
    evidence.push(...loadEvidence(found.files).items);
  }
}

async function expect(
  { follow: depth = 0, followAll }: VerifyOptions,
  given: Expectations,
  policies: ReadonlyMap<number, readonly Policy[]>,
  evidence: Evidence,
  prove: Prove,
): Promise<Expectations> {
  try {
    const proofs = await prove(evidence);
    return {
      ...given,
      follow: followDependencies({ depth, all: followAll === true, evidence, proofs, policies }),
    };
  } catch (error) {
    throw inFlags(error);
  }
}

/** The digests of all dependencies that nothing spoke for. */
function silentDigests({ artifacts }: Report): string[] {
  const found = new Set<string>();
  const seen = new Set<readonly DependencyReport[]>();
  const visit = (dependencies: readonly DependencyReport[] = []): void => {
    if (seen.has(dependencies)) return;
    seen.add(dependencies);
    for (const { verdict, digest, attestations } of dependencies) {
      for (const { dependencies: further } of attestations) visit(further);
      if (verdict !== 'unverified') continue;
      for (const [algorithm, value] of Object.entries(digest))
        if (ACCEPTED.includes(algorithm)) found.add(`${algorithm}:${value}`);
    }
  };
  for (const { attestations } of artifacts) for (const { dependencies } of attestations) visit(dependencies);
  return [...found];
}

/** @throws CliError ERR_USAGE for a level that cannot be one. */
function readLevels(texts: readonly string[] = []): ReadonlyMap<number, readonly Policy[]> {
  const levels = new Map<number, Policy[]>();
  for (const text of texts) {
    const [, number, path] = /^([1-9][0-9]?)=(.+)$/s.exec(text) ?? [];
    if (number === undefined || path === undefined)
      throw usageError(
        `--follow-policy ${printable(text)}: expected LEVEL=FILE, LEVEL from 1 to ${MAX_DEPTH}`,
      );
    const level = Number(number);
    levels.set(level, [...(levels.get(level) ?? []), ...loadPolicies([path])]);
  }
  return levels;
}
