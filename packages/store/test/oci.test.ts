import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { parseImageReference } from '@danube/artifact/image-reference';
import {
  createRegistryClient,
  type ImageAt,
  type RegistryClient,
  type RegistryOptions as ClientOptions,
} from '@danube/store/oci';
import { type Registry, type RegistryOptions, startRegistry, startTokenServer } from '@danube/test-registry';
import { bundleAbout, dsseAbout } from './attestation.ts';
import { storeError } from './folder.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const NO_PATIENCE = { retry: { attempts: 1 } } as const;

async function registryWith(options: RegistryOptions = {}): Promise<Registry> {
  const registry = await startRegistry(options);
  after(() => registry.close());
  return registry;
}

function clientFor(registry: Registry, options: ClientOptions = {}): RegistryClient {
  const client = createRegistryClient({ plainHttp: [registry.host], ...options });
  after(() => client.close());
  return client;
}

function imageAt(registry: Registry, digest: string, repository: string = 'shop/app'): ImageAt {
  return { registry: registry.host, repository, digest };
}

describe('resolve', () => {
  it('asks once for a tag, by HEAD', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const image = await clientFor(registry).resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    assert.deepEqual(image, imageAt(registry, digest));
    assert.deepEqual(
      registry.requests.map(({ method, path }) => `${method} ${path}`),
      ['HEAD /v2/shop/app/manifests/v1'],
    );
  });

  it('asks for latest without a tag, and for nothing with a digest', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app', { tag: 'latest' });
    const client = clientFor(registry);
    const image = await client.resolve(parseImageReference(`${registry.host}/shop/app`));
    assert.equal(image.digest, digest);
    const other = await client.resolve(
      parseImageReference(`${registry.host}/shop/app:v1@sha256:${'a'.repeat(64)}`),
    );
    assert.equal(other.digest, `sha256:${'a'.repeat(64)}`);
    assert.equal(registry.requests.length, 1);
  });

  it('reads the manifest where a registry does not say its digest', async () => {
    const registry = await registryWith({ digestHeader: false });
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const image = await clientFor(registry).resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    assert.equal(image.digest, digest);
  });

  it('does not take a path for a digest (oras CVE-2026-50151, containers/image CVE-2024-3727)', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    registry.misbehave = () => ({ headers: { 'docker-content-digest': 'sha256:../../etc/passwd' } });
    const client = clientFor(registry);
    const image = await client.resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    assert.equal(image.digest, digest);
    await assert.rejects(client.readImage(imageAt(registry, 'sha256:../..')), TypeError);
  });

  it('says that there is no such image', async () => {
    const registry = await registryWith();
    await assert.rejects(
      clientFor(registry).resolve(parseImageReference(`${registry.host}/shop/app:v9`)),
      storeError('ERR_STORE_NOT_FOUND', /shop\/app:v9/),
    );
  });

  it('keeps to the digest when the tag moves between requests (CVE-2022-47633)', async () => {
    const registry = await registryWith();
    const first = registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry);
    await client.attach(imageAt(registry, first.digest), bundleAbout(first.digest));
    const image = await client.resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    const second = registry.putImage('shop/app', { tag: 'v1', content: 'another image' });
    await client.attach(imageAt(registry, second.digest), bundleAbout(second.digest, 'another'));
    const { digest } = await client.readImage(image);
    assert.equal(digest, first.digest);
    const { attestations } = await client.findAttestations(image);
    assert.deepEqual(
      attestations.map(({ bytes }) => Buffer.from(bytes).toString()),
      [Buffer.from(bundleAbout(first.digest)).toString()],
    );
  });
});

