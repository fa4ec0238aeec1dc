import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Registry, startRegistry, startTokenServer, type StoredImage } from '@danube/test-registry';
import type { ReportJson } from '@danube/verifier';
import {
  parseAttestations,
  parseEnvelope,
  parseStatement,
  PROVENANCE_V1,
  STATEMENT_V1,
} from 'in-toto-attestation';
import { danubeAsync, folder, type Outcome } from './danube.ts';
import { attestationOf, provenance, testKey, write, writeKey } from './fixture.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const root = folder();
let registry: Registry;

/** With the registry in this process, the command must run beside it. */
async function danube(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return danubeAsync(args, { cwd: root, env: { HOME: root, ...env } });
}

const plain = (): string[] => ['--plain-http', registry.host];
const at = (image: StoredImage, repository: string = 'shop/app'): string =>
  `${registry.host}/${repository}@${image.digest}`;

async function writeProvenance(name: string, image: StoredImage, key: number = 1): Promise<void> {
  const subject = [{ name: 'app', digest: { sha256: image.digest.slice(7) } }];
  const statement = {
    _type: STATEMENT_V1,
    subject,
    predicateType: PROVENANCE_V1,
    predicate: provenance(),
  } as const;
  write(join(root, name), attestationOf(statement, await testKey(key)));
}

async function push(image: StoredImage, key?: number, ...more: readonly string[]): Promise<Outcome> {
  await writeProvenance('provenance.json', image, key);
  return danube(['provenance', 'push', at(image), '--provenance', 'provenance.json', ...plain(), ...more]);
}

async function verify(...args: readonly string[]): Promise<Outcome & { readonly report: ReportJson }> {
  const outcome = await danube([
    'provenance',
    'verify',
    '--format',
    'json',
    '--public-key',
    'first.pub',
    ...args,
  ]);
  return { ...outcome, report: JSON.parse(outcome.stdout || 'null') };
}

before(async () => {
  registry = await startRegistry();
  await writeKey(join(root, 'first'), await testKey(1));
});
after(() => registry.close());

