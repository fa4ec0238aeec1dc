import {
  asObject,
  MalformedError,
  requiredList,
  requiredObject,
  requiredString,
  asString,
  type JsonObject,
} from 'in-toto-attestation';
import { parseImageReference } from '@danube/artifact/image-reference';
import type { AdmissionRequest } from './admission-review.ts';
import { WebhookError } from './errors.ts';
import { isFailure, type Finding } from './finding.ts';
import { refusal } from './message.ts';
import { judgeImage, type ReviewContext } from './review.ts';

const PROVIDER_V1BETA1 = 'externaldata.gatekeeper.sh/v1beta1';
/** Gatekeeper asks for the images of one object at once. */
const MAX_KEYS = 1000;

/**
 * Reads what Gatekeeper asks (external data, ProviderRequest v1beta1): a list of keys, which are images here.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_REVIEW`
 */
export function parseProviderRequest(bytes: Uint8Array): readonly string[] {
  try {
    const value = asObject(JSON.parse(Buffer.from(bytes).toString('utf8')), '');
    literal(value, 'apiVersion', PROVIDER_V1BETA1);
    literal(value, 'kind', 'ProviderRequest');
    const request = requiredObject(value, 'request', '');
    return requiredList(request, 'keys', '/request', asString, MAX_KEYS);
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof MalformedError)) throw cause;
    const message = `what came is no ProviderRequest: ${cause.message}`;
    throw new WebhookError('ERR_WEBHOOK_REVIEW', message, { cause });
  }
}

function literal(object: JsonObject, key: string, expected: string): void {
  const actual = requiredString(object, key, '');
  if (actual !== expected)
    throw new MalformedError('ERR_VALUE', `/${key}`, `expected ${expected}, found ${actual}`);
}

/** What goes back, and what it came from. */
export interface ProviderAnswer {
  readonly text: string;
  readonly findings: readonly Finding[];
}

/**
 * Answers each key: the image pinned to the digest that was judged, or an error that says what failed. Gatekeeper knows no
 * namespace here, so that the policies of the whole cluster judge; what becomes of an error is for its constraint to say.
 */
export async function answerProvider(
  keys: readonly string[],
  context: ReviewContext,
): Promise<ProviderAnswer> {
  const judged = await Promise.all(keys.map((key) => judgeKey(key, context)));
  const text = encodeProviderResponse({ items: judged.map(({ item }) => item), systemError: '' });
  return { text, findings: judged.flatMap(({ findings }) => findings) };
}

/** The answer to all keys at once, when none of them was looked at. */
export function refuseProvider(reason: string): ProviderAnswer {
  return { text: encodeProviderResponse({ items: [], systemError: reason }), findings: [] };
}

/** A key with its value, or with what is wrong. */
type Item =
  { readonly key: string; readonly value: string } | { readonly key: string; readonly error: string };

/** The same keys get the same values again, which Gatekeeper demands before it changes objects by them. */
function encodeProviderResponse(response: {
  readonly items: readonly Item[];
  readonly systemError: string;
}): string {
  return JSON.stringify({
    apiVersion: PROVIDER_V1BETA1,
    kind: 'ProviderResponse',
    response: { idempotent: true, ...response },
  });
}

/** As if a workload without a namespace held it: a tag is resolved and judged, and the answer pins it. */
const ASKED: AdmissionRequest = {
  uid: 'gatekeeper',
  group: 'apps',
  kind: 'Deployment',
  resource: 'deployments',
  subResource: '',
  operation: 'CREATE',
  namespace: '',
  name: '',
  user: 'gatekeeper',
  dryRun: false,
  object: undefined,
  oldObject: undefined,
};

async function judgeKey(
  key: string,
  context: ReviewContext,
): Promise<{ readonly item: Item; readonly findings: readonly Finding[] }> {
  try {
    const findings = await judgeImage(ASKED, key, context);
    const failures = findings.filter(isFailure);
    if (failures.length > 0) return { item: { key, error: refusal(failures) }, findings };
    const digest = findings.find((finding) => finding.digest !== null)?.digest ?? undefined;
    const isPinned = digest === undefined || parseImageReference(key).digest !== undefined;
    return { item: { key, value: isPinned ? key : `${key}@${digest}` }, findings };
  } catch {
    return { item: { key, error: 'internal: the webhook itself failed' }, findings: [] };
  }
}
