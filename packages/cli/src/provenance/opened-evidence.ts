import {
  type Evidence,
  type EvidenceFile,
  type EvidenceItem,
  type Expectations,
  loadEvidence,
} from '@danube/verifier';
import type { ParallelSignatures } from '@danube/verifier/parallel';
import { CliError } from '../exit-code.ts';
import { sayWarning } from '../terminal.ts';
import { evidenceIn, expandEvidence, lendEvidence, readEvidence } from './evidence-files.ts';

/** Evidence, and what it was read from. */
export interface OpenedEvidence {
  readonly evidence: Evidence;
  /** None, unless they were asked for. */
  readonly sources: readonly EvidenceFile[];
  /** Some of it could not be read: it might have spoken for an artifact. */
  readonly isBlind: boolean;
  /** Where there is much to verify: what other threads do of it. */
  readonly signatures?: ParallelSignatures;
}

/** What the evidence is read for. */
export interface Reading {
  /** How many artifacts there are. */
  readonly artifacts: number;
  readonly expectations: Expectations;
  /** Whether somebody wants to have the files as they were read, after the evidence was loaded from them. */
  readonly keepsSources: boolean;
}

/** Other threads help when there are as many artifacts, and as many attestations. */
const MANY = 1000;

/** Attestations of a job: the folder that they are in, or what a store elsewhere holds of it. */
export type JobEvidence = string | readonly EvidenceFile[];

/** Evidence that the caller named: what cannot be read ends the run. */
export async function openEvidence(
  provenance: readonly string[] = [],
  job: JobEvidence = [],
  reading: Reading,
): Promise<OpenedEvidence> {
  const ofJob = typeof job === 'string' ? evidenceIn(job) : job;
  const named = new Set([...provenance.flatMap(expandEvidence), ...ofJob]);
  return { ...(await readAll(named, readerOf(reading), reading)), isBlind: false };
}

/** Evidence that was met beside artifacts: what cannot be read is told, and the rest may still speak. */
export async function loadFound(paths: readonly string[], reading: Reading): Promise<OpenedEvidence> {
  let isBlind = false;
  const readOne = readerOf(reading);
  function readIfPossible(path: string): EvidenceFile | undefined {
    try {
      return readOne(path);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      isBlind = true;
      sayWarning(error.message);
      return undefined;
    }
  }
  const read = await readAll(new Set(paths), readIfPossible, reading);
  return { ...read, isBlind };
}

function readerOf({ keepsSources }: Reading): (path: string) => EvidenceFile {
  return keepsSources ? readEvidence : lendEvidence;
}

async function readAll(
  named: ReadonlySet<string | EvidenceFile>,
  read: (path: string) => EvidenceFile | undefined,
  { artifacts, expectations, keepsSources }: Reading,
): Promise<Omit<OpenedEvidence, 'isBlind'>> {
  const sources: EvidenceFile[] = [];
  const items: EvidenceItem[] = [];
  const isMuch = named.size >= MANY && artifacts >= MANY;
  let signatures = isMuch ? await startSignatures(expectations) : undefined;
  for (const each of named) {
    const file = typeof each === 'string' ? read(each) : each;
    if (file === undefined) continue;
    if (keepsSources) sources.push(file);
    const loaded = loadEvidence([file]);
    for (const item of loaded.items) items.push(item);
    signatures?.add(loaded);
    if (signatures !== undefined || items.length < MANY || artifacts < MANY) continue;
    signatures = await startSignatures(expectations);
    signatures.add({ items });
  }
  return { evidence: { items }, sources, ...(signatures !== undefined && { signatures }) };
}

/** What starts threads is loaded only for much work. They begin while the evidence is being read. */
async function startSignatures({ publicKeys, trustRoot }: Expectations): Promise<ParallelSignatures> {
  const { ParallelSignatures } = await import('./parallel-signatures.ts');
  const trusted = trustRoot?.root?.keys.map(({ publicKey }) => publicKey) ?? [];
  const signatures = new ParallelSignatures([...publicKeys, ...trusted]);
  signatures.start();
  return signatures;
}
