import { ArtifactError } from '@danube/artifact';
import type { ImageReference } from '@danube/artifact/image-reference';
import { StoreError } from '@danube/store';
import { keyOfChange, type AcceptedChange, type AcceptedChanges } from './accepted-changes.ts';
import type { AdmissionRequest, AdmissionResponse, PatchOperation } from './admission-review.ts';
import { findChange } from './changes.ts';
import { policyProblem } from './custom-resources.ts';
import { isFailure, type Finding, type WebhookCheck } from './finding.ts';
import type { ImageJudge, Judged } from './image-judge.ts';
import { isKnownKind, type ImagePlace } from './images.ts';
import { annotation, refusal, warningsOf } from './message.ts';
import { atMost, strictest, type Mode } from './mode.ts';
import { ANY_PLATFORM, platformOf, type WantedPlatform } from './platform.ts';
import type { ImageReader, PullSecrets } from './pull-secrets.ts';
import { guardsIn, type Guard, type Rules } from './rules.ts';
import { untilAborted } from './single-flight.ts';
import { whenThere, type Soon } from './soon.ts';
import { termsOf } from './terms.ts';

/** Which of the two webhooks is asked. */
export type Phase = 'mutate' | 'validate';

/** A decision, with all that led to it. */
export interface Decision {
  readonly response: AdmissionResponse;
  readonly findings: readonly Finding[];
  /** Why there was nothing to judge. */
  readonly nothing: string | null;
  /** An error of the webhook itself, for its own log. */
  readonly error?: unknown;
}

/** What a review needs beside the request. */
export interface ReviewContext {
  readonly rules: Rules;
  readonly judge: ImageJudge;
  /** Whose credentials read images; without it, the webhook's own alone. */
  readonly pullSecrets?: PullSecrets | undefined;
  /** What was accepted a moment ago; without it, each change is looked at anew. */
  readonly accepted?: AcceptedChanges;
  /** Aborted when the answer has to be given. */
  readonly signal: AbortSignal;
}

/**
 * Decides a request: at once, where everything is known. Always answers: what goes wrong on the way is a failure like any other,
 * and refuses the change where the rules are enforced, and nowhere else.
 */
export function decide(phase: Phase, request: AdmissionRequest, context: ReviewContext): Soon<Decision> {
  const fail = (error: unknown): Decision =>
    failDecision(request, context.rules, 'internal', 'the webhook itself failed', error);
  try {
    const decided = decideChange(phase, request, context);
    return decided instanceof Promise ? decided.catch(fail) : decided;
  } catch (error) {
    return fail(error);
  }
}

function decideChange(phase: Phase, request: AdmissionRequest, context: ReviewContext): Soon<Decision> {
  const broken = phase === 'validate' ? policyProblem(request, context.rules) : undefined;
  // A policy that cannot be read is no matter of modes: nobody wants one.
  if (broken !== undefined) return refusePolicy(request, broken);
  const change = findChange(request);
  if (change.kind === 'nothing') return conclude(request, [], change.why);
  if (change.kind === 'unreadable') {
    // Who mutates leaves it as it is; who validates refuses it.
    if (phase === 'mutate') return conclude(request, [], change.reason);
    return conclude(request, [objectFailure(request, context.rules, change.check, change.reason)]);
  }
  return phase === 'mutate'
    ? pinImages(request, change.places, context)
    : judgeImages(request, change.places, context);
}

function refusePolicy(request: AdmissionRequest, problem: string): Decision {
  return { response: { uid: request.uid, allowed: false, message: problem }, findings: [], nothing: null };
}

/** The answer when a request could not even be looked at. */
export function failDecision(
  request: AdmissionRequest,
  rules: Rules,
  check: 'overload' | 'internal',
  reason: string,
  error?: unknown,
): Decision {
  const finding = { ...objectFailure(request, rules, check, reason), verdict: 'error' as const };
  return { ...conclude(request, [finding]), ...(error === undefined ? {} : { error }) };
}

function conclude(
  request: AdmissionRequest,
  findings: readonly Finding[],
  nothing: string | null = null,
  patch: readonly PatchOperation[] = [],
): Decision {
  const failures = findings.filter(isFailure);
  const refused = failures.filter(({ mode }) => mode === 'enforce');
  const warned = failures.filter(({ mode }) => mode === 'warn');
  const response: AdmissionResponse = {
    uid: request.uid,
    allowed: refused.length === 0,
    ...(refused.length > 0 && { message: refusal(refused) }),
    ...(warned.length > 0 && { warnings: warningsOf(warned) }),
    ...(findings.length > 0 && { auditAnnotations: auditAnnotations(findings, failures) }),
    ...(patch.length > 0 && { patch }),
  };
  return { response, findings, nothing };
}

