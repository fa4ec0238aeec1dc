import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { basename } from 'node:path';
import { type JobRecord, readJobRecord, type Step } from '@danube/builder';
import type { JsonObject } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readFrom } from '../provenance/job-source.ts';
import type { RunOptions } from '../provenance/run.ts';
import type { Ended } from './child.ts';
import type { GitState } from './git-state.ts';

/** The build type of a command that was run by itself, documented in docs/buildtypes/run-v1.md. */
export const RUN_V1 = 'https://danube.dev/buildtypes/run/v1';

const BUILDER = 'https://danube.dev/builders/run';
const MODE = 'job-environment/unknown-runner';

/** What is known before the command runs. */
export interface Before {
  readonly argv: readonly string[];
  readonly git: GitState | undefined;
  readonly tools: Readonly<Record<string, string>>;
}

/** The job as it stands before the command runs: the platform's, with --from. @throws JobError, PlatformError, CliError */
export function describeRun(before: Before, options: RunOptions): JobRecord {
  const { from } = options;
  const record = from === undefined ? describeOwn(before, options) : readFrom(from, options, []);
  const { git } = before;
  if (
    from !== undefined &&
    git !== undefined &&
    record.source !== undefined &&
    git.commit !== record.source.commit
  ) {
    throw usageError(
      `the job is of commit ${record.source.commit}, and ${git.commit} is checked out`,
      'check out the commit of the job, or leave out --from',
    );
  }
  return record;
}

function describeOwn({ argv, git, tools }: Before, options: RunOptions): JobRecord {
  const { builderId = BUILDER, jobId, input } = options;
  if (builderId.includes('#')) {
    throw usageError(
      `--builder-id ${builderId}: expected a URI without fragment`,
      `"#${MODE}" is added to it`,
    );
  }
  const id = randomUUID();
  const source = sourceOf(git);
  return readJobRecord({
    apiVersion: 'danube.dev/v1',
    kind: 'JobRecord',
    job: { id: jobId ?? `run-${id}`, attempt: 1, uri: `urn:uuid:${id}` },
    pipeline: { name: basename(argv[0] ?? '') },
    status: 'running',
    definition: {
      buildType: RUN_V1,
      externalParameters: {
        command: argv,
        ...(input === undefined ? {} : { inputs: input }),
        ...(source === undefined
          ? {}
          : { source: 'ref' in source ? `${source['uri']}@${source['ref']}` : source['uri'] }),
        ...(git === undefined || git.directory === '' ? {} : { workingDirectory: git.directory }),
      },
      internalParameters: describeMachine(git, tools),
    },
    ...(source === undefined ? {} : { source }),
    ...(git !== undefined && source === undefined ? { inputs: [unclean(git)] } : {}),
    steps: [],
    artifacts: {},
    builder: { id: `${builderId}#${MODE}` },
    vouching: { tenant: [''] },
  });
}

/** A tree with changes is not what its commit says: nobody who asks for that commit shall find it. */
function sourceOf(git: GitState | undefined): Record<string, string> | undefined {
  if (git?.uri === undefined || git.changes.length > 0) return undefined;
  return { uri: git.uri, commit: git.commit, ...(git.ref === undefined ? {} : { ref: git.ref }) };
}

function unclean({ commit, uri, changes }: GitState): JsonObject {
  const state = changes.length > 0 ? 'dirty' : 'clean';
  return {
    name: 'working tree',
    ...(uri === undefined ? {} : { uri }),
    digest: { gitCommit: commit },
    annotations: { workingTree: state, ...(changes.length > 0 ? { changes: changes.length } : {}) },
  };
}

/** What a verifier need not compare, and who looks for a difference wants to know. */
export function describeMachine(
  git: GitState | undefined,
  tools: Readonly<Record<string, string>>,
): JsonObject {
  return {
    platform: { arch: arch(), os: platform(), release: release(), ...distribution() },
    ...(Object.keys(tools).length === 0 ? {} : { tools }),
    ...(git === undefined ? {} : { workingTree: git.changes.length > 0 ? 'dirty' : 'clean' }),
  };
}

function distribution(): { readonly distribution?: string } {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    const [, name] = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text) ?? [];
    return name === undefined || name === '' ? {} : { distribution: name };
  } catch {
    return {}; // not a Linux that says what it is
  }
}

/** The record with what the command did. */
export function completeRecord(
  record: JobRecord,
  before: Before,
  ended: Ended,
  options: RunOptions,
): JobRecord {
  const { argv, git, tools } = before;
  const succeeded = ended.exitCode === 0;
  const isOwn = options.from === undefined;
  const annotations: JsonObject = {
    ...(ended.signal === undefined ? {} : { signal: ended.signal }),
    ...(options.hermetic === true ? { network: 'none' } : {}),
    ...(options.trace === true ? { traced: true } : {}),
    ...(isOwn ? {} : describeMachine(git, tools)),
  };
  const step: Step = {
    name: 'run',
    command: argv,
    startedOn: ended.startedOn,
    finishedOn: ended.finishedOn,
    exitCode: ended.exitCode,
    ...(ended.isLogged ? { log: { path: LOG_NAME } } : {}),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return {
    ...record,
    status: succeeded ? (isOwn ? 'succeeded' : record.status) : 'failed',
    steps: [...record.steps, step],
    artifacts: {
      ...record.artifacts,
      ...(options.artifacts === undefined ? {} : { paths: options.artifacts }),
    },
    ...(options.hermetic === true && isOwn ? { environment: { network: 'none' } } : {}),
    ...(isOwn ? { startedOn: ended.startedOn, finishedOn: ended.finishedOn } : {}),
  };
}

/** Name of the log below the folder of logs. */
export const LOG_NAME = 'run.log';
