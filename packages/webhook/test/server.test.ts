import assert from 'node:assert/strict';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:tls';
import { describe, it, type TestContext } from 'node:test';
import { createServerCertificate } from '../src/certificate.ts';
import { serveWebhook } from '../src/serve.ts';
import type { SeenRequest } from '@danube/test-registry';
import { deployment, OF_DEPLOYMENT, pod, review } from './reviews.ts';
import { policyFor, putImage, registryWith, Served, Setup } from './world.ts';

const registry = await registryWith();
const setup = new Setup(registry);
const served = await setup.serve();
const good = await setup.signed('shop/app:v1');
const asked = JSON.stringify(review({ object: pod([good.pinned]) }));

/** A registry that keeps requests whose path holds this without an answer, until it is told to go on. */
function hold(part: string): {
  readonly reached: (count: number) => Promise<void>;
  readonly release: () => void;
} {
  const released = Promise.withResolvers<void>();
  const counts = new Map<number, PromiseWithResolvers<void>>();
  let held = 0;
  registry.misbehave = ({ path }: SeenRequest) => {
    if (!path.includes(part)) return undefined;
    counts.get((held += 1))?.resolve();
    return { until: released.promise };
  };
  return {
    reached: async (count) => {
      if (held >= count) return;
      const reached = Promise.withResolvers<void>();
      counts.set(count, reached);
      await reached.promise;
    },
    release: () => {
      registry.misbehave = undefined;
      released.resolve();
    },
  };
}

/** Once by asking, once by the verdict, and then by what is remembered of the whole change. */
async function admitOften(webhook: Served, image: string): Promise<void> {
  for (let time = 0; time < 4; time += 1) {
    assert.ok((await webhook.validate({ object: pod([image]) })).allowed);
  }
}