function auditAnnotations(
  findings: readonly Finding[],
  failures: readonly Finding[],
): Record<string, string> {
  const images = new Set(findings.map(({ image, digest, verdict }) => `${image} ${digest} ${verdict}`));
  const listed = annotation([...images].join(', '));
  if (failures.length === 0) return { decision: 'accepted', images: listed };
  return {
    decision: `failed, mode ${strictest(failures.map(({ mode }) => mode))}`,
    images: listed,
    reason: annotation(refusal(failures)),
  };
}

/** The mode of a failure that belongs to no image: that of the strictest rule that it could have broken. */
function modeOf(request: AdmissionRequest, rules: Rules): Mode {
  const modes = guardsIn(rules, request.namespace).map(({ mode }) => mode);
  return limited(request, rules, strictest([rules.mode, ...modes]));
}

/** In a workload a failure may mean less, because its pods are judged as well. */
function limited(request: AdmissionRequest, rules: Rules, mode: Mode): Mode {
  return isOfPod(request) ? mode : atMost(mode, rules.workloads);
}

function isOfPod({ kind }: AdmissionRequest): boolean {
  return kind === 'Pod' || kind === 'EphemeralContainers';
}

function objectFailure(
  request: AdmissionRequest,
  rules: Rules,
  check: WebhookCheck,
  actual: string,
): Finding {
  const hint =
    check === 'object.kind'
      ? 'Leave the kind out of the rules of the webhook configuration: its pods are judged when they are made.'
      : null;
  return {
    verdict: 'rejected',
    mode: modeOf(request, rules),
    image: null,
    reference: null,
    digest: null,
    policy: null,
    check,
    expected: null,
    actual,
    hint,
  };
}

/**
 * Writes behind each tag the digest that it points to, in pods alone: changing workloads makes those who keep them in Git
 * change them back. What cannot be resolved is left as it is, for the validating webhook to refuse.
 */
function pinImages(
  request: AdmissionRequest,
  places: readonly ImagePlace[],
  context: ReviewContext,
): Soon<Decision> {
  if (!isOfPod(request)) return conclude(request, [], 'only pods are changed');
  const tagged = [...Map.groupBy(places, ({ image }) => image)].flatMap(([image, at]) => {
    const reference = tagToPin(image, request, context.rules);
    return reference === undefined ? [] : [{ image, reference, at }];
  });
  return tagged.length === 0 ? conclude(request, [], NO_TAG) : pinTags(request, tagged, context);
}

const NO_TAG = 'no tag was resolved';

/** The reference, where it is a tag that has to be resolved. */
function tagToPin(image: string, request: AdmissionRequest, rules: Rules): ImageReference | undefined {
  const terms = termsOf(image, request.namespace, rules);
  if (terms instanceof ArtifactError) return undefined;
  const { reference, exemption, guards } = terms;
  if (reference.digest !== undefined || exemption !== undefined) return undefined;
  // About an image that no policy is about no registry is asked, whichever one a pod may name.
  return guards.length === 0 ? undefined : reference;
}

/** An image with a tag alone, and all places where the object names it. */
interface TaggedImage {
  readonly image: string;
  readonly reference: ImageReference;
  readonly at: readonly ImagePlace[];
}

async function pinTags(
  request: AdmissionRequest,
  tagged: readonly TaggedImage[],
  { rules, judge, pullSecrets, signal }: ReviewContext,
): Promise<Decision> {
  const reader = pullSecrets?.readerOf(request);
  const findings: Finding[] = [];
  const patches = await Promise.all(
    tagged.map(async ({ image, reference, at }): Promise<PatchOperation[]> => {
      const digest = await attempt(judge.resolve(reference, signal, reader), signal, reader);
      if (typeof digest !== 'string') {
        // Nothing is refused here; but whoever made the pod is told why it will be.
        const mode = atMost(modeOf(request, rules), 'warn');
        findings.push(failure(image, reference, mode, digest));
        return [];
      }
      const named = reference.tag === undefined ? `${image}:latest` : image;
      return at.map(({ pointer }) => ({ op: 'replace', path: pointer, value: `${named}@${digest}` }));
    }),
  );
  const patch = patches.flat();
  return conclude(request, findings, patch.length === 0 ? NO_TAG : null, patch);
}

/** What kept something from being known. */
interface Trouble {
  readonly check: WebhookCheck;
  readonly reason: string;
  readonly hint: string | null;
  readonly isVerdict: boolean;
}

async function attempt<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
  reader: ImageReader | undefined,
): Promise<Value | Trouble> {
  try {
    return await untilAborted(work, signal);
  } catch (error) {
    return troubleOf(error, signal, reader);
  }
}

