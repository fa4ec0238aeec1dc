/**
 * The log of a directory with an index: who writes a job says so before (`+ID`) and after (`=ID`). Lines are short enough
 * that writers do not mix them. Without an index there is no log, and nobody has to write one.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import { fromSystemError, systemErrorCode } from '../errors.ts';
import { JOB_ID } from '../names.ts';

/** In the artifacts folder, beside the jobs; no job has such a name. */
export const INDEX_FOLDER = '.index';

export function logPath(artifacts: string): string {
  return join(artifacts, INDEX_FOLDER, 'log');
}

/** Does what writes a job, and tells the index before and after, where there is one. */
export async function noted<Result>(
  disk: Disk,
  artifacts: string,
  jobId: string,
  write: () => Promise<Result>,
): Promise<Result> {
  await note(disk, artifacts, `+${jobId}\n`);
  const result = await write();
  await note(disk, artifacts, `=${jobId}\n`);
  return result;
}

async function note(disk: Disk, artifacts: string, line: string): Promise<void> {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
  try {
    const log = await disk.open(logPath(artifacts), O_WRONLY | O_APPEND | O_NOFOLLOW);
    try {
      await log.write(line);
      await log.datasync();
    } finally {
      await log.close();
    }
  } catch (error) {
    // What is wrong with the folder itself is for whoever writes the job to say.
    if (!['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) {
      throw fromSystemError(error, logPath(artifacts));
    }
  }
}

/** What a part of the log says: jobs that were written, and jobs that somebody may still be writing. */
export interface Changes {
  readonly written: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
  /** Bytes of whole lines. */
  readonly bytes: number;
}

export function readChanges(bytes: Buffer, openBefore: readonly string[]): Changes {
  const end = bytes.lastIndexOf(10) + 1;
  const written = new Set<string>();
  const open = new Set(openBefore);
  for (const line of bytes.toString('latin1', 0, end).split('\n')) {
    const jobId = line.slice(1);
    // Of two lines that a crash ran together nothing is believed; the job of the first is still open then.
    if (!JOB_ID.test(jobId)) continue;
    if (line.startsWith('+')) open.add(jobId);
    if (line.startsWith('=')) {
      open.delete(jobId);
      written.add(jobId);
    }
  }
  return { written, open, bytes: end };
}
