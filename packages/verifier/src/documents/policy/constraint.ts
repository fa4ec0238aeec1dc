import type { PolicyInput } from '../../policy.ts';
import type { Finding, PolicyCheckId } from '../../report.ts';

/** One thing that a policy demands. */
export interface Constraint {
  readonly id: PolicyCheckId;
  /** May throw: whoever asks turns that into a failure. */
  readonly check: (input: PolicyInput) => Finding;
}

/** The names of what a policy demands by its own fields; rules and attestations cannot be called so. */
export const FIELD_RULES = [
  'builder',
  'build-type',
  'source',
  'parameters',
  'trigger',
  'actor',
  'age',
  'signatures',
  'isolation',
] as const;

export type FieldRule = (typeof FIELD_RULES)[number];