/** @throws what is neither a registry's doing nor the deadline's. */
function troubleOf(error: unknown, signal: AbortSignal, reader: ImageReader | undefined): Trouble {
  if (signal.aborted) {
    const reason = 'the registry had not answered when the API server had to be answered';
    return {
      check: 'deadline',
      reason,
      hint: 'Try again; what was found by then is kept.',
      isVerdict: false,
    };
  }
  if (!(error instanceof StoreError)) throw error;
  const isVerdict = error.code !== 'ERR_STORE_UNAVAILABLE';
  const hint = error.code === 'ERR_STORE_DENIED' ? NO_ACCESS : (error.hint ?? null);
  return { check: 'registry', reason: error.message, hint: withProblems(hint, reader), isVerdict };
}

const NO_ACCESS =
  'The webhook reads with its own credentials (registries.dockerConfig), and with pull secrets in the namespaces of pullSecrets.';

/** A secret that could not be used may be why something was not found. */
function withProblems(hint: string | null, reader: ImageReader | undefined): string | null {
  const problems = reader?.problems() ?? [];
  return problems.length === 0 ? hint : `${hint === null ? '' : `${hint} `}Not used: ${problems.join('; ')}.`;
}

function failure(
  image: string,
  reference: ImageReference | null,
  mode: Mode,
  { check, reason, hint, isVerdict }: Trouble,
  digest: string | null = null,
): Finding {
  return {
    verdict: isVerdict ? 'rejected' : 'error',
    mode,
    image,
    reference,
    digest,
    policy: null,
    check,
    expected: null,
    actual: reason,
    hint,
  };
}

function judgeImages(
  request: AdmissionRequest,
  places: readonly ImagePlace[],
  context: ReviewContext,
): Soon<Decision> {
  const { rules, accepted, judge, pullSecrets } = context;
  const asked = { request, platform: wantedPlatform(request), reader: pullSecrets?.readerOf(request) };
  // What was read with the credentials of a pod is for this pod alone.
  const remembers = accepted !== undefined && asked.reader === undefined;
  const key = remembers ? keyOfImages(asked, places) : '';
  const known = remembers ? accepted.find(rules, key) : undefined;
  if (known !== undefined) {
    judge.recalledAgain(known.recalled);
    return acceptAgain(request, known);
  }
  const images = new Set(places.map(({ image }) => image));
  const looked = [...images].map((image) => lookAt(asked, image, context));
  return whenThere(all(looked), (outcomes) => {
    const findings = outcomes.flatMap((outcome) => outcome.findings);
    const decision = conclude(request, findings);
    const { auditAnnotations: annotations } = decision.response;
    if (remembers && annotations !== undefined && !findings.some(isFailure)) {
      const until = Math.min(...outcomes.map((outcome) => outcome.until));
      const recalled = outcomes.filter((outcome) => Number.isFinite(outcome.until)).length;
      accepted.keep(rules, key, { findings, annotations, recalled, until });
    }
    return decision;
  });
}

/** All that a decision about images depends on beside the rules: who would run them, where, and under which names. */
function keyOfImages({ request, platform }: Asker, places: readonly ImagePlace[]): string {
  const { namespace } = request;
  return keyOfChange([
    isOfPod(request) ? 'pod' : '',
    namespace,
    platform.key,
    ...places.map(({ image }) => image),
  ]);
}

function acceptAgain({ uid }: AdmissionRequest, { findings, annotations }: AcceptedChange): Decision {
  return { response: { uid, allowed: true, auditAnnotations: annotations }, findings, nothing: null };
}

function all<Value>(values: readonly Soon<Value>[]): Soon<readonly Value[]> {
  const there = values.filter((value): value is Value => !(value instanceof Promise));
  return there.length === values.length ? there : Promise.all(values);
}

function wantedPlatform({ group, kind, object }: AdmissionRequest): WantedPlatform {
  return object !== undefined && isKnownKind(group, kind) ? platformOf(group, kind, object) : ANY_PLATFORM;
}

/** What comes out for one image. */
export function judgeImage(
  request: AdmissionRequest,
  image: string,
  context: ReviewContext,
): Soon<readonly Finding[]> {
  const reader = context.pullSecrets?.readerOf(request);
  const looked = lookAt({ request, platform: wantedPlatform(request), reader }, image, context);
  return whenThere(looked, ({ findings }) => findings);
}

/** Who asks about images. */
interface Asker {
  readonly request: AdmissionRequest;
  readonly platform: WantedPlatform;
  readonly reader: ImageReader | undefined;
}

/** What came out for one image, and until when the same is known of it, by `performance.now()`. */
interface Outcome {
  readonly findings: readonly Finding[];
  /** For ever, where the rules alone decide; not at all, where somebody had to be asked. */
  readonly until: number;
}

