import { ArtifactError } from '@danube/artifact';
import { parseImageReference, type ImageReference } from '@danube/artifact/image-reference';
import { StoreError } from '@danube/store';
import type { AdmissionRequest, AdmissionResponse, PatchOperation } from './admission-review.ts';
import { findChange } from './changes.ts';
import { policyProblem } from './custom-resources.ts';
import { isFailure, type Finding, type WebhookCheck } from './finding.ts';
import type { ImageJudge } from './image-judge.ts';
import { isKnownKind, type ImagePlace } from './images.ts';
import { annotation, refusal, warningsOf } from './message.ts';
import { atMost, strictest, type Mode } from './mode.ts';
import { ANY_PLATFORM, platformOf, type WantedPlatform } from './platform.ts';
import type { ImageReader, PullSecrets } from './pull-secrets.ts';
import { guardsIn, type Guard, type Rules } from './rules.ts';
import { untilAborted } from './single-flight.ts';

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
  /** Aborted when the answer has to be given. */
  readonly signal: AbortSignal;
}

/**
 * Decides a request. Always answers: what goes wrong on the way is a failure like any other, and refuses the change where
 * the rules are enforced, and nowhere else.
 */
export async function decide(
  phase: Phase,
  request: AdmissionRequest,
  context: ReviewContext,
): Promise<Decision> {
  try {
    const broken = phase === 'validate' ? policyProblem(request) : undefined;
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
      ? await pinImages(request, change.places, context)
      : await judgeImages(request, change.places, context);
  } catch (error) {
    return failDecision(request, context.rules, 'internal', 'the webhook itself failed', error);
  }
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
    ...(refused.length === 0 ? {} : { message: refusal(refused) }),
    ...(warned.length === 0 ? {} : { warnings: warningsOf(warned) }),
    ...(findings.length === 0 ? {} : { auditAnnotations: auditAnnotations(findings) }),
    ...(patch.length === 0 ? {} : { patch }),
  };
  return { response, findings, nothing };
}

function auditAnnotations(findings: readonly Finding[]): Record<string, string> {
  const failures = findings.filter(isFailure);
  const decision = failures.length === 0 ? 'accepted' : strictest(failures.map(({ mode }) => mode));
  const images = [...new Set(findings.map(({ image, digest, verdict }) => `${image} ${digest} ${verdict}`))];
  return {
    decision: failures.length === 0 ? decision : `failed, mode ${decision}`,
    images: annotation(images.join(', ')),
    ...(failures.length === 0 ? {} : { reason: annotation(refusal(failures)) }),
  };
}

/** The mode of a failure that belongs to no image: that of the strictest rule that it could have broken. */
function modeOf(request: AdmissionRequest, rules: Rules): Mode {
  const modes = guardsIn(rules, request.namespace).map(({ mode }) => mode);
  return limited(request, rules, strictest([rules.mode, ...modes]));
}

