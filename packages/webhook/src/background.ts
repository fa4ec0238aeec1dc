import { createHash } from 'node:crypto';
import type { JsonObject } from 'in-toto-attestation';
import type { AdmissionRequest } from './admission-review.ts';
import type { AuditLog } from './audit.ts';
import type { WebhookConfig } from './config-schema.ts';
import { WebhookError } from './errors.ts';
import { isFailure, type Finding } from './finding.ts';
import type { ImageJudge } from './image-judge.ts';
import { imagesOf, type ImagePlace } from './images.ts';
import { listAt, objectAt, textAt, type KubernetesApi } from './kubernetes-api.ts';
import { refusal } from './message.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { judgeImage } from './review.ts';
import type { Rules } from './rules.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface BackgroundParts {
  readonly api: KubernetesApi;
  readonly background: NonNullable<WebhookConfig['background']>;
  readonly rules: Rules;
  readonly judge: ImageJudge;
  readonly pullSecrets: PullSecrets | undefined;
  readonly metrics: WebhookMetrics;
  readonly log: AuditLog;
  readonly signal: AbortSignal;
}

const IMAGE_MS = 30_000;
const REPORTS = '/apis/wgpolicyk8s.io/v1alpha2/policyreports';
/** What our report is called in each namespace. */
const REPORT = 'danube-webhook';

/**
 * Judges the images of all running pods by the rules of now, and reports what fails: a line in the log, a metric, an Event
 * at the pod and, where wanted, a PolicyReport a namespace. Nothing is stopped: that is for people to decide.
 */
export async function judgeAgain(parts: BackgroundParts): Promise<void> {
  const { api, signal, background } = parts;
  const { items } = await api.list('/api/v1/pods', signal);
  const pods = items.filter(isRunning).map((pod) => ({ pod, namespace: namespaceOf(pod) }));
  const except = new Set(background.exceptNamespaces);
  const byNamespace = Map.groupBy(
    pods.filter(({ namespace }) => !except.has(namespace)),
    ({ namespace }) => namespace,
  );
  for (const [namespace, ofNamespace] of byNamespace) {
    const results: PodResult[] = [];
    for (const { pod } of ofNamespace) results.push(await judgePod(pod, namespace, parts));
    if (background.policyReports) await tell(parts, namespace, async () => report(namespace, results, parts));
  }
  if (!background.policyReports) return;
  // What was said of pods that have gone says nothing any more.
  const reports = await api.list(REPORTS, signal);
  const left = reports.items.filter(
    (each) => textAt(objectAt(each, 'metadata'), 'name') === REPORT && listAt(each, 'results').length > 0,
  );
  for (const namespace of left.map(namespaceOf)) {
    if (byNamespace.has(namespace)) continue;
    await tell(parts, namespace, async () => report(namespace, [], parts));
  }
}

function namespaceOf(object: JsonObject): string {
  return textAt(objectAt(object, 'metadata'), 'namespace');
}

function isRunning(pod: JsonObject): boolean {
  return ['Pending', 'Running'].includes(textAt(objectAt(pod, 'status'), 'phase'));
}

interface PodResult {
  readonly pod: JsonObject;
  readonly findings: readonly Finding[];
}

async function judgePod(pod: JsonObject, namespace: string, parts: BackgroundParts): Promise<PodResult> {
  const { rules, judge, pullSecrets, signal, metrics, log, api } = parts;
  const request = requestOf(pod, namespace);
  const running = digestsOf(pod);
  const images = new Set(imagesOf('', 'Pod', pod).map((place) => imageOf(place, running)));
  const findings: Finding[] = [];
  for (const image of images) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(IMAGE_MS)]);
    findings.push(...(await judgeImage(request, image, { rules, judge, pullSecrets, signal: limit })));
  }
  for (const { verdict } of findings) metrics.judgedAgain(verdict);
  // What could not be decided is no news of the pod.
  const rejected = findings.filter(({ verdict }) => verdict === 'rejected');
  if (rejected.length > 0) {
    const message = refusal(rejected);
    log({
      timestamp: new Date().toISOString(),
      level: 'warn',
      event: 'running_pod_rejected',
      namespace,
      name: request.name,
      reason: message,
    });
    const event = eventOf(pod, namespace, message);
    const path = `/api/v1/namespaces/${namespace}/events`;
    await tell(parts, namespace, async () => api.create(path, event, signal));
  }
  return { pod, findings };
}