function byRules(findings: readonly Finding[]): Outcome {
  return { findings, until: Infinity };
}

function lookAt(asker: Asker, image: string, context: ReviewContext): Soon<Outcome> {
  const { request } = asker;
  const { rules } = context;
  const terms = termsOf(image, request.namespace, rules);
  if (terms instanceof ArtifactError) {
    const trouble = {
      check: 'image.reference',
      reason: terms.message,
      hint: terms.hint ?? null,
      isVerdict: true,
    } as const;
    return byRules([failure(image, null, modeOf(request, rules), trouble)]);
  }
  const { reference, exemption, guards } = terms;
  if (exemption !== undefined) return byRules([exempt(image, reference, exemption.reason)]);
  const base = { image, reference, digest: null, policy: null, expected: null, hint: null };
  const findings: Finding[] = [];
  if (!guards.some(({ isAddition }) => !isAddition)) {
    if (rules.noMatch === 'allow' && guards.length === 0) {
      const actual = 'no policy is about it';
      return byRules([{ ...base, verdict: 'exempt', mode: 'audit', check: null, actual }]);
    }
    if (rules.noMatch === 'deny') {
      const noMatch = limited(request, rules, rules.mode);
      const actual = 'no policy is about this image';
      findings.push({ ...base, verdict: 'rejected', mode: noMatch, check: 'policy.match', actual });
    }
    if (guards.length === 0 || findings.some((each) => each.mode === 'enforce')) return byRules(findings);
  }
  const mode = limited(request, rules, strictest(guards.map((guard) => guard.mode)));
  if (reference.digest === undefined && isOfPod(request)) {
    findings.push(tagOnly(image, reference, mode));
    if (mode === 'enforce') return byRules(findings);
  }
  return whenThere(askGuards({ ...asker, image, reference, guards, mode }, context), (found) => ({
    findings: [...findings, ...found.findings],
    until: found.until,
  }));
}

/** An image that policies are asked about. */
interface Asked extends Asker {
  /** As the object writes it. */
  readonly image: string;
  readonly reference: ImageReference;
  readonly guards: readonly Guard[];
  /** What it means when nothing can be found out. */
  readonly mode: Mode;
}

function askGuards(asked: Asked, context: ReviewContext): Soon<Outcome> {
  const { reference, guards, platform, reader } = asked;
  const { digest } = reference;
  const known =
    digest === undefined ? undefined : context.judge.recall(reference, digest, guards, platform, reader);
  if (digest === undefined || known === undefined) {
    return whenThere(askRegistry(asked, context), (findings) => ({ findings, until: -Infinity }));
  }
  return { findings: findingsOf(asked, digest, known.judged, context), until: known.until };
}

async function askRegistry(asked: Asked, context: ReviewContext): Promise<readonly Finding[]> {
  const { image, reference, guards, mode, platform, reader } = asked;
  const { judge, signal } = context;
  const digest =
    reference.digest ?? (await attempt(judge.resolve(reference, signal, reader), signal, reader));
  if (typeof digest !== 'string') return [failure(image, reference, mode, digest)];
  const judged = await attempt(
    judge.judge(reference, digest, guards, signal, platform, reader),
    signal,
    reader,
  );
  if (!Array.isArray(judged)) return [failure(image, reference, mode, judged, digest)];
  return findingsOf(asked, digest, judged, context);
}

function findingsOf(
  { request, image, reference, reader }: Asked,
  digest: string,
  judged: readonly Judged[],
  { rules }: ReviewContext,
): Finding[] {
  return judged.map(({ guard, judgement }) => {
    const mode = limited(request, rules, guard.mode);
    const found = { image, reference, digest, policy: guard.name, mode };
    return judgement.verdict === 'accepted'
      ? { ...found, verdict: 'accepted', check: null, expected: null, actual: null, hint: null }
      : { ...found, ...judgement, hint: withProblems(judgement.hint, reader) };
  });
}

function exempt(image: string, reference: ImageReference, reason: string): Finding {
  return {
    verdict: 'exempt',
    mode: 'audit',
    image,
    reference,
    digest: reference.digest ?? null,
    policy: null,
    check: null,
    expected: null,
    actual: reason,
    hint: null,
  };
}

/** A tag can be moved after it was judged; only a digest says what will run. */
function tagOnly(image: string, reference: ImageReference, mode: Mode): Finding {
  return {
    verdict: 'rejected',
    mode,
    image,
    reference,
    digest: null,
    policy: null,
    check: 'image.digest',
    expected: 'a digest, as image:tag@sha256:…',
    actual: 'a tag alone, which can be moved',
    hint: 'The mutating webhook writes the digest; when it could not, its warning says why.',
  };
}