describe('the server', () => {
  it('starts and is ready without any network', async () => {
    const nowhere = new Setup(registry, { registries: { allowed: ['registry.invalid'] } });
    const webhook = await nowhere.serve();
    assert.deepEqual(await webhook.get('/readyz'), { status: 200, text: 'ok\n' });
    assert.deepEqual(await webhook.get('/healthz'), { status: 200, text: 'ok\n' });
  });

  it('answers probes at both ports, and metrics at the other one alone', async () => {
    assert.equal((await served.post('/healthz', '')).status, 200);
    assert.equal((await served.post('/readyz', '')).status, 200);
    assert.equal((await served.post('/metrics', '')).status, 404);
    assert.equal((await served.get('/validate')).status, 404);
  });

  const WRONG: readonly (readonly [string, number, object, string])[] = [
    ['/nothing', 404, {}, asked],
    ['/validate/', 404, {}, asked],
    ['/gatekeeper', 404, {}, asked],
    ['/validate', 405, { method: 'PUT' }, asked],
    ['/validate', 415, { headers: { 'content-type': 'text/plain' } }, asked],
    ['/validate', 400, {}, '{'],
    ['/validate', 400, {}, '{}'],
    ['/validate', 400, {}, asked.replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1')],
    ['/validate', 413, {}, 'x'.repeat(8_388_609)],
  ];
  for (const [path, status, options, body] of WRONG) {
    it(`answers ${status} to ${JSON.stringify(options)} ${path} with ${body.length} bytes`, async () => {
      assert.equal((await served.post(path, body, { agent: false, ...options })).status, status);
    });
  }

  it('stops to read a body without a length at its limit', async () => {
    const socket = connect({ port: served.port, host: '127.0.0.1', ca: setup.certificate.authority });
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    socket.write(
      'POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const answers: string[] = [];
    socket.setEncoding('latin1').on('data', (text: string) => answers.push(text));
    // One byte more than the limit, and not the end: who still writes when the server hangs up may miss its answer.
    socket.write(`10000\r\n${' '.repeat(0x10000)}\r\n`.repeat(128));
    socket.write('1\r\n \r\n');
    await once(socket, 'close');
    assert.match(answers.join(''), /^HTTP\/1\.1 413 /);
  });

  // kyverno GHSA-hgv6.
  it('speaks TLS 1.2 and 1.3 with authenticated encryption, and nothing else', async () => {
    const attempt = async (options: object): Promise<string> => {
      const socket = connect({
        port: served.port,
        host: '127.0.0.1',
        ca: setup.certificate.authority,
        ...options,
      });
      try {
        await once(socket, 'secureConnect');
        return `${socket.getProtocol()} ${socket.getCipher().name}`;
      } catch {
        return 'refused';
      } finally {
        socket.destroy();
      }
    };
    assert.match(await attempt({}), /^TLSv1\.3 /);
    assert.match(await attempt({ maxVersion: 'TLSv1.2' }), /^TLSv1\.2 ECDHE-.*GCM|CHACHA20/);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' };
    assert.equal(await attempt(old), 'refused');
    assert.equal(await attempt({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }), 'refused');
    assert.equal(await attempt({ maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }), 'refused');
  });

  it('counts decisions, and names no tenant in a label', async () => {
    await served.validate({ namespace: 'secret-team', object: pod(['unknown.example/x:1']) });
    const { text } = await served.get('/metrics');
    assert.match(
      text,
      /danube_webhook_decisions_total\{phase="validate",decision="denied",operation="CREATE"\} [1-9]/,
    );
    assert.match(
      text,
      /danube_webhook_image_failures_total\{phase="validate",check="policy.match",mode="enforce",verdict="rejected"\} 1/,
    );
    assert.match(text, /danube_webhook_decision_seconds_bucket\{phase="validate",le="\+Inf"\} [1-9]/);
    assert.match(text, /danube_webhook_certificate_not_after_seconds [1-9]/);
    assert.doesNotMatch(text, /secret-team|unknown\.example/);
  });

  it('writes a line of JSON about each decision', async () => {
    served.lines.length = 0;
    await served.validate({ namespace: 'team-b', object: pod(['unknown.example/x:1']), dryRun: true });
    const line = await served.said('admission_denied');
    assert.match(String(line['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { level, user, namespace, phase, operation, kind, dry_run: dryRun, images } = line;
    assert.deepEqual(
      { level, user, namespace, phase, operation, kind, dryRun },
      {
        level: 'warn',
        user: 'alice',
        namespace: 'team-b',
        phase: 'validate',
        operation: 'CREATE',
        kind: 'Pod',
        dryRun: true,
      },
    );
    assert.match(JSON.stringify(images), /unknown\.example\/x:1.*policy\.match/);
  });
});

describe('many at once', () => {
  // Trouble 2: policy-controller#1571.
  it('wait for a slow registry together: 30 pods of 5 containers, each image asked for once', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const names = Array.from({ length: 5 }, (_, index) => `burst/part${index}:v1`);
    const images = await Promise.all(names.map((name) => own.signed(name)));
    registry.requests.length = 0;
    const slow = hold('/burst/');
    const object = pod(images.map(({ pinned }) => pinned));
    const answers = Promise.all(Array.from({ length: 30 }, () => webhook.validate({ object })));
    await slow.reached(names.length);
    slow.release();
    assert.deepEqual(
      (await answers).filter(({ allowed }) => !allowed),
      [],
    );
    const lists = registry.requests.filter(({ path }) => path.includes('/referrers/'));
    assert.equal(lists.length, names.length);
  });

  // Trouble 4: policy-controller#1820, #824.
  it('that wait for a registry keep no probe waiting', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('probe/app:v1');
    const silent = hold('/probe/');
    const waiting = Array.from({ length: 50 }, () => webhook.validate({ object: pod([image.pinned]) }));
    let isWaiting = true;
    const answered = Promise.race(waiting).then(() => (isWaiting = false));
    await silent.reached(1);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await webhook.get(path)).status, 200);
    }
    assert.equal((await webhook.post('/readyz', '', { agent: false })).status, 200);
    assert.ok(isWaiting);
    silent.release();
    await answered;
    assert.ok((await Promise.all(waiting)).every(({ allowed }) => allowed));
  });
});

