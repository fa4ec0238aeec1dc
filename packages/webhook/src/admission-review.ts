import {
  asObject,
  isJsonObject,
  member,
  optionalString,
  requiredObject,
  requiredString,
  MalformedError,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';
import { WebhookError } from './errors.ts';

/** The only version that is spoken: what `admissionReviewVersions` of the webhook configurations says. */
export const ADMISSION_V1 = 'admission.k8s.io/v1';

const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What the API server asks about (admission.k8s.io/v1 AdmissionRequest), as far as a decision needs it. */
export interface AdmissionRequest {
  /** Goes back in the answer; one change may be asked about several times, under several ids. */
  readonly uid: string;
  /** API group of the object; the empty text is the core group. */
  readonly group: string;
  readonly kind: string;
  /** In the plural: `pods`. */
  readonly resource: string;
  /** `ephemeralcontainers`, `status`, `scale`; empty for the object itself. */
  readonly subResource: string;
  readonly operation: Operation;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
  /** Empty where the API server has not made the name yet. */
  readonly name: string;
  /** Who asks, as the API server authenticated them. */
  readonly user: string;
  readonly dryRun: boolean;
  readonly object: JsonObject | undefined;
  readonly oldObject: JsonObject | undefined;
}

/** What goes back (AdmissionResponse). */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  /** Why not; only in a refusal. */
  readonly message?: string;
  /** Lines that the client shows to whoever made the change. */
  readonly warnings?: readonly string[];
  /** Go into the API server's audit log, below the webhook's name. */
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly patch?: readonly PatchOperation[];
}

/** One operation of a JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'replace';
  /** JSON pointer. */
  readonly path: string;
  readonly value: string;
}

/**
 * Reads an AdmissionReview. The API server wrote it, from objects that it has read itself: it is JSON, and what matters is
 * that nothing of the wrong shape gets through.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_REVIEW`
 */
export function parseAdmissionReview(bytes: Uint8Array): AdmissionRequest {
  try {
    return readReview(JSON.parse(textOf(bytes)));
  } catch (cause) {
    if (!(cause instanceof MalformedError)) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new WebhookError('ERR_WEBHOOK_REVIEW', 'what came is no JSON', { cause });
    }
    throw new WebhookError('ERR_WEBHOOK_REVIEW', `what came is no AdmissionReview: ${cause.message}`, {
      cause,
    });
  }
}

function textOf(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('utf8');
}

function readReview(value: JsonValue): AdmissionRequest {
  const review = asObject(value, '');
  literal(review, '', 'kind', 'AdmissionReview');
  literal(review, '', 'apiVersion', ADMISSION_V1);
  const request = requiredObject(review, 'request', '');
  const at = '/request';
  const kind = requiredObject(request, 'kind', at);
  const resource = requiredObject(request, 'resource', at);
  return {
    uid: nonEmpty(request, 'uid', at),
    group: optionalString(kind, 'group', `${at}/kind`) ?? '',
    kind: nonEmpty(kind, 'kind', `${at}/kind`),
    resource: nonEmpty(resource, 'resource', `${at}/resource`),
    subResource: optionalString(request, 'subResource', at) ?? '',
    operation: readOperation(request, at),
    namespace: optionalString(request, 'namespace', at) ?? '',
    name: optionalString(request, 'name', at) ?? '',
    user: readUser(request),
    dryRun: member(request, 'dryRun') === true,
    object: optionalObject(request, 'object', at),
    oldObject: optionalObject(request, 'oldObject', at),
  };
}

function literal(object: JsonObject, at: string, key: string, expected: string): void {
  const actual = requiredString(object, key, at);
  if (actual !== expected)
    throw new MalformedError('ERR_VALUE', `${at}/${key}`, `expected ${expected}, found ${actual}`);
}

function nonEmpty(object: JsonObject, key: string, at: string): string {
  const text = requiredString(object, key, at);
  if (text === '') throw new MalformedError('ERR_VALUE', `${at}/${key}`, 'must not be empty');
  return text;
}

function readOperation(request: JsonObject, at: string): Operation {
  const text = requiredString(request, 'operation', at);
  const operation = OPERATIONS.find((name) => name === text);
  if (operation !== undefined) return operation;
  throw new MalformedError(
    'ERR_VALUE',
    `${at}/operation`,
    `expected ${OPERATIONS.join(', ')}, found ${text}`,
  );
}

function readUser(request: JsonObject): string {
  const info = member(request, 'userInfo');
  return info !== undefined && isJsonObject(info)
    ? (optionalString(info, 'username', '/request/userInfo') ?? '')
    : '';
}

function optionalObject(request: JsonObject, key: string, at: string): JsonObject | undefined {
  const value = member(request, key);
  return value === undefined ? undefined : asObject(value, `${at}/${key}`);
}

/** The answer as the API server wants it. The message is given as `reason: Forbidden`, code 403. */
export function encodeAdmissionResponse(response: AdmissionResponse): string {
  const { uid, allowed, message, warnings = [], auditAnnotations, patch = [] } = response;
  // What is undefined is not written.
  return JSON.stringify({
    apiVersion: ADMISSION_V1,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      status:
        message === undefined ? undefined : { status: 'Failure', reason: 'Forbidden', code: 403, message },
      warnings: warnings.length === 0 ? undefined : warnings,
      auditAnnotations,
      patchType: patch.length === 0 ? undefined : 'JSONPatch',
      patch: patch.length === 0 ? undefined : Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  });
}
