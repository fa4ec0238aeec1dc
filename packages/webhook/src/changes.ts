import { isJsonObject, MalformedError, member, type JsonObject } from 'in-toto-attestation';
import type { AdmissionRequest } from './admission-review.ts';
import { findPodTemplate, imagesOf, isKnownKind, type ImagePlace } from './images.ts';

/** What a request brings that has to be judged. */
export type Change =
  /** Nothing new can run because of it; `why` says so in a word or two. */
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'images'; readonly places: readonly ImagePlace[] }
  /** It cannot be told what would run. */
  | { readonly kind: 'unreadable'; readonly check: 'object.kind' | 'object.format'; readonly reason: string };

const JUDGED_SUBRESOURCES: readonly string[] = ['', 'ephemeralcontainers'];

/**
 * The images that would be new. Only the object's specification counts: annotations, owners, labels and a time of
 * deletion are what anybody can write, and excuse nothing.
 */
export function findChange(request: AdmissionRequest): Change {
  const { operation, subResource, object, group, kind } = request;
  if (operation === 'DELETE' || operation === 'CONNECT') return nothing(`${operation} runs no image`);
  // A scale holds no image; the pods that it brings are judged when they are made.
  if (!JUDGED_SUBRESOURCES.includes(subResource)) return nothing(`${subResource} holds no image`);
  if (object === undefined)
    return unreadable('object.format', `${operation} of ${request.resource} holds no object`);
  if (!isKnownKind(group, kind)) return judgeUnknownKind(request, object);
  try {
    return newImages(request, object);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return unreadable('object.format', `the object at ${error.message}`);
  }
}

function nothing(why: string): Change {
  return { kind: 'nothing', why };
}

function unreadable(check: 'object.kind' | 'object.format', reason: string): Change {
  return { kind: 'unreadable', check, reason };
}

function judgeUnknownKind({ group, kind }: AdmissionRequest, object: JsonObject): Change {
  const template = findPodTemplate(object);
  const name = group === '' ? kind : `${kind}.${group}`;
  return template === undefined
    ? nothing(`${name} has no pod template`)
    : unreadable('object.kind', `${name} has containers at ${template}, and is no kind that is known`);
}

function newImages({ group, kind, operation, oldObject }: AdmissionRequest, object: JsonObject): Change {
  const places = imagesOf(group, kind, object);
  if (places.length === 0) return nothing('it holds no image');
  if (operation !== 'UPDATE' || oldObject === undefined || wakesUp(oldObject, object)) {
    return { kind: 'images', places };
  }
  const before = oldImages(group, kind, oldObject);
  const changed = places.filter((place) => !before.has(identityOf(place)));
  return changed.length === 0 ? nothing('no image changes') : { kind: 'images', places: changed };
}

/** An old object that cannot be read excuses nothing. */
function oldImages(group: string, kind: string, oldObject: JsonObject): ReadonlySet<string> {
  try {
    return new Set(imagesOf(group, kind, oldObject).map(identityOf));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return new Set();
  }
}

function identityOf({ kind, name, image }: ImagePlace): string {
  return JSON.stringify([kind, name, image]);
}

/** A workload that ran nothing starts to run: its images were perhaps never judged. */
function wakesUp(before: JsonObject, after: JsonObject): boolean {
  return isDormant(before) && !isDormant(after);
}

function isDormant(object: JsonObject): boolean {
  const spec = member(object, 'spec') ?? null;
  return (
    isJsonObject(spec) &&
    (member(spec, 'replicas') === 0 || member(spec, 'parallelism') === 0 || member(spec, 'suspend') === true)
  );
}
