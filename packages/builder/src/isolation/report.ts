import { createHash } from 'node:crypto';
import {
  encodeAttributeReport,
  matchDigestSets,
  SCAI_V03,
  STATEMENT_V1,
  type Attribute,
  type DigestSet,
  type JsonObject,
  type ResourceDescriptor,
  type Statement,
} from 'in-toto-attestation';
import { formatDigest } from '../digest.ts';
import { JobError } from '../errors.ts';
import { imageReference } from '../image.ts';
import type { Isolation, JobRecord } from '../job-record.ts';
import { sortMembers, withoutUndefined } from '../json-object.ts';
import type { JobOutputs } from '../outputs.ts';
import { listSubjects } from '../subjects.ts';
import { toUtc } from '../timestamp.ts';
import { indexVouching, type VouchingIndex } from '../vouching.ts';
import { judgeEgress } from './egress-policy.ts';

/** What can be said of the environment of a job, in the order in which it is (docs/isolation.md). */
export const ISOLATION_ATTRIBUTES = ['HERMETIC', 'EPHEMERAL', 'ISOLATED', 'NON-ROOT'] as const;

export type IsolationAttribute = (typeof ISOLATION_ATTRIBUTES)[number];

/** An attribute that is not stated, and what is missing for it. */
export interface UnprovenAttribute {
  readonly attribute: IsolationAttribute;
  /** For people; may hold text of the policy. */
  readonly reason: string;
}

export interface IsolationReport {
  /** The SCAI attribute report; undefined when nothing is proven. */
  readonly statement?: Statement;
  readonly proven: readonly IsolationAttribute[];
  readonly unproven: readonly UnprovenAttribute[];
}

/**
 * Evidence of how the job was kept apart, as a SCAI attribute report v0.3 about what the job made. An attribute is in it
 * only when facts of the record prove it that the control plane vouches for. Unsigned, as `buildProvenance` is.
 *
 * @param egressPolicy content of the policy file that the record names.
 * @throws {JobError} `ERR_JOB_OUTPUT` when that is not the policy of the record.
 */
export function buildIsolationReport(
  record: JobRecord,
  outputs: JobOutputs,
  egressPolicy?: Uint8Array,
): IsolationReport {
  checkPolicy(record, outputs, egressPolicy);
  const facts: Facts = { record, outputs, egressPolicy, vouching: indexVouching(record.vouching ?? {}) };
  const found = ISOLATION_ATTRIBUTES.map((attribute) => [attribute, PROOFS[attribute](facts)] as const);
  const proven = found.flatMap(([attribute, proof]) =>
    typeof proof === 'string' ? [] : [{ attribute, ...proof }],
  );
  const unproven = found.flatMap(([attribute, proof]) =>
    typeof proof === 'string' ? [{ attribute, reason: proof }] : [],
  );
  const names = proven.map(({ attribute }) => attribute);
  if (proven.length === 0) return { proven: names, unproven };
  const target = describeTarget(facts);
  const attributes = proven.map((attribute): Attribute => ({ ...attribute, target }));
  const statement: Statement = {
    _type: STATEMENT_V1,
    subject: listSubjects(record, outputs),
    predicateType: SCAI_V03,
    predicate: encodeAttributeReport({ attributes, producer: { uri: record.builder.id } }),
  };
  return { statement, proven: names, unproven };
}

interface Facts {
  readonly record: JobRecord;
  readonly outputs: JobOutputs;
  readonly egressPolicy: Uint8Array | undefined;
  readonly vouching: VouchingIndex;
}

interface Proof {
  readonly conditions?: JsonObject;
  readonly evidence: ResourceDescriptor;
}

const ISOLATION = '/environment/isolation';

/** What proves an attribute, or what is missing for it. */
const PROOFS: Readonly<Record<IsolationAttribute, (facts: Facts) => Proof | string>> = {
  HERMETIC: proveHermetic,
  EPHEMERAL: proveEphemeral,
  ISOLATED: proveIsolated,
  'NON-ROOT': proveNonRoot,
};

function proveHermetic(facts: Facts): Proof | string {
  const { record, outputs, egressPolicy } = facts;
  const { network, isolation } = record.environment ?? {};
  if (network === 'none') {
    const missing = findUnvouched(facts, ['/environment/network']);
    if (missing !== undefined) return missing;
    const evidence = { uri: record.job.uri, annotations: { network } };
    return { conditions: { network }, evidence };
  }
  const policy = isolation?.egressPolicy;
  if (isolation === undefined || policy === undefined) return 'the record names no egress policy';
  if (isolation.security?.hostNetwork !== false) {
    return `policies do not hold for the node's network: ${ISOLATION}/security/hostNetwork is not false`;
  }
  const missing = findUnvouched(facts, [
    `${ISOLATION}/namespace`,
    `${ISOLATION}/pod`,
    `${ISOLATION}/egressPolicy`,
    `${ISOLATION}/security/hostNetwork`,
    ...(isolation.podLabels === undefined ? [] : [`${ISOLATION}/podLabels`]),
  ]);
  if (missing !== undefined) return missing;
  if (egressPolicy === undefined) return 'the egress policy is not here to be read, only its digest';
  const judged = judgeEgress(egressPolicy, policy.name, {
    namespace: isolation.namespace,
    labels: isolation.podLabels,
  });
  if ('reason' in judged) return `the egress policy proves nothing: ${judged.reason}`;
  const { domains, addresses, cluster } = judged.allowed;
  return {
    conditions: { allowedDomains: domains, allowedAddresses: addresses, allowedInCluster: cluster },
    evidence: {
      name: policy.name,
      digest: digestOf(outputs.egressPolicy ?? policy.digest, egressPolicy),
      annotations: { policies: judged.policies },
    },
  };
}

