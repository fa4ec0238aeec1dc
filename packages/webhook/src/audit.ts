import type { AdmissionRequest } from './admission-review.ts';
import { isFailure } from './finding.ts';
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

/** Where lines go. */
export type AuditLog = (line: AuditLine) => void;

/** The line about a decision. */
export function decisionLine(
  phase: Phase,
  request: AdmissionRequest,
  decision: Decision,
  milliseconds: number,
): AuditLine {
  const { response, findings, nothing } = decision;
  const failures = findings.filter(isFailure);
  return {
    timestamp: new Date().toISOString(),
    level: !response.allowed || failures.length > 0 ? 'warn' : 'info',
    event: response.allowed ? 'admission_allowed' : 'admission_denied',
    user: request.user,
    phase,
    uid: request.uid,
    operation: request.operation,
    kind: request.kind,
    namespace: request.namespace,
    name: request.name,
    ...(request.subResource === '' ? {} : { subresource: request.subResource }),
    ...(request.dryRun ? { dry_run: true } : {}),
    duration_ms: Math.round(milliseconds * 10) / 10,
    ...(nothing === null ? {} : { reason: nothing }),
    ...(response.patch === undefined ? {} : { pinned: response.patch.map(({ value }) => value) }),
    ...(findings.length === 0
      ? {}
      : {
          images: findings.map(({ image, digest, verdict, mode, policy, check, actual }) => ({
            image,
            digest,
            verdict,
            ...(policy === null ? {} : { policy }),
            ...(check === null ? {} : { check, mode }),
            ...(actual === null ? {} : { actual }),
          })),
        }),
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
  const log: AuditLog = (line) => {
    if (lines.push(`${JSON.stringify(line)}\n`) === 1) setImmediate(flush);
  };
  return { log, flush };
}
