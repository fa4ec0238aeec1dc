import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { ApiServer } from './api-server.ts';
import { pod } from './reviews.ts';
import { policyFor, putImage, registryWith, Setup, type Served } from './world.ts';

const registry = await registryWith();
const REPORTS = '/apis/wgpolicyk8s.io/v1alpha2';

interface Report {
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly {
    readonly result: string;
    readonly rule: string;
    readonly properties: { readonly digest: string };
    readonly timestamp: { readonly seconds: number };
  }[];
}

/** A pod that runs, as its kubelet says. */
function running(api: ApiServer, namespace: string, name: string, image: string, digest: string): void {
  const containerStatuses = [{ name: 'c0', imageID: `${image.split('@')[0]}@${digest}` }];
  const { spec } = pod([image]);
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  api.put(path, {
    kind: 'Pod',
    metadata: { uid: `uid-${name}` },
    spec,
    status: { phase: 'Running', containerStatuses },
  });
}

/** Waits until the report of the namespace is as expected. */
async function reportOf(
  api: ApiServer,
  namespace: string,
  isRight: (report: Report) => boolean,
): Promise<Report> {
  for (;;) {
    const object = api.get(`${REPORTS}/namespaces/${namespace}/policyreports/danube-webhook`);
    const report = object as unknown as Report | undefined;
    if (report !== undefined && isRight(report)) return report;
    await wait(20);
  }
}

async function start(api: ApiServer, background: object = {}): Promise<{ setup: Setup; served: Served }> {
  const setup = new Setup(registry, { background: { policyReports: true, ...background } });
  return { setup, served: await setup.serve({ access: api.access }) };
}

const eventsOf = ({ calls }: ApiServer): unknown[] =>
  calls.filter(({ path }) => path.endsWith('/events')).map(({ body }) => body);

// Trouble 29: kyverno#7525, #10239, #2738, #6537.
describe('the background', () => {
  it('judges what runs again when a policy changes, and reports digest, time and check', async () => {
    const api = await ApiServer.start();
    const { setup, served } = await start(api);
    const image = await setup.signed('background/app:v1');
    running(api, 'team-a', 'app', image.pinned, image.digest);
    setup.write('release.json', `${JSON.stringify(policyFor(registry))}\n`);
    const before = await reportOf(api, 'team-a', ({ summary }) => summary['pass'] === 1);
    assert.equal(before.results[0]?.properties.digest, image.digest);
    assert.deepEqual(eventsOf(api), []);
    const changed = policyFor(registry, { builders: [{ id: 'https://next.example' }] });
    setup.write('release.json', JSON.stringify(changed));
    const after = await reportOf(api, 'team-a', ({ summary }) => summary['fail'] === 1);
    const [result] = after.results;
    assert.equal(result?.rule, 'policy.rule:release/builder');
    assert.equal(result?.properties.digest, image.digest);
    assert.ok(Math.abs((result?.timestamp.seconds ?? 0) - Date.now() / 1000) < 600);
    const [event] = eventsOf(api) as { reason: string; message: string; involvedObject: { name: string } }[];
    assert.equal(event?.reason, 'ProvenanceRejected');
    assert.equal(event?.involvedObject.name, 'app');
    assert.match(event?.message ?? '', /policy\.rule:release\/builder failed/);
    assert.match((await served.get('/metrics')).text, /background_images_total\{verdict="rejected"\} 1/);
  });

  it('judges the digest that runs, not the tag that may point elsewhere by now', async () => {
    const api = await ApiServer.start();
    const setup = new Setup(registry, { background: { policyReports: true } });
    const image = await setup.signed('background/moved:v1');
    registry.putImage('background/moved', { tag: 'v1', content: 'something else' });
    running(api, 'team-a', 'moved', image.tagged, image.digest);
    await setup.serve({ access: api.access });
    const report = await reportOf(api, 'team-a', ({ summary }) => summary['pass'] === 1);
    assert.equal(report.results[0]?.properties.digest, image.digest);
  });

  it('says of a registry that does not answer that it is no verdict, and makes no event of it', async () => {
    const api = await ApiServer.start();
    const setup = new Setup(registry, { background: { policyReports: true } });
    const image = await setup.signed('background/silent:v1');
    registry.misbehave = ({ path }) =>
      path.includes('/background/silent/') ? { status: 503, headers: { 'retry-after': '0' } } : undefined;
    running(api, 'team-a', 'silent', image.pinned, image.digest);
    await setup.serve({ access: api.access });
    await reportOf(api, 'team-a', ({ summary }) => summary['error'] === 1);
    registry.misbehave = undefined;
    assert.deepEqual(eventsOf(api), []);
  });

  it('goes on where one namespace takes no events, as one that is ending', async () => {
    const api = await ApiServer.start();
    const unsigned = await putImage(registry, 'background/ending:v1');
    api.forbidden.push('/api/v1/namespaces/ending/events', `${REPORTS}/namespaces/ending`);
    for (const namespace of ['ending', 'team-b'])
      running(api, namespace, 'bad', unsigned.pinned, unsigned.digest);
    const { served } = await start(api);
    await served.said('background_not_told');
    await reportOf(api, 'team-b', ({ summary }) => summary['fail'] === 1);
  });

  it('leaves out namespaces that nobody is asked about, and empties the report of one without pods', async () => {
    const api = await ApiServer.start();
    const unsigned = await putImage(registry, 'background/unsigned:v1');
    for (const namespace of ['team-a', 'network']) {
      running(api, namespace, 'bad', unsigned.pinned, unsigned.digest);
    }
    const { setup } = await start(api, { exceptNamespaces: ['network'] });
    await reportOf(api, 'team-a', ({ summary }) => summary['fail'] === 1);
    assert.equal(api.get(`${REPORTS}/namespaces/network/policyreports/danube-webhook`), undefined);
    api.remove('/api/v1/namespaces/team-a/pods/bad');
    setup.write('release.json', `${JSON.stringify(policyFor(registry))}\n`);
    const empty = await reportOf(api, 'team-a', ({ summary }) => summary['fail'] === 0);
    assert.deepEqual(empty.results, []);
  });
});
