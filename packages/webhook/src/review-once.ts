import { encodeAdmissionResponse, parseAdmissionReview } from './admission-review.ts';
import { loadConfig } from './config.ts';
import { budgetOf } from './deadline.ts';
import { loadRules } from './load-rules.ts';
import { decide, type Phase } from './review.ts';
import { createJudge, createRegistry } from './serve.ts';

/** Bytes of an AdmissionReview in a file. */
export const REVIEW_BYTES = 8_388_608;

export interface ReviewOnceOptions {
  /** Path of the configuration. */
  readonly config: string;
  readonly phase: Phase;
  /** The AdmissionReview, JSON. */
  readonly review: Uint8Array;
  /** How long the API server waits, as it writes it; `null` for its default. */
  readonly timeout: string | null;
}

/**
 * Answers one recorded request as the server would.
 *
 * @returns whether it is allowed, and the AdmissionReview that goes back.
 * @throws {WebhookError}
 */
export async function reviewOnce({
  config: path,
  phase,
  review,
  timeout,
}: ReviewOnceOptions): Promise<{ readonly allowed: boolean; readonly text: string }> {
  const config = loadConfig(path);
  const rules = loadRules(config);
  const request = parseAdmissionReview(review);
  const registry = createRegistry(config);
  try {
    const judge = createJudge(config, registry);
    const signal = AbortSignal.timeout(budgetOf(timeout));
    const { response, error } = await decide(phase, request, { rules, judge, signal });
    if (error !== undefined) throw error;
    return { allowed: response.allowed, text: encodeAdmissionResponse(response) };
  } finally {
    registry.close();
  }
}