describe('readImage', () => {
  it('lists the images of an index, without what is for no platform', async () => {
    const registry = await registryWith();
    const amd64 = registry.putImage('shop/app', { content: 'amd64' });
    const arm64 = registry.putImage('shop/app', { content: 'arm64' });
    const index = registry.putManifest('shop/app', {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        {
          mediaType: MANIFEST,
          digest: amd64.digest,
          size: amd64.bytes.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
        {
          mediaType: MANIFEST,
          digest: arm64.digest,
          size: arm64.bytes.length,
          platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
        },
        {
          mediaType: MANIFEST,
          digest: `sha256:${'b'.repeat(64)}`,
          size: 1,
          platform: { os: 'unknown', architecture: 'unknown' },
        },
        {
          mediaType: MANIFEST,
          digest: `sha256:${'c'.repeat(64)}`,
          size: 1,
          artifactType: 'application/x-not-to-be-judged',
        },
        {
          mediaType: 'application/x-not-to-be-judged',
          digest: `sha256:${'d'.repeat(64)}`,
          size: 1,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    });
    const image = await clientFor(registry).readImage(imageAt(registry, index.digest));
    assert.deepEqual(
      image.platforms?.map(({ digest, platform }) => [digest.slice(7, 10), platform?.architecture]),
      [
        [amd64.digest.slice(7, 10), 'amd64'],
        [arm64.digest.slice(7, 10), 'arm64'],
        // What a runtime could run is judged, whatever else it calls itself.
        ['ccc', undefined],
        ['ddd', 'amd64'],
      ],
    );
    assert.deepEqual([image.mediaType, image.size], [INDEX, index.bytes.length]);
  });

  it('refuses other content than was asked for', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = () => ({
      change: (body) => Buffer.from(Buffer.from(body).toString().replace('2', '2 ')),
    });
    await assert.rejects(
      clientFor(registry).readImage(imageAt(registry, digest)),
      storeError('ERR_STORE_DIGEST', /came with the digest/),
    );
    registry.misbehave = undefined;
    const client = clientFor(registry);
    await client.attach(imageAt(registry, digest), bundleAbout(digest));
    const isBlob = (path: string): boolean => path.includes('/blobs/');
    registry.misbehave = ({ path }) =>
      isBlob(path) ? { change: (body) => Buffer.from(Buffer.from(body).reverse()) } : undefined;
    const { attestations, unreadable } = await client.findAttestations(imageAt(registry, digest));
    assert.deepEqual(attestations, []);
    assert.match(unreadable[0]?.reason ?? '', /came with the digest/);
  });

  it('refuses a document that is a manifest and an index (GHSA-qq97, GHSA-5j5w)', async () => {
    const registry = await registryWith();
    for (const mediaType of [INDEX, MANIFEST]) {
      const descriptor = { mediaType: MANIFEST, digest: `sha256:${'a'.repeat(64)}`, size: 2 };
      const both = { schemaVersion: 2, mediaType, config: descriptor, layers: [], manifests: [descriptor] };
      const { digest } = registry.putManifest('shop/app', both);
      await assert.rejects(
        clientFor(registry).readImage(imageAt(registry, digest)),
        storeError('ERR_STORE_PROTOCOL', /no such field/),
      );
    }
  });

  it('refuses a document that is sent as something else than it calls itself', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = () => ({ headers: { 'content-type': INDEX } });
    await assert.rejects(
      clientFor(registry).readImage(imageAt(registry, digest)),
      storeError('ERR_STORE_PROTOCOL', /mediaType|no such field/),
    );
  });

  it('refuses the first schema of manifests', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = () => ({
      headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
    });
    await assert.rejects(
      clientFor(registry).readImage(imageAt(registry, digest)),
      storeError('ERR_STORE_PROTOCOL', /neither a manifest nor an index/),
    );
  });
});

const WAYS = [
  { name: 'a registry that lists referrers', options: {}, place: 'referrers' },
  {
    name: 'a registry without the referrers API (docker-registry, GHCR)',
    options: { referrers: false },
    place: 'fallback-tag',
  },
  {
    name: 'a registry that lists referrers and does not say so (missing OCI-Subject)',
    options: { subjectHeader: false },
    place: 'referrers',
  },
  {
    name: 'a registry that says OCI-Subject and lists nothing (sigstore-js PR#1183)',
    options: { referrers: false, subjectHeader: true },
    place: 'fallback-tag',
  },
  { name: 'a registry with ETags', options: { referrers: false, etags: true }, place: 'fallback-tag' },
  { name: 'a registry that lists one referrer a page', options: { pageSize: 1 }, place: 'referrers' },
] as const;

