import type { DigestSet, JsonObject } from 'in-toto-attestation';
import { imageName, imageUri, type Image } from './image.ts';
import type { Input, JobRecord } from './job-record.ts';
import type { Dependency } from './outputs.ts';
import { compareText, sortMembers, withoutUndefined } from './json-object.ts';
import { sourceWithRef } from './source.ts';

/**
 * What went into the job, each thing once: the source first, then the definition of the pipeline, the images of the
 * steps, the declared inputs and what was found beside the record, in an order that does not depend on theirs.
 */
export function resolveDependencies(record: JobRecord, found: readonly Dependency[] = []): JsonObject[] {
  return listDependencies(record, found).map(({ descriptor }) => descriptor);
}

/** For each of the same list: where in the record it comes from, every way in which it was found. */
export function dependencyOrigins(
  record: JobRecord,
  found: readonly Dependency[] = [],
): (readonly (readonly string[])[])[] {
  return listDependencies(record, found).map(({ origins }) => origins);
}

interface Listed {
  readonly descriptor: JsonObject;
  /** Pointers into the record; each list is enough to know the dependency. */
  readonly origins: (readonly string[])[];
}

function listDependencies(
  { source, pipeline, steps, inputs = [] }: JobRecord,
  found: readonly Dependency[],
): Listed[] {
  const others: (readonly [descriptor: JsonObject, ...facts: string[]])[] = [
    ...(pipeline.uri === undefined
      ? []
      : [[describePipeline(pipeline.uri, pipeline.digest), '/pipeline/uri', '/pipeline/digest'] as const]),
    ...steps.flatMap(({ image }, index) =>
      image === undefined ? [] : [[describeImage(image), `/steps/${index}/image`] as const],
    ),
    ...inputs.map((input, index) => [describeInput(input), `/inputs/${index}`] as const),
    // No fact of the record: whoever wrote the lock file or ran the command vouches for it, and that is the tenant.
    ...found.map((dependency) => [describeInput(dependency)] as const),
  ];
  const listed = new Map<string, Listed>();
  for (const [descriptor, ...facts] of others) {
    const key = sortKey(descriptor);
    const known = listed.get(key);
    if (known === undefined) listed.set(key, { descriptor, origins: [facts] });
    else known.origins.push(facts);
  }
  const sorted = [...listed].sort(([a], [b]) => compareText(a, b)).map(([, dependency]) => dependency);
  if (source === undefined) return sorted;
  const first = { uri: sourceWithRef(source), digest: { gitCommit: source.commit } };
  const facts = ['/source/uri', ...(source.ref === undefined ? [] : ['/source/ref'])];
  return [{ descriptor: first, origins: [facts] }, ...sorted];
}

/** An image as a resource: its package URL, and its name for people. */
export function describeImage(image: Image): JsonObject {
  return { name: imageName(image), uri: imageUri(image), digest: image.digest };
}

function describePipeline(uri: string, digest: DigestSet | undefined): JsonObject {
  return withoutUndefined({ name: 'pipeline', uri, digest: digest && sortMembers(digest) });
}

function describeInput(input: Input | Dependency): JsonObject {
  return withoutUndefined({
    name: input.name,
    uri: input.uri,
    digest: input.digest && sortMembers(input.digest),
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
