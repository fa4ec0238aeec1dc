import { existsSync } from 'node:fs';
import type { ArtifactReport } from '@danube/verifier';
import {
  encodeLock,
  lockName,
  type LockEntry,
  type LockRecorder,
  parseLockDocument,
  recordLock,
  weakerThan,
} from '@danube/verifier/documents';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { printable, say, sayError, sayHint } from '../terminal.ts';
import type { LockOptions } from './lock.ts';
import { readLockfile } from './lockfile.ts';
import { printReport } from './report.ts';
import { exitCodeOf, judgeArtifacts } from './verification.ts';

/** Verifies artifacts and writes what they are to the lockfile, or nothing. */
export async function lockArtifacts(paths: readonly string[], options: LockOptions): Promise<ExitCode> {
  const { lockfile, acceptWeaker = false } = options;
  const locked = existsSync(lockfile)
    ? new Map(Object.entries(readLockfile(lockfile, parseLockDocument).artifacts))
    : new Map<string, LockEntry>();
  const recorder = recordLock();
  const { lockfile: _, ...verification } = options;
  const judged = await judgeArtifacts(paths, { ...verification, format: 'text' }, recorder);
  const code = exitCodeOf(judged);
  if (code !== EXIT.ok) {
    printReport(judged.report, judged.problems, 'text');
    return code;
  }
  const found = judged.report.artifacts.map((artifact) => entryOf(artifact, options.as, recorder));
  for (const { name, entry } of found) {
    const before = locked.get(name);
    const weaker = before === undefined ? undefined : weakerThan(before, entry);
    if (weaker !== undefined && !acceptWeaker) return refuse(name, weaker);
    locked.set(name, entry);
  }
  writeOutput(lockfile, encodeLock(locked));
  for (const { name } of found) say(`locked  ${printable(name)}`);
  return EXIT.ok;
}

function refuse(name: string, weaker: string): ExitCode {
  sayError(`${printable(name)}: ${printable(weaker)}, than what is locked; nothing is written`);
  sayHint('if that is meant, add --accept-weaker');
  return EXIT.rejected;
}

interface Found {
  readonly name: string;
  readonly entry: LockEntry;
}

/** What would be locked: of the first attestation that was accepted. */
function entryOf(
  { name, attestations }: ArtifactReport,
  as: string | undefined,
  recorder: LockRecorder,
): Found {
  if (name === null) throw usageError('there is no artifact to lock; name files, digests or images');
  const accepted = attestations.find(({ checks }) => checks.every(({ status }) => status !== 'fail'));
  const statement = accepted?.statement ?? undefined;
  const entry = statement === undefined ? undefined : recorder.entryOf(statement);
  if (entry === undefined) throw usageError(`there is no provenance of ${printable(name)} to lock`);
  return { name: lockName(identify(name, as)), entry };
}

/** An artifact as its report calls it: an image by `oci:`, and one artifact as `--as` has it. */
function identify(name: string, as: string | undefined): Parameters<typeof lockName>[0] {
  const called = as ?? (name.startsWith('oci:') ? name.slice('oci:'.length).split(' ', 1)[0] : undefined);
  if (called === undefined) return { name, digest: {} };
  return { name, digest: {}, ...(called.startsWith('pkg:') ? { packageUrl: called } : { image: called }) };
}
