import type { JobRecordIssue } from './errors.ts';
import { imageName } from './image.ts';
import type {
  EgressPolicy,
  Input,
  Isolation,
  JobRecord,
  Pipeline,
  Source,
  Step,
  StepLog,
} from './job-record.ts';
import { sourceWithRef } from './source.ts';
import { isLater } from './timestamp.ts';

/** What a record of the right shape still says against itself; nothing when it is sound. */
export function findContradictions(record: JobRecord): JobRecordIssue[] {
  const { inputs = [], environment, steps, artifacts } = record;
  return [
    ...checkKnownSource(record),
    ...checkPipeline(record.pipeline, record.source),
    ...checkSpan(record, ''),
    ...steps.flatMap((step, index) => checkStep(step, `/steps/${index}`, record)),
    ...findRepeated(
      steps.map(({ name }) => name),
      (index) => `/steps/${index}/name`,
    ),
    ...inputs.flatMap((input, index) => checkInput(input, `/inputs/${index}`, record.source)),
    ...checkEgressPolicy(environment?.isolation?.egressPolicy),
    ...checkIsolation(environment?.isolation, record),
    ...checkVouching(record),
    ...findRepeated(artifacts.paths ?? [], (index) => `/artifacts/paths/${index}`),
    ...findRepeated((artifacts.images ?? []).map(imageName), (index) => `/artifacts/images/${index}`),
    ...findRepeated(artifacts.ociLayouts ?? [], (index) => `/artifacts/ociLayouts/${index}`),
  ];
}

/** This project's own build type has the source as a parameter. */
function checkKnownSource({ source, definition }: JobRecord): JobRecordIssue[] {
  if (source !== undefined || definition !== undefined) return [];
  return [{ pointer: '/source', message: 'expected object, found nothing' }];
}

interface Span {
  readonly startedOn?: string;
  readonly finishedOn?: string;
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
  if (record.status === 'succeeded' && (step.exitCode ?? 0) !== 0) {
    const message = `expected 0, because the status of the job is "succeeded", found ${step.exitCode}`;
    issues.push({ pointer: `${pointer}/exitCode`, message });
  }
  return issues;
}

function checkLog(log: StepLog | undefined, pointer: string): JobRecordIssue[] {
  if (log === undefined || Object.keys(log).length > 0) return [];
  return [{ pointer, message: 'expected path, uri or digest, found none of them' }];
}

function checkPipeline({ uri, digest }: Pipeline, source: Source | undefined): JobRecordIssue[] {
  if ((uri === undefined) === (digest === undefined)) return checkNotSource(uri, '/pipeline/uri', source);
  const [present, missing] = uri === undefined ? ['digest', 'uri'] : ['uri', 'digest'];
  return [{ pointer: `/pipeline/${missing}`, message: `expected together with ${present}, found nothing` }];
}

function checkInput({ name, uri }: Input, pointer: string, source: Source | undefined): JobRecordIssue[] {
  if (name === undefined && uri === undefined) {
    return [{ pointer, message: 'expected name or uri, found neither' }];
  }
  return checkNotSource(uri, `${pointer}/uri`, source);
}

/** A second entry for the source would leave open which of the two commits was built. */
function checkNotSource(
  uri: string | undefined,
  pointer: string,
  source: Source | undefined,
): JobRecordIssue[] {
  if (source === undefined || uri === undefined) return [];
  if (uri !== source.uri && uri !== sourceWithRef(source)) return [];
  return [{ pointer, message: 'expected another URI than the one of the source' }];
}

function checkEgressPolicy(policy: EgressPolicy | undefined): JobRecordIssue[] {
  if (policy === undefined || policy.path !== undefined || policy.digest !== undefined) return [];
  return [
    { pointer: '/environment/isolation/egressPolicy', message: 'expected path or digest, found neither' },
  ];
}

function checkIsolation(isolation: Isolation | undefined, { startedOn, steps }: JobRecord): JobRecordIssue[] {
  const { deletedOn, security = {} } = isolation ?? {};
  const issues: JobRecordIssue[] = [];
  const last = [startedOn, ...steps.map(({ finishedOn }) => finishedOn)].find(
    (time) => deletedOn !== undefined && isLater(time, deletedOn),
  );
  if (last !== undefined) {
    const message = `expected a time at which nothing ran in the pod any more, found "${deletedOn}": at "${last}" something did`;
    issues.push({ pointer: '/environment/isolation/deletedOn', message });
  }
  if (security.runAsNonRoot === true && security.runAsUser === 0) {
    const message = 'expected a user other than root, because runAsNonRoot is true, found 0';
    issues.push({ pointer: '/environment/isolation/security/runAsUser', message });
  }
  if (security.privileged === true && security.allowPrivilegeEscalation === false) {
    const message = 'expected true, because a container is privileged, found false';
    issues.push({ pointer: '/environment/isolation/security/allowPrivilegeEscalation', message });
  }
  return issues;
}

/** A pointer that leads nowhere is a slip: the fact that was meant would be vouched for by somebody else. */
function checkVouching({ vouching, ...facts }: JobRecord): JobRecordIssue[] {
  const { controlPlane = [], tenant = [] } = vouching ?? {};
  const listed = [
    ...controlPlane.map((fact, index) => ({ fact, pointer: `/vouching/controlPlane/${index}` })),
    ...tenant.map((fact, index) => ({ fact, pointer: `/vouching/tenant/${index}` })),
  ];
  return [
    ...listed
      .filter(({ fact }) => !leadsSomewhere(facts, fact))
      .map(({ fact, pointer }) => ({
        pointer,
        message: `expected a pointer to a field of this record, found ${JSON.stringify(fact)}, where nothing is`,
      })),
    ...findRepeated(
      listed.map(({ fact }) => fact),
      (index) => listed[index]?.pointer ?? '/vouching',
    ),
  ];
}

function leadsSomewhere(document: object, pointer: string): boolean {
  let value: unknown = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    if (Array.isArray(value) && !/^(?:0|[1-9][0-9]*)$/.test(key)) return false;
    value = Reflect.get(value, key);
  }
  return true;
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
