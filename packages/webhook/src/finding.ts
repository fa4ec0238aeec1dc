import type { ImageReference } from '@danube/artifact/image-reference';
import type { Mode } from './mode.ts';

/** The checks that are the webhook's own; all others are those of `@danube/verifier`. */
export const WEBHOOK_CHECKS = [
  'object.kind', // an unknown kind with a pod template
  'object.format', // an object that is not what its kind says
  'image.reference', // a text that names no image
  'image.digest', // named by a tag, which can be moved
  'policy.match', // no policy is about the image
  'policy.format', // a policy of the cluster that cannot be read
  'registry', // evidence could not be fetched
  'deadline', // there was no time left
  'overload', // too much was asked at once
  'internal', // an error of the webhook itself
] as const;

export type WebhookCheck = (typeof WEBHOOK_CHECKS)[number];

/** What came out for one image under one policy, or for the object as a whole. */
export interface Finding {
  /** `exempt` and `accepted` let it pass; `rejected` is a verdict; `error` is none: it could not be decided. */
  readonly verdict: 'accepted' | 'exempt' | 'rejected' | 'error';
  /** What a failure means. */
  readonly mode: Mode;
  /** The image as the object writes it; `null` when it is about the object. */
  readonly image: string | null;
  readonly reference: ImageReference | null;
  readonly digest: string | null;
  /** The policy's name; `null` when no policy decided. */
  readonly policy: string | null;
  readonly check: string | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly hint: string | null;
}

/** Whether it stands against the change. */
export function isFailure({ verdict }: Finding): boolean {
  return verdict === 'rejected' || verdict === 'error';
}
