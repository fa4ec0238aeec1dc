import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Metadata, MetadataKind } from '@tufjs/models';
import { startProxy } from '@danube/test-registry';
import { IDENTITY, ISSUER, keylessBundle, trustedRoot } from '../../vectors/sigstore-instance.ts';
import { APP } from '../../vectors/statements.ts';
import { trustRoot } from '../../vectors/trust-roots.ts';
import { workflowStatement } from '../../vectors/verify-sigstore.ts';
import { runDanube, type CommandResult } from '../vectors/verify-by-command.ts';
import {
  otherKey,
  releaseFiles,
  roleKey,
  rootRole,
  sameKeyAs,
  serveRepository,
  signed,
  type Release,
  type Repository,
  type RoleKey,
} from './repository.ts';

const EXPIRED = '2026-01-01T00:00:00Z';
const keys = [roleKey(), roleKey()];
const stranger = roleKey();

const documentOf = (version: number): Buffer => Buffer.from(JSON.stringify(trustRoot({ version })));
const release = (version: number, parts: Partial<Release> = {}): Release => ({
  version,
  target: documentOf(version),
  keys: keys.slice(0, 1),
  ...parts,
});

let repository: Repository;
let folder: string;

const at = (name: string): string => join(folder, name);

/** What the repository shows from now on. */
function publish(parts: Release): void {
  for (const [name, bytes] of releaseFiles(parts)) repository.files.set(name, bytes);
}

async function update(...args: readonly string[]): Promise<CommandResult> {
  return runDanube(
    [
      'trust',
      'update',
      'trust-root.json',
      ...(args.some((arg) => arg.startsWith('--tuf=')) ? [] : [`--tuf=${repository.url}`]),
      '--tuf-root=root.json',
      ...args,
    ],
    folder,
  );
}

/** The command ends with this code and says why; trust root and cache are as they were. */
async function refuses(code: number, reason: RegExp): Promise<void> {
  const before = snapshotOf();
  const { exitCode, stdout, stderr } = await update();
  assert.deepEqual([exitCode, stdout], [code, ''], stderr);
  assert.match(stderr, reason);
  assert.deepEqual(snapshotOf(), before);
}

function snapshotOf(): Record<string, string> {
  const cache = existsSync(at('trust-root.json.tuf'))
    ? readdirSync(at('trust-root.json.tuf')).map((name) => `trust-root.json.tuf/${name}`)
    : [];
  const files = [...cache, 'trust-root.json'].filter((name) => existsSync(at(name)));
  return Object.fromEntries(files.map((name) => [name, readFileSync(at(name), 'utf8')]));
}

const current = (): number =>
  (JSON.parse(readFileSync(at('trust-root.json'), 'utf8')) as { version: number }).version;

