import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { missingSdk } from '../src/tracing.ts';
import { pod } from './reviews.ts';
import { putImage, registryWith, Setup } from './world.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example.com:4318' };
const exporter = new InMemorySpanExporter();
const registry = await registryWith();
const setup = new Setup(registry);
const webhook = await setup.serve();

describe('an endpoint for spans', () => {
  it('is of no use without an SDK, which is said by the name of the variable', () => {
    assert.match(missingSdk(ENDPOINT) ?? '', /^OTEL_EXPORTER_OTLP_ENDPOINT .*--import/);
    const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector.example.com:4318/v1/traces' };
    assert.match(missingSdk(traces) ?? '', /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT /);
    assert.equal(missingSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), undefined);
    assert.equal(missingSdk({}), undefined);
  });

  it('is told about when the webhook starts', async () => {
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = ENDPOINT.OTEL_EXPORTER_OTLP_ENDPOINT;
    try {
      const { level, reason } = await (await setup.serve()).said('no_spans');
      assert.equal(level, 'warn');
      assert.match(String(reason), /no OpenTelemetry SDK/);
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    }
  });
});

describe('spans, with an SDK', () => {
  before(() => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
  });
  after(() => trace.disable());

  const spansOf = async (work: () => Promise<unknown>): Promise<ReadableSpan[]> => {
    exporter.reset();
    await work();
    return exporter.getFinishedSpans();
  };
  const eventsOf = ({ events }: ReadableSpan): (Attributes | undefined)[] =>
    events.map(({ attributes }) => attributes);

  it('leaves the endpoint to the SDK', () => {
    assert.equal(missingSdk(ENDPOINT), undefined);
  });

  it('are one for each decision, with what was decided about each image', async () => {
    const good = await setup.signed('traced/good:v1');
    const spans = await spansOf(() => webhook.validate({ object: pod([good.pinned]), namespace: 'team-a' }));
    assert.equal(spans.length, 1);
    const [span] = spans;
    assert.ok(span !== undefined);
    assert.equal(span.name, 'admission validate');
    assert.equal(span.kind, SpanKind.SERVER);
    assert.equal(span.instrumentationScope.name, 'danube-webhook');
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(span.attributes, {
      'k8s.namespace.name': 'team-a',
      'danube.admission.uid': '6a3f0d98-f293-41f5-8c91-99159d225d6c',
      'danube.admission.kind': 'Pod',
      'danube.admission.operation': 'CREATE',
      'danube.admission.allowed': true,
    });
    assert.deepEqual(eventsOf(span), [
      { image: good.pinned, digest: good.digest, verdict: 'accepted', check: '' },
    ]);
  });

  it('name the check that refused an image; that is an answer, and no error', async () => {
    const bad = await putImage(registry, 'traced/bad:v1');
    const [span] = await spansOf(() => webhook.validate({ object: pod([bad.pinned]) }));
    assert.ok(span !== undefined);
    assert.equal(span.attributes['danube.admission.allowed'], false);
    assert.equal(span.status.code, SpanStatusCode.UNSET);
    assert.deepEqual(eventsOf(span), [
      { image: bad.pinned, digest: bad.digest, verdict: 'rejected', check: 'evidence.found' },
    ]);
  });

  it('are errors when an image could not be judged', async () => {
    const image = await setup.signed('traced/late:v1');
    registry.misbehave = () => ({ silent: true });
    const [span] = await spansOf(() => webhook.validate({ object: pod([image.pinned]) }, '200ms'));
    registry.misbehave = undefined;
    assert.ok(span !== undefined);
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'deadline' });
    assert.equal(span.attributes['danube.admission.allowed'], false);
  });

  it('hold nothing of an object but its images: no environment, no annotation, no secret, no user', async () => {
    const good = await setup.signed('traced/secret:v1');
    const secret = 'correct horse battery staple';
    const container = {
      name: 'c',
      image: good.pinned,
      env: [{ name: 'TOKEN', value: secret }],
      args: [secret],
    };
    const object = pod([], { containers: [container] }, { annotations: { note: secret } });
    const spans = await spansOf(async () => {
      await webhook.mutate({ object });
      await webhook.validate({ object });
    });
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['admission mutate', 'admission validate'],
    );
    const text = JSON.stringify(spans.map(({ name, attributes, events }) => [name, attributes, events]));
    assert.ok(!text.includes(secret));
    assert.ok(!text.includes('alice'));
  });

  it('are named by phases, never by what a tenant writes', async () => {
    const spans = await spansOf(() =>
      webhook.validate({ object: pod(['registry.example.com/x y']), namespace: 'any-name' }),
    );
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['admission validate'],
    );
  });
});