function proveEphemeral(facts: Facts): Proof | string {
  const { isolation } = facts.record.environment ?? {};
  const { podUid, deletedOn } = isolation ?? {};
  if (isolation === undefined) return `the record has no ${ISOLATION}`;
  if (!isolation.ephemeral) return `${ISOLATION}/ephemeral is not true`;
  if (podUid === undefined) return `the record has no ${ISOLATION}/podUid`;
  if (deletedOn === undefined) return `the record has no ${ISOLATION}/deletedOn`;
  const pointers = ['namespace', 'pod', 'podUid', 'ephemeral', 'deletedOn'].map(
    (name) => `${ISOLATION}/${name}`,
  );
  const missing = findUnvouched(facts, pointers);
  if (missing !== undefined) return missing;
  return { evidence: podEvidence(facts, isolation, { podUid, deletedOn: toUtc(deletedOn) }) };
}

const SHARED = ['privileged', 'hostNetwork', 'hostPID', 'hostIPC', 'hostPath'] as const;

function proveIsolated(facts: Facts): Proof | string {
  const { isolation } = facts.record.environment ?? {};
  const { podUid, security = {} } = isolation ?? {};
  if (isolation === undefined) return `the record has no ${ISOLATION}`;
  if (!isolation.ephemeral) return `${ISOLATION}/ephemeral is not true: other jobs may have had the pod`;
  if (podUid === undefined) return `the record has no ${ISOLATION}/podUid`;
  const open = SHARED.find((name) => security[name] !== false);
  if (open !== undefined) return `${ISOLATION}/security/${open} is not false`;
  const pointers = ['namespace', 'pod', 'podUid', 'ephemeral', ...SHARED.map((name) => `security/${name}`)];
  const missing = findUnvouched(
    facts,
    pointers.map((name) => `${ISOLATION}/${name}`),
  );
  if (missing !== undefined) return missing;
  const shared = Object.fromEntries(SHARED.map((name) => [name, false]));
  return { evidence: podEvidence(facts, isolation, { podUid, ...shared }) };
}

function proveNonRoot(facts: Facts): Proof | string {
  const { isolation } = facts.record.environment ?? {};
  const { runAsNonRoot, runAsUser, privileged, allowPrivilegeEscalation } = isolation?.security ?? {};
  if (isolation === undefined) return `the record has no ${ISOLATION}`;
  if (runAsUser === 0) return `${ISOLATION}/security/runAsUser is root`;
  if (runAsNonRoot !== true && runAsUser === undefined)
    return `${ISOLATION}/security/runAsNonRoot is not true`;
  if (allowPrivilegeEscalation !== false)
    return `${ISOLATION}/security/allowPrivilegeEscalation is not false`;
  if (privileged === true) return `${ISOLATION}/security/privileged is true`;
  const used = withoutUndefined({ runAsNonRoot, runAsUser, allowPrivilegeEscalation, privileged });
  const missing = findUnvouched(facts, [
    `${ISOLATION}/namespace`,
    `${ISOLATION}/pod`,
    ...Object.keys(used).map((name) => `${ISOLATION}/security/${name}`),
  ]);
  return missing ?? { evidence: podEvidence(facts, isolation, used) };
}

function findUnvouched({ record, vouching }: Facts, pointers: readonly string[]): string | undefined {
  if (record.vouching === undefined) return 'the record does not say who vouches for its facts';
  const unvouched = pointers.find((pointer) => vouching.voucherOf(pointer) !== 'controlPlane');
  return unvouched && `the control plane does not vouch for ${unvouched}`;
}

function podEvidence(
  { record }: Facts,
  { namespace, pod }: Isolation,
  facts: JsonObject,
): ResourceDescriptor {
  return { name: `${namespace}/${pod}`, uri: record.job.uri, annotations: sortMembers(facts) };
}

/** The environment that the attributes are about: pod and image by what the control plane says that they were. */
function describeTarget({ record, vouching }: Facts): ResourceDescriptor {
  const { isolation, workerImage } = record.environment ?? {};
  const isSeen = (pointer: string): boolean => vouching.voucherOf(pointer) === 'controlPlane';
  const annotations = withoutUndefined({
    image: workerImage && isSeen('/environment/workerImage') ? imageReference(workerImage) : undefined,
    podUid: isSeen(`${ISOLATION}/podUid`) ? isolation?.podUid : undefined,
  });
  return {
    ...(isolation === undefined ? {} : { name: `${isolation.namespace}/${isolation.pod}` }),
    uri: record.job.uri,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

function checkPolicy({ environment }: JobRecord, outputs: JobOutputs, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) return;
  const pointer = `${ISOLATION}/egressPolicy`;
  const policy = environment?.isolation?.egressPolicy;
  if (policy === undefined) {
    throw new JobError(
      'ERR_JOB_OUTPUT',
      pointer,
      'expected the name of the policy that is given, found none',
    );
  }
  const stated = outputs.egressPolicy ?? policy.digest;
  const found = digestOf(stated, bytes);
  if (stated === undefined || matchDigestSets(stated, found)) return;
  const message = `expected the digest of the policy that is given, ${formatDigest(found)}, found ${formatDigest(stated)}`;
  throw new JobError('ERR_JOB_OUTPUT', `${pointer}/digest`, message);
}

/** By sha256, and by what else the digest has with which it is compared. */
function digestOf(stated: DigestSet | undefined, bytes: Uint8Array): DigestSet {
  const algorithms = new Set(['sha256', ...Object.keys(stated ?? {})]);
  return Object.fromEntries(
    [...algorithms].map((algorithm) => [algorithm, createHash(algorithm).update(bytes).digest('hex')]),
  );
}
