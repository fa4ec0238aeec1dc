import type { AdmissionRequest } from './admission-review.ts';
import { isFailure } from './finding.ts';
import type { JudgeObserver } from './image-judge.ts';
import { Counter, Gauge, Histogram, renderMetrics } from './metrics.ts';
import type { Decision, Phase } from './review.ts';

/** What only the server knows at the moment when somebody looks. */
export interface MetricSources {
  readonly cacheSize: () => number;
  readonly reviewsUnderWay: () => number;
  /** Unix time; `undefined` without a certificate. */
  readonly certificateNotAfter: () => number | undefined;
  readonly policies: () => number;
  /** Whether everything runs while the webhook does not answer. */
  readonly failsOpen: () => boolean;
}

/** All metrics of the webhook. */
export class WebhookMetrics implements JudgeObserver {
  readonly #decisions = new Counter(
    'danube_webhook_decisions_total',
    'Answers, by phase and by what they were.',
  );
  readonly #failures = new Counter(
    'danube_webhook_image_failures_total',
    'Images that did not pass, by the check that failed and the mode that made something of it.',
  );
  readonly #duration = new Histogram('danube_webhook_decision_seconds', 'How long answers took.');
  readonly #cache = new Counter('danube_webhook_cache_lookups_total', 'Looks into the cache of verdicts.');
  readonly #registry = new Histogram(
    'danube_webhook_registry_seconds',
    'How long registries took to hand over what is attested of an image.',
  );
  readonly #requests = new Counter('danube_webhook_http_requests_total', 'Requests, by path and status.');
  readonly #reloads = new Counter('danube_webhook_reloads_total', 'Readings of changed files, by outcome.');
  readonly #background = new Counter(
    'danube_webhook_background_images_total',
    'Images of running pods that were judged again, by verdict.',
  );
  readonly #gauges: readonly Gauge[];

  constructor(sources: MetricSources) {
    this.#gauges = [
      new Gauge('danube_webhook_cache_entries', 'Verdicts that are remembered.', sources.cacheSize),
      new Gauge(
        'danube_webhook_reviews_under_way',
        'Requests that wait for an answer.',
        sources.reviewsUnderWay,
      ),
      new Gauge(
        'danube_webhook_certificate_not_after_seconds',
        'When the server certificate expires, as Unix time.',
        sources.certificateNotAfter,
      ),
      new Gauge('danube_webhook_policies', 'Policies that are in force.', sources.policies),
      new Gauge(
        'danube_webhook_fails_open',
        '1 where everything runs while the webhook does not answer (failurePolicy: Ignore).',
        () => Number(sources.failsOpen()),
      ),
    ];
  }

  decided(phase: Phase, request: AdmissionRequest, { response, findings }: Decision, seconds: number): void {
    const decision = response.allowed ? 'allowed' : 'denied';
    this.#decisions.add({ phase, decision, operation: request.operation });
    this.#duration.observe(seconds, { phase });
    for (const finding of findings) {
      if (!isFailure(finding)) continue;
      const { mode, check, verdict } = finding;
      this.#failures.add({ phase, check: check ?? 'provenance', mode, verdict });
    }
  }

  cached(isHit: boolean, times: number = 1): void {
    if (times > 0) this.#cache.add({ outcome: isHit ? 'hit' : 'miss' }, times);
  }

  fetched(outcome: 'found' | 'failed', milliseconds: number): void {
    this.#registry.observe(milliseconds / 1000, { outcome });
  }

  answered(path: string, status: number): void {
    this.#requests.add({ path, status: String(status) });
  }

  reloaded(what: 'rules' | 'certificate', outcome: 'done' | 'failed'): void {
    this.#reloads.add({ what, outcome });
  }

  judgedAgain(verdict: string): void {
    this.#background.add({ verdict });
  }

  render(): string {
    return renderMetrics([
      this.#decisions,
      this.#failures,
      this.#duration,
      this.#cache,
      this.#registry,
      this.#requests,
      this.#reloads,
      this.#background,
      ...this.#gauges,
    ]);
  }
}