describe('a cached verdict', () => {
  // Trouble 9: devantler-tech/platform#2431.
  it('is there already when a dry run came before', async () => {
    const image = await setup.signed('cache/warm:v1');
    assert.ok((await served.validate({ object: pod([image.pinned]), dryRun: true })).allowed);
    registry.requests.length = 0;
    assert.ok((await served.validate({ object: pod([image.pinned]) })).allowed);
    assert.deepEqual(registry.requests, []);
  });

  it('is asked for once, by all who want it at the same time', async () => {
    const image = await setup.signed('cache/many:v1');
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => served.validate({ object: pod(Array(5).fill(image.pinned)) })),
    );
    assert.ok(answers.every(({ allowed }) => allowed));
    const lists = registry.requests.filter(({ path }) => path.includes('/cache/many/referrers/'));
    assert.equal(lists.length, 1);
    registry.requests.length = 0;
    await served.validate({ object: pod([image.pinned]) });
    assert.deepEqual(registry.requests, []);
  });

  it('is told and counted alike each time', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('cache/told:v1');
    await admitOften(webhook, image.pinned);
    const { lines } = webhook;
    const told = lines.filter(({ event }) => event === 'admission_allowed').map(({ images }) => images);
    const { pinned, digest } = image;
    const expected = [{ image: pinned, digest, verdict: 'accepted', policy: 'release' }];
    assert.deepEqual(told, [expected, expected, expected, expected]);
    const { text } = await webhook.get('/metrics');
    assert.match(text, /^danube_webhook_cache_lookups_total\{outcome="hit"\} 3$/m);
    assert.match(
      text,
      /^danube_webhook_decisions_total\{phase="validate",decision="allowed",operation="CREATE"\} 4$/m,
    );
  });

  it('is forgotten when the policy changes', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('cache/policy:v1');
    await admitOften(webhook, image.pinned);
    webhook.lines.length = 0;
    own.write(
      'release.json',
      JSON.stringify(policyFor(registry, { builders: [{ id: 'https://new.example' }] })),
    );
    await webhook.said('rules_loaded');
    assert.equal((await webhook.validate({ object: pod([image.pinned]) })).allowed, false);
  });

  it('is forgotten when a key is not trusted any more', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('cache/trust:v1');
    await admitOften(webhook, image.pinned);
    webhook.lines.length = 0;
    own.write('key.pub', setupKey(new Setup(registry)));
    await webhook.said('rules_loaded');
    assert.equal((await webhook.validate({ object: pod([image.pinned]) })).allowed, false);
  });

  // Troubles 6 and 7: ratify#574.
  it('is never made of an error on the way', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('cache/error:v1');
    for (const status of [500, 503, 429]) {
      registry.misbehave = ({ path }) =>
        path.includes('/cache/error/') ? { status, headers: { 'retry-after': '0' } } : undefined;
      const failed = await webhook.validate({ object: pod([image.pinned]) });
      assert.ok(!failed.allowed);
      assert.match(failed.message, /cannot be judged: registry/);
    }
    registry.misbehave = undefined;
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
  });

  it('is short when it is a no: what is pushed afterwards is seen', async (context) => {
    let now = performance.now();
    context.mock.method(performance, 'now', () => now);
    const own = new Setup(registry, { cache: { rejectedSeconds: 1 } });
    const webhook = await own.serve();
    const image = await putImage(registry, 'cache/late:v1');
    assert.equal((await webhook.validate({ object: pod([image.pinned]) })).allowed, false);
    const again = await own.signed('cache/late:v1');
    assert.equal(again.digest, image.digest);
    registry.requests.length = 0;
    assert.equal((await webhook.validate({ object: pod([image.pinned]) })).allowed, false);
    assert.deepEqual(registry.requests, []);
    now += 1000;
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
  });
});

