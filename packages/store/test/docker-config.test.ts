import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { matchDockerConfig, parseDockerCfg, parseDockerConfig, userCredentials } from '@danube/store/oci';
import { storeError, temporaryFolder } from './folder.ts';

const auth = (user: string, password: string = 'p:w'): { auth: string } => ({
  auth: Buffer.from(`${user}:${password}`).toString('base64'),
});
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function usersFor(auths: object, registry: string, repository: string): string[] {
  const config = parseDockerConfig(bytesOf({ auths }), 'config.json');
  return matchDockerConfig(config, { registry, repository }).map(({ username }) => username);
}

describe('parseDockerConfig', () => {
  it('reads user and password, together and apart, and refresh tokens', () => {
    const config = parseDockerConfig(
      bytesOf({
        auths: {
          'a.example.com': auth('alice'),
          'b.example.com': { username: 'bob', password: 'secret' },
          'c.example.com': { ...auth('00000000-0000-0000-0000-000000000000', ''), identitytoken: 'refresh' },
          'd.example.com': {},
        },
      }),
      'config.json',
    );
    assert.deepEqual(
      config.entries.map(({ host, credential }) => [host, credential]),
      [
        ['a.example.com', { username: 'alice', password: 'p:w' }],
        ['b.example.com', { username: 'bob', password: 'secret' }],
        [
          'c.example.com',
          { username: '00000000-0000-0000-0000-000000000000', password: '', identityToken: 'refresh' },
        ],
      ],
    );
  });

  it('knows the keys of Docker Hub', () => {
    for (const key of [
      'https://index.docker.io/v1/',
      'index.docker.io',
      'docker.io',
      'registry-1.docker.io',
    ]) {
      assert.deepEqual(usersFor({ [key]: auth('hub') }, 'docker.io', 'library/nginx'), ['hub'], key);
    }
    for (const key of ['evil-docker.io', 'docker.io.example.com', 'xdocker.io']) {
      assert.deepEqual(usersFor({ [key]: auth('hub') }, 'docker.io', 'library/nginx'), [], key);
    }
  });

  it('takes the longest path first, by whole segments (rules of the kubelet)', () => {
    const auths = {
      'r.example.com': auth('registry'),
      'r.example.com/shop/app': auth('app'),
      'https://r.example.com/v1/shop': auth('shop'),
      'r.example.com/sho': auth('other'),
      '*.example.com': auth('any'),
    };
    assert.deepEqual(usersFor(auths, 'r.example.com', 'shop/app'), ['app', 'shop', 'registry', 'any']);
    assert.deepEqual(usersFor(auths, 'r.example.com', 'shop/apple'), ['shop', 'registry', 'any']);
  });

  it('keeps a wildcard in its label, and the port as it is', () => {
    for (const [key, registry, matches] of [
      ['*.example.com', 'r.example.com', true],
      ['*.example.com', 'a.b.example.com', false],
      ['*.example.com', 'example.com', false],
      ['*.example.com', 'r.example.com.evil', false],
      ['*.example.com', 'r.example.com:5000', false],
      ['*.example.com:5000', 'r.example.com:5000', true],
      ['r.example.com', 'r.example.com:5000', false],
      ['r*.example.com', 'r2.example.com', true],
      ['r*.example.com', 'x.example.com', false],
      ['*', 'localhost', true],
      ['*', 'localhost:5000', false],
      ['**.example.com', 'r.example.com', false],
    ] as const) {
      assert.equal(
        usersFor({ [key]: auth('x') }, registry, 'app').length === 1,
        matches,
        `${key} ${registry}`,
      );
    }
  });

  it('reads the older form', () => {
    const config = parseDockerCfg(bytesOf({ 'r.example.com': auth('old') }), '.dockercfg');
    assert.equal(
      matchDockerConfig(config, { registry: 'r.example.com', repository: 'app' })[0]?.username,
      'old',
    );
  });

  it('refuses what it cannot read, and quotes none of it', () => {
    for (const text of [
      'hunter2',
      '[]',
      '{"auths":["hunter2"]}',
      '{"auths":{"r":{"auth":"hunter2!"}}}',
      `{"auths":{"r":{"auth":"${Buffer.from('hunter2').toString('base64')}"}}}`,
      '{"auths":{"r":"hunter2"}}',
      '{"auths":{"r":{"username":["hunter2"]}}}',
    ]) {
      assert.throws(
        () => parseDockerConfig(Buffer.from(text), 'config.json'),
        (error: Error) => {
          storeError('ERR_STORE_CREDENTIALS', /config\.json/)(error);
          assert.doesNotMatch(error.message, /hunter2|aHVudGVyM/);
          return true;
        },
        text,
      );
    }
  });
});

