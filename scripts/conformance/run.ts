import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UnreadableError, openSource, type VectorFolder } from './folder.ts';
import { formatSummary, summarise, type Outcome, type Summary } from './outcome.ts';

/** A known kind of vectors and the folder on disk that holds them. */
interface Assignment {
  readonly kind: VectorFolder;
  readonly path: string;
}

/** Where the run writes: `out` gets the result lines, `err` what people should know besides. */
export interface Streams {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/**
 * Judges the folders and prints one line each. Returns the exit code: 0 when all cases agree, 1 on any
 * disagreement, 2 on a folder that is unknown, missing, unreadable or holds no case.
 */
export async function runConformance(
  paths: readonly string[],
  known: readonly VectorFolder[],
  streams: Streams,
): Promise<0 | 1 | 2> {
  try {
    if (paths.length === 0) throw new UnreadableError('no folder given');
    const assignments = paths.flatMap((path) => assign(path, known, streams));
    let agreed = true;
    for (const assignment of assignments) {
      const summary = await judge(assignment);
      streams.out(formatSummary(summary));
      agreed &&= summary.disagreements.length === 0;
    }
    return agreed ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    streams.err(`conformance: error: ${error.message}`);
    return 2;
  }
}

function assign(path: string, known: readonly VectorFolder[], streams: Streams): Assignment[] {
  const kind = known.find(({ name }) => name === basename(resolve(path)));
  return kind === undefined ? assignChildren(path, known, streams) : [{ kind, path }];
}

// A parent folder must hold every known folder: one that was lost or misspelt must not pass as "all agreed".
function assignChildren(path: string, known: readonly VectorFolder[], streams: Streams): Assignment[] {
  const names = known.map(({ name }) => name);
  const children = listFolders(path);
  if (!children.some((child) => names.includes(child))) {
    throw new UnreadableError(`${path}: not a known vector folder (known: ${names.join(', ')})`);
  }
  const missing = names.filter((name) => !children.includes(name));
  if (missing.length > 0) throw new UnreadableError(`${path}: missing ${missing.join(', ')}`);
  const unknown = children.filter((child) => !names.includes(child));
  if (unknown.length > 0) streams.err(`conformance: not judged, no module for: ${unknown.join(', ')}`);
  return known.map((kind) => ({ kind, path: join(path, kind.name) }));
}

function listFolders(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => !entry.isFile()).map(({ name }) => name);
  } catch (cause) {
    throw new UnreadableError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

async function judge({ kind, path }: Assignment): Promise<Summary> {
  const outcomes: Outcome[] = [];
  for await (const outcome of kind.judge(openSource(path))) {
    if (outcome.result === 'not-applicable' && !kind.exceptions.includes(outcome.reason)) {
      throw new Error(`${kind.name}: a reason that the module does not declare: ${outcome.reason}`);
    }
    outcomes.push(outcome);
  }
  if (!outcomes.some(({ result }) => result !== 'not-applicable')) {
    throw new UnreadableError(`${path}: holds no case that applies`);
  }
  return summarise(kind.name, outcomes);
}
