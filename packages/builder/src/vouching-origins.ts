import { isJsonArray, isJsonObject, joinPointer, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { dependencyOrigins } from './dependencies.ts';
import type { JobRecord } from './job-record.ts';
import type { JobOutputs } from './outputs.ts';
import { describeVouching, indexVouching, markPredicate, type Origins } from './vouching.ts';

/** What stands in provenance of every build type, and where in the job record it comes from. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  '/buildDefinition/buildType': ['/builder/id'],
  '/runDetails/builder/id': ['/builder/id'],
  '/runDetails/builder/builderDependencies': ['/environment/coordinatorImage'],
  '/runDetails/builder/version': ['/builder/version'],
  '/runDetails/metadata/invocationId': ['/job/uri'],
  '/runDetails/metadata/startedOn': ['/startedOn'],
  '/runDetails/metadata/finishedOn': ['/finishedOn'],
  '/runDetails/metadata/danube_status': ['/status'],
};

/** The same for the parameters of docs/buildtypes/pipeline-v1.md. */
const PIPELINE: Readonly<Record<string, readonly string[]>> = {
  '/buildDefinition/externalParameters/pipeline': ['/pipeline/name'],
  '/buildDefinition/externalParameters/trigger': ['/trigger/kind'],
  '/buildDefinition/internalParameters/actor': ['/trigger/actor'],
  '/buildDefinition/internalParameters/attempt': ['/job/attempt'],
};

const INTERNAL = '/buildDefinition/internalParameters';

/** The provenance's extension that says who vouches for what in it; undefined where the record does not say it. */
export function describeVouchers(
  record: JobRecord,
  outputs: JobOutputs,
  predicate: JsonObject,
): JsonObject | undefined {
  if (record.vouching === undefined) return undefined;
  return describeVouching(
    markPredicate(predicate, findOrigins(record, outputs), indexVouching(record.vouching)),
  );
}

function findOrigins(record: JobRecord, outputs: JobOutputs): Origins {
  const origins = new Map<string, readonly (readonly string[])[]>();
  setOrigins(origins, FIXED);
  const dependencies = dependencyOrigins(record, outputs.dependencies);
  for (const [index, found] of dependencies.entries()) {
    origins.set(`/buildDefinition/resolvedDependencies/${index}`, found);
  }
  if (record.source !== undefined) {
    origins.set('/buildDefinition/externalParameters/source', dependencies[0] ?? []);
    origins.set('/buildDefinition/resolvedDependencies/0/digest', [['/source/commit']]);
  }
  if (record.definition === undefined) {
    setOrigins(origins, PIPELINE);
    copyOrigins(origins, record.parameters, '/buildDefinition/externalParameters/parameters', '/parameters');
    copyEnvironment(origins, record, INTERNAL);
  } else {
    copyOrigins(origins, record.definition, '/buildDefinition', '/definition');
    copyNested(origins, record.definition.externalParameters, 'externalParameters');
    copyNested(origins, record.definition.internalParameters, 'internalParameters');
    copyEnvironment(origins, record, `${INTERNAL}/danube_environment`);
    origins.set(`${INTERNAL}/danube_status`, [['/status']]);
  }
  for (const [index, step] of record.steps.entries()) {
    const fact = `/steps/${index}`;
    const byproduct = `/runDetails/byproducts/${index}`;
    copyOrigins(origins, step, `${byproduct}/annotations`, fact);
    origins.set(`${byproduct}/name`, [[`${fact}/log`]]);
    origins.set(`${byproduct}/uri`, [[step.log?.uri === undefined ? `${fact}/name` : `${fact}/log`]]);
    origins.set(`${byproduct}/digest`, [[`${fact}/log`]]);
  }
  return origins;
}

function setOrigins(
  origins: Map<string, readonly (readonly string[])[]>,
  facts: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [pointer, found] of Object.entries(facts)) origins.set(pointer, [found]);
}

/** Parameters of another build type, each of them and whatever lies in it. */
function copyNested(
  origins: Map<string, readonly (readonly string[])[]>,
  value: JsonValue | undefined,
  pointer: string,
): void {
  if (value === undefined) return;
  const members = isJsonArray(value) || isJsonObject(value) ? value : {};
  copyOrigins(origins, members, `/buildDefinition/${pointer}`, `/definition/${pointer}`);
  for (const [key, member] of Object.entries(members)) copyNested(origins, member, joinPointer(pointer, key));
}

function copyEnvironment(
  origins: Map<string, readonly (readonly string[])[]>,
  { environment }: JobRecord,
  to: string,
): void {
  setOrigins(origins, {
    [`${to}/network`]: ['/environment/network'],
    [`${to}/resources`]: ['/environment/resources'],
    [`${to}/workerImage`]: ['/environment/workerImage'],
  });
  copyOrigins(origins, environment?.isolation, `${to}/isolation`, '/environment/isolation');
}

/** The members of an object that stand in the predicate under the same names. */
function copyOrigins(
  origins: Map<string, readonly (readonly string[])[]>,
  members: object | undefined,
  to: string,
  from: string,
): void {
  for (const name of Object.keys(members ?? {})) {
    origins.set(joinPointer(to, name), [[joinPointer(from, name)]]);
  }
}
