import type { AdmissionRequest } from './admission-review.ts';
import { isFailure, type Finding } from './finding.ts';
import type { Decision, Phase } from './review.ts';

/** One line of the log, in the form of all of Danube's audit lines: what happened, when, to whom. */
export interface AuditLine {
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  /** Who asked, as the API server authenticated them. */
  readonly user?: string;
  readonly [member: string]: unknown;
}

/** Where lines go. What is said of images stands at the end of a line, see {@link encodeFindings}. */
export type AuditLog = (line: AuditLine, images?: string) => void;

let writtenAt = { milliseconds: Number.NaN, text: '' };

/** The time, for a line. Many lines are of the same millisecond, and the text of a time costs as much as a third of a line. */
function timestamp(): string {
  const milliseconds = Date.now();
  if (milliseconds !== writtenAt.milliseconds) {
    writtenAt = { milliseconds, text: new Date(milliseconds).toISOString() };
  }
  return writtenAt.text;
}

/** The line about a decision, without its images. */
export function decisionLine(
  phase: Phase,
  request: AdmissionRequest,
  decision: Decision,
  milliseconds: number,
): AuditLine {
  const { response, findings, nothing } = decision;
  return {
    timestamp: timestamp(),
    level: !response.allowed || findings.some(isFailure) ? 'warn' : 'info',
    event: response.allowed ? 'admission_allowed' : 'admission_denied',
    user: request.user,
    phase,
    uid: request.uid,
    operation: request.operation,
    kind: request.kind,
    namespace: request.namespace,
    name: request.name,
    // What is undefined is not written.
    subresource: request.subResource === '' ? undefined : request.subResource,
    dry_run: request.dryRun ? true : undefined,
    duration_ms: Math.round(milliseconds * 10) / 10,
    reason: nothing ?? undefined,
    pinned: response.patch?.map(({ value }) => value),
  };
}

/** The line about an answer to Gatekeeper, without its images; Gatekeeper does not say who made the change. */
export function providerLine(findings: readonly Finding[], milliseconds: number, reason?: string): AuditLine {
  const isRefused = reason !== undefined || findings.some(isFailure);
  return {
    timestamp: timestamp(),
    level: isRefused ? 'warn' : 'info',
    event: 'gatekeeper_answered',
    duration_ms: Math.round(milliseconds * 10) / 10,
    reason,
  };
}

/** As they were written before: of a change that was accepted a moment ago, the very same findings come again. */
const written = new WeakMap<readonly Finding[], string>();

/** What a line says of images, as JSON. */
export function encodeFindings(findings: readonly Finding[]): string {
  let text = written.get(findings);
  if (text === undefined) written.set(findings, (text = JSON.stringify(findings.map(imageOf))));
  return text;
}

function imageOf({ image, digest, verdict, mode, policy, check, actual }: Finding): object {
  return {
    image,
    digest,
    verdict,
    policy: policy ?? undefined,
    check: check ?? undefined,
    mode: check === null ? undefined : mode,
    actual: actual ?? undefined,
  };
}

/**
 * Writes lines in batches: one for each turn of the event loop, however many decisions were made in it. `flush` writes what is
 * left.
 */
export function createAuditLog(write: (text: string) => void): { log: AuditLog; flush: () => void } {
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    const text = lines.join('');
    lines = [];
    write(text);
  };
  const log: AuditLog = (line, images) => {
    const text = JSON.stringify(line);
    const whole = images === undefined ? text : `${text.slice(0, -1)},"images":${images}}`;
    if (lines.push(`${whole}\n`) === 1) setImmediate(flush);
  };
  return { log, flush };
}
