import type { Vector } from './vector.ts';
import { AGE_VECTORS } from './verify-age.ts';
import { DIRECTORY_VECTORS } from './verify-directory.ts';
import { ENVELOPE_VECTORS } from './verify-envelope.ts';
import { EVIDENCE_VECTORS } from './verify-evidence.ts';
import { COMPLETE_VECTORS, IDENTITY_VECTORS } from './verify-identity.ts';
import { MISTAKE_VECTORS } from './verify-mistakes.ts';
import { PARAMETER_VECTORS } from './verify-parameters.ts';
import { SIGNATURE_CHECK_VECTORS } from './verify-signature.ts';
import { SOURCE_VECTORS } from './verify-source.ts';
import { STATEMENT_VECTORS } from './verify-statement.ts';
import { SUBJECT_VECTORS } from './verify-subject.ts';
import { PREDICATE_VECTORS } from './verify-predicate.ts';

/** Every case of test-vectors/. */
export const VECTORS: readonly Vector[] = [
  ...EVIDENCE_VECTORS,
  ...ENVELOPE_VECTORS,
  ...SIGNATURE_CHECK_VECTORS,
  ...STATEMENT_VECTORS,
  ...SUBJECT_VECTORS,
  ...PREDICATE_VECTORS,
  ...COMPLETE_VECTORS,
  ...IDENTITY_VECTORS,
  ...SOURCE_VECTORS,
  ...PARAMETER_VECTORS,
  ...AGE_VECTORS,
  ...DIRECTORY_VECTORS,
  ...MISTAKE_VECTORS,
];
