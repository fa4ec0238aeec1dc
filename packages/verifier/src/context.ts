import type { Expected } from './expectations.ts';
import type { Found } from './found.ts';
import type { Opened } from './opening.ts';
import type { Judgement } from './policy.ts';
import type { Evidence, EvidenceItem } from './evidence.ts';
import type { PublicationProof } from './npm-package.ts';

/** Everything that a check may look at. */
export interface Context {
  /** The attestation, opened as far as the caller's keys allow. */
  readonly opened: Opened;
  /** How it was found for what is judged. */
  readonly found: Found;
  readonly expected: Expected;
  readonly now: Date;
  /** All of the evidence, and how to open another part of it. */
  readonly evidence: Evidence;
  readonly open: (item: EvidenceItem) => Opened;
  /** What was found out about the bundles that the keys of a package's registry signed. */
  readonly publications?: ReadonlyMap<EvidenceItem, PublicationProof> | undefined;
  /** What the policies said; absent before they were asked, and when there are none. */
  readonly judgement?: Judgement | undefined;
}