describe('userCredentials', () => {
  const at = { registry: 'r.example.com', repository: 'shop/app' };

  function files(written: Readonly<Record<string, object>>): string {
    const folder = temporaryFolder();
    for (const [name, value] of Object.entries(written)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), JSON.stringify(value));
    }
    return folder;
  }

  async function userOf(environment: NodeJS.ProcessEnv, file?: string): Promise<string | undefined> {
    const source = userCredentials({ environment, ...(file === undefined ? {} : { file }) });
    return (await source(at, {}))[0]?.username;
  }

  it('looks where docker login and podman login write', async () => {
    const folder = files({
      '.docker/config.json': { auths: { 'r.example.com': auth('home') } },
      'docker/config.json': { auths: { 'r.example.com': auth('docker') } },
      'run/containers/auth.json': { auths: { 'r.example.com': auth('podman') } },
      'named.json': { auths: { 'r.example.com': auth('named') } },
    });
    const HOME = folder;
    assert.equal(await userOf({ HOME }), 'home');
    assert.equal(await userOf({ HOME, DOCKER_CONFIG: join(folder, 'docker') }), 'docker');
    assert.equal(await userOf({ HOME: '/nowhere', XDG_RUNTIME_DIR: join(folder, 'run') }), 'podman');
    assert.equal(await userOf({ HOME, REGISTRY_AUTH_FILE: join(folder, 'named.json') }), 'named');
    assert.equal(await userOf({ HOME }, join(folder, 'named.json')), 'named');
    assert.equal(await userOf({ HOME: '/nowhere' }), undefined);
  });

  it('fails for a named file that is not there', async () => {
    await assert.rejects(
      userOf({}, '/nowhere/config.json'),
      storeError('ERR_STORE_CREDENTIALS', /no such file/),
    );
  });

  function withHelper(script: string, config: object): NodeJS.ProcessEnv {
    const folder = files({ '.docker/config.json': config });
    const path = join(folder, 'docker-credential-test');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return { HOME: folder, PATH: `${folder}${delimiter}${process.env['PATH']}` };
  }

  it('asks the helper of the registry, and the store of all', async () => {
    const answer = `read server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"for $1 $server\\",\\"Secret\\":\\"s\\"}"`;
    for (const config of [{ credHelpers: { 'r.example.com': 'test' } }, { credsStore: 'test' }]) {
      assert.equal(await userOf(withHelper(answer, config)), 'for get r.example.com');
    }
    const other = {
      credHelpers: { 'other.example.com': 'test' },
      auths: { 'r.example.com': auth('written') },
    };
    assert.equal(await userOf(withHelper(answer, other)), 'written');
  });

  it('gives a helper none of our own secrets', async () => {
    const script = `cat > /dev/null; echo "{\\"Username\\":\\"\${DANUBE_SIGNING_PASSPHRASE:-none} $OWN\\",\\"Secret\\":\\"s\\"}"`;
    const ours = { DANUBE_SIGNING_PASSPHRASE: 'hunter2', OWN: 'its own' };
    assert.equal(await userOf({ ...withHelper(script, { credsStore: 'test' }), ...ours }), 'none its own');
  });

  it('takes a helper that has nothing for nothing, and a refresh token for one', async () => {
    const nothing = 'echo "credentials not found in native keychain"; exit 1';
    const config = { credsStore: 'test', auths: { 'r.example.com': auth('written') } };
    assert.equal(await userOf(withHelper(nothing, config)), 'written');
    const token = `echo '{"ServerURL":"","Username":"<token>","Secret":"refresh"}'`;
    const source = userCredentials({ environment: withHelper(token, config) });
    assert.equal((await source(at, {}))[0]?.identityToken, 'refresh');
  });

  it('fails when a helper does, and quotes nothing that it says', async () => {
    for (const [script, message] of [
      ['echo hunter2 >&2; echo hunter2; exit 3', /ended with 3/],
      ['echo hunter2', /another form/],
      ['echo \'{"Username":"hunter2"}\'', /another form/],
    ] as const) {
      await assert.rejects(userOf(withHelper(script, { credsStore: 'test' })), (error: Error) => {
        storeError('ERR_STORE_CREDENTIALS', message)(error);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    }
    for (const name of ['../../bin/sh', 'a b', '']) {
      const environment = withHelper('exit 0', { credHelpers: { 'r.example.com': name } });
      await assert.rejects(userOf(environment), storeError('ERR_STORE_CREDENTIALS'), name);
    }
    await assert.rejects(
      userOf(withHelper('', { credsStore: 'none-such' })),
      storeError('ERR_STORE_CREDENTIALS', /cannot be started/),
    );
  });

  it('stops a helper when the caller gives up', async () => {
    const mark = join(temporaryFolder(), 'pid');
    const script = `echo $$ > ${mark}.new; mv ${mark}.new ${mark}; exec sleep 1000`;
    const source = userCredentials({ environment: withHelper(script, { credsStore: 'test' }) });
    const stop = new AbortController();
    const call = source(at, { signal: stop.signal });
    while (!existsSync(mark)) await wait(5);
    stop.abort(new Error('enough'));
    await assert.rejects(call, /enough/);
    const pid = Number(readFileSync(mark, 'utf8'));
    while (isRunning(pid)) await wait(5);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
