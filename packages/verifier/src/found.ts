import type { ArtifactInput } from './matching.ts';

/** How an attestation came to be held against what is judged. */
export type Found =
  | FoundForArtifact
  /** The attestation by itself, without any artifact. */
  | { readonly kind: 'alone' }
  /** A subject (by position) of accepted provenance for which there is no artifact. */
  | { readonly kind: 'missing'; readonly position: number };

export interface FoundForArtifact {
  readonly kind: 'artifact';
  readonly artifact: ArtifactInput;
  /** By what the attestation names the artifact; `unreadable` may name anything, `other` names other things. */
  readonly by: 'digest' | 'name' | 'unreadable' | 'other' | 'nothing';
  /** Positions of the subjects that name it. */
  readonly positions: readonly number[];
  /** How many attestations are `by` the same, and how many of them the report does not list. */
  readonly total: number;
  readonly omitted: number;
}