describe('attach and findAttestations', () => {
  for (const { name, options, place } of WAYS) {
    it(`finds what was attached in ${name}`, async () => {
      const registry = await registryWith(options);
      const { digest } = registry.putImage('shop/app');
      const client = clientFor(registry);
      const image = imageAt(registry, digest);
      const expected = ['first', 'second', 'third'].map((marker) => bundleAbout(digest, marker));
      for (const bundle of expected) await client.attach(image, bundle);
      const { attestations, lookedAt, unreadable } = await client.findAttestations(image);
      const texts = (all: readonly Uint8Array[]): string[] =>
        all.map((bytes) => Buffer.from(bytes).toString()).sort();
      assert.deepEqual(texts(attestations.map(({ bytes }) => bytes)), texts(expected));
      assert.ok(attestations.every(({ kind, isSigned }) => kind === 'bundle-referrer' && isSigned));
      assert.deepEqual(unreadable, []);
      assert.equal(lookedAt.find(({ found }) => found === 3)?.place, place);
    });
  }

  it('changes nothing the second time', async () => {
    for (const referrers of [true, false]) {
      const registry = await registryWith({ referrers });
      const { digest } = registry.putImage('shop/app');
      const client = clientFor(registry);
      const first = await client.attach(imageAt(registry, digest), bundleAbout(digest), { compat: 'att' });
      const stored = [...registry.manifests].map(([key, { bytes }]) => `${key} ${bytes.toString()}`);
      const second = await client.attach(imageAt(registry, digest), bundleAbout(digest), { compat: 'att' });
      assert.deepEqual(second, first);
      assert.deepEqual(
        [...registry.manifests].map(([key, { bytes }]) => `${key} ${bytes.toString()}`).sort(),
        stored.sort(),
      );
    }
  });

  it('writes the manifest that cosign, policy-controller and Kyverno read', async () => {
    const registry = await registryWith({ referrers: false });
    const { digest, bytes } = registry.putImage('shop/app');
    const { referrer, fallbackTag } = await clientFor(registry).attach(
      imageAt(registry, digest),
      bundleAbout(digest),
    );
    const bundle = bundleAbout(digest);
    const manifest = JSON.parse(registry.manifests.get(`shop/app@${referrer}`)!.bytes.toString());
    const annotations = {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
    };
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    assert.deepEqual(
      { ...manifest, layers: [{ ...manifest.layers[0], digest: '' }] },
      {
        schemaVersion: 2,
        mediaType: MANIFEST,
        artifactType: type,
        config: {
          mediaType: 'application/vnd.oci.empty.v1+json',
          digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          size: 2,
        },
        layers: [{ mediaType: type, digest: '', size: bundle.length }],
        subject: { mediaType: MANIFEST, digest, size: bytes.length },
        annotations,
      },
    );
    assert.equal(fallbackTag, digest.replace(':', '-'));
    const index = JSON.parse(registry.manifests.get(`shop/app:${fallbackTag}`)!.bytes.toString());
    assert.deepEqual(
      index.manifests.map((entry: object) => ({ ...entry, size: 0 })),
      [{ mediaType: MANIFEST, digest: referrer, size: 0, artifactType: type, annotations }],
    );
  });

  it('keeps what others put under the fallback tag', async () => {
    const registry = await registryWith({ referrers: false });
    const { digest } = registry.putImage('shop/app');
    const other = {
      mediaType: MANIFEST,
      digest: `sha256:${'d'.repeat(64)}`,
      size: 7,
      artifactType: 'application/spdx',
      'x-extra': 1,
    };
    registry.putManifest(
      'shop/app',
      { schemaVersion: 2, mediaType: INDEX, manifests: [other], annotations: { keep: 'me' } },
      digest.replace(':', '-'),
    );
    await clientFor(registry).attach(imageAt(registry, digest), bundleAbout(digest));
    const index = JSON.parse(
      registry.manifests.get(`shop/app:${digest.replace(':', '-')}`)!.bytes.toString(),
    );
    assert.deepEqual(index.manifests[0], other);
    assert.deepEqual(index.annotations, { keep: 'me' });
    assert.equal(index.manifests.length, 2);
  });

  it('stops when something else is under the fallback tag', async () => {
    const registry = await registryWith({ referrers: false });
    const { digest } = registry.putImage('shop/app');
    registry.putImage('shop/app', { tag: digest.replace(':', '-'), content: 'not a list' });
    const client = clientFor(registry);
    const refused = storeError('ERR_STORE_PROTOCOL', /no (?:list|index)/);
    await assert.rejects(client.attach(imageAt(registry, digest), bundleAbout(digest)), refused);
    await assert.rejects(client.findAttestations(imageAt(registry, digest)), refused);
  });

  it('loses nothing when twenty push at the same time (cosign#2432)', async () => {
    const registry = await registryWith({ referrers: false });
    registry.misbehave = ({ path }) =>
      path.includes('/manifests/sha256-') ? { delay: Math.random() * 20 } : undefined;
    const { digest } = registry.putImage('shop/app');
    const image = imageAt(registry, digest);
    const all = Array.from({ length: 20 }, (_, index) => bundleAbout(digest, `push ${index}`));
    await Promise.all(all.map((bundle) => clientFor(registry).attach(image, bundle, { compat: 'att' })));
    const { attestations } = await clientFor(registry).findAttestations(image);
    const count = (kind: string): number => attestations.filter((found) => found.kind === kind).length;
    assert.deepEqual([count('bundle-referrer'), count('att-tag')], [20, 20]);
  });

  it('reads and writes cosign .att, one layer for each attestation', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    const image = imageAt(registry, digest);
    for (const marker of ['first', 'second']) {
      const { attTag } = await client.attach(image, dsseAbout(digest, marker), { compat: 'att' });
      assert.equal(attTag, `${digest.replace(':', '-')}.att`);
    }
    const { attestations } = await client.findAttestations(image);
    assert.deepEqual(attestations.map(({ kind }) => kind).sort(), [
      'att-tag',
      'att-tag',
      'dsse-referrer',
      'dsse-referrer',
    ]);
    const manifest = JSON.parse(
      registry.manifests.get(`shop/app:${digest.replace(':', '-')}.att`)!.bytes.toString(),
    );
    assert.deepEqual(manifest.layers[0].annotations, {
      'dev.cosignproject.cosign/signature': '',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    const config = JSON.parse(registry.blobs.get(`shop/app@${manifest.config.digest}`)!.toString());
    assert.deepEqual(
      config.rootfs.diff_ids,
      manifest.layers.map((layer: { digest: string }) => layer.digest),
    );
  });

  it('finds attestations whose entry in the list says another artifactType (cosign#4422)', async () => {
    const registry = await registryWith({ referrers: false });
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    const { fallbackTag } = await client.attach(imageAt(registry, digest), bundleAbout(digest));
    const stored = registry.manifests.get(`shop/app:${fallbackTag}`)!;
    const index = JSON.parse(stored.bytes.toString());
    index.manifests[0].artifactType = 'application/vnd.oci.empty.v1+json';
    registry.putManifest('shop/app', index, fallbackTag);
    const { attestations } = await client.findAttestations(imageAt(registry, digest));
    assert.equal(attestations.length, 1);
  });

  it('takes null for a list of referrers without entries, as olareg writes it', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    await clientFor(registry).attach(imageAt(registry, digest), dsseAbout(digest), { compat: 'att' });
    registry.misbehave = ({ path }) =>
      path.includes('/referrers/')
        ? {
            change: () =>
              Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: null })),
          }
        : undefined;
    const { attestations } = await clientFor(registry).findAttestations(imageAt(registry, digest));
    assert.deepEqual(
      attestations.map(({ kind }) => kind),
      ['att-tag'],
    );
  });

  it('says where it looked when there is nothing (artifact-attestations-helm-charts#73)', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const { attestations, lookedAt } = await clientFor(registry).findAttestations(imageAt(registry, digest));
    assert.deepEqual(attestations, []);
    assert.deepEqual(lookedAt.map(({ place, isThere, found }) => `${place} ${isThere} ${found}`).sort(), [
      'att-tag false 0',
      'fallback-tag false 0',
      'referrers true 0',
    ]);
    assert.ok(
      lookedAt.every(({ path }) => path.startsWith('/v2/shop/app/') && path.includes(digest.slice(7))),
    );
  });

  it("gives BuildKit's statements only when asked, and as unsigned", async () => {
    const registry = await registryWith();
    const image = registry.putImage('shop/app');
    const statement = Buffer.from('{"_type":"https://in-toto.io/Statement/v0.1"}');
    const config = Buffer.from('{}');
    const attestation = registry.putManifest('shop/app', {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: registry.putBlob('shop/app', config),
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.in-toto+json',
          digest: registry.putBlob('shop/app', statement),
          size: statement.length,
          annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
        },
      ],
    });
    const index = registry.putManifest('shop/app', {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [
        {
          mediaType: MANIFEST,
          digest: image.digest,
          size: image.bytes.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
        {
          mediaType: MANIFEST,
          digest: attestation.digest,
          size: attestation.bytes.length,
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': image.digest,
          },
        },
      ],
    });
    const client = clientFor(registry);
    assert.deepEqual((await client.findAttestations(imageAt(registry, index.digest))).attestations, []);
    const { attestations } = await client.findAttestations(imageAt(registry, index.digest), {
      unsigned: true,
    });
    assert.deepEqual(
      attestations.map(({ kind, isSigned, bytes }) => [kind, isSigned, Buffer.from(bytes).equals(statement)]),
      [['buildkit', false, true]],
    );
  });

  it('does not take what refers to another image', async () => {
    const registry = await registryWith({ referrers: false });
    const good = registry.putImage('shop/app', { content: 'good' });
    const bad = registry.putImage('shop/app', { content: 'bad' });
    const client = clientFor(registry);
    const { fallbackTag } = await client.attach(imageAt(registry, good.digest), bundleAbout(good.digest));
    const list = registry.manifests.get(`shop/app:${fallbackTag}`)!;
    registry.putManifest('shop/app', JSON.parse(list.bytes.toString()), bad.digest.replace(':', '-'));
    const { attestations, unreadable } = await client.findAttestations(imageAt(registry, bad.digest));
    assert.deepEqual(attestations, []);
    assert.match(unreadable[0]?.reason ?? '', /refers to sha256:.*, not to the image/);
  });

  it('lets one broken attestation not silence the others', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    const broken = await client.attach(imageAt(registry, digest), bundleAbout(digest, 'broken'));
    await client.attach(imageAt(registry, digest), bundleAbout(digest, 'good'));
    const manifest = JSON.parse(registry.manifests.get(`shop/app@${broken.referrer}`)!.bytes.toString());
    for (const fault of [
      { status: 404 },
      { change: () => Buffer.from('x'.repeat(manifest.layers[0].size)) },
      { change: () => Buffer.from('short') },
      { change: (body: Uint8Array) => Buffer.concat([body, Buffer.from('longer')]) },
    ]) {
      registry.misbehave = ({ path }) => (path.endsWith(manifest.layers[0].digest) ? fault : undefined);
      const { attestations, unreadable } = await client.findAttestations(imageAt(registry, digest));
      assert.deepEqual([attestations.length, unreadable.length], [1, 1]);
    }
  });

  it('takes a foreign bundle as found, not as believed: bytes come as they are', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    const foreign = bundleAbout(`sha256:${'e'.repeat(64)}`);
    await client.attach(imageAt(registry, digest), foreign);
    const { attestations } = await client.findAttestations(imageAt(registry, digest));
    assert.ok(Buffer.from(foreign).equals(attestations[0]!.bytes));
  });
});

