import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { MODE_ANNOTATION } from '../src/custom-resources.ts';
import { ApiServer } from './api-server.ts';
import { pod } from './reviews.ts';
import { policyFor, registryWith, Setup, type Served } from './world.ts';

const registry = await registryWith();
const CLUSTER = '/apis/danube.dev/v1/clusterprovenancepolicies';
const TEAM = '/apis/danube.dev/v1/namespaces/team-a/provenancepolicies';

let count = 0;

function put(api: ApiServer, path: string, spec: object, annotations: object = {}, generation = 1): void {
  const policy = policyFor(registry, spec);
  const kind = path.startsWith(CLUSTER) ? 'ClusterProvenancePolicy' : 'ProvenancePolicy';
  const uid = api.get(path)?.metadata['uid'] ?? `uid-${(count += 1)}`;
  const status = api.get(path)?.['status'];
  api.put(path, {
    ...policy,
    kind,
    metadata: { uid, generation, annotations },
    ...(status === undefined ? {} : { status }),
  });
}

type Condition = Record<string, unknown>;

/** Waits until the status of the object says what became of this generation. */
async function conditionOf(api: ApiServer, path: string, generation: number = 1): Promise<Condition> {
  for (;;) {
    const status = api.get(path)?.['status'] as { conditions: Condition[] } | undefined;
    const ready = status?.conditions.find(({ type }) => type === 'Ready');
    if (ready?.['observedGeneration'] === generation) return ready;
    await wait(10);
  }
}

const writes = ({ calls }: ApiServer): number => calls.filter(({ method }) => method === 'PATCH').length;

async function start(api: ApiServer, config: object = {}): Promise<{ setup: Setup; served: Served }> {
  const setup = new Setup(registry, { customResources: {}, ...config });
  return { setup, served: await setup.serve({ access: api.access }) };
}

describe('the status of a policy', () => {
  it('says that it is in force, in which mode, and of which generation that is true', async () => {
    const api = await ApiServer.start();
    put(api, `${CLUSTER}/all`, {});
    put(api, `${TEAM}/strict`, {}, { [MODE_ANNOTATION]: 'warn' });
    await start(api);
    const { lastTransitionTime, ...ready } = await conditionOf(api, `${CLUSTER}/all`);
    assert.deepEqual(ready, {
      type: 'Ready',
      status: 'True',
      reason: 'Loaded',
      message: 'in force in mode enforce',
      observedGeneration: 1,
    });
    assert.match(String(lastTransitionTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal((await conditionOf(api, `${TEAM}/strict`))['message'], 'in force in mode warn');
  });

  it('says why one is refused, and when it is mended', async () => {
    const api = await ApiServer.start();
    put(api, `${TEAM}/strict`, { buidlers: [] });
    await start(api);
    const refused = await conditionOf(api, `${TEAM}/strict`);
    assert.deepEqual([refused['status'], refused['reason']], ['False', 'Invalid']);
    assert.match(String(refused['message']), /\/spec\/buidlers: the format has no such field/);
    put(api, `${TEAM}/strict`, {}, {}, 2);
    const mended = await conditionOf(api, `${TEAM}/strict`, 2);
    assert.deepEqual([mended['status'], mended['reason']], ['True', 'Loaded']);
  });

  it('is written once, also by several replicas, and not again after a start', async () => {
    const api = await ApiServer.start();
    put(api, `${CLUSTER}/all`, {});
    await start(api);
    await conditionOf(api, `${CLUSTER}/all`);
    await Promise.all([start(api), start(api)]);
    await wait(500);
    assert.equal(writes(api), 1);
    put(api, `${CLUSTER}/all`, { maxAge: '1d' }, {}, 2);
    await conditionOf(api, `${CLUSTER}/all`, 2);
    await wait(500);
    assert.ok(writes(api) <= 1 + 3, String(writes(api)));
  });

  it('is not fought over by replicas that know different things', async () => {
    const api = await ApiServer.start();
    put(api, `${CLUSTER}/all`, {});
    await start(api);
    await conditionOf(api, `${CLUSTER}/all`);
    const other = await start(api, { customResources: { mode: 'audit' } });
    await wait(1000);
    assert.ok(writes(api) <= 2, String(writes(api)));
    await other.served.stop();
  });

  it('does not make the webhook read its policies again', async () => {
    const api = await ApiServer.start();
    put(api, `${CLUSTER}/all`, {});
    const { served } = await start(api);
    await conditionOf(api, `${CLUSTER}/all`);
    await wait(200);
    assert.equal(served.lines.filter(({ event }) => event === 'rules_loaded').length, 1);
  });

  it('may be closed to the webhook, which says so once and goes on', async () => {
    const api = await ApiServer.start();
    for (const name of ['one', 'two']) {
      put(api, `${CLUSTER}/${name}`, {});
      api.forbidden.push(`${CLUSTER}/${name}/status`);
    }
    const { setup, served } = await start(api);
    await served.said('policy_status_not_written');
    put(api, `${CLUSTER}/three`, {});
    const image = await setup.signed('status/app:v1');
    assert.ok((await served.validate({ object: pod([image.pinned]) })).allowed);
    assert.equal(writes(api), 1);
  });
});

describe('a policy that demands a Build level', () => {
  const spec = { builders: [{ id: 'https://ci.example.com/danube', level: 3 }] };

  it('is refused where no trust root knows levels, and keeps no other policy from being loaded', async () => {
    const api = await ApiServer.start();
    put(api, `${CLUSTER}/all`, {});
    put(api, `${TEAM}/level`, spec);
    const { setup, served } = await start(api);
    const { status, message } = await conditionOf(api, `${TEAM}/level`);
    assert.equal(status, 'False');
    assert.match(String(message), /demands a Build level, which only a trust root knows/);
    assert.equal((await conditionOf(api, `${CLUSTER}/all`))['status'], 'True');
    const image = await setup.signed('level/app:v1');
    const here = await served.validate({ object: pod([image.pinned]) });
    assert.match(here.message, /by policy team-a\/level: policy\.format failed/);
    const there = await served.validate({ namespace: 'team-b', object: pod([image.pinned]) });
    assert.ok(there.allowed, there.message);
  });

  it('is refused when it is made', async () => {
    const api = await ApiServer.start();
    const { served } = await start(api);
    const object = { ...policyFor(registry, spec, 'level'), kind: 'ProvenancePolicy' };
    const of = { group: 'danube.dev', kind: 'ProvenancePolicy', resource: 'provenancepolicies' };
    const { allowed, message } = await served.validate({ ...of, object });
    assert.ok(!allowed);
    assert.match(message, /demands a Build level/);
  });
});
