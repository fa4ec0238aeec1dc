import { joinPointer, type JsonObject } from 'in-toto-attestation';
import { dependencyOrigins } from './dependencies.ts';
import type { JobRecord } from './job-record.ts';
import { describeVouching, indexVouching, markPredicate, type Origins } from './vouching.ts';

const SOURCE = ['/source/uri', '/source/ref'];

/** What stands in the provenance of docs/buildtypes/pipeline-v1.md, and where in the job record it comes from. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  '/buildDefinition/buildType': ['/builder/id'],
  '/buildDefinition/externalParameters/pipeline': ['/pipeline/name'],
  '/buildDefinition/externalParameters/source': SOURCE,
  '/buildDefinition/externalParameters/trigger': ['/trigger/kind'],
  '/buildDefinition/internalParameters/actor': ['/trigger/actor'],
  '/buildDefinition/internalParameters/attempt': ['/job/attempt'],
  '/buildDefinition/internalParameters/network': ['/environment/network'],
  '/buildDefinition/internalParameters/resources': ['/environment/resources'],
  '/buildDefinition/internalParameters/workerImage': ['/environment/workerImage'],
  '/runDetails/builder/id': ['/builder/id'],
  '/runDetails/builder/builderDependencies': ['/environment/coordinatorImage'],
  '/runDetails/builder/version': ['/builder/version'],
  '/runDetails/metadata/invocationId': ['/job/uri'],
  '/runDetails/metadata/startedOn': ['/startedOn'],
  '/runDetails/metadata/finishedOn': ['/finishedOn'],
  '/runDetails/metadata/danube_status': ['/status'],
};

/** The provenance's extension that says who vouches for what in it; undefined where the record does not say it. */
export function describeVouchers(record: JobRecord, predicate: JsonObject): JsonObject | undefined {
  if (record.vouching === undefined) return undefined;
  return describeVouching(markPredicate(predicate, findOrigins(record), indexVouching(record.vouching)));
}

function findOrigins(record: JobRecord): Origins {
  const origins = new Map<string, readonly (readonly string[])[]>(
    Object.entries(FIXED).map(([pointer, facts]) => [pointer, [facts]]),
  );
  for (const [index, found] of dependencyOrigins(record).entries()) {
    origins.set(`/buildDefinition/resolvedDependencies/${index}`, found);
  }
  origins.set('/buildDefinition/resolvedDependencies/0/digest', [['/source/commit']]);
  copyOrigins(origins, record.parameters, '/buildDefinition/externalParameters/parameters', '/parameters');
  copyOrigins(
    origins,
    record.environment?.isolation,
    '/buildDefinition/internalParameters/isolation',
    '/environment/isolation',
  );
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
