import type { Expected } from './expectations.ts';
import type { Found } from './found.ts';
import type { Opened } from './opening.ts';

/** Everything that a check may look at. */
export interface Context {
  /** The attestation, opened as far as the caller's keys allow. */
  readonly opened: Opened;
  /** How it was found for what is judged. */
  readonly found: Found;
  readonly expected: Expected;
  readonly now: Date;
}