describe('limits', () => {
  it('do not read 100,000 referrers (cosign CVE-2023-46737, sigstore-go CVE-2024-45395)', async () => {
    const registry = await registryWith({ referrers: false });
    const { digest } = registry.putImage('shop/app');
    const entry = (index: number): object => ({
      mediaType: MANIFEST,
      digest: `sha256:${index.toString(16).padStart(64, '0')}`,
      size: 500,
    });
    const list = (count: number): Buffer =>
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: INDEX,
          manifests: Array.from({ length: count }, (_, i) => entry(i)),
        }),
      );
    const listing = (path: string): boolean => path.includes('/referrers/');
    const client = clientFor(registry);
    // On one page, which is longer than any list may be; then on pages without an end.
    const whole = list(100_000);
    registry.misbehave = ({ path }) =>
      listing(path) ? { status: 200, headers: { 'content-type': INDEX }, body: whole } : undefined;
    await assert.rejects(
      client.findAttestations(imageAt(registry, digest)),
      storeError('ERR_STORE_LIMIT', /longer than/),
    );
    registry.misbehave = ({ path }) =>
      listing(path)
        ? {
            status: 200,
            headers: {
              'content-type': INDEX,
              link: `<${path.split('?')[0]}?n=${Math.random()}>; rel="next"`,
            },
            body: list(100),
          }
        : undefined;
    await assert.rejects(
      client.findAttestations(imageAt(registry, digest)),
      storeError('ERR_STORE_LIMIT', /64 pages/),
    );
    let from = 0;
    registry.misbehave = ({ path }) => {
      if (!listing(path)) return undefined;
      const body = JSON.stringify({
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [entry((from += 1)), entry((from += 1))],
      });
      return { status: 200, headers: { 'content-type': INDEX, link: `<?n=${from}>; rel="next"` }, body };
    };
    await assert.rejects(
      client.findAttestations(imageAt(registry, digest), { limits: { referrers: 50 } }),
      storeError('ERR_STORE_LIMIT', /^52 refer to .*more than the 50/),
    );
    assert.ok(!registry.requests.some(({ path }) => path.includes('/manifests/sha256:')));
  });

  it('end an endless body', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = () => ({ endless: true });
    await assert.rejects(
      clientFor(registry).readImage(imageAt(registry, digest)),
      storeError('ERR_STORE_LIMIT', /longer than 4194304 bytes/),
    );
  });

  it('do not ask for an attestation that says it is larger', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    await client.attach(imageAt(registry, digest), bundleAbout(digest));
    const before = registry.requests.length;
    const { attestations, unreadable } = await client.findAttestations(imageAt(registry, digest), {
      limits: { attestationBytes: 100 },
    });
    assert.deepEqual(attestations, []);
    assert.match(unreadable[0]?.reason ?? '', /more than 100/);
    assert.ok(!registry.requests.slice(before).some(({ path }) => path.includes('/blobs/')));
  });

  it('hold for all attestations together (kyverno CVE-2023-42813 and its relatives)', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    for (const marker of ['a', 'b', 'c'])
      await client.attach(imageAt(registry, digest), bundleAbout(digest, marker));
    const size = bundleAbout(digest, 'a').length;
    await assert.rejects(
      client.findAttestations(imageAt(registry, digest), { limits: { totalBytes: 2 * size } }),
      storeError('ERR_STORE_LIMIT', /bytes of attestations/),
    );
  });

  it('hold for the layers of .att and the depth of documents', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    for (const marker of ['a', 'b', 'c']) {
      await client.attach(imageAt(registry, digest), dsseAbout(digest, marker), { compat: 'att' });
    }
    const { unreadable } = await client.findAttestations(imageAt(registry, digest), {
      limits: { referrers: 3 },
    });
    assert.deepEqual(unreadable, []);
    registry.misbehave = ({ path }) => (path.includes('/referrers/') ? { status: 404 } : undefined);
    const fewer = await client.findAttestations(imageAt(registry, digest), { limits: { referrers: 2 } });
    assert.match(fewer.unreadable[0]?.reason ?? '', /more than 2 layers/);
    const deep = `{"schemaVersion":2,"mediaType":"${MANIFEST}","x":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    registry.misbehave = ({ path }) => (path.endsWith('.att') ? { body: deep } : { status: 404 });
    const malformed = await client.findAttestations(imageAt(registry, digest));
    assert.match(malformed.unreadable[0]?.reason ?? '', /malformed/);
  });
});

describe('a registry in trouble', () => {
  it('is asked again, when it says when (harbor#21267, noe#99)', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    let refusals = 2;
    registry.misbehave = () =>
      (refusals -= 1) >= 0 ? { status: 429, headers: { 'retry-after': '0' } } : undefined;
    const image = await clientFor(registry).resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    assert.equal(image.digest, digest);
    assert.equal(registry.requests.length, 3);
  });

  it('is not waited for longer than agreed', async () => {
    const registry = await registryWith();
    registry.misbehave = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    await assert.rejects(
      clientFor(registry).resolve(parseImageReference(`${registry.host}/shop/app:v1`)),
      storeError('ERR_STORE_UNAVAILABLE', /answers 429/),
    );
    assert.equal(registry.requests.length, 1);
  });

  for (const [name, fault] of [
    ['answers 503', { status: 503 }],
    ['closes the connection', { reset: true }],
    ['cuts the body off', { truncateAt: 10 }],
    ['answers after the patience of the client', { delay: 400 }],
    ['says nothing', { silent: true }],
  ] as const) {
    it(`that ${name} is unavailable, and never without attestations`, async () => {
      const registry = await registryWith();
      const { digest } = registry.putImage('shop/app');
      const client = clientFor(registry, { ...NO_PATIENCE, timeouts: { idle: 100 } });
      await clientFor(registry).attach(imageAt(registry, digest), bundleAbout(digest));
      for (const part of ['/referrers/', `/manifests/sha256:`, '/blobs/', '.att']) {
        registry.misbehave = ({ path }) =>
          path.includes(part)
            ? part === '.att' && 'truncateAt' in fault
              ? { ...fault, status: 200, body: 'x'.repeat(99) }
              : fault
            : undefined;
        await assert.rejects(
          client.findAttestations(imageAt(registry, digest)),
          storeError('ERR_STORE_UNAVAILABLE'),
          part,
        );
      }
    });
  }

  it('that is gone is unavailable', async () => {
    const registry = await startRegistry();
    const client = clientFor(registry, NO_PATIENCE);
    await registry.close();
    await assert.rejects(
      client.resolve(parseImageReference(`${registry.host}/shop/app`)),
      storeError('ERR_STORE_UNAVAILABLE', /cannot be reached/),
    );
  });

  it('is left alone when the caller gives up (kyverno#7224, #5184, #12921)', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    const client = clientFor(registry);
    registry.misbehave = () => ({ silent: true });
    const stop = new AbortController();
    const call = client.findAttestations(imageAt(registry, digest), { signal: stop.signal });
    while (registry.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const reason = new Error('the deadline');
    stop.abort(reason);
    await assert.rejects(call, reason);
    const asked = registry.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(registry.requests.length, asked);
  });
});

describe('credentials', () => {
  const users = { bob: { password: 'secret', may: { 'shop/app': 'pull,push' } } };
  const bob = { username: 'bob', password: 'secret' };
  const stranger = { username: 'eve', password: 'wrong' };

  function seenSecrets(registry: {
    readonly requests: readonly { readonly headers: Readonly<Record<string, string>> }[];
  }): string[] {
    return registry.requests.flatMap(({ headers }) => headers['authorization'] ?? []);
  }

  it('go by Basic where a registry asks for it', async () => {
    const registry = await registryWith({ auth: { users: { bob: 'secret' } } });
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, { credentials: async () => [stranger, bob] });
    await client.attach(imageAt(registry, digest), bundleAbout(digest));
    const { attestations } = await client.findAttestations(imageAt(registry, digest));
    assert.equal(attestations.length, 1);
  });

  it('buy one token for many requests (noe#99)', async () => {
    const tokens = await startTokenServer({ users });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      credentials: async () => [bob],
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    await client.attach(imageAt(registry, digest), bundleAbout(digest));
    await client.findAttestations(imageAt(registry, digest));
    await client.findAttestations(imageAt(registry, digest));
    assert.deepEqual(
      tokens.requests.map(({ path }) => decodeURIComponent(path).replaceAll('+', ' ')),
      [
        '/token?service=test, registry&scope=repository:shop/app:pull',
        '/token?service=test, registry&scope=repository:shop/app:pull,push',
      ],
    );
    assert.ok(!seenSecrets(registry).some((header) => header.startsWith('Basic')));
  });

  it('are tried in their order, then none (policy secret, pod secret, anonymous)', async () => {
    const tokens = await startTokenServer({ users, anonymous: { 'shop/public': 'pull' } });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const open = registry.putImage('shop/public', { tag: 'v1' });
    const client = clientFor(registry, {
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    const resolve = (name: string, credentials: readonly (typeof bob)[]): Promise<ImageAt> =>
      client.resolve(parseImageReference(`${registry.host}/shop/${name}:v1`), { credentials });
    assert.equal((await resolve('app', [stranger, bob])).digest, digest);
    assert.equal((await resolve('public', [stranger])).digest, open.digest);
    await assert.rejects(
      resolve('app', [stranger]),
      storeError('ERR_STORE_DENIED', /1 credentials were tried/),
    );
    await assert.rejects(resolve('app', []), storeError('ERR_STORE_DENIED', /no credentials/));
  });

  it('do not outlive their use: what one caller may read, another without credentials may not', async () => {
    const tokens = await startTokenServer({ users });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    const reference = parseImageReference(`${registry.host}/shop/app:v1`);
    await client.resolve(reference, { credentials: [bob] });
    await assert.rejects(client.resolve(reference), storeError('ERR_STORE_DENIED'));
  });

  it('buy a new token when the old one is refused', async () => {
    const tokens = await startTokenServer({ users });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      credentials: async () => [bob],
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    const reference = parseImageReference(`${registry.host}/shop/app:v1`);
    await client.resolve(reference);
    tokens.revoke();
    await client.resolve(reference);
    assert.equal(tokens.requests.length, 2);
  });

  it('may be a refresh token', async () => {
    const tokens = await startTokenServer({ users, refreshTokens: { bob: 'long-lived' } });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      credentials: async () => [{ username: '', password: '', identityToken: 'long-lived' }],
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    await client.resolve(parseImageReference(`${registry.host}/shop/app:v1`));
    assert.deepEqual(
      tokens.requests.map(({ method, path }) => `${method} ${path}`),
      ['POST /token'],
    );
  });

  it('do not go to a token server that is not allowed (oras CVE-2026-48978, distribution CVE-2026-33540)', async () => {
    const thief = await startTokenServer({ users });
    after(() => thief.close());
    const registry = await registryWith({ auth: { tokens: thief } });
    registry.putImage('shop/app', { tag: 'v1' });
    for (const plainHttp of [[registry.host], [registry.host, thief.host]]) {
      const client = clientFor(registry, { credentials: async () => [bob], plainHttp });
      await assert.rejects(
        client.resolve(parseImageReference(`${registry.host}/shop/app:v1`)),
        storeError('ERR_STORE_REFUSED', /nothing was sent/),
      );
    }
    assert.deepEqual(thief.requests, []);
    assert.deepEqual(seenSecrets(registry), []);
  });

  it('do not go to a token server by plain HTTP that is not named for it', async () => {
    const tokens = await startTokenServer({ users });
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      credentials: async () => [bob],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    await assert.rejects(
      client.resolve(parseImageReference(`${registry.host}/shop/app:v1`)),
      storeError('ERR_STORE_REFUSED', /no plain https: URL/),
    );
    assert.deepEqual(tokens.requests, []);
  });

  it('are for one registry only (ratify CVE-2025-27403)', async () => {
    const own = await registryWith({ auth: { users: { bob: 'secret' } } });
    const evil = await registryWith({ auth: { users: {} } });
    for (const registry of [own, evil]) registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(own, {
      plainHttp: [own.host, evil.host],
      credentials: async ({ registry }) => (registry === own.host ? [bob] : []),
    });
    await client.resolve(parseImageReference(`${own.host}/shop/app:v1`));
    await assert.rejects(
      client.resolve(parseImageReference(`${evil.host}/shop/app:v1`)),
      storeError('ERR_STORE_DENIED'),
    );
    assert.deepEqual(seenSecrets(evil), []);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`do not follow a redirect ${status} to another host (containers/image CVE-2019-10214, oras GHSA-vh4v)`, async () => {
      const thief = await registryWith();
      const registry = await registryWith({ auth: { users: { bob: 'secret' } } });
      const { digest } = registry.putImage('shop/app');
      thief.putImage('shop/app');
      registry.misbehave = ({ headers, path }) =>
        headers['authorization'] === undefined
          ? undefined
          : { status, headers: { location: `http://${thief.host}${path}` } };
      const client = clientFor(registry, {
        plainHttp: [registry.host, thief.host],
        credentials: async () => [bob],
      });
      const image = await client.readImage(imageAt(registry, digest));
      assert.equal(image.digest, digest);
      assert.equal(thief.requests.length, 1);
      assert.deepEqual(seenSecrets(thief), []);
    });
  }

  it('come back to nobody along a chain of redirects', async () => {
    const thief = await registryWith();
    const registry = await registryWith({ auth: { users: { bob: 'secret' } } });
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = ({ headers, path }) =>
      headers['authorization'] === undefined || path.includes('back')
        ? undefined
        : { status: 307, headers: { location: `http://${thief.host}${path}` } };
    thief.misbehave = ({ path }) => ({
      status: 307,
      headers: { location: `http://${registry.host}${path}?back` },
    });
    const client = clientFor(registry, {
      plainHttp: [registry.host, thief.host],
      credentials: async () => [bob],
    });
    await assert.rejects(client.readImage(imageAt(registry, digest)), storeError('ERR_STORE_DENIED'));
    const back = registry.requests.filter(({ path }) => path.includes('back'));
    assert.ok(back.length > 0 && back.every(({ headers }) => headers['authorization'] === undefined));
  });

  it('do not follow an upload to another host', async () => {
    const thief = await registryWith();
    const registry = await registryWith({ auth: { users: { bob: 'secret' } } });
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = ({ method, headers }) =>
      method === 'POST' && headers['authorization'] !== undefined
        ? { status: 202, headers: { location: `http://${thief.host}/v2/shop/app/blobs/uploads/x` } }
        : undefined;
    const client = clientFor(registry, {
      plainHttp: [registry.host, thief.host],
      credentials: async () => [bob],
    });
    await assert.rejects(
      client.attach(imageAt(registry, digest), bundleAbout(digest)),
      storeError('ERR_STORE_REFUSED', /nothing was sent/),
    );
    assert.deepEqual(thief.requests, []);
  });

  it('stand in no error', async () => {
    const tokens = await startTokenServer({});
    after(() => tokens.close());
    const registry = await registryWith({ auth: { tokens } });
    const client = clientFor(registry, {
      credentials: async () => [{ username: 'bob', password: 'hunter2-hunter2' }],
      plainHttp: [registry.host, tokens.host],
      tokenServers: { [registry.host]: [tokens.host] },
    });
    for (const fault of [
      undefined,
      { status: 200, body: '{"token":"hunter2-hunter2\\n"}' },
      { status: 418 },
    ]) {
      tokens.misbehave = () => fault;
      await assert.rejects(
        client.resolve(parseImageReference(`${registry.host}/shop/app`)),
        (error: Error) => {
          assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /hunter2|aHVudGVyMi|Basic/);
          return true;
        },
      );
    }
  });
});

