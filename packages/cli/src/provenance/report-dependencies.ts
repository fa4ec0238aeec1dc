import {
  type AttestationReport,
  type DependencyBranch,
  type DependencyReport,
  dependencyTrees,
  type Report,
} from '@danube/verifier';
import { printable } from '../terminal.ts';

/** The dependencies that were followed from one attestation, as lines of a tree. */
export interface DependencyList {
  /** Printable. */
  readonly heading: string;
  readonly lines: readonly DependencyLine[];
}

export interface DependencyLine {
  /** How far to the right it stands, from 0. */
  readonly depth: number;
  readonly verdict: 'verified' | 'rejected' | 'not verified';
  /** Printable. */
  readonly text: string;
}

/** Of the dependencies of one thing that nothing speaks for, as many are named. */
const LISTED = 10;

/** One list for each attestation whose dependencies were followed, and that names some. */
export function dependencyLists(report: Report): readonly DependencyList[] {
  return dependencyTrees(report)
    .filter(({ branches }) => branches.length > 0)
    .map(({ artifact, attestation: { path, line }, branches }) => ({
      heading: printable(
        `dependencies of ${artifact ?? 'the provenance'} (${path ?? ''}${line === null ? '' : `:${line}`})`,
      ),
      lines: describeBranches(branches, 0),
    }));
}

/** The same as text. */
export function describeDependencies(report: Report): string[] {
  return dependencyLists(report).flatMap(describeList);
}

export function describeList({ heading, lines }: DependencyList): string[] {
  return [
    `${heading}:`,
    ...lines.map(({ depth, verdict, text }) => `${'  '.repeat(depth + 1)}${verdict.padEnd(12)}  ${text}`),
  ];
}

function describeBranches(branches: readonly DependencyBranch[], depth: number): DependencyLine[] {
  const silent = branches.filter(({ dependency }) => dependency.verdict === 'unverified');
  const unnamed = new Set(silent.slice(LISTED));
  const lines = branches
    .filter((branch) => !unnamed.has(branch))
    .flatMap((branch) => [describeBranch(branch, depth), ...describeBranches(branch.branches, depth + 1)]);
  if (unnamed.size === 0) return lines;
  return [...lines, { depth, verdict: 'not verified', text: `${unnamed.size} more` }];
}

const VERDICTS = { accepted: 'verified', rejected: 'rejected', unverified: 'not verified' } as const;

function describeBranch(
  { dependency, isRepeated, isCycle }: DependencyBranch,
  depth: number,
): DependencyLine {
  const why = isRepeated || isCycle ? [] : [describeWhy(dependency)];
  const told = isCycle ? ['a cycle: what it is made of stands above'] : isRepeated ? ['as above'] : [];
  const text = printable(`${nameOf(dependency)}  (${[...why, ...told].join('; ')})`);
  return { depth, verdict: VERDICTS[dependency.verdict], text };
}

/** What a dependency is called: by its URI, its name, or its digest. */
export function nameOf({ uri, name, digest }: DependencyReport): string {
  const [first = ['', '']] = Object.entries(digest);
  return uri ?? name ?? first.join(':');
}

/** Who speaks for a dependency, or why nobody does. */
export function describeWhy({ reason, attestations }: DependencyReport): string {
  if (reason !== null) return reason;
  const accepted = attestations.find(({ verdict }) => verdict === 'accepted');
  if (accepted !== undefined) return describeSpeaker(accepted);
  return attestations.map(describeRefusal).join('; ');
}

function describeSpeaker({ keyids, identity, builderId, path }: AttestationReport): string {
  const facts = [
    ...(keyids.length === 0 ? [] : [`key ${keyids.join(', ')}`]),
    ...(identity === null ? [] : [`identity ${identity}`]),
    builderId === null ? 'by a verification summary' : `builder ${builderId}`,
    `in ${path ?? ''}`,
  ];
  return facts.join('; ');
}

function describeRefusal({ checks, path }: AttestationReport): string {
  const failed = checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  return `${failed.length === 0 ? 'a check was not possible' : `${failed.join(', ')} failed`} in ${path ?? ''}`;
}