function setupKey({ key }: Setup): string {
  return `-----BEGIN PUBLIC KEY-----\n${Buffer.from(key.publicKey.spki).toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

describe('the deadline', () => {
  // Troubles 3 and 8: policy-controller#797; kyverno#7224.
  it('is kept with a reason, and ends what is under way', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('slow/app:v1');
    const silent = hold('/slow/app/');
    const { allowed, message } = await webhook.validate({ object: pod([image.pinned]) }, '1s');
    assert.ok(!allowed);
    assert.match(message, /cannot be judged: deadline: the registry had not answered/);
    silent.release();
    registry.requests.length = 0;
    // Nothing of it was remembered, and nothing of it goes on.
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
    const lists = registry.requests.filter(({ path }) => path.includes('/slow/app/referrers/'));
    assert.equal(lists.length, 1);
  });

  it('of one request does not end what another still waits for', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('slow/shared:v1');
    const slow = hold('/slow/shared/referrers');
    const long = webhook.validate({ object: pod([image.pinned]) });
    await slow.reached(1);
    const short = await webhook.validate({ object: pod([image.pinned]) }, '1s');
    slow.release();
    assert.equal(short.allowed, false);
    assert.equal((await long).allowed, true);
    const lists = registry.requests.filter(({ path }) => path.includes('/slow/shared/referrers/'));
    assert.equal(lists.length, 1);
  });
});

describe('changed files', () => {
  // Trouble 31: ratify#821.
  it('bring a new certificate to new connections, and keep the old ones', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('tls/app:v1');
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
    const old = own.certificate;
    own.writeCertificate(createServerCertificate({ names: ['127.0.0.1'], days: 60 }));
    await webhook.said('certificate_loaded');
    // The connection that is open goes on, although its client trusts the old authority alone.
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
    assert.equal((await webhook.post('/healthz', '', { agent: false })).status, 200);
    await assert.rejects(webhook.post('/healthz', '', { agent: false, ca: old.authority }));
  });

  it('that do not belong together leave the old certificate in place', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    own.write('tls.key', createServerCertificate({ names: ['x'], days: 1 }).privateKey);
    await webhook.said('certificate_not_loaded');
    assert.equal((await webhook.post('/healthz', '', { agent: false })).status, 200);
  });

  it('that cannot be read leave in force what was, and are told', async () => {
    const own = new Setup(registry);
    const webhook = await own.serve();
    const image = await own.signed('reload/app:v1');
    own.write('release.json', JSON.stringify(policyFor(registry, { buidlers: [] })));
    const line = await webhook.said('rules_not_loaded');
    assert.match(String(line['reason']), /release\.json: \/spec\/buidlers: the format has no such field/);
    assert.ok((await webhook.validate({ object: pod([image.pinned]) })).allowed);
    const unsigned = await putImage(registry, 'reload/unsigned:v1');
    assert.equal((await webhook.validate({ object: pod([unsigned.pinned]) })).allowed, false);
    assert.match(
      (await webhook.get('/metrics')).text,
      /danube_webhook_reloads_total\{what="rules",outcome="failed"\} 1/,
    );
  });
});

describe('limits', () => {
  it('answer what is too much at once by the mode', async () => {
    for (const mode of ['enforce', 'warn']) {
      const own = new Setup(registry, { mode, limits: { reviews: 2 } });
      const webhook = await own.serve();
      const image = await own.signed(`limits/${mode}:v1`);
      const slow = hold('/limits/');
      const over = Promise.withResolvers<void>();
      const refused: boolean[] = [];
      const asking = Array.from({ length: 6 }, async () => {
        const { allowed, message, warnings } = await webhook.validate({ object: pod([image.pinned]) });
        if (/overload/.test(`${message}${warnings.join('')}`)) refused.push(allowed);
        if (refused.length === 4) over.resolve();
      });
      await over.promise;
      slow.release();
      await Promise.all(asking);
      assert.deepEqual(refused, Array(4).fill(mode === 'warn'));
    }
  });
});

describe('a cluster that lets everything run while nobody answers', () => {
  // Trouble 34: gatekeeper#3538.
  it('is told so, in the log and in a metric', async () => {
    const webhook = await new Setup(registry, { failurePolicy: 'Ignore' }).serve();
    assert.equal((await webhook.said('fails_open'))['level'], 'warn');
    assert.match((await webhook.get('/metrics')).text, /^danube_webhook_fails_open 1$/m);
    assert.match((await served.get('/metrics')).text, /^danube_webhook_fails_open 0$/m);
  });
});

describe('client certificates', () => {
  const clients = createServerCertificate({ names: ['gatekeeper'], days: 1 });

  it('are asked for where the configuration names their authorities', async () => {
    // A certificate for a server is none for a client: what counts here is that none and a wrong one are refused.
    const own = new Setup(registry, {
      tls: {
        certificate: 'tls.crt',
        privateKey: 'tls.key',
        clientCertificates: { authorities: 'clients.crt' },
      },
    });
    own.write('clients.crt', clients.authority);
    const webhook = await own.serve();
    assert.equal((await webhook.post('/validate', asked, { agent: false })).status, 403);
    const stranger = createServerCertificate({ names: ['gatekeeper'], days: 1 });
    const shown = { cert: stranger.certificate, key: stranger.privateKey };
    assert.equal((await webhook.post('/validate', asked, { agent: false, ...shown })).status, 403);
    assert.equal((await webhook.post('/healthz', '', { agent: false })).status, 200);
  });
});

const timers = process.getBuiltinModule('node:timers/promises');

/** Stops a webhook, which waits for others to notice until the test says that these seconds are over. */
function stop(
  context: TestContext,
  webhook: { stop(): Promise<void> },
  seconds: number,
): { readonly stopped: Promise<void>; readonly drained: () => Promise<void> } {
  const over = Promise.withResolvers<void>();
  const wait = context.mock.method(timers, 'setTimeout', () => over.promise);
  syncBuiltinESMExports();
  const stopped = webhook.stop();
  wait.mock.restore();
  syncBuiltinESMExports();
  assert.deepEqual(
    wait.mock.calls.map(({ arguments: [milliseconds] }) => milliseconds),
    [seconds * 1000],
  );
  return {
    stopped,
    drained: async () => {
      over.resolve();
      await new Promise(setImmediate);
    },
  };
}

describe('the end', () => {
  it('answers what is under way', async (context) => {
    const own = new Setup(registry, { drainSeconds: 7 });
    const webhook = await Served.start(own, {});
    const image = await own.signed('end/app:v1');
    const slow = hold('/end/app/referrers');
    const answer = webhook.validate({ object: pod([image.pinned]) });
    await slow.reached(1);
    const { stopped, drained } = stop(context, webhook, 7);
    await drained();
    slow.release();
    assert.ok((await answer).allowed);
    await stopped;
  });

  it('is said by /readyz before it comes', async (context) => {
    const own = new Setup(registry, { drainSeconds: 7 });
    const webhook = await serveWebhook({ config: own.path('webhook.json'), write: () => undefined });
    const { stopped, drained } = stop(context, webhook, 7);
    const response = await fetch(`http://127.0.0.1:${webhook.metricsPort}/readyz`);
    assert.equal(response.status, 503);
    await drained();
    await stopped;
  });
});

describe('a workload', () => {
  it('is judged more mildly where the configuration says so, and its pods are not', async () => {
    const own = new Setup(registry, { workloads: 'warn' });
    const webhook = await own.serve();
    const unsigned = await putImage(registry, 'mild/app:v1');
    const early = await webhook.validate({ ...OF_DEPLOYMENT, object: deployment(unsigned.pinned) });
    assert.ok(early.allowed);
    assert.match(early.warnings[0] ?? '', /evidence\.found/);
    assert.equal((await webhook.validate({ object: pod([unsigned.pinned]) })).allowed, false);
  });
});