describe('hosts', () => {
  it('are reached by HTTPS unless named', async () => {
    const registry = await registryWith();
    registry.putImage('shop/app');
    const client = createRegistryClient(NO_PATIENCE);
    await assert.rejects(
      client.resolve(parseImageReference(`${registry.host}/shop/app`)),
      storeError('ERR_STORE_UNAVAILABLE'),
    );
    assert.deepEqual(registry.requests, []);
  });

  it('are those of the allow list, when there is one (kyverno CVE-2026-22039 and its relatives)', async () => {
    const registry = await registryWith();
    const other = await registryWith();
    const { digest } = registry.putImage('shop/app', { tag: 'v1' });
    const client = clientFor(registry, {
      plainHttp: [registry.host, other.host],
      allowedHosts: [registry.host],
    });
    assert.equal((await client.resolve(parseImageReference(`${registry.host}/shop/app:v1`))).digest, digest);
    await assert.rejects(
      client.resolve(parseImageReference(`${other.host}/shop/app:v1`)),
      storeError('ERR_STORE_REFUSED', /not among the hosts/),
    );
    registry.misbehave = () => ({
      status: 307,
      headers: { location: `http://${other.host}/v2/shop/app/manifests/v1` },
    });
    await assert.rejects(
      client.resolve(parseImageReference(`${registry.host}/shop/app:v1`)),
      storeError('ERR_STORE_REFUSED', /not among the hosts/),
    );
    assert.deepEqual(other.requests, []);
  });

  it('in private networks are not reached because a registry says so', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    for (const location of [
      'https://169.254.169.254/latest/meta-data/',
      'https://127.0.0.1:1/',
      'https://[::1]:1/',
      'https://[::ffff:10.0.0.1]/',
      'https://localhost:1/',
      'https://10.0.0.1/',
    ]) {
      registry.misbehave = () => ({ status: 307, headers: { location } });
      await assert.rejects(
        clientFor(registry, NO_PATIENCE).readImage(imageAt(registry, digest)),
        storeError('ERR_STORE_REFUSED', /private, link-local or loopback/),
        location,
      );
    }
  });

  it('are not reached by less than HTTPS because a registry says so', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    for (const location of [
      'http://example.com/',
      'file:///etc/passwd',
      'https://user:pass@example.com/',
      'data:,x',
    ]) {
      registry.misbehave = () => ({ status: 307, headers: { location } });
      await assert.rejects(
        clientFor(registry, NO_PATIENCE).readImage(imageAt(registry, digest)),
        storeError('ERR_STORE_REFUSED'),
        location,
      );
    }
  });

  it('that redirect for ever are left', async () => {
    const registry = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = ({ path }) => ({ status: 307, headers: { location: `${path}x` } });
    await assert.rejects(
      clientFor(registry, NO_PATIENCE).readImage(imageAt(registry, digest)),
      storeError('ERR_STORE_PROTOCOL', /more than 5 times/),
    );
  });

  it('get no page of referrers asked of another', async () => {
    const registry = await registryWith();
    const other = await registryWith();
    const { digest } = registry.putImage('shop/app');
    registry.misbehave = ({ path }) =>
      path.includes('/referrers/')
        ? { headers: { 'content-type': INDEX, link: `<http://${other.host}/x>; rel="next"` } }
        : undefined;
    await assert.rejects(
      clientFor(registry, { plainHttp: [registry.host, other.host] }).findAttestations(
        imageAt(registry, digest),
      ),
      storeError('ERR_STORE_REFUSED', /nothing was sent/),
    );
    assert.deepEqual(other.requests, []);
  });
});
