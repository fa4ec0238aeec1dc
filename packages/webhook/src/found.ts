import type { FoundAttestations } from '@danube/store/oci';
import { loadEvidence, type Evidence } from '@danube/verifier';

/** What was found of one image. That it was found proves nothing. */
export interface Found {
  readonly evidence: Evidence;
  /** Where was looked and how much was there, in words: what to say when it is not enough. */
  readonly where: string;
}

/** Reads what a registry holds of an image; what cannot be read is kept as such, and speaks for nothing. */
export function readFound({ attestations, lookedAt, unreadable }: FoundAttestations): Found {
  const files = attestations.filter(({ isSigned }) => isSigned).map(({ path, bytes }) => ({ path, bytes }));
  const places = lookedAt.map(({ path, isThere, found }) => `${path}: ${isThere ? found : 'not there'}`);
  const [broken] = unreadable;
  const rest = broken === undefined ? [] : [`unreadable: ${unreadable.length}, such as ${broken.reason}`];
  return { evidence: loadEvidence(files), where: [...places, ...rest].join('; ') };
}