describe('danube trust update', () => {
  before(async () => {
    repository = await serveRepository();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'danube-tuf-test-'));
    repository.files.clear();
    writeFileSync(at('root.json'), signed(rootRole({ keys }), keys));
    publish(release(3));
    const { exitCode, stderr } = await update();
    assert.equal(exitCode, 0, stderr);
    assert.equal(current(), 3);
  });

  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => {
    repository.server.closeAllConnections();
    repository.server.close();
  });

  it('brings the next version, and the same one again', async () => {
    publish(release(4));
    assert.equal((await update()).exitCode, 0);
    assert.equal((await update()).exitCode, 0);
    assert.equal(current(), 4);
  });

  it('asks the proxy that the environment names', async () => {
    const proxy = await startProxy({ routes: { 'tuf.example:80': new URL(repository.url).host } });
    process.env['HTTP_PROXY'] = `http://${proxy.host}`;
    try {
      publish(release(4));
      const { pathname } = new URL(repository.url);
      const { exitCode, stderr } = await update(`--tuf=http://tuf.example${pathname}`);
      assert.equal(exitCode, 0, stderr);
      assert.equal(current(), 4);
      assert.ok(proxy.requests.some(({ target }) => target.startsWith('http://tuf.example/')));
    } finally {
      delete process.env['HTTP_PROXY'];
      await proxy.close();
    }
  });

  it('refuses a timestamp that is longer than any', async () => {
    repository.files.set('timestamp.json', Buffer.alloc(20_000, 0x20));
    await refuses(1, /Max length/);
  });

  it('follows the root to new keys', async () => {
    const next = [roleKey()];
    repository.files.set('2.root.json', signed(rootRole({ version: 2, keys: next }), [...keys, ...next]));
    publish(release(4, { keys: next }));
    assert.equal((await update()).exitCode, 0);
    assert.equal(current(), 4);
  });

  it('refuses older metadata: rollback of the timestamp (CVE-2022-29173)', async () => {
    publish(release(2));
    await refuses(1, /less than current version/);
  });

  it('refuses an older trust root in newer metadata (CVE-2024-23332)', async () => {
    publish(release(4, { target: documentOf(2) }));
    await refuses(1, /has version 2, and trust-root\.json has version 3/);
  });

  it('refuses another trust root of the same version', async () => {
    publish(
      release(4, { target: Buffer.from(JSON.stringify(trustRoot({ expires: '2055-01-01T00:00:00Z' }))) }),
    );
    await refuses(1, /another one of version 3/);
  });

  it('refuses metadata that expired: freeze', async () => {
    publish(release(4, { expires: EXPIRED }));
    await refuses(1, /expired/);
  });

  it('refuses a root that expired and was not replaced', async () => {
    repository.files.set('2.root.json', signed(rootRole({ version: 2, keys, expires: EXPIRED }), keys));
    publish(release(4));
    await refuses(1, /expired/);
  });

  it('refuses metadata signed by others, or by nobody', async () => {
    publish(release(4, { keys: [stranger] }));
    await refuses(1, /0\/1 keys/);
    publish(release(4, { keys: [] }));
    await refuses(1, /keys/);
  });

  it('refuses a root that fewer keys signed than the root before demands', async () => {
    writeFileSync(at('root.json'), signed(rootRole({ keys, threshold: 2 }), keys));
    repository.files.set(
      '2.root.json',
      signed(rootRole({ version: 2, keys, threshold: 1 }), keys.slice(0, 1)),
    );
    await refuses(1, /1\/2 keys/);
    const twice = signed(rootRole({ version: 2, keys, threshold: 1 }), [keys[0]!, keys[0]!]);
    repository.files.set('2.root.json', twice);
    await refuses(1, /1\/2 keys/);
  });

  describe('one key under two ids', () => {
    for (const [what, form] of [
      ['hex', {}],
      ['PEM', { pem: true }],
      // tuf-js looks at the scheme of ECDSA keys alone.
      ['with the scheme of another algorithm', { scheme: 'ecdsa-sha2-nistp256' }],
      ['PEM, with a scheme that nobody knows', { pem: true, scheme: 'x' }],
    ] as const) {
      it(`refuses a root that counts it twice (${what})`, async () => {
        const [key] = keys as [RoleKey, RoleKey];
        const twice = [key, sameKeyAs(key, form)];
        const root = signed(rootRole({ version: 2, keys: twice, threshold: 2 }), twice);
        repository.files.set('2.root.json', root);
        await refuses(1, /would count twice for root/);
        repository.files.delete('2.root.json');
        writeFileSync(join(at('trust-root.json.tuf'), '2.root.json'), root);
        await refuses(1, /would count twice for root/);
        writeFileSync(at('root.json'), root);
        await refuses(2, /--tuf-root root\.json: one key is there as .* and would count twice/);
      });
    }

    it('refuses a root that has a key of another algorithm twice', async () => {
      const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      const scheme = 'ecdsa-sha2-nistp256';
      const twice = [
        otherKey(ec, { keyType: 'ecdsa', scheme }),
        // Of this type tuf-js takes whatever is in PEM.
        otherKey(ec, { keyType: 'ed25519', scheme: 'ed25519' }),
      ];
      const root = signed(rootRole({ version: 2, keys: twice, threshold: 2 }), twice);
      const read = Metadata.fromJSON(MetadataKind.Root, JSON.parse(root.toString()));
      assert.doesNotThrow(() => read.verifyDelegate('root', read));
      writeFileSync(at('root.json'), root);
      await refuses(2, /would count twice for root/);
    });

    it('refuses a root with a key for RSA-PSS alone, whose modulus could be there in another key', async () => {
      const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
      const key = otherKey(pss, { keyType: 'rsa', scheme: 'rsassa-pss-sha256' });
      repository.files.set('2.root.json', signed(rootRole({ version: 2, keys: [...keys, key] }), keys));
      await refuses(1, /is for RSA-PSS alone/);
    });

    it('refuses a delegation that counts it twice', async () => {
      const key = roleKey();
      publish(release(4, { delegatesTo: [key, roleKey()] }));
      assert.equal((await update()).exitCode, 0);
      publish(release(5, { delegatesTo: [key, sameKeyAs(key, {})] }));
      await refuses(1, /would count twice for a delegated role/);
    });

    it('refuses metadata that another reader reads otherwise', async () => {
      const root = signed(rootRole({ version: 2, keys }), keys).toString();
      repository.files.set('2.root.json', Buffer.from(root.replace('{', '{"signed":{},')));
      await refuses(1, /not JSON that all read alike/);
    });
  });

  it('refuses a root that leaves a version out', async () => {
    repository.files.set('2.root.json', signed(rootRole({ version: 3, keys }), keys));
    await refuses(1, /Expected version 2, got 3/);
  });

  it('refuses metadata of different releases: mix and match', async () => {
    publish(release(4, { mixedWith: release(3) }));
    await refuses(1, /snapshot/);
  });

  it('refuses another target than the metadata say', async () => {
    publish(release(4));
    const changed = Buffer.from(documentOf(4));
    changed[changed.length - 2] = 0x20;
    repository.files.set('targets/trust-root.json', changed);
    await refuses(1, /hash/);
  });

  for (const name of [
    'timestamp.json',
    'snapshot.json',
    'targets.json',
    'targets/trust-root.json',
    '2.root.json',
  ]) {
    it(`stops reading ${name} when it does not end: endless data`, async () => {
      publish(release(4));
      repository.files.set(name, 'endless');
      await refuses(1, /longer than 8388608 bytes/);
    });
  }

  it('refuses a target that is no trust root', async () => {
    publish(release(4, { target: Buffer.from('{"version": 4}') }));
    await refuses(1, /its target/);
  });

  it('ends with 3 when the repository does not answer as one', async () => {
    repository.files.delete('timestamp.json');
    await refuses(3, /status 404/);
    const { exitCode, stderr } = await runDanube(
      ['trust', 'update', 'trust-root.json', '--tuf=http://127.0.0.1:9/', '--tuf-root=root.json'],
      folder,
    );
    assert.equal(exitCode, 3, stderr);
  });

  it('ends with 2 for root metadata that is none, and for a URL with a password', async () => {
    writeFileSync(at('root.json'), '{}');
    await refuses(2, /--tuf-root/);
    const { exitCode, stderr } = await runDanube(
      ['trust', 'update', 'trust-root.json', '--tuf=http://user:secret@127.0.0.1/', '--tuf-root=root.json'],
      folder,
    );
    assert.equal(exitCode, 2);
    assert.doesNotMatch(stderr, /secret/);
  });

  it('keeps the newest root in force when the repository withholds it', async () => {
    const next = [roleKey()];
    repository.files.set('2.root.json', signed(rootRole({ version: 2, keys: next }), [...keys, ...next]));
    publish(release(4, { keys: next }));
    assert.equal((await update()).exitCode, 0);
    repository.files.delete('2.root.json');
    publish(release(5)); // by the keys that the new root replaced
    await refuses(1, /0\/1 keys/);
    publish(release(5, { keys: next }));
    assert.equal((await update()).exitCode, 0);
    assert.equal(current(), 5);
  });

  it('believes nothing of the cache that is not signed (sigstore-rust#165)', async () => {
    const cache = at('trust-root.json.tuf');
    const forged = new Map([
      ...releaseFiles(release(9, { keys: [stranger] })),
      ['2.root.json', signed(rootRole({ version: 2, keys: [stranger] }), [stranger])] as const,
    ]);
    for (const name of ['timestamp.json', 'snapshot.json', 'targets.json'])
      writeFileSync(join(cache, name), forged.get(name) ?? '');
    publish(release(4));
    assert.equal((await update()).exitCode, 0);
    assert.equal(current(), 4);
    writeFileSync(join(cache, '2.root.json'), forged.get('2.root.json') ?? '');
    publish(release(5));
    await refuses(1, /0\/1 keys/);
  });

  it('writes through no link that lies in the cache', async () => {
    const victim = at('victim');
    writeFileSync(victim, 'mine');
    const link = join(at('trust-root.json.tuf'), 'timestamp.json');
    rmSync(link);
    symlinkSync(victim, link);
    publish(release(4));
    assert.equal((await update()).exitCode, 0);
    assert.equal(readFileSync(victim, 'utf8'), 'mine');
  });
});

