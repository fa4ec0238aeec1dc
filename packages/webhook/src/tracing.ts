import { context, ProxyTracerProvider, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { AdmissionRequest } from './admission-review.ts';
import type { Decision, Phase } from './review.ts';
import type { Soon } from './soon.ts';

/** Of whatever SDK the process was started with; of none, it does nothing. */
const tracer = trace.getTracer('danube-webhook');

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/**
 * Why no span reaches the endpoint that the environment names: nothing here sends any. `undefined` when none is named, or when an
 * SDK was loaded, whose matter it is then.
 */
export function missingSdk(environment: NodeJS.ProcessEnv): string | undefined {
  const named = ENDPOINTS.find((name) => (environment[name] ?? '') !== '');
  if (named === undefined || isSdkLoaded()) return undefined;
  return `${named} is set, but no OpenTelemetry SDK is loaded: name one in NODE_OPTIONS, --import FILE (docs/webhook.md, Spans)`;
}

function isSdkLoaded(): boolean {
  const provider = trace.getTracerProvider();
  return (
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('danube-webhook') !== undefined
  );
}

/** Runs a decision in a span of its own. What a tenant chose goes in as attributes, never into the span's name. */
export function inReviewSpan(
  phase: Phase,
  request: AdmissionRequest,
  work: () => Soon<Decision>,
): Soon<Decision> {
  const span = tracer.startSpan(`admission ${phase}`, {
    kind: SpanKind.SERVER,
    attributes: {
      'k8s.namespace.name': request.namespace,
      'danube.admission.uid': request.uid,
      'danube.admission.kind': request.kind,
      'danube.admission.operation': request.operation,
    },
  });
  // Without an SDK there is nobody to tell.
  return span.isRecording() ? record(span, work) : work();
}

async function record(span: Span, work: () => Soon<Decision>): Promise<Decision> {
  try {
    const decision = await context.with(trace.setSpan(context.active(), span), work);
    span.setAttribute('danube.admission.allowed', decision.response.allowed);
    for (const { image, digest, verdict, check } of decision.findings) {
      span.addEvent('image', { image: image ?? '', digest: digest ?? '', verdict, check: check ?? '' });
    }
    // A refusal is an answer; an error is that there was none to find. What the error says may come from anywhere.
    const error = decision.findings.find(({ verdict }) => verdict === 'error');
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.check ?? '' });
    return decision;
  } finally {
    span.end();
  }
}
