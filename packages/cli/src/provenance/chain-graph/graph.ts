import {
  type AttestationReport,
  type DependencyBranch,
  dependencyTrees,
  type Report,
} from '@danube/verifier';
import { printable } from '../../terminal.ts';
import { describeWhy, nameOf } from '../report-dependencies.ts';
import { type ReportRow, reportRows } from '../report-rows.ts';
import type { Problem } from '../targets.ts';

/** What a verification found, as things and what was made of what. Every text in it is printable. */
export interface ChainGraph {
  readonly verdict: Report['verdict'];
  readonly nodes: readonly ChainNode[];
  readonly edges: readonly ChainEdge[];
}

export interface ChainNode {
  readonly id: string;
  readonly kind: 'source' | 'dependency' | 'build' | 'artifact';
  readonly state: 'verified' | 'rejected' | 'not verified';
  readonly name: string;
  /** Who says so, or what is wrong. */
  readonly facts: readonly string[];
  /** How far from the artifacts, which are 0. */
  readonly layer: number;
}

/** What went into what: a source or a dependency into a build, a build into what it made. */
export interface ChainEdge {
  readonly from: string;
  readonly to: string;
}

/** Of the inputs of one build that nothing speaks for, as many are drawn by themselves. */
const DRAWN = 12;

const STATES = { accepted: 'verified', rejected: 'rejected', unverified: 'not verified' } as const;

export function graphOf(report: Report, problems: readonly Problem[]): ChainGraph {
  const graph = new Graph(report);
  for (const row of reportRows(report, problems)) graph.addArtifact(row);
  return {
    verdict: problems.length > 0 ? 'rejected' : report.verdict,
    nodes: graph.nodes,
    edges: graph.edges,
  };
}

class Graph {
  readonly nodes: ChainNode[] = [];
  readonly edges: ChainEdge[] = [];
  /** By what stands for it in the report: a dependency at a level, or the file and line of an attestation. */
  readonly #known = new Map<unknown, string>();
  readonly #trees: ReadonlyMap<unknown, readonly DependencyBranch[]>;

  constructor(report: Report) {
    this.#trees = new Map(
      dependencyTrees(report).map(({ attestation, branches }) => [attestation.dependencies, branches]),
    );
  }

  addArtifact({ name, verdict, attestation, problem }: ReportRow): void {
    const state = verdict === 'accepted' ? 'verified' : verdict === 'rejected' ? 'rejected' : 'not verified';
    const facts = problem === undefined ? [] : [problem];
    const artifact = this.#add({ kind: 'artifact', state, name, facts, layer: 0 });
    if (attestation === undefined || attestation.path === null) return;
    const branches = this.#trees.get(attestation.dependencies) ?? [];
    this.#addBuild(attestation, `${attestation.path}\n${attestation.line ?? ''}`, artifact, 1, branches);
  }

  /** One attestation tells of one build, however many things it made. */
  #addBuild(
    attestation: AttestationReport,
    key: unknown,
    made: string,
    layer: number,
    branches: readonly DependencyBranch[],
  ): void {
    const known = this.#known.get(key);
    if (known !== undefined) return this.#join(known, made);
    const { builderId, verdict } = attestation;
    const name = printable(builderId ?? 'a build that nobody who is trusted tells of');
    const build = this.#add({
      kind: 'build',
      state: STATES[verdict],
      name,
      facts: factsOf(attestation),
      layer,
    });
    this.#known.set(key, build);
    this.#join(build, made);
    this.#addInputs(branches, build, layer + 1);
  }

  #addInputs(branches: readonly DependencyBranch[], build: string, layer: number): void {
    const silent = branches.filter(({ dependency }) => dependency.verdict === 'unverified');
    const folded = new Set(silent.length > DRAWN + 1 ? silent.slice(DRAWN) : []);
    for (const branch of branches) if (!folded.has(branch)) this.#addInput(branch, build, layer);
    if (folded.size === 0) return;
    const name = `${folded.size} more`;
    const facts = ['nothing speaks for them'];
    this.#join(this.#add({ kind: 'dependency', state: 'not verified', name, facts, layer }), build);
  }

  #addInput({ dependency, isCycle, branches }: DependencyBranch, build: string, layer: number): void {
    const known = this.#known.get(dependency);
    if (known !== undefined) return this.#join(known, build);
    const { verdict, digest, attestations } = dependency;
    const speaker = attestations.find((each) => each.verdict === 'accepted') ?? attestations[0];
    const hasBuild = speaker !== undefined && speaker.builderId !== null;
    const facts = [
      ...(hasBuild ? [] : [printable(describeWhy(dependency))]),
      ...(isCycle ? ['a cycle: it is among the things that are made of it'] : []),
    ];
    const kind = 'gitCommit' in digest ? 'source' : 'dependency';
    const name = printable(nameOf(dependency));
    const input = this.#add({ kind, state: STATES[verdict], name, facts, layer });
    this.#known.set(dependency, input);
    this.#join(input, build);
    if (hasBuild) this.#addBuild(speaker, speaker, input, layer + 1, branches);
  }

  #add(node: Omit<ChainNode, 'id'>): string {
    const id = `n${this.nodes.length}`;
    this.nodes.push({ id, ...node });
    return id;
  }

  #join(from: string, to: string): void {
    this.edges.push({ from, to });
  }
}

function factsOf({ keyids, identity, buildLevel, path, line, checks }: AttestationReport): string[] {
  const failed = checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  return [
    ...(failed.length === 0 ? [] : [`failed: ${failed.join(', ')}`]),
    ...(buildLevel === null ? [] : [`SLSA Build L${buildLevel}`]),
    ...keyids.map((keyid) => `key ${keyid}`),
    ...(identity === null ? [] : [`identity ${identity}`]),
    `in ${path ?? ''}${line === null ? '' : `:${line}`}`,
  ].map(printable);
}
