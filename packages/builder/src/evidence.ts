import { hashFiles, type HashAlgorithm, type HashOptions } from '@danube/artifact';
import { matchDigestSets, type DigestSet } from 'in-toto-attestation';
import { findDeclared } from './declared.ts';
import { formatDigest } from './digest.ts';
import { JobError } from './errors.ts';
import type { JobRecord } from './job-record.ts';
import type { JobOutputs } from './outputs.ts';

/** A file that says something about the job and is none of its artifacts, as the record names it. */
interface Evidence {
  readonly path: string;
  /** What the control plane says that its digest is. */
  readonly stated: DigestSet | undefined;
  readonly pointer: string;
}

/**
 * Hashes the logs and the egress policy that the record names, by sha256 and whatever algorithms it states.
 *
 * @throws {JobError} `ERR_JOB_OUTPUT` when one is not there or is not what the record says it is.
 */
export async function collectEvidence(
  record: JobRecord,
  dir: string,
  options: Omit<HashOptions, 'algorithms'>,
): Promise<Pick<JobOutputs, 'logs' | 'egressPolicy'>> {
  const logs = record.steps.map(({ log }, index) => evidenceOf(log, `/steps/${index}/log`));
  const policy = evidenceOf(
    record.environment?.isolation?.egressPolicy,
    '/environment/isolation/egressPolicy',
  );
  const digests = await hashEvidence(
    [...logs, policy].flatMap((evidence) => evidence ?? []),
    dir,
    options,
  );
  const named = record.steps.map(({ name }, index) => [name, digests.get(logs[index]?.path)] as const);
  const egressPolicy = digests.get(policy?.path);
  return {
    logs: new Map(named.flatMap(([name, digest]) => (digest === undefined ? [] : [[name, digest] as const]))),
    ...(egressPolicy === undefined ? {} : { egressPolicy }),
  };
}

interface Declaration {
  readonly path?: string;
  readonly digest?: DigestSet;
}

function evidenceOf(declaration: Declaration | undefined, pointer: string): Evidence | undefined {
  if (declaration?.path === undefined) return undefined;
  return { path: declaration.path, stated: declaration.digest, pointer };
}

async function hashEvidence(
  evidence: readonly Evidence[],
  dir: string,
  options: Omit<HashOptions, 'algorithms'>,
): Promise<ReadonlyMap<string | undefined, DigestSet>> {
  if (evidence.length === 0) return new Map();
  for (const { path, pointer } of evidence) findDeclared(dir, path, `${pointer}/path`);
  const paths = [...new Set(evidence.map(({ path }) => path))];
  const files = await hashFiles(dir, paths, { ...options, algorithms: statedAlgorithms(evidence) });
  const digests = new Map(files.map(({ name, digest }) => [name, digest]));
  for (const item of evidence) compare(item, digests.get(item.path));
  return digests;
}

function statedAlgorithms(evidence: readonly Evidence[]): HashAlgorithm[] {
  const stated = new Set(evidence.flatMap((item) => Object.keys(item.stated ?? {})));
  return ['sha256', ...(['sha384', 'sha512'] as const).filter((algorithm) => stated.has(algorithm))];
}

function compare({ path, stated, pointer }: Evidence, found: DigestSet = {}): void {
  if (stated === undefined || matchDigestSets(stated, found)) return;
  const message = `expected the digest of ${JSON.stringify(path)}, found another: the file is ${formatDigest(found)}`;
  throw new JobError('ERR_JOB_OUTPUT', `${pointer}/digest`, message);
}