describe('danube trust update --sigstore', () => {
  const rootOf = (whose: 'ours' | 'other'): Buffer => Buffer.from(JSON.stringify(trustedRoot(whose)));
  const releaseOf = (version: number, whose: 'ours' | 'other' = 'ours'): Release =>
    release(version, { target: rootOf(whose), name: 'trusted_root.json' });

  async function updateSigstore(): Promise<CommandResult> {
    return runDanube(
      ['trust', 'update', 'sigstore.json', '--sigstore', `--tuf=${repository.url}`, '--tuf-root=root.json'],
      folder,
    );
  }

  async function refusesIt(code: number, reason: RegExp): Promise<void> {
    const before = readFileSync(at('sigstore.json'));
    const { exitCode, stdout, stderr } = await updateSigstore();
    assert.deepEqual([exitCode, stdout], [code, ''], stderr);
    assert.match(stderr, reason);
    assert.deepEqual(readFileSync(at('sigstore.json')), before);
  }

  before(async () => {
    repository = await serveRepository();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'danube-tuf-test-'));
    repository.files.clear();
    writeFileSync(at('root.json'), signed(rootRole({ keys }), keys));
    publish(releaseOf(3));
    const { exitCode, stderr } = await updateSigstore();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(readFileSync(at('sigstore.json')), rootOf('ours'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => {
    repository.server.closeAllConnections();
    repository.server.close();
  });

  it('brings the next one, and says when there is none', async () => {
    assert.match((await updateSigstore()).stdout, /as it was/);
    publish(releaseOf(4, 'other'));
    assert.equal((await updateSigstore()).exitCode, 0);
    assert.deepEqual(readFileSync(at('sigstore.json')), rootOf('other'));
  });

  it('refuses an older one: the metadata that were seen say so', async () => {
    publish(releaseOf(4, 'other'));
    assert.equal((await updateSigstore()).exitCode, 0);
    publish(releaseOf(3));
    await refusesIt(1, /less than current version/);
  });

  it('refuses what expired, what others signed, and another target than the metadata say', async () => {
    publish({ ...releaseOf(4, 'other'), expires: EXPIRED });
    await refusesIt(1, /expired/);
    publish({ ...releaseOf(4, 'other'), keys: [stranger] });
    await refusesIt(1, /0\/1 keys/);
    publish(releaseOf(4, 'other'));
    repository.files.set('targets/trusted_root.json', rootOf('ours'));
    await refusesIt(1, /hash|length/);
  });

  it('refuses a target that is no trusted root, and puts none in the place of something else', async () => {
    publish({ ...releaseOf(4), target: documentOf(4) });
    await refusesIt(1, /its target: the Sigstore trusted root/);
    publish(releaseOf(4));
    writeFileSync(at('sigstore.json'), documentOf(4));
    await refusesIt(2, /is no trusted root of Sigstore/);
  });

  it('brings what verify takes for --sigstore-root, offline', async () => {
    writeFileSync(at(APP.name), APP.content);
    writeFileSync(at(`${APP.name}.sigstore.json`), JSON.stringify(keylessBundle(workflowStatement())));
    const verify = ['provenance', 'verify', APP.name, '--offline', '--sigstore-root=sigstore.json'];
    const signer = [`--certificate-identity=${IDENTITY}`, `--certificate-issuer=${ISSUER}`];
    const accepted = await runDanube([...verify, ...signer], folder);
    assert.equal(accepted.exitCode, 0, accepted.stdout + accepted.stderr);
    publish(releaseOf(4, 'other'));
    assert.equal((await updateSigstore()).exitCode, 0);
    assert.equal((await runDanube([...verify, ...signer], folder)).exitCode, 1);
    const byCache = [...verify.slice(0, -1), '--sigstore-root=sigstore.json.tuf', ...signer];
    const refused = await runDanube(byCache, folder);
    assert.deepEqual([refused.exitCode, refused.stdout], [2, '']);
    assert.match(refused.stderr, /is a directory\nhint: name the file that danube trust update/);
  });
});
