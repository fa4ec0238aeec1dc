import type { PublicKey } from '@danube/keys';
import type { EvidenceItem } from './evidence.ts';

/** Signatures that were verified before the engine asks, by whoever has more processors (`@danube/verifier/parallel`). */
export interface SignatureProofs {
  /**
   * The key that verifies the signature at this position over the envelope of the item, as one of the very objects that
   * the caller expects; `undefined` when that is not known, and then the engine verifies. It can only say yes: no answer
   * makes a signature fail, and a key that is not expected is not listened to.
   */
  keyOf(item: EvidenceItem, position: number): PublicKey | undefined;
}
