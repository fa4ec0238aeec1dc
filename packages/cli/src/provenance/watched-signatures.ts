import type { SignatureProofs } from '@danube/verifier';
import { startProgress } from '../progress.ts';
import type { OpenedEvidence } from './opened-evidence.ts';

/** What other threads found out, if any, and a bar that shows how far the engine is: it asks for each signature. */
export function watchSignatures({
  evidence: { items },
  signatures,
}: OpenedEvidence): SignatureProofs & { readonly end: () => void } {
  const progress = startProgress('verifying', 'attestations');
  let done = 0;
  return {
    keyOf(item, position) {
      if (position === 0) progress.update((done += 1), items.length, item.path);
      return signatures?.keyOf(item, position);
    },
    end() {
      progress.end();
      signatures?.end();
    },
  };
}
