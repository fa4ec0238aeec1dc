/** The parts of a diagnosis that are the same for every service. */
import { DanubeError } from 'in-toto-attestation';
import type { KeyFinding } from './key-service.ts';
import { clockSkewOf, type ServiceReply } from './service-client.ts';

const SLOW_MS = 1_000;
const SKEW_WARNING_MS = 60_000;
const SKEW_FAILURE_MS = 5 * 60_000;

/** Asks the service for the key once: whether it answers, how long that takes, and what its clock says. */
export async function findReachable(
  service: string,
  ask: () => Promise<ServiceReply>,
): Promise<{ readonly reachable: KeyFinding; readonly timing: readonly KeyFinding[] }> {
  const began = performance.now();
  try {
    const reply = await ask();
    const timing = [clockFinding(service, clockSkewOf(reply)), latencyFinding(performance.now() - began)];
    return { reachable: { check: 'reachable', status: 'ok', message: `${service} answers` }, timing };
  } catch (error) {
    return { reachable: failedFinding('reachable', error), timing: [] };
  }
}

/** An error of ours as a finding. @throws what is no error of ours. */
export function failedFinding(check: KeyFinding['check'], error: unknown): KeyFinding {
  if (!(error instanceof DanubeError)) throw error;
  const { message, hint } = error;
  return { check, status: 'failed', message, ...(hint !== undefined && { hint }) };
}

function clockFinding(service: string, skew: number | undefined): KeyFinding {
  if (skew === undefined)
    return { check: 'clock', status: 'unknown', message: `${service} does not tell its time` };
  const seconds = Math.round(Math.abs(skew) / 1000);
  const message = `our clock is ${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} the clock of ${service}`;
  if (Math.abs(skew) < SKEW_WARNING_MS) return { check: 'clock', status: 'ok', message };
  const status = Math.abs(skew) < SKEW_FAILURE_MS ? 'warning' : 'failed';
  return {
    check: 'clock',
    status,
    message,
    hint: 'signed requests and tokens hold the time: set the clock (NTP)',
  };
}

function latencyFinding(ms: number): KeyFinding {
  const message = `one request took ${Math.round(ms)} ms`;
  if (ms <= SLOW_MS) return { check: 'latency', status: 'ok', message };
  return {
    check: 'latency',
    status: 'warning',
    message,
    hint: 'sign near the service, or look at the network between',
  };
}
