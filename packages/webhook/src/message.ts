import { formatImageReference } from '@danube/artifact/image-reference';
import { printable } from '@danube/verifier';
import type { Finding } from './finding.ts';

/*
 * The API server passes on what we say, and others cut it: messages go into events and terminals, warnings are shown up
 * to about 256 characters, audit annotations are kept whole. So each text has its limit here.
 */
const MESSAGE_LENGTH = 4096;
const PART_LENGTH = 256;
const HINT_LENGTH = 640;
const WARNING_LENGTH = 256;
const WARNINGS_LENGTH = 4096;
const ANNOTATION_LENGTH = 4096;

/** Why a change is refused: one line an image and policy. */
export function refusal(failures: readonly Finding[]): string {
  return joinWithin(failures.map(describeFailure), '; ', MESSAGE_LENGTH);
}

/** The warnings that a client shows. */
export function warningsOf(failures: readonly Finding[]): string[] {
  const warnings: string[] = [];
  let length = 0;
  for (const failure of failures) {
    const warning = cut(describeShort(failure), WARNING_LENGTH);
    length += warning.length;
    if (length > WARNINGS_LENGTH) break;
    warnings.push(warning);
  }
  return warnings;
}

/** One audit annotation. */
export function annotation(text: string): string {
  return cut(text, ANNOTATION_LENGTH);
}

/** `image X (sha256:…) is refused by policy P: CHECK failed: expected E, actual A. HINT To see for yourself: …`. */
function describeFailure(finding: Finding): string {
  const { expected, actual, hint, digest, image } = finding;
  const parts = [describeShort(finding, digest !== null && image?.includes(digest) !== true)];
  if (expected !== null) parts.push(`expected ${show(expected)}, actual ${show(actual ?? 'nothing')}`);
  const text = `${parts.join(': ')}.`;
  const command = reproduce(finding);
  return [
    text,
    ...(hint === null ? [] : [cut(printable(hint), HINT_LENGTH)]),
    ...(command === undefined ? [] : [`To see for yourself: ${command}`]),
  ].join(' ');
}

function describeShort(finding: Finding, withDigest = false): string {
  const { image, digest, policy, check, verdict, expected, actual } = finding;
  const what = image === null ? 'the object' : `image ${show(image === '' ? '(none)' : image)}`;
  const of = withDigest ? ` (${digest})` : '';
  const by = policy === null ? '' : ` by policy ${show(policy)}`;
  const end = verdict === 'error' ? 'cannot be judged' : `is refused${by}`;
  const why = expected === null && actual !== null ? `: ${show(actual)}` : '';
  return `${what}${of} ${end}: ${check ?? 'provenance'}${verdict === 'error' ? '' : ' failed'}${why}`;
}

/** The command that judges the same image by the same evidence. */
export function reproduce({ reference, digest, policy }: Finding): string | undefined {
  if (reference === null || digest === null) return undefined;
  const { registry, repository } = reference;
  const options = policy === null ? '' : ` --policy ${shellWord(policy)}.yaml`;
  return `danube provenance verify oci:${formatImageReference({ registry, repository, digest })}${options}`;
}

/** A name as one word of a shell command. */
function shellWord(text: string): string {
  return text.replace(/[^A-Za-z0-9._/-]/g, '_');
}

/** A part of a message: one line, no characters that steer a terminal, and short. */
function show(text: string): string {
  return cut(printable(text), PART_LENGTH);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** As many of the texts as fit whole, the first at least in part, and how many more there are. */
function joinWithin(texts: readonly string[], separator: string, length: number): string {
  let joined = '';
  for (const [index, text] of texts.entries()) {
    const next = index === 0 ? text : `${joined}${separator}${text}`;
    const rest = `${separator}and ${texts.length - index} more`;
    if (next.length > length - 40) return index === 0 ? cut(next, length) : `${joined}${rest}`;
    joined = next;
  }
  return joined;
}
