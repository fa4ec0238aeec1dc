import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRegistryClient } from '@danube/store/oci';
import type { Registry } from '@danube/test-registry';
import { ApiServer } from './api-server.ts';
import { deployment, OF_DEPLOYMENT, pod } from './reviews.ts';
import { registryWith, Setup, signProvenance, type Served } from './world.ts';

const PASSWORD = 'hunter2-of-team-a';
const registry = await registryWith({ auth: { users: { alice: PASSWORD } } });
const setup = new Setup(registry, { pullSecrets: { namespaces: ['team-a', 'team-c'] } });
const credential = { username: 'alice', password: PASSWORD };

/** An image that only alice may read, with its provenance beside it. */
async function privateImage(name: string): Promise<{ tagged: string; pinned: string }> {
  const [repository = '', tag = ''] = name.split(':');
  const { digest } = registry.putImage(repository, { tag, content: name });
  const client = createRegistryClient({
    plainHttp: [registry.host],
    credentials: () => Promise.resolve([credential]),
  });
  const bundle = signProvenance(setup.key, digest);
  await client.attach({ registry: registry.host, repository, digest }, bundle);
  client.close();
  registry.requests.length = 0;
  return { tagged: `${registry.host}/${name}`, pinned: `${registry.host}/${name}@${digest}` };
}

function pullSecret(host: string, password: string = PASSWORD): object {
  const auth = Buffer.from(`alice:${password}`).toString('base64');
  return secretOf('kubernetes.io/dockerconfigjson', '.dockerconfigjson', { auths: { [host]: { auth } } });
}

function secretOf(type: string, key: string, document: unknown): object {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return { kind: 'Secret', type, data: { [key]: Buffer.from(text).toString('base64') } };
}

const SECRETS = '/api/v1/namespaces/team-a/secrets';
const ACCOUNTS = '/api/v1/namespaces/team-a/serviceaccounts';

async function cluster(): Promise<{ api: ApiServer; served: Served }> {
  const api = await ApiServer.start();
  api.put(`${SECRETS}/regcred`, pullSecret(registry.host));
  api.put(`${ACCOUNTS}/default`, { kind: 'ServiceAccount' });
  return { api, served: await setup.serve({ access: api.access }) };
}

const naming = (...names: readonly string[]): object => ({
  imagePullSecrets: names.map((name) => ({ name })),
});

const secretsShown = ({ requests }: Registry): string[] =>
  requests.flatMap(({ headers }) => headers['authorization'] ?? []);

