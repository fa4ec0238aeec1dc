import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hashFiles, listFiles } from '@danube/artifact';
import {
  buildProvenance,
  collectOutputs,
  type Dependency,
  type JobOutputs,
  type JobRecord,
} from '@danube/builder';
import { signStatement } from '@danube/signer';
import { usageError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { requireTimestampFormat, timestampsFor } from '../timestamp-option.ts';
import { canPrompt } from '../passphrase.ts';
import { startProgress } from '../progress.ts';
import { checkSize, readLockFiles } from '../provenance/dependencies.ts';
import { encodeAttestations } from '../provenance/encoding.ts';
import { isEvidenceName } from '../provenance/evidence-files.ts';
import type { DescribedJob } from '../provenance/job.ts';
import type { RunOptions } from '../provenance/run.ts';
import { clearSecrets } from '../secrets.ts';
import { withSigningKey } from '../signing-key.ts';
import { say, sayWarning } from '../terminal.ts';
import { runCommand } from './child.ts';
import { type GitState, readGitState } from './git-state.ts';
import { withoutNetwork } from './hermetic.ts';
import { clearLogFile } from './log-secrets.ts';
import { newFiles, takeSnapshot, type Snapshot } from './made-files.ts';
import { toolVersions } from './programs.ts';
import { type Before, completeRecord, describeRun, LOG_NAME } from './record.ts';
import { hashTraced, tracing } from './trace.ts';

/** Files to be hashed are named from here. */
const HERE = '.';

/**
 * Runs a command and attests what it made.
 *
 * @returns the exit code of the command.
 * @throws DanubeError; before the command where it can be known before.
 */
export async function runAndAttest(argv: readonly string[], options: RunOptions): Promise<number> {
  const temporary = mkdtempSync(join(tmpdir(), 'danube-run-'));
  try {
    return await attestRun(argv, options, temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function attestRun(argv: readonly string[], options: RunOptions, temporary: string): Promise<number> {
  if (options.out !== undefined) requireTimestampFormat(options, options.format);
  await requirePlace(options);
  const git = readGitState();
  requireClean(git, options);
  const before: Before = { argv, git, tools: toolVersions(argv[0] ?? '', options.tool ?? []) };
  const record = describeRun(before, options);
  const logsDir = options.logs ?? temporary;
  mkdirSync(logsDir, { recursive: true });
  const trace = join(temporary, 'trace');
  const words = [
    ...(options.hermetic === true ? withoutNetwork() : []),
    ...(options.trace === true ? tracing(trace) : []),
    ...argv,
  ];
  const inputs = [...readLockFiles(options.lockFile ?? []), ...(await hashInputs(options.input ?? []))];
  await tryKey(options);
  const snapshot = options.artifacts === undefined ? takeSnapshot(HERE) : undefined;
  const log = join(logsDir, LOG_NAME);
  const ended = await runCommand(words, log);
  if (ended.exitCode !== 0 && options.allowFailed !== true) {
    say(`the command ended with ${ended.signal ?? ended.exitCode}: there is no provenance`);
    return ended.exitCode;
  }
  if (ended.isLogged) clearLogFile(log, LOG_NAME, options);
  const traced = options.trace === true ? await hashTraced(trace) : [];
  const complete = completeRecord(record, before, ended, options);
  const outputs = await collect(complete, snapshot, logsDir, options);
  await publish(describeJob(complete, { outputs, inputs: [...inputs, ...traced] }, options), options);
  return ended.exitCode;
}

function requireClean(git: GitState | undefined, { requireClean: isRequired, from }: RunOptions): void {
  const changes = git?.changes ?? [];
  if (isRequired !== true) {
    if (changes.length > 0) {
      const effect = from === undefined ? ': its commit is not named as the source' : '';
      sayWarning(`the Git tree has ${changes.length} changes or files that are not committed${effect}`);
    }
    return;
  }
  if (git === undefined) throw usageError('--require-clean: this is no Git tree with a commit');
  if (changes.length === 0) return;
  const listed = changes.slice(0, 3).join(', ') + (changes.length > 3 ? ', ...' : '');
  throw usageError(
    `--require-clean: the Git tree has ${changes.length} changes: ${listed}`,
    'commit them, or ignore them',
  );
}

async function hashInputs(patterns: readonly string[]): Promise<Dependency[]> {
  if (patterns.length === 0) return [];
  const names = [...new Set(patterns.flatMap((pattern) => listFiles(HERE, { include: [pattern] })))];
  const files = await hashFiles(HERE, names, { algorithms: ['sha256'] });
  return files.map(({ name, digest }) => ({ name, digest, annotations: { declared: 'input' } }));
}

/** A key that cannot be used is better known before an hour of work; one that asks for a passphrase asks once, afterwards. */
async function tryKey(options: RunOptions): Promise<void> {
  if (canPrompt() || options.passphraseFile === '-') return;
  await withSigningKey(options, async () => {});
}

/** What the command made: what the patterns find, or what is new. */
async function collect(
  record: JobRecord,
  before: Snapshot | undefined,
  logsDir: string,
  options: RunOptions,
): Promise<JobOutputs> {
  const progress = startProgress('hashing');
  const { update: onProgress } = progress;
  try {
    const found = await collectOutputs(record, HERE, { logsDir, exclude: isEvidenceName, onProgress });
    if (before === undefined) return found;
    const made = newFiles(before, takeSnapshot(HERE)).filter(
      (name) => !isEvidenceName(name) && !isOwnFile(name, options),
    );
    const files =
      made.length === 0 ? [] : await hashFiles(HERE, made, { algorithms: ['sha256'], onProgress });
    return { ...found, artifacts: files.map(({ name, digest }) => ({ name, digest })) };
  } finally {
    progress.end();
  }
}

/** What this command itself writes below the working directory. */
function isOwnFile(name: string, { out, logs }: RunOptions): boolean {
  return [out, logs === undefined ? undefined : join(logs, LOG_NAME)].some(
    (path) => path !== undefined && resolve(path) === resolve(name),
  );
}

interface Collected {
  readonly outputs: JobOutputs;
  readonly inputs: readonly Dependency[];
}

function describeJob(record: JobRecord, { outputs, inputs }: Collected, options: RunOptions): DescribedJob {
  const all: JobOutputs = { ...outputs, dependencies: withoutRepeated(inputs, outputs) };
  const statement = buildProvenance(record, all, {
    allowFailed: options.allowFailed ?? false,
    allowRunning: true,
  });
  return { record, outputs: all, statement: clearSecrets(checkSize(statement), options) };
}

function isTraced({ annotations }: Dependency): boolean {
  return annotations?.['seenBy'] !== undefined;
}

/** What a traced command made and then read is no input of it, and what was declared need not be said again. */
function withoutRepeated(inputs: readonly Dependency[], { artifacts }: JobOutputs): Dependency[] {
  const others = inputs.filter((input) => !isTraced(input));
  const known = new Set([...artifacts, ...others].map(({ name }) => name));
  return [...others, ...inputs.filter((input) => isTraced(input) && !known.has(input.name))];
}

function isStored({ store, dataDir }: RunOptions): boolean {
  return (store ?? dataDir) !== undefined || (process.env['DANUBE_DATA_DIR'] ?? '') !== '';
}

/** A place that cannot be is better known before an hour of work. @throws CliError ERR_USAGE */
async function requirePlace(options: RunOptions): Promise<void> {
  const { store, out, attestation } = options;
  if (attestation !== undefined && out !== undefined && !isStored(options)) {
    throw usageError(
      '--attestation needs a data directory or a store to keep it in',
      'add --data-dir DIR or --store PLACE',
    );
  }
  if (store === undefined) return;
  const { withJobStore } = await import('../provenance/job-stores.ts');
  await withJobStore(store, async () => {});
}

/** Into a store or the data directory as `attest` does, and into a file; into the file alone when neither is named. */
async function publish(job: DescribedJob, options: RunOptions): Promise<void> {
  const { out, format } = options;
  if (out === undefined || isStored(options)) {
    const { storeJob } = await import('../provenance/attesting.ts');
    const { path } = await storeJob(job, { ...options, artifacts: HERE });
    say(`attested: ${path}`);
    return;
  }
  const envelope = await withSigningKey(options, (backend) => signStatement(job.statement, backend));
  const timestamps = await timestampsFor([envelope], options);
  writeOutput(out, encodeAttestations([envelope], format, { timestamps }));
  say(`attested: ${out}`);
}
