import {
  asObject,
  MalformedError,
  requiredList,
  requiredObject,
  requiredString,
  asString,
} from 'in-toto-attestation';
import { parseImageReference } from '@danube/artifact/image-reference';
import type { AdmissionRequest } from './admission-review.ts';
import { WebhookError } from './errors.ts';
import { isFailure } from './finding.ts';
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
    const kind = requiredString(value, 'kind', '');
    if (kind !== 'ProviderRequest')
      throw new MalformedError('ERR_VALUE', '/kind', `expected ProviderRequest, found ${kind}`);
    const request = requiredObject(value, 'request', '');
    return requiredList(request, 'keys', '/request', asString, MAX_KEYS);
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof MalformedError)) throw cause;
    const message = `what came is no ProviderRequest: ${cause.message}`;
    throw new WebhookError('ERR_WEBHOOK_REVIEW', message, { cause });
  }
}

/**
 * Answers each key: the image pinned to the digest that was judged, or an error that says what failed. Gatekeeper knows no
 * namespace here, so that the policies of the whole cluster judge; what becomes of an error is for its constraint to say.
 */
export async function answerProvider(keys: readonly string[], context: ReviewContext): Promise<string> {
  const items = await Promise.all(keys.map((key) => answerKey(key, context)));
  return JSON.stringify({
    apiVersion: PROVIDER_V1BETA1,
    kind: 'ProviderResponse',
    response: { idempotent: true, items, systemError: '' },
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

async function answerKey(
  key: string,
  context: ReviewContext,
): Promise<{ readonly key: string; readonly value?: string; readonly error?: string }> {
  try {
    const findings = await judgeImage(ASKED, key, context);
    const failures = findings.filter(isFailure);
    if (failures.length > 0) return { key, error: refusal(failures) };
    const digest = findings.find((finding) => finding.digest !== null)?.digest;
    const isPinned = digest === undefined || digest === null || parseImageReference(key).digest !== undefined;
    return { key, value: isPinned ? key : `${key}@${digest}` };
  } catch {
    return { key, error: 'internal: the webhook itself failed' };
  }
}
