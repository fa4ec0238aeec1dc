import {
  asArray,
  asObject,
  isJsonArray,
  isJsonObject,
  joinPointer,
  member,
  optionalString,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';

/** The places of a pod that name an image. */
export type ImageKind = 'container' | 'initContainer' | 'ephemeralContainer' | 'imageVolume';

/** One image of an object, and where it stands. */
export interface ImagePlace {
  readonly kind: ImageKind;
  /** Name of the container or volume. */
  readonly name: string;
  /** JSON pointer to the text, from the object. */
  readonly pointer: string;
  /** The text as it is written there; empty when there is none. */
  readonly image: string;
}

/** Where the pod specification is, by API group and kind. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  '/Pod': ['spec'],
  '/PodTemplate': ['template', 'spec'],
  '/ReplicationController': ['spec', 'template', 'spec'],
  'apps/Deployment': ['spec', 'template', 'spec'],
  'apps/ReplicaSet': ['spec', 'template', 'spec'],
  'apps/StatefulSet': ['spec', 'template', 'spec'],
  'apps/DaemonSet': ['spec', 'template', 'spec'],
  'batch/Job': ['spec', 'template', 'spec'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  // What the ephemeralcontainers subresource took up to Kubernetes 1.21: the list stands in the object itself.
  '/EphemeralContainers': [],
};

const LISTS = [
  ['containers', 'container'],
  ['initContainers', 'initContainer'],
  ['ephemeralContainers', 'ephemeralContainer'],
] as const;

/** More than etcd can hold; bounds the work of one request. */
const MAX_PLACES = 10_000;

/** Whether it is known where objects of this kind keep their images. */
export function isKnownKind(group: string, kind: string): boolean {
  return Object.hasOwn(POD_SPECS, `${group}/${kind}`);
}

/**
 * Every image of a pod or workload. Nothing is skipped: what is not of the shape that Kubernetes writes is an error.
 *
 * @throws {MalformedError} with the pointer into the object.
 */
export function imagesOf(group: string, kind: string, object: JsonObject): ImagePlace[] {
  const found = podSpecOf(group, kind, object);
  return found === undefined ? [] : imagesOfSpec(found.spec, found.pointer);
}

/**
 * The pod specification of a pod or workload, and the pointer to it; `undefined` when there is none.
 *
 * @throws {MalformedError}
 */
export function podSpecOf(
  group: string,
  kind: string,
  object: JsonObject,
): { readonly spec: JsonObject; readonly pointer: string } | undefined {
  const path = POD_SPECS[`${group}/${kind}`];
  if (path === undefined) throw new TypeError(`${group}/${kind} is not a known kind`);
  let spec: JsonObject = object;
  let pointer = '';
  for (const key of path) {
    const next: JsonValue | undefined = member(spec, key);
    pointer = joinPointer(pointer, key);
    if (next === undefined) return undefined;
    spec = asObject(next, pointer);
  }
  return { spec, pointer };
}

function imagesOfSpec(spec: JsonObject, at: string): ImagePlace[] {
  const places: ImagePlace[] = [];
  for (const [key, kind] of LISTS) {
    for (const [container, pointer] of entriesOf(spec, key, at)) {
      places.push(readPlace(container, kind, 'image', container, pointer));
    }
  }
  for (const [volume, pointer] of entriesOf(spec, 'volumes', at)) {
    const source = member(volume, 'image');
    if (source === undefined) continue;
    const image = asObject(source, `${pointer}/image`);
    places.push(readPlace(volume, 'imageVolume', 'reference', image, `${pointer}/image`));
  }
  return places;
}

function entriesOf(spec: JsonObject, key: string, at: string): [JsonObject, string][] {
  const list = member(spec, key);
  if (list === undefined) return [];
  const pointer = joinPointer(at, key);
  return asArray(list, pointer, MAX_PLACES).map((entry, index) => [
    asObject(entry, `${pointer}/${index}`),
    `${pointer}/${index}`,
  ]);
}

function readPlace(
  named: JsonObject,
  kind: ImageKind,
  key: string,
  holder: JsonObject,
  pointer: string,
): ImagePlace {
  return {
    kind,
    name: optionalString(named, 'name', pointer) ?? '',
    pointer: joinPointer(pointer, key),
    image: optionalString(holder, key, pointer) ?? '',
  };
}

/** How deep a pod template may hide; deeper objects than this are refused as well. */
const MAX_DEPTH = 100;

/**
 * Where an object of an unknown kind seems to keep the containers of a pod: the JSON pointer of the first such list.
 * Nobody knows which controller makes pods of it, so that it is not skipped.
 */
export function findPodTemplate(value: JsonValue, pointer = '', depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return pointer;
  if (isJsonArray(value)) {
    for (const [index, entry] of value.entries()) {
      const found = findPodTemplate(entry, `${pointer}/${index}`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    const at = joinPointer(pointer, key);
    if (LISTS.some(([list]) => list === key) && isContainerList(entry)) return at;
    const found = findPodTemplate(entry, at, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isContainerList(value: JsonValue): boolean {
  return (
    isJsonArray(value) && value.some((entry) => isJsonObject(entry) && member(entry, 'image') !== undefined)
  );
}
