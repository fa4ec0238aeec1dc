import {
  type JobEnvironment,
  type JobRecord,
  parseJobRecord,
  type Platform,
  recordFromEnvironment,
  recordFromEvent,
} from '@danube/builder';
import { type JsonValue, parseJson } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import type { JobOptions } from './job-options.ts';

/** Larger than any job of which a statement could be written. */
const RECORD_BYTES = 64 * 1024 * 1024;

/**
 * The record of a job: the one that is given, or one made of what a CI platform says.
 *
 * @throws CliError ERR_USAGE, ERR_IO, JobError, PlatformError, MalformedError
 */
export function readJob(options: JobOptions): JobRecord {
  const { jobRecord, from, artifacts } = options;
  if (from === undefined) {
    refuseWithoutFrom(options);
    if (jobRecord === undefined) throw usageError('no job is given', 'name it by --job-record or --from');
    if (artifacts === undefined) throw usageError('the option --artifacts <DIR> is missing');
    return parseJobRecord(readInput(jobRecord, RECORD_BYTES));
  }
  if (jobRecord !== undefined) throw usageError('--job-record and --from exclude each other');
  const paths = artifacts === undefined ? [] : ['**'];
  return readFrom(from, options, paths);
}

/** What the caller adds to what a platform says. */
export type PlatformOptions = Pick<JobOptions, 'event' | 'builderId' | 'jobId'>;

/** The record of a job as its platform tells it. @param paths files of the artifact folder, as the record names them. */
export function readFrom(from: Platform, options: PlatformOptions, paths: readonly string[]): JobRecord {
  const { event, builderId, jobId } = options;
  const adapting = { builderId, jobId, artifacts: paths };
  if (event !== undefined) return recordFromEvent(from, readJson(event), adapting);
  return recordFromEnvironment(from, process.env, adapting, eventOf(from, process.env));
}

function refuseWithoutFrom({ event, builderId, jobId }: JobOptions): void {
  for (const [flag, value] of [
    ['--event', event],
    ['--builder-id', builderId],
    ['--job-id', jobId],
  ]) {
    if (value !== undefined) throw usageError(`${flag} needs --from`);
  }
}

/** GitHub leaves the event that started the workflow in a file. */
function eventOf(from: Platform, env: JobEnvironment): JsonValue | undefined {
  const path = from === 'github-actions' ? env['GITHUB_EVENT_PATH'] : undefined;
  return path === undefined || path === '' ? undefined : readJson(path);
}

function readJson(path: string): JsonValue {
  return parseJson(readInput(path, RECORD_BYTES), { maxBytes: RECORD_BYTES });
}

/** Whether the job may still run: only platforms that describe jobs from within say that one does. */
export function mayRun({ from }: JobOptions): boolean {
  return from !== undefined && from !== 'danube';
}