/** What cannot be told in one namespace, because it is ending or closed to us, keeps no other from being judged. */
async function tell(
  { log, signal }: BackgroundParts,
  namespace: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal.aborted || !(error instanceof WebhookError)) throw error;
    log({
      timestamp: new Date().toISOString(),
      level: 'warn',
      event: 'background_not_told',
      namespace,
      reason: error.message,
    });
  }
}

/** What the kubelet says that runs in each container: `registry/repository@sha256:…`. */
function digestsOf(pod: JsonObject): ReadonlyMap<string, string> {
  const status = objectAt(pod, 'status');
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
  const entries = lists.flatMap((list) => listAt(status, list));
  return new Map(
    entries.map((entry) => [
      textAt(entry, 'name'),
      /@(sha256:[0-9a-f]{64})$/.exec(textAt(entry, 'imageID'))?.[1] ?? '',
    ]),
  );
}

/** What is named by a tag runs as the digest that it had then. */
function imageOf({ image, name }: ImagePlace, running: ReadonlyMap<string, string>): string {
  const digest = running.get(name) ?? '';
  return digest === '' || image.includes('@') ? image : `${image}@${digest}`;
}

function requestOf(pod: JsonObject, namespace: string): AdmissionRequest {
  return {
    uid: 'background',
    group: '',
    kind: 'Pod',
    resource: 'pods',
    subResource: '',
    operation: 'CREATE',
    namespace,
    name: textAt(objectAt(pod, 'metadata'), 'name'),
    user: 'background',
    dryRun: false,
    object: pod,
    oldObject: undefined,
  };
}

/** One event for each pod and message, however often it is found: its name is made of both. */
function eventOf(pod: JsonObject, namespace: string, message: string): JsonObject {
  const metadata = objectAt(pod, 'metadata');
  const [name, uid] = [textAt(metadata, 'name'), textAt(metadata, 'uid')];
  const id = createHash('sha256').update(`${uid} ${message}`).digest('hex').slice(0, 16);
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 200)}.${id}`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    type: 'Warning',
    reason: 'ProvenanceRejected',
    message: message.slice(0, 1024),
    source: { component: 'danube-webhook' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}

/** The report of a namespace (wgpolicyk8s.io/v1alpha2), always whole: what is mended is gone from the next one. */
async function report(
  namespace: string,
  results: readonly PodResult[],
  parts: BackgroundParts,
): Promise<void> {
  const entries = results.flatMap(({ pod, findings }) => findings.map((finding) => entryOf(pod, finding)));
  const count = (result: string): number => entries.filter((entry) => entry['result'] === result).length;
  const object = {
    apiVersion: 'wgpolicyk8s.io/v1alpha2',
    kind: 'PolicyReport',
    metadata: { name: REPORT, namespace },
    results: entries,
    summary: {
      pass: count('pass'),
      fail: count('fail'),
      warn: 0,
      error: count('error'),
      skip: count('skip'),
    },
  };
  const path = `/apis/wgpolicyk8s.io/v1alpha2/namespaces/${namespace}/policyreports/${REPORT}`;
  await parts.api.apply(path, object, parts.signal);
}

const RESULTS = { accepted: 'pass', exempt: 'skip', rejected: 'fail', error: 'error' } as const;

function entryOf(pod: JsonObject, finding: Finding): JsonObject {
  const metadata = objectAt(pod, 'metadata');
  return {
    source: 'danube-webhook',
    policy: finding.policy ?? 'none',
    rule: finding.check ?? 'provenance',
    result: RESULTS[finding.verdict],
    message: isFailure(finding) ? refusal([finding]) : `${finding.image ?? ''} passes`,
    properties: { image: finding.image ?? '', digest: finding.digest ?? '' },
    resources: [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        name: textAt(metadata, 'name'),
        namespace: textAt(metadata, 'namespace'),
        uid: textAt(metadata, 'uid'),
      },
    ],
    timestamp: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
  };
}
