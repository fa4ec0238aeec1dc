import {
  PROVENANCE_V1,
  STATEMENT_V1,
  type DigestSet,
  type JsonObject,
  type Statement,
} from 'in-toto-attestation';
import { describeSteps } from './byproducts.ts';
import { describeImage, resolveDependencies } from './dependencies.ts';
import { JobError } from './errors.ts';
import type { EgressPolicy, Isolation, JobRecord } from './job-record.ts';
import { sortMembers, withoutUndefined } from './json-object.ts';
import type { JobOutputs } from './outputs.ts';
import { sourceWithRef } from './source.ts';
import { listSubjects } from './subjects.ts';
import { toUtc, toUtcIfKnown } from './timestamp.ts';
import { describeVouchers } from './vouching-origins.ts';
import { VOUCHING_FIELD } from './vouching.ts';

/** The buildType of this builder's provenance, documented in docs/buildtypes/pipeline-v1.md. */
export const BUILD_TYPE = 'https://danube.dev/buildtypes/pipeline/v1';

export interface BuildOptions {
  /** Also write provenance for a job that did not succeed; its status is in the provenance. Default: false. */
  readonly allowFailed?: boolean;
  /** Also write provenance in a job that still runs, which its status says. Default: false. */
  readonly allowRunning?: boolean;
}

/**
 * The SLSA provenance v1 statement of a job (SLSA build-provenance.md; mapping: docs/buildtypes/pipeline-v1.md). Pure,
 * and the same facts give the same bytes whatever their order in the record. Unsigned: whoever must not publish what
 * the record says looks through the statement before it is signed.
 *
 * @throws {JobError} `ERR_JOB_FAILED` for a job that did not succeed; `ERR_JOB_OUTPUT` when it made nothing or more than a
 * statement holds, when two artifacts have one name, or when the digest of a declared log or policy is absent.
 */
export function buildProvenance(
  record: JobRecord,
  outputs: JobOutputs,
  options: BuildOptions = {},
): Statement {
  checkStatus(record, options);
  const known = { buildDefinition: defineBuild(record, outputs), runDetails: describeRun(record, outputs) };
  const vouchers = describeVouchers(record, outputs, known);
  return {
    _type: STATEMENT_V1,
    subject: listSubjects(record, outputs),
    predicateType: PROVENANCE_V1,
    predicate: vouchers === undefined ? known : withVouchers(record, known, vouchers),
  };
}

interface Predicate {
  readonly buildDefinition: JsonObject & { readonly internalParameters: JsonObject };
  readonly runDetails: JsonObject & { readonly metadata: JsonObject };
  readonly [name: string]: JsonObject;
}

/**
 * Extensions stand in the metadata of a build of ours. Readers of other build types know their own fields alone and refuse a
 * metadata with more (slsa-verifier does), but internal parameters may be anything.
 */
function withVouchers({ definition }: JobRecord, known: Predicate, vouchers: JsonObject): JsonObject {
  const { buildDefinition, runDetails } = known;
  const extension = { [VOUCHING_FIELD]: vouchers };
  if (definition === undefined) {
    return { ...known, runDetails: { ...runDetails, metadata: { ...runDetails.metadata, ...extension } } };
  }
  const internalParameters = { ...buildDefinition.internalParameters, ...extension };
  return { ...known, buildDefinition: { ...buildDefinition, internalParameters } };
}

function defineBuild(record: JobRecord, outputs: JobOutputs): Predicate['buildDefinition'] {
  return {
    ...listParameters(record, outputs),
    resolvedDependencies: resolveDependencies(record, outputs.dependencies),
  };
}

function checkStatus({ status }: JobRecord, { allowFailed, allowRunning }: BuildOptions): void {
  const isAllowed = status === 'running' ? allowRunning : allowFailed;
  if (status === 'succeeded' || isAllowed === true) return;
  throw new JobError('ERR_JOB_FAILED', '/status', `expected "succeeded", found "${status}"`, {
    hint: 'a job that did not succeed gets provenance only where failed jobs are allowed explicitly',
  });
}

/** By pipeline/v1, or by the build type of the platform that ran the job. */
function listParameters(record: JobRecord, outputs: JobOutputs): Predicate['buildDefinition'] {
  const { definition } = record;
  if (definition === undefined) {
    return {
      buildType: BUILD_TYPE,
      externalParameters: listExternalParameters(record),
      internalParameters: listInternalParameters(record, outputs),
    };
  }
  const environment = describeEnvironment(record, outputs);
  return {
    buildType: definition.buildType,
    externalParameters: sortMembers(definition.externalParameters),
    internalParameters: withoutUndefined({
      ...sortMembers(definition.internalParameters ?? {}),
      danube_environment: Object.keys(environment).length === 0 ? undefined : environment,
      danube_status: record.status,
    }),
  };
}

/** What a tenant controls, all of it: a verifier refuses what it does not expect here. */
function listExternalParameters({ pipeline, source, trigger, parameters = {} }: JobRecord): JsonObject {
  return withoutUndefined({
    pipeline: pipeline.name,
    source: source && sourceWithRef(source),
    trigger: trigger?.kind,
    parameters: Object.keys(parameters).length === 0 ? undefined : sortMembers(parameters),
  });
}

/** What the control plane decided; no name is one of the external parameters, as SLSA asks. */
function listInternalParameters(record: JobRecord, outputs: JobOutputs): JsonObject {
  const { job, trigger } = record;
  return withoutUndefined({
    actor: trigger?.actor,
    attempt: job.attempt,
    ...describeEnvironment(record, outputs),
  });
}

function describeEnvironment({ environment }: JobRecord, outputs: JobOutputs): JsonObject {
  const { workerImage, resources, network, isolation } = environment ?? {};
  return withoutUndefined({
    isolation: isolation && describeIsolation(isolation, outputs),
    network,
    resources: resources && sortMembers(resources),
    workerImage: workerImage && describeImage(workerImage),
  });
}

function describeIsolation(isolation: Isolation, outputs: JobOutputs): JsonObject {
  const { namespace, pod, podUid, podLabels, ephemeral, deletedOn, security, egressPolicy } = isolation;
  return withoutUndefined({
    namespace,
    pod,
    podUid,
    podLabels: podLabels && sortMembers(podLabels),
    ephemeral,
    deletedOn: deletedOn && toUtc(deletedOn),
    security: security && sortMembers({ ...security }),
    egressPolicy: egressPolicy && { name: egressPolicy.name, digest: policyDigest(egressPolicy, outputs) },
  });
}

function policyDigest(policy: EgressPolicy, outputs: JobOutputs): DigestSet {
  const digest = outputs.egressPolicy ?? policy.digest;
  if (digest === undefined) {
    const pointer = '/environment/isolation/egressPolicy/path';
    throw new JobError('ERR_JOB_OUTPUT', pointer, 'expected the digest of this policy, found none');
  }
  return digest;
}

function describeRun(record: JobRecord, outputs: JobOutputs): JsonObject & { readonly metadata: JsonObject } {
  const { builder, environment, job, status, startedOn, finishedOn } = record;
  const coordinator = environment?.coordinatorImage;
  return {
    builder: withoutUndefined({
      id: builder.id,
      builderDependencies: coordinator && [describeImage(coordinator)],
      version: builder.version && sortMembers(builder.version),
    }),
    metadata: withoutUndefined({
      invocationId: job.uri,
      startedOn: toUtcIfKnown(startedOn),
      finishedOn: toUtcIfKnown(finishedOn),
      danube_status: record.definition === undefined ? status : undefined,
    }),
    byproducts: describeSteps(record, outputs),
  };
}
