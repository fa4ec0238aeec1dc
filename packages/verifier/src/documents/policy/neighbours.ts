import { MalformedError } from 'in-toto-attestation';
import type { Context } from '../../context.ts';
import type { Evidence } from '../../evidence.ts';
import type { Hit } from '../../matching.ts';
import { Neighbourhood } from '../../neighbourhood.ts';
import type { Neighbour, PolicyInput } from '../../policy.ts';
import { isByVerifier, isVouchedFor } from '../../trust-checks.ts';

/** The same evidence is asked once for each attestation in it. */
const KNOWN = new WeakMap<Evidence, Neighbourhood>();

/** Answers what else the evidence says of something. */
export function neighboursOf(context: Context): Pick<PolicyInput, 'about' | 'aboutCommit'> {
  const { evidence, open } = context;
  const neighbourhood = KNOWN.get(evidence) ?? new Neighbourhood(evidence);
  KNOWN.set(evidence, neighbourhood);
  const meet = ({ item }: Hit): Neighbour[] => {
    const { path, envelope } = item;
    const statement = item.statement();
    if (envelope instanceof MalformedError || statement instanceof MalformedError) return [];
    const opened = open(item);
    return [
      {
        path,
        envelope,
        statement,
        isTrusted: isVouchedFor(opened, context),
        isByVerifier: (id) => isByVerifier(opened, context, id),
      },
    ];
  };
  return {
    about: (digest) => neighbourhood.about(digest).flatMap(meet),
    aboutCommit: (commit) => neighbourhood.aboutCommit(commit).flatMap(meet),
  };
}