describe('danube provenance push and verify oci:', () => {
  it('accept an image that was attested, by tag and by digest', async () => {
    const image = registry.putImage('shop/app', { tag: 'v1', content: 'attested' });
    const pushed = await push(image);
    assert.deepEqual([pushed.code, pushed.stderr], [0, '']);
    assert.match(pushed.stdout, new RegExp(`^${registry.host}/shop/app@sha256:[0-9a-f]{64}\n$`));
    for (const reference of [at(image), `${registry.host}/shop/app:v1`]) {
      const { code, report, stderr } = await verify(`oci:${reference}`, ...plain());
      assert.deepEqual([code, report?.verdict, stderr], [0, 'accepted', '']);
      assert.equal(report.artifacts[0]?.digest['sha256'], image.digest.slice(7));
      assert.match(report.artifacts[0]?.attestations[0]?.path ?? '', /^oci:.*shop\/app@sha256:/);
    }
  });

  it('reject an image that somebody else attested, or that has only a tag of an attested one', async () => {
    const image = registry.putImage('shop/app', { tag: 'v2', content: 'by a stranger' });
    await push(image, 2);
    const { code, report } = await verify(`oci:${registry.host}/shop/app:v2`, ...plain());
    assert.deepEqual([code, report.verdict], [1, 'rejected']);
    registry.putImage('shop/app', { tag: 'v1', content: 'not attested' });
    const moved = await verify(`oci:${registry.host}/shop/app:v1`, ...plain());
    assert.equal(moved.code, 1);
    assert.match(moved.stderr, /warning: oci:.*has no attestation in its registry/);
    assert.match(moved.stderr, /looked at .*\/referrers\/sha256:.* \(has none\).*\.att \(is not there\)/);
  });

  it('do not take the attestation of another image, wherever it lies', async () => {
    const image = registry.putImage('shop/app', { content: 'one' });
    const other = registry.putImage('shop/app', { content: 'two' });
    await writeProvenance('other.json', other);
    const pushed = await danube(['provenance', 'push', at(image), '--provenance', 'other.json', ...plain()]);
    assert.equal(pushed.code, 2);
    assert.match(pushed.stderr, /does not name oci:/);
  });

  it('reject an image of which only an SBOM is attested, and take none of two for the other (CVE-2022-35929, -35930)', async () => {
    const image = registry.putImage('shop/app', { content: 'with an SBOM' });
    const subject = [{ name: 'app', digest: { sha256: image.digest.slice(7) } }];
    const predicateType = 'https://spdx.dev/Document';
    const sbom = {
      _type: STATEMENT_V1,
      subject,
      predicateType,
      predicate: { spdxVersion: 'SPDX-2.3' },
    } as const;
    write(join(root, 'sbom.json'), attestationOf(sbom, await testKey(1)));
    const args = ['provenance', 'push', at(image), '--provenance', 'sbom.json', ...plain()];
    assert.equal((await danube(args)).code, 0);
    assert.equal((await verify(`oci:${at(image)}`, ...plain())).code, 1);
    await push(image, 2);
    assert.equal((await verify(`oci:${at(image)}`, ...plain())).code, 1);
  });

  it('reject what another image was attested with, wherever a registry puts it (notation CVE-2023-33959)', async () => {
    const good = registry.putImage('shop/app', { content: 'good' });
    const bad = registry.putImage('shop/app', { content: 'bad' });
    await push(good, 1, '--compat', 'att');
    const tagOf = (image: StoredImage): string => `${image.digest.replace(':', '-')}.att`;
    const att = registry.manifests.get(`shop/app:${tagOf(good)}`)!;
    registry.putManifest('shop/app', JSON.parse(att.bytes.toString()), tagOf(bad));
    const { code, report } = await verify(`oci:${at(bad)}`, ...plain());
    assert.deepEqual([code, report.verdict], [1, 'rejected']);
  });

  it('reject a signed payload that is no statement, and one that was changed (cosign CVE-2026-39395)', async () => {
    const image = registry.putImage('shop/app', { content: 'with a corrupt payload' });
    await push(image);
    const referrer = [...registry.manifests].find(([, { bytes }]) =>
      bytes.toString().includes(`"subject":{"mediaType":"${image.mediaType}","digest":"${image.digest}"`),
    )!;
    const manifest = JSON.parse(referrer[1].bytes.toString());
    const key = `shop/app@${manifest.layers[0].digest}`;
    const bundle = JSON.parse(registry.blobs.get(key)!.toString());
    registry.manifests.delete(referrer[0]);
    for (const payload of [
      'bm90IGEgc3RhdGVtZW50',
      'e30=',
      `${bundle.dsseEnvelope.payload.slice(0, -8)}fSAgICAg`,
    ]) {
      const changed = Buffer.from(
        JSON.stringify({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } }),
      );
      const layers = [
        { ...manifest.layers[0], digest: registry.putBlob('shop/app', changed), size: changed.length },
      ];
      const { digest } = registry.putManifest('shop/app', { ...manifest, layers });
      const { code, report } = await verify(`oci:${at(image)}`, ...plain());
      assert.deepEqual([code, report.verdict], [1, 'rejected']);
      registry.manifests.delete(`shop/app@${digest}`);
    }
  });

  it('write cosign .att for --compat att', async () => {
    const image = registry.putImage('shop/app', { content: 'for cosign 2' });
    const tag = `shop/app:${image.digest.replace(':', '-')}.att`;
    await push(image);
    assert.ok(!registry.manifests.has(tag));
    assert.equal((await push(image, 1, '--compat', 'att')).code, 0);
    assert.ok(registry.manifests.has(tag));
  });

  it('name every layer of one .att manifest among the inputs of a summary', async () => {
    const image = registry.putImage('shop/app', { content: 'several layers' });
    await push(image, 1, '--compat', 'att');
    await push(image, 2, '--compat', 'att');
    const summary = ['--vsa', 'layers.json', '--vsa-key', 'first', '--verifier-id', 'https://v.example.com/'];
    const { code } = await verify(`oci:${at(image)}`, ...plain(), ...summary, '--resource-uri', 'oci:app');
    assert.equal(code, 0);
    const { payload } = parseEnvelope(readFileSync(join(root, 'layers.json')));
    const predicate = parseStatement(payload).predicate as { inputAttestations: { uri: string }[] };
    const manifests = predicate.inputAttestations.map(({ uri }) => uri);
    assert.deepEqual([manifests.length, new Set(manifests).size], [4, 3]);
  });

  it('accept an index by its own attestation, or by those of all its images', async () => {
    const [amd64, arm64] = ['amd64', 'arm64'].map((name) =>
      registry.putImage('shop/app', { content: `for ${name}` }),
    );
    assert.ok(amd64 && arm64);
    const entry = (image: StoredImage, architecture: string, os: string = 'linux'): object => ({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.bytes.length,
      platform: { os, architecture },
    });
    const index = registry.putManifest(
      'shop/app',
      {
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [
          entry(amd64, 'amd64'),
          entry(arm64, 'arm64'),
          { ...entry(amd64, 'unknown', 'unknown'), digest: `sha256:${'0'.repeat(64)}` },
        ],
      },
      'multi',
    );
    const image = `oci:${registry.host}/shop/app:multi`;
    await push(amd64);
    const half = await verify(image, ...plain());
    assert.deepEqual(
      [half.code, half.report.artifacts.map(({ verdict }) => verdict)],
      [1, ['rejected', 'accepted', 'rejected']],
    );
    assert.equal((await verify(image, '--platform', 'linux/amd64', ...plain())).code, 0);
    assert.equal((await verify(image, '--platform', 'linux/arm64', ...plain())).code, 1);
    assert.equal((await verify(image, '--platform', 'windows/amd64', ...plain())).code, 1);
    // An amd64 machine takes all of these for its own.
    for (const architecture of ['x86_64', 'AMD64', '386']) {
      const manifests = [entry(arm64, architecture), entry(amd64, 'amd64')];
      const { digest } = registry.putManifest('shop/app', { schemaVersion: 2, mediaType: INDEX, manifests });
      const named = `oci:${registry.host}/shop/app@${digest}`;
      const { code } = await verify(named, '--platform', 'linux/amd64', ...plain());
      assert.equal(code, 1, architecture);
    }
    await push(arm64);
    const both = await verify(image, ...plain());
    assert.deepEqual([both.code, both.stderr, both.report.artifacts.length], [0, '', 2]);
    assert.match(
      both.report.artifacts[0]?.name ?? '',
      /shop\/app:multi@sha256:[0-9a-f]{64} \(linux\/amd64\)$/,
    );
    await push(index);
    const own = await verify(image, ...plain());
    assert.deepEqual([own.code, own.report.artifacts.length], [0, 1]);
  });

  it('say that what BuildKit left is not signed', async () => {
    const image = registry.putImage('shop/app', { content: 'by BuildKit' });
    const statement = Buffer.from('{}');
    const attestation = registry.putManifest('shop/app', {
      schemaVersion: 2,
      mediaType: image.mediaType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: registry.putBlob('shop/app', statement),
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.in-toto+json',
          digest: registry.putBlob('shop/app', statement),
          size: 2,
        },
      ],
    });
    const index = registry.putManifest('shop/app', {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        {
          mediaType: attestation.mediaType,
          digest: attestation.digest,
          size: attestation.bytes.length,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    });
    const { code, stderr } = await verify(`oci:${at(index)}`, ...plain());
    assert.equal(code, 1);
    assert.match(stderr, /1 statements are in its index as BuildKit leaves them; nobody signed them/);
  });

  it('judge an image by --provenance without asking its registry', async () => {
    const image = registry.putImage('shop/app', { content: 'offline' });
    await writeProvenance('offline.json', image);
    const before = registry.requests.length;
    const good = await verify(`oci:${at(image)}`, '--provenance', 'offline.json');
    assert.equal(good.code, 0);
    const bad = await verify(`oci:${at(registry.putImage('shop/app'))}`, '--provenance', 'offline.json');
    assert.equal(bad.code, 1);
    assert.equal(registry.requests.length, before);
  });

  it('end with 3 when the registry does not answer, refuses, or has no such image', async () => {
    const gone = await startRegistry();
    await gone.close();
    const none = await verify(`oci:${gone.host}/shop/app:v1`, '--plain-http', gone.host);
    assert.deepEqual([none.code, none.stdout], [3, '']);
    assert.match(none.stderr, /cannot be reached/);
    const missing = await verify(`oci:${registry.host}/shop/app:none`, ...plain());
    assert.deepEqual([missing.code, missing.stdout], [3, '']);
    assert.match(missing.stderr, /there is no image/);
    const closed = await startRegistry({ auth: { users: {} } });
    after(() => closed.close());
    const denied = await verify(`oci:${closed.host}/shop/app:v1`, '--plain-http', closed.host);
    assert.deepEqual([denied.code, denied.stdout], [3, '']);
    assert.match(denied.stderr, /hint: sign in/);
  });

  it('end with 2 for calls that cannot mean anything', async () => {
    for (const [args, message] of [
      [['push', `${registry.host}/shop/app:v1`, '--provenance', 'provenance.json'], /has no digest/],
      [['push', 'Not/An/Image', '--provenance', 'provenance.json'], /the image reference/],
      [['push', `a@sha256:${'0'.repeat(64)}`], /--provenance <FILE> is missing/],
      [['verify', 'oci:../x', '--public-key', 'first.pub'], /the image reference/],
      [['verify', 'oci:a:v1', 'first.pub', '--public-key', 'first.pub'], /not judged together/],
      [['verify', 'oci:a:v1', '--job', 'x', '--public-key', 'first.pub'], /not judged together/],
      [['verify', 'oci:a:v1', '--platform', 'linux', '--public-key', 'first.pub'], /expected OS\/ARCH/],
      [['verify', 'first.pub', '--platform', 'linux/amd64', '--public-key', 'first.pub'], /no image/],
      [['verify', 'first.pub', '--plain-http', 'x', '--public-key', 'first.pub'], /no image/],
    ] as const) {
      const { code, stderr } = await danube(['provenance', ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
  });
});

describe('danube provenance pull', () => {
  it('writes what is in the registry, for verify and inspect to read', async () => {
    const image = registry.putImage('shop/app', { tag: 'pulled', content: 'to be pulled' });
    await push(image, 1, '--compat', 'att');
    await push(image, 2);
    const args = [
      'provenance',
      'pull',
      `${registry.host}/shop/app:pulled`,
      '--out',
      'pulled.jsonl',
      ...plain(),
    ];
    const { code, stderr } = await danube(args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^3 of oci:.*shop\/app:pulled@sha256:/);
    const { attestations } = parseAttestations(readFileSync(join(root, 'pulled.jsonl')));
    assert.ok(attestations.every((entry) => 'envelope' in entry));
    assert.equal((await verify(`oci:${at(image)}`, '--provenance', 'pulled.jsonl')).code, 0);
  });

  it('ends with 3 where there is nothing', async () => {
    const image = registry.putImage('shop/app', { content: 'nothing to pull' });
    const { code, stdout, stderr } = await danube(['provenance', 'pull', at(image), ...plain()]);
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /has no attestation/);
  });
});

