import type { DigestSet, JsonObject } from 'in-toto-attestation';
import { imageName, imageUri, type Image } from './image.ts';
import type { Input, JobRecord } from './job-record.ts';
import { compareText, sortMembers, withoutUndefined } from './json-object.ts';
import { sourceWithRef } from './source.ts';

/**
 * What went into the job, each thing once: the source first, then the definition of the pipeline, the images of the
 * steps and the declared inputs, in an order that does not depend on theirs.
 */
export function resolveDependencies({ source, pipeline, steps, inputs = [] }: JobRecord): JsonObject[] {
  const others = [
    ...(pipeline.uri === undefined ? [] : [describePipeline(pipeline.uri, pipeline.digest)]),
    ...steps.flatMap(({ image }) => (image === undefined ? [] : [describeImage(image)])),
    ...inputs.map(describeInput),
  ];
  const texts = new Map(others.map((descriptor) => [sortKey(descriptor), descriptor]));
  const sorted = [...texts].sort(([a], [b]) => compareText(a, b)).map(([, descriptor]) => descriptor);
  return [{ uri: sourceWithRef(source), digest: { gitCommit: source.commit } }, ...sorted];
}

/** An image as a resource: its package URL, and its name for people. */
export function describeImage(image: Image): JsonObject {
  return { name: imageName(image), uri: imageUri(image), digest: image.digest };
}

function describePipeline(uri: string, digest: DigestSet | undefined): JsonObject {
  return withoutUndefined({ name: 'pipeline', uri, digest: digest && sortMembers(digest) });
}

function describeInput(input: Input): JsonObject {
  return withoutUndefined({
    name: input.name,
    uri: input.uri,
    digest: sortMembers(input.digest),
    downloadLocation: input.downloadLocation,
    mediaType: input.mediaType,
    annotations: input.annotations && sortMembers(input.annotations),
  });
}

/** By URI, else by name, then by all the rest; equal for equal descriptors only. */
function sortKey(descriptor: JsonObject): string {
  const { uri, name } = descriptor;
  const first = typeof uri === 'string' ? uri : typeof name === 'string' ? name : '';
  return `${first}\n${JSON.stringify(descriptor)}`;
}
