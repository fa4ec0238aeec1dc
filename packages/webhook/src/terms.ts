import { ArtifactError } from '@danube/artifact';
import { parseImageReference, type ImageReference } from '@danube/artifact/image-reference';
import { guardsIn, type Exemption, type Guard, type Rules } from './rules.ts';

/** What the rules say of an image before anything is known of it. */
export interface Terms {
  readonly reference: ImageReference;
  readonly exemption: Exemption | undefined;
  /** The policies that are about it. */
  readonly guards: readonly Guard[];
}

/** Images that are remembered for one set of rules; with more, it is begun anew. */
const MAX_KNOWN = 4096;
/** Longer than any reference that can be read. */
const MAX_TEXT = 1024;

/** One set of rules says the same of the same text as long as it is in force, and clusters run few images many times. */
const known = new WeakMap<Rules, Map<string, Terms>>();

/** @returns the error for a text that names no image. */
export function termsOf(image: string, namespace: string, rules: Rules): Terms | ArtifactError {
  let ofRules = known.get(rules);
  if (ofRules === undefined) known.set(rules, (ofRules = new Map()));
  // With its length in front no namespace can be read as a part of the image.
  const key = `${namespace.length} ${namespace}${image}`;
  const remembered = ofRules.get(key);
  if (remembered !== undefined) return remembered;
  const terms = readTerms(image, namespace, rules);
  if (terms instanceof ArtifactError || key.length > MAX_TEXT) return terms;
  if (ofRules.size >= MAX_KNOWN) ofRules.clear();
  ofRules.set(key, terms);
  return terms;
}

function readTerms(image: string, namespace: string, rules: Rules): Terms | ArtifactError {
  const reference = readReference(image);
  if (reference instanceof ArtifactError) return reference;
  return {
    reference,
    exemption: rules.exemptions.find((exemption) => exemption.matches(reference, namespace)),
    guards: guardsIn(rules, namespace).filter((guard) => guard.matchImage(reference)),
  };
}

/** The reference, or why the text is none. */
function readReference(image: string): ImageReference | ArtifactError {
  try {
    return parseImageReference(image);
  } catch (error) {
    if (error instanceof ArtifactError) return error;
    throw error;
  }
}