/** In a workload a failure may mean less, because its pods are judged as well. */
function limited({ kind }: AdmissionRequest, rules: Rules, mode: Mode): Mode {
  return kind === 'Pod' || kind === 'EphemeralContainers' ? mode : atMost(mode, rules.workloads);
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

/** Each distinct text once. */
function byImage(places: readonly ImagePlace[]): Map<string, ImagePlace[]> {
  return Map.groupBy(places, ({ image }) => image);
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

/**
 * Writes behind each tag the digest that it points to, in pods alone: changing workloads makes those who keep them in Git
 * change them back. What cannot be resolved is left as it is, for the validating webhook to refuse.
 */
async function pinImages(
  request: AdmissionRequest,
  places: readonly ImagePlace[],
  { rules, judge, pullSecrets, signal }: ReviewContext,
): Promise<Decision> {
  const reader = pullSecrets?.readerOf(request);
  if (request.kind !== 'Pod' && request.kind !== 'EphemeralContainers') {
    return conclude(request, [], 'only pods are changed');
  }
  const findings: Finding[] = [];
  const patches = await Promise.all(
    [...byImage(places)].map(async ([image, at]): Promise<PatchOperation[]> => {
      const reference = readReference(image);
      if (reference instanceof ArtifactError || reference.digest !== undefined) return [];
      if (rules.exemptions.some((exemption) => exemption.matches(reference, request.namespace))) return [];
      if (rules.noMatch === 'allow' && guardsOf(reference, request, rules).length === 0) return [];
      const digest = await attempt(judge.resolve(reference, signal, reader), signal, reader);
      if (typeof digest !== 'string') {
        // Nothing is refused here; but whoever made the pod is told why it will be.
        const mode = atMost(modeOf(request, rules), 'warn');
        findings.push(failure(image, reference, mode, digest));
        return [];
      }
      const tagged = reference.tag === undefined ? `${image}:latest` : image;
      return at.map(({ pointer }) => ({ op: 'replace', path: pointer, value: `${tagged}@${digest}` }));
    }),
  );
  return conclude(
    request,
    findings,
    patches.flat().length === 0 ? 'no tag was resolved' : null,
    patches.flat(),
  );
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

async function judgeImages(
  request: AdmissionRequest,
  places: readonly ImagePlace[],
  context: ReviewContext,
): Promise<Decision> {
  const images = [...byImage(places).keys()];
  const findings = await Promise.all(images.map((image) => judgeImage(request, image, context)));
  return conclude(request, findings.flat());
}

function wantedPlatform({ group, kind, object }: AdmissionRequest): WantedPlatform {
  return object !== undefined && isKnownKind(group, kind) ? platformOf(group, kind, object) : ANY_PLATFORM;
}

/** The policies that are about the image. */
function guardsOf(image: ImageReference, { namespace }: AdmissionRequest, rules: Rules): readonly Guard[] {
  return guardsIn(rules, namespace).filter((guard) => guard.matchImage(image));
}

/** What comes out for one image. */
export async function judgeImage(
  request: AdmissionRequest,
  image: string,
  { rules, judge, pullSecrets, signal }: ReviewContext,
): Promise<Finding[]> {
  const reference = readReference(image);
  const mode = modeOf(request, rules);
  if (reference instanceof ArtifactError) {
    const trouble = {
      check: 'image.reference',
      reason: reference.message,
      hint: reference.hint ?? null,
      isVerdict: true,
    } as const;
    return [failure(image, null, mode, trouble)];
  }
  const exemption = rules.exemptions.find((rule) => rule.matches(reference, request.namespace));
  if (exemption !== undefined) return [exempt(image, reference, exemption.reason)];
  const guards = guardsOf(reference, request, rules);
  const base = { image, reference, digest: null, policy: null, expected: null, hint: null };
  const findings: Finding[] = [];
  if (!guards.some(({ isAddition }) => !isAddition)) {
    if (rules.noMatch === 'allow' && guards.length === 0) {
      return [{ ...base, verdict: 'exempt', mode: 'audit', check: null, actual: 'no policy is about it' }];
    }
    if (rules.noMatch === 'deny') {
      const noMatch = limited(request, rules, rules.mode);
      const actual = 'no policy is about this image';
      findings.push({ ...base, verdict: 'rejected', mode: noMatch, check: 'policy.match', actual });
    }
    if (guards.length === 0) return findings;
  }
  const modeOfGuards = limited(request, rules, strictest(guards.map((guard) => guard.mode)));
  const isPod = request.kind === 'Pod' || request.kind === 'EphemeralContainers';
  if (reference.digest === undefined && isPod) {
    findings.push(tagOnly(image, reference, modeOfGuards));
    if (modeOfGuards === 'enforce') return findings;
  }
  const reader = pullSecrets?.readerOf(request);
  const digest =
    reference.digest ?? (await attempt(judge.resolve(reference, signal, reader), signal, reader));
  if (typeof digest !== 'string') return [...findings, failure(image, reference, modeOfGuards, digest)];
  const judgements = await attempt(
    judge.judge(reference, digest, guards, signal, wantedPlatform(request), reader),
    signal,
    reader,
  );
  if (!Array.isArray(judgements)) {
    return [...findings, failure(image, reference, modeOfGuards, judgements, digest)];
  }
  for (const { guard, judgement } of judgements) {
    const found = { ...base, digest, policy: guard.name, mode: limited(request, rules, guard.mode) };
    findings.push(
      judgement.verdict === 'accepted'
        ? { ...found, verdict: 'accepted', check: null, actual: null }
        : { ...found, ...judgement, hint: withProblems(judgement.hint, reader) },
    );
  }
  return findings;
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
