/** Calls to a key service that is no HTTP server: an agent, a token, a program. One attempt each, within the deadline. */
import { createHash } from 'node:crypto';
import { DanubeError, encodeHex } from 'in-toto-attestation';
import { deadlinesOf, TotalDeadline, withinDeadline } from './deadline.ts';
import { SignError } from './errors.ts';
import type { AuditRecord, KeyFinding, ServiceOptions } from './key-service.ts';

/** What is called, for messages and the audit log. */
export interface LocalCall {
  /** The scheme of the key URI: `ssh-agent`. */
  readonly service: string;
  /** How people call the service: `the SSH agent`. */
  readonly name: string;
  /** `sign`, `public-key` … */
  readonly operation: string;
  readonly key?: string;
  readonly version?: string;
  /** What is signed. */
  readonly message?: Uint8Array;
}

/**
 * Runs one call, and writes its line into the audit log before its result has any effect.
 *
 * @throws {SignError} ERR_SIGN_UNAVAILABLE when the time is up; the signal's reason; what `work` throws.
 */
export async function callLocally<T>(
  call: LocalCall,
  options: ServiceOptions,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    const result = await withinDeadline(call.name, deadlinesOf(options).totalMs, signal, work);
    audit(call, options, 'ok');
    return result;
  } catch (error) {
    audit(call, options, signal?.aborted === true ? 'aborted' : outcomeOf(error));
    throw error;
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof TotalDeadline) return 'timeout';
  return error instanceof DanubeError ? String(error.code) : 'failed';
}

function audit(call: LocalCall, { audit: write }: ServiceOptions, outcome: string): void {
  const { service, operation, key, version, message } = call;
  const record: AuditRecord = {
    time: new Date().toISOString(),
    service,
    operation,
    ...(key !== undefined && { key }),
    ...(version !== undefined && { version }),
    ...(message !== undefined && { paeSha256: encodeHex(sha256(message)) }),
    attempt: 1,
    outcome,
  };
  write?.(record);
}

export function sha256(message: Uint8Array): Uint8Array {
  return createHash('sha256').update(message).digest();
}

/** What a doctor says about the time it took, and about a clock that is this machine's own. */
export function localTiming(ms: number): readonly KeyFinding[] {
  return [
    { check: 'clock', status: 'ok', message: 'it runs on this machine, by the same clock' },
    { check: 'latency', status: 'ok', message: `one request took ${Math.round(ms)} ms` },
  ];
}

/** The error for an answer that breaks the service's own rules. */
export function brokenAnswer(name: string, what: string): SignError {
  return new SignError('ERR_SIGN_BACKEND', `${name} ${what}`, { hint: 'nothing was written' });
}
