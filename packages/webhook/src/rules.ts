import type { ImageReference } from '@danube/artifact/image-reference';
import type { Found } from './found.ts';
import type { Mode } from './mode.ts';

/** What a policy says of one image. */
export type Judgement =
  | { readonly verdict: 'accepted' }
  | {
      readonly verdict: 'rejected';
      /** The id of the check that failed. */
      readonly check: string;
      readonly expected: string | null;
      readonly actual: string | null;
      readonly hint: string | null;
    };

/** A policy that is in force, ready to judge. Whatever it decides, the engine of `@danube/verifier` decides. */
export interface Guard {
  readonly name: string;
  readonly mode: Mode;
  /** The namespaces in which it is in force; all when left out. */
  readonly namespaces?: readonly string[];
  /**
   * Of a namespace's own making: it demands more, and stands for nothing else. An image still needs a policy of the
   * cluster's.
   */
  readonly isAddition: boolean;
  /** Of everything that its judgement depends on beside the image and its evidence: policy and trust. */
  readonly fingerprint: string;
  matchImage(image: ImageReference): boolean;
  /** Never throws for what was found. */
  judge(image: ImageReference, digest: string, found: Found, now: Date): Judgement;
}

/** Images that nobody asks about; only the webhook's own configuration can say so. */
export interface Exemption {
  readonly reason: string;
  matches(image: ImageReference, namespace: string): boolean;
}

/** All that is in force at one moment. A change makes new rules, and a request is decided by one set of them. */
export interface Rules {
  /** Of a failure that belongs to no policy. */
  readonly mode: Mode;
  /** What becomes of an image that no policy is about. */
  readonly noMatch: 'deny' | 'allow';
  /** The strictest that a failure can be in a workload, whose pods are judged again. */
  readonly workloads: Mode;
  readonly guards: readonly Guard[];
  readonly exemptions: readonly Exemption[];
  /** Whether a trust root says who builds at which level; without, a policy that demands one is refused. */
  readonly knowsLevels: boolean;
}

/** The policies that are in force in a namespace. */
export function guardsIn({ guards }: Rules, namespace: string): readonly Guard[] {
  return guards.filter(({ namespaces }) => namespaces === undefined || namespaces.includes(namespace));
}
