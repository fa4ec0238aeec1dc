import { context, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { AdmissionRequest } from './admission-review.ts';
import type { Decision, Phase } from './review.ts';
import type { Soon } from './soon.ts';

/** Of whatever SDK the process was started with; of none, it does nothing. */
const tracer = trace.getTracer('danube-webhook');

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
    for (const { image, verdict, check } of decision.findings) {
      span.addEvent('image', { image: image ?? '', verdict, check: check ?? '' });
    }
    if (decision.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    return decision;
  } finally {
    span.end();
  }
}
