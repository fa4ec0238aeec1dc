import type { JobRecordIssue } from './errors.ts';
import { imageName } from './image.ts';
import type { EgressPolicy, Input, JobRecord, Pipeline, Source, Step, StepLog } from './job-record.ts';
import { sourceWithRef } from './source.ts';
import { isLater } from './timestamp.ts';

/** What a record of the right shape still says against itself; nothing when it is sound. */
export function findContradictions(record: JobRecord): JobRecordIssue[] {
  const { inputs = [], environment, steps, artifacts } = record;
  return [
    ...checkPipeline(record.pipeline, record.source),
    ...checkSpan(record, ''),
    ...steps.flatMap((step, index) => checkStep(step, `/steps/${index}`, record)),
    ...findRepeated(
      steps.map(({ name }) => name),
      (index) => `/steps/${index}/name`,
    ),
    ...inputs.flatMap((input, index) => checkInput(input, `/inputs/${index}`, record.source)),
    ...checkEgressPolicy(environment?.isolation?.egressPolicy),
    ...findRepeated(artifacts.paths ?? [], (index) => `/artifacts/paths/${index}`),
    ...findRepeated((artifacts.images ?? []).map(imageName), (index) => `/artifacts/images/${index}`),
    ...findRepeated(artifacts.ociLayouts ?? [], (index) => `/artifacts/ociLayouts/${index}`),
  ];
}

interface Span {
  readonly startedOn: string;
  readonly finishedOn: string;
}

function checkSpan({ startedOn, finishedOn }: Span, pointer: string): JobRecordIssue[] {
  if (!isLater(startedOn, finishedOn)) return [];
  const message = `expected a time not before startedOn ("${startedOn}"), found "${finishedOn}"`;
  return [{ pointer: `${pointer}/finishedOn`, message }];
}

function checkStep(step: Step, pointer: string, record: JobRecord): JobRecordIssue[] {
  const issues = [...checkSpan(step, pointer), ...checkLog(step.log, `${pointer}/log`)];
  if (isLater(record.startedOn, step.startedOn)) {
    const message = `expected a time within the job, which started on "${record.startedOn}", found "${step.startedOn}"`;
    issues.push({ pointer: `${pointer}/startedOn`, message });
  }
  if (isLater(step.finishedOn, record.finishedOn)) {
    const message = `expected a time within the job, which ended on "${record.finishedOn}", found "${step.finishedOn}"`;
    issues.push({ pointer: `${pointer}/finishedOn`, message });
  }
  if (record.status === 'succeeded' && step.exitCode !== 0) {
    const message = `expected 0, because the status of the job is "succeeded", found ${step.exitCode}`;
    issues.push({ pointer: `${pointer}/exitCode`, message });
  }
  return issues;
}

function checkLog(log: StepLog | undefined, pointer: string): JobRecordIssue[] {
  if (log === undefined || Object.keys(log).length > 0) return [];
  return [{ pointer, message: 'expected path, uri or digest, found none of them' }];
}

function checkPipeline({ uri, digest }: Pipeline, source: Source): JobRecordIssue[] {
  if ((uri === undefined) === (digest === undefined)) return checkNotSource(uri, '/pipeline/uri', source);
  const [present, missing] = uri === undefined ? ['digest', 'uri'] : ['uri', 'digest'];
  return [{ pointer: `/pipeline/${missing}`, message: `expected together with ${present}, found nothing` }];
}

function checkInput({ name, uri }: Input, pointer: string, source: Source): JobRecordIssue[] {
  if (name === undefined && uri === undefined) {
    return [{ pointer, message: 'expected name or uri, found neither' }];
  }
  return checkNotSource(uri, `${pointer}/uri`, source);
}

/** A second entry for the source would leave open which of the two commits was built. */
function checkNotSource(uri: string | undefined, pointer: string, source: Source): JobRecordIssue[] {
  if (uri !== source.uri && uri !== sourceWithRef(source)) return [];
  return [{ pointer, message: 'expected another URI than the one of the source' }];
}

function checkEgressPolicy(policy: EgressPolicy | undefined): JobRecordIssue[] {
  if (policy === undefined || policy.path !== undefined || policy.digest !== undefined) return [];
  return [
    { pointer: '/environment/isolation/egressPolicy', message: 'expected path or digest, found neither' },
  ];
}

function findRepeated(names: readonly string[], pointer: (index: number) => string): JobRecordIssue[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ pointer: pointer(index), message: `expected each once, found ${JSON.stringify(name)} again` }];
  });
}