describe('an option for registries', () => {
  it('turns undecided into accepted: --registry-auth, --token-server, --plain-http', async () => {
    const tokens = await startTokenServer({
      users: { bob: { password: 'hunter2', may: { 'shop/app': 'pull,push' } } },
    });
    const closed = await startRegistry({ auth: { tokens } });
    after(async () => Promise.all([tokens.close(), closed.close()]));
    const image = closed.putImage('shop/app', { tag: 'v1', content: 'private' });
    await writeProvenance('private.json', image);
    const auth = Buffer.from('bob:hunter2').toString('base64');
    write(join(root, 'auth.json'), JSON.stringify({ auths: { [closed.host]: { auth } } }));
    const all = {
      '--registry-auth': 'auth.json',
      '--token-server': tokens.host,
      '--plain-http': [closed.host, tokens.host],
    };
    const flags = (names: readonly string[]): string[] =>
      Object.entries(all).flatMap(([name, values]) =>
        names.includes(name) ? [values].flat().flatMap((value) => [name, value]) : [],
      );
    const names = Object.keys(all);
    const reference = `${closed.host}/shop/app@${image.digest}`;
    const pushed = await danube([
      'provenance',
      'push',
      reference,
      '--provenance',
      'private.json',
      ...flags(names),
    ]);
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.equal((await verify(`oci:${reference}`, ...flags(names))).code, 0);
    for (const [name, code] of [
      ['--registry-auth', 3],
      ['--token-server', 2],
      ['--plain-http', 3],
    ] as const) {
      const bad = await verify(`oci:${reference}`, ...flags(names.filter((other) => other !== name)));
      assert.equal(bad.code, code, name);
      assert.doesNotMatch(bad.stderr + bad.stdout, /hunter2/);
    }
    const environment = { REGISTRY_AUTH_FILE: join(root, 'auth.json') };
    const found = await danube(
      [
        'provenance',
        'verify',
        `oci:${reference}`,
        '--public-key',
        'first.pub',
        ...flags(['--token-server', '--plain-http']),
      ],
      environment,
    );
    assert.equal(found.code, 0);
  });

  it('turns undecided into accepted: --registry-ca', async (context) => {
    const files = ['ca.pem', 'ca.key'].map((name) => join(root, name));
    try {
      const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
      const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      execFileSync(
        'openssl',
        ['req', '-x509', ...newKey, ...subject, '-out', files[0]!, '-keyout', files[1]!],
        { stdio: 'ignore' },
      );
    } catch {
      return context.skip('openssl is missing');
    }
    const tls = { cert: readFileSync(files[0]!), key: readFileSync(files[1]!) };
    const secure = await startRegistry({ tls });
    after(() => secure.close());
    const image = secure.putImage('shop/app', { content: 'by TLS' });
    await writeProvenance('tls.json', image);
    const reference = `${secure.host}/shop/app@${image.digest}`;
    const args = ['provenance', 'push', reference, '--provenance', 'tls.json'];
    assert.equal((await danube([...args, '--registry-ca', 'ca.pem'])).code, 0);
    assert.equal((await verify(`oci:${reference}`, '--registry-ca', 'ca.pem')).code, 0);
    const untrusted = await verify(`oci:${reference}`);
    assert.deepEqual([untrusted.code, untrusted.stdout], [2, '']);
    assert.match(untrusted.stderr, /no certificate that is trusted here/);
  });
});
