import type { DigestSet, JsonObject } from 'in-toto-attestation';
import { JobError } from './errors.ts';
import { imageReference } from './image.ts';
import type { JobRecord, Step } from './job-record.ts';
import { sortMembers, withoutUndefined } from './json-object.ts';
import type { JobOutputs } from './outputs.ts';
import { toUtcIfKnown } from './timestamp.ts';

/** One byproduct a step, in the order of the record: its log, and what the step was as annotations. */
export function describeSteps(record: JobRecord, outputs: JobOutputs): JsonObject[] {
  return record.steps.map((step, index) =>
    withoutUndefined({
      name: step.log?.path,
      uri: step.log?.uri ?? stepUri(record, step),
      digest: logDigest(step, outputs, `/steps/${index}/log`),
      annotations: annotateStep(step),
    }),
  );
}

/** Where no log has a URI of its own, the step is named as a part of the run, because a descriptor needs a URI. */
function stepUri({ job }: JobRecord, { name }: Step): string {
  return `${job.uri}#step=${encodeURIComponent(name)}`;
}

function logDigest({ name, log }: Step, outputs: JobOutputs, pointer: string): DigestSet | undefined {
  const digest = outputs.logs?.get(name) ?? log?.digest;
  if (digest === undefined && log?.path !== undefined) {
    throw new JobError('ERR_JOB_OUTPUT', `${pointer}/path`, 'expected the digest of this log, found none');
  }
  return digest && sortMembers(digest);
}

function annotateStep(step: Step): JsonObject {
  return withoutUndefined({
    ...(step.annotations && sortMembers(step.annotations)),
    name: step.name,
    image: step.image && imageReference(step.image),
    command: step.command,
    exitCode: step.exitCode,
    startedOn: toUtcIfKnown(step.startedOn),
    finishedOn: toUtcIfKnown(step.finishedOn),
    resources: step.resources && sortMembers(step.resources),
  });
}