describe('pull secrets', () => {
  it('of the pod read what is attested of a private image, and its tag', async () => {
    const { api, served } = await cluster();
    const { tagged, pinned } = await privateImage('private/app:v1');
    const { patch } = await served.mutate({ object: pod([tagged], naming('regcred')) });
    assert.equal(patch['/spec/containers/0/image'], pinned);
    const answer = await served.validate({ object: pod([pinned], naming('regcred')) });
    assert.ok(answer.allowed, answer.message);
    assert.deepEqual(
      api.calls.map(({ path }) => path),
      [`${SECRETS}/regcred`],
    );
  });

  it('of its service account are read where it names none, in a workload as well', async () => {
    const { api, served } = await cluster();
    const { tagged } = await privateImage('private/account:v1');
    api.put(`${ACCOUNTS}/builder`, { kind: 'ServiceAccount', ...naming('regcred') });
    const object = deployment(tagged);
    const of = (account: string): object => {
      const spec = { serviceAccountName: account, containers: [{ name: 'c', image: tagged }] };
      return { ...object, spec: { replicas: 1, template: { spec } } };
    };
    const without = await served.validate({ ...OF_DEPLOYMENT, object });
    assert.ok(!without.allowed);
    const answer = await served.validate({ ...OF_DEPLOYMENT, object: of('builder') });
    assert.ok(answer.allowed, answer.message);
  });

  it('may be of the older type', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/old:v1');
    const entry = { username: 'alice', password: PASSWORD };
    api.put(`${SECRETS}/old`, secretOf('kubernetes.io/dockercfg', '.dockercfg', { [registry.host]: entry }));
    assert.ok((await served.validate({ object: pod([pinned], naming('old')) })).allowed);
  });

  it('that are missing, closed, broken or of another type are left out, and a denial says so', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/some:v1');
    api.put(`${SECRETS}/closed`, pullSecret(registry.host));
    api.forbidden.push(`${SECRETS}/closed`);
    const broken = `{"auths":{"${registry.host}":{"auth":"${PASSWORD}"`;
    api.put(`${SECRETS}/broken`, secretOf('kubernetes.io/dockerconfigjson', '.dockerconfigjson', broken));
    api.put(`${SECRETS}/opaque`, secretOf('Opaque', '.dockerconfigjson', { auths: {} }));
    const wrong = ['missing', 'closed', 'broken', 'opaque'];
    const denied = await served.validate({ object: pod([pinned], naming(...wrong)) });
    assert.ok(!denied.allowed);
    assert.match(denied.message, /registry failed/);
    for (const [name, why] of [
      ['missing', 'there is none'],
      ['closed', 'the webhook may not read it'],
      ['broken', 'what is in it cannot be read'],
      ['opaque', 'it is no secret for registries'],
    ])
      assert.ok(denied.message.includes(`pull secret team-a/${name}: ${why}`), denied.message);
    assert.ok(!denied.message.includes(PASSWORD));
    const answer = await served.validate({ object: pod([pinned], naming(...wrong, 'regcred')) });
    assert.ok(answer.allowed, answer.message);
  });

  it('that the API server cannot hand over now are asked for again', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/later:v1');
    api.failing = 503;
    const denied = await served.validate({ object: pod([pinned], naming('regcred')) });
    assert.ok(!denied.allowed);
    assert.match(denied.message, /team-a\/regcred: the API server did not hand it over/);
    api.failing = undefined;
    for (let tries = 0; ; tries += 1) {
      const answer = await served.validate({ object: pod([pinned], naming('regcred')) });
      if (answer.allowed) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  it('go to the registry that they are for, and to no other', async () => {
    const other = await registryWith({ auth: { users: { alice: PASSWORD } } });
    const { digest } = other.putImage('private/app', { tag: 'v1' });
    const own = new Setup(registry, {
      pullSecrets: { namespaces: ['team-a'] },
      noMatch: 'deny',
      registries: { plainHttp: [registry.host, other.host] },
    });
    const policy = {
      apiVersion: 'danube.dev/v1',
      kind: 'ProvenancePolicy',
      metadata: { name: 'release' },
      spec: {
        artifacts: [{ image: `${other.host}/**` }],
        builders: [{ id: 'https://ci.example.com/danube' }],
      },
    };
    own.write('release.json', JSON.stringify(policy));
    const api = await ApiServer.start();
    api.put(`${SECRETS}/regcred`, pullSecret(registry.host));
    const served = await own.serve({ access: api.access });
    const image = `${other.host}/private/app@${digest}`;
    const answer = await served.validate({ object: pod([image], naming('regcred')) });
    assert.ok(!answer.allowed);
    assert.ok(other.requests.length > 0);
    assert.deepEqual(secretsShown(other), []);
  });

  it('are not asked for in namespaces that the configuration does not name', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/elsewhere:v1');
    const answer = await served.validate({ namespace: 'team-b', object: pod([pinned], naming('regcred')) });
    assert.ok(!answer.allowed);
    assert.match(answer.message, /with pull secrets in the namespaces of pullSecrets/);
    assert.deepEqual(api.calls, []);
  });

  it('of one tenant answer for nobody else, and are asked once for all of its own', async () => {
    const { served } = await cluster();
    const { pinned } = await privateImage('private/tenant:v1');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => served.validate({ object: pod([pinned], naming('regcred')) })),
    );
    assert.ok(answers.every(({ allowed }) => allowed));
    const lists = registry.requests.filter(
      ({ path, headers }) => path.includes('/referrers/') && headers['authorization'] !== undefined,
    );
    assert.equal(lists.length, 1);
    for (const namespace of ['team-b', 'team-c']) {
      const answer = await served.validate({ namespace, object: pod([pinned], naming('regcred')) });
      assert.ok(!answer.allowed, namespace);
      assert.match(answer.message, /registry failed/);
    }
    assert.ok(!(await served.validate({ object: pod([pinned]) })).allowed);
    registry.requests.length = 0;
    assert.ok((await served.validate({ object: pod([pinned], naming('regcred')) })).allowed);
    assert.deepEqual(registry.requests, []);
  });

  it('are asked for by nothing but the name of an object', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/names:v1');
    const names = ['../../kube-system/secrets/x', 'a/b', 'a?b', '', 'UPPER', 'x'.repeat(300), '..', 'a b'];
    await served.validate({ object: pod([pinned], { ...naming(...names), serviceAccountName: '../x' }) });
    assert.deepEqual(
      api.calls.map(({ path }) => path),
      [`${ACCOUNTS}/default`],
    );
  });

  it('stand in no log, answer or metric', async () => {
    const { api, served } = await cluster();
    const { pinned } = await privateImage('private/quiet:v1');
    api.put(`${SECRETS}/wrong`, pullSecret(registry.host, `${PASSWORD}-and-wrong`));
    const answers = [];
    for (const name of ['regcred', 'wrong']) {
      answers.push(await served.validate({ object: pod([pinned], naming(name)) }));
    }
    assert.deepEqual(
      answers.map(({ allowed }) => allowed),
      [true, false],
    );
    const { text } = await served.get('/metrics');
    const said = JSON.stringify([answers, served.lines, text]);
    for (const secret of [PASSWORD, Buffer.from(`alice:${PASSWORD}`).toString('base64').slice(0, 20)]) {
      assert.ok(!said.includes(secret));
    }
  });
});
