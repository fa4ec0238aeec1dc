import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { ApiServer } from './api-server.ts';
import { pod } from './reviews.ts';
import { policyFor, registryWith, Setup, type Served } from './world.ts';

const registry = await registryWith();
const CLUSTER = '/apis/danube.dev/v1/clusterprovenancepolicies';
const TEAM = '/apis/danube.dev/v1/namespaces/team-a/provenancepolicies';

function policy(spec: object = {}): object {
  return { ...policyFor(registry, spec), metadata: { uid: `u${Math.random()}`, generation: 1 } };
}

async function isReady(served: Served): Promise<boolean> {
  return (await served.get('/readyz')).status === 200;
}

async function untilReady(served: Served): Promise<void> {
  while (!(await isReady(served))) await wait(10);
}

describe('the policies of a cluster', () => {
  // kyverno CVE-2025-46342: what could not be asked for was taken for not there.
  it('that have not been read yet admit nothing, and make the webhook unready', async () => {
    const api = await ApiServer.start();
    api.failing = 503;
    const setup = new Setup(registry, { customResources: {} });
    const served = await setup.serve({ access: api.access });
    const image = await setup.signed('unread/app:v1');
    await served.said('policies_not_followed');
    assert.ok(!(await isReady(served)));
    const denied = await served.validate({ object: pod([image.pinned]) });
    assert.match(denied.message, /the policies of the cluster have not been read yet/);
    api.failing = undefined;
    await untilReady(served);
    assert.ok((await served.validate({ object: pod([image.pinned]) })).allowed);
  });

  it('that have not been read yet deny nothing in mode warn', async () => {
    const api = await ApiServer.start();
    api.failing = 503;
    const setup = new Setup(registry, { customResources: {}, mode: 'warn' });
    const served = await setup.serve({ access: api.access });
    const image = await setup.signed('unread/warned:v1');
    const { allowed, warnings } = await served.validate({ object: pod([image.pinned]) });
    assert.ok(allowed);
    assert.match(warnings.join(), /by policy of-the-cluster: policy\.format failed/);
  });

  // 2^60 is a number to the API server; what JavaScript makes of it is another one.
  it('are read although one of them holds what cannot be read, which is refused when it is made', async () => {
    const api = await ApiServer.start();
    const setup = new Setup(registry, { customResources: {} });
    const served = await setup.serve({ access: api.access });
    await untilReady(served);
    const image = await setup.signed('inexact/app:v1');
    const inexact = policy({ parameters: { channel: { equals: 2 ** 60 } } });
    const object = { ...inexact, metadata: { name: 'inexact', namespace: 'team-a' } };
    const made = await served.validate({ group: 'danube.dev', kind: 'ProvenancePolicy', object });
    assert.ok(!made.allowed);
    assert.match(made.message, /the policy cannot be used: .*is not exact/);
    const changed = { group: 'danube.dev', kind: 'ProvenancePolicy', oldObject: object };
    assert.ok(!(await served.validate({ ...changed, operation: 'UPDATE', object })).allowed);
    assert.ok((await served.validate({ ...changed, operation: 'DELETE' })).allowed);
    served.lines.length = 0;
    api.put(`${TEAM}/inexact`, inexact);
    await served.said('policy_broken');
    api.put(`${CLUSTER}/strict`, policy({ builders: [{ id: 'https://strict.example' }] }));
    await served.said('rules_loaded');
    const other = await served.validate({ namespace: 'team-b', object: pod([image.pinned]) });
    assert.match(other.message, /by policy strict: /);
    const own = await served.validate({ namespace: 'team-a', object: pod([image.pinned]) });
    assert.match(own.message, /by policy team-a\/inexact: policy\.format failed/);
  });

  it('stay in force while the API server cannot be asked, and nothing is asked of it for a pod', async () => {
    const api = await ApiServer.start();
    api.put(`${CLUSTER}/strict`, policy({ builders: [{ id: 'https://strict.example' }] }));
    const setup = new Setup(registry, { customResources: {} });
    const served = await setup.serve({ access: api.access });
    await untilReady(served);
    const image = await setup.signed('forbidden/app:v1');
    api.failing = 500;
    api.calls.length = 0;
    const denied = await served.validate({ object: pod([image.pinned]) });
    assert.match(denied.message, /by policy strict: policy\.rule/);
    assert.deepEqual(
      api.calls.filter(({ path }) => !path.startsWith('/apis/danube.dev/')),
      [],
    );
  });

  // kyverno CVE-2024-48921 (GHSA-qjvc), GHSA-gg4x.
  it('of a namespace can only tighten', async () => {
    const api = await ApiServer.start();
    const setup = new Setup(registry, { customResources: {} });
    const open = { artifacts: [{ image: 'other.example/**' }], maxAge: '1d' };
    api.put(`${TEAM}/open`, policy(open));
    const served = await setup.serve({ access: api.access });
    await untilReady(served);
    const other = `other.example/app@sha256:${'a'.repeat(64)}`;
    assert.match((await served.validate({ object: pod([other]) })).message, /policy\.match failed/);
    const image = await setup.signed('tighten/app:v1');
    assert.ok((await served.validate({ object: pod([image.pinned]) })).allowed);
    served.lines.length = 0;
    api.put(`${TEAM}/strict`, policy({ builders: [{ id: 'https://strict.example' }] }));
    await served.said('rules_loaded');
    assert.ok(!(await served.validate({ object: pod([image.pinned]) })).allowed);
    assert.ok((await served.validate({ namespace: 'team-b', object: pod([image.pinned]) })).allowed);
  });
});
