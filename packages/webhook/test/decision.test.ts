import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatePrivateKey } from '@danube/keys';
import { encodeSigstoreBundle, pae, PAYLOAD_TYPE, publicKeyBundle } from 'in-toto-attestation';
import { deployment, OF_DEPLOYMENT, pod } from './reviews.ts';
import { attach, BUILDER, policyFor, putImage, registryWith, Setup, signProvenance } from './world.ts';

const registry = await registryWith();
const setup = new Setup(registry);
const served = await setup.serve();
const good = await setup.signed('shop/app:v1');
const unsigned = await putImage(registry, 'shop/unsigned:v1');

describe('validate', () => {
  it('admits an image with acceptable provenance', async () => {
    const { allowed, annotations } = await served.validate({ object: pod([good.pinned]) });
    assert.ok(allowed);
    assert.equal(annotations['decision'], 'accepted');
    assert.ok(annotations['images']?.includes(good.digest));
  });

  it('denies one without, with what is needed to see why', async () => {
    const { allowed, message } = await served.validate({ object: pod([good.pinned, unsigned.pinned]) });
    assert.ok(!allowed);
    assert.ok(message.includes(unsigned.pinned), message);
    assert.match(message, /by policy release: evidence\.found failed/);
    assert.match(message, /expected .+, actual .+/);
    // Trouble 23: what was looked at, and how much was there.
    assert.match(message, /Looked at \/v2\/shop\/unsigned\/referrers\/sha256:[0-9a-f]{64}: 0/);
    const repository = unsigned.pinned.slice(0, unsigned.pinned.indexOf(':v1'));
    assert.ok(message.includes(`danube provenance verify oci:${repository}@${unsigned.digest}`), message);
    assert.ok(!message.includes(good.pinned));
  });

  it('denies what another key signed: being found is not being verified', async () => {
    const image = await putImage(registry, 'shop/stranger:v1', (digest) => [
      signProvenance(generatePrivateKey(), digest),
    ]);
    const { allowed, message } = await served.validate({ object: pod([image.pinned]) });
    assert.ok(!allowed);
    assert.match(message, /signature failed/);
  });

  it('names the check, what was expected and what was there', async () => {
    const image = await setup.signed('shop/elsewhere:v1', { builder: 'https://evil.example/ci' });
    const { message } = await served.validate({ object: pod([image.pinned]) });
    assert.match(message, /policy\.rule:release\/builder failed/);
    assert.ok(message.includes(BUILDER) && message.includes('https://evil.example/ci'), message);
  });

  it('speaks for the attestation that came furthest, not for what lies beside it', async () => {
    const image = await putImage(registry, 'shop/several:v1', (digest) => [
      signProvenance(generatePrivateKey(), digest),
      signProvenance(setup.key, digest, { builder: 'https://other.example' }),
    ]);
    const { message } = await served.validate({ object: pod([image.pinned]) });
    assert.match(message, /policy\.rule:release\/builder failed/);
  });

  // CVE-2022-35930 and CVE-2022-35929.
  it('denies an image of which something else is attested, however valid', async () => {
    const sbom = await setup.signed('shop/sbom:v1', {
      predicateType: 'https://spdx.dev/Document',
      predicate: { spdxVersion: 'SPDX-2.3' },
    });
    assert.equal((await served.validate({ object: pod([sbom.pinned]) })).allowed, false);
    const both = await putImage(registry, 'shop/both:v1', (digest) => [
      signProvenance(setup.key, digest, { predicateType: 'https://spdx.dev/Document', predicate: { a: 1 } }),
      signProvenance(generatePrivateKey(), digest),
    ]);
    assert.equal((await served.validate({ object: pod([both.pinned]) })).allowed, false);
  });

  // notation-go CVE-2023-33959.
  it('denies provenance of another image, wherever it is attached', async () => {
    const image = await setup.signed('shop/borrowed:v1', { about: good.digest });
    assert.equal((await served.validate({ object: pod([image.pinned]) })).allowed, false);
  });

  // cosign CVE-2026-39395.
  it('denies an image whose attestation cannot be read, or says nothing that can be', async () => {
    const envelope = (payload: string): Uint8Array => {
      const bytes = new TextEncoder().encode(payload);
      const { keyid } = setup.key.publicKey;
      const signatures = [{ keyid, sig: setup.key.sign(pae(PAYLOAD_TYPE, bytes)) }];
      const signed = { payloadType: PAYLOAD_TYPE, payload: bytes, signatures };
      return encodeSigstoreBundle(publicKeyBundle(signed, keyid));
    };
    const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const payloads = ['', '{', 'null', '{"_type":"https://evil.example/v9"}'];
    for (const [index, bytes] of [...payloads.map(envelope), Buffer.from('{}')].entries()) {
      const repository = `shop/corrupt${index}`;
      const image = await putImage(registry, `${repository}:v1`);
      registry.putManifest(repository, {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: bundle,
        config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: good.digest, size: 2 },
        layers: [{ mediaType: bundle, digest: registry.putBlob(repository, bytes), size: bytes.length }],
        subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: 1 },
      });
      const { allowed, message } = await served.validate({ object: pod([image.pinned]) });
      assert.equal(allowed, false, String(index));
      assert.match(message, /by policy release: (?!evidence\.found)|unreadable/);
    }
  });

  it('refuses a pod that names a tag, without asking the registry', async () => {
    registry.requests.length = 0;
    const { allowed, message } = await served.validate({ object: pod([good.tagged]) });
    assert.ok(!allowed);
    assert.match(message, /image\.digest failed/);
    assert.deepEqual(registry.requests, []);
  });

  it('judges what a tag of a workload points to: its pods get the digest', async () => {
    const { allowed } = await served.validate({ ...OF_DEPLOYMENT, object: deployment(good.tagged) });
    assert.ok(allowed);
    const denied = await served.validate({ ...OF_DEPLOYMENT, object: deployment(unsigned.tagged) });
    assert.ok(!denied.allowed);
  });

  it('denies an image that no policy is about', async () => {
    const { allowed, message } = await served.validate({
      object: pod([`other.example/app@sha256:${'a'.repeat(64)}`]),
    });
    assert.ok(!allowed);
    assert.match(message, /policy\.match failed: no policy is about this image/);
  });

  it('denies what is no image reference', async () => {
    for (const image of ['', 'UPPER', 'a b', 'x:y:z', `a@sha256:${'A'.repeat(64)}`]) {
      const { allowed, message } = await served.validate({ object: pod([image]) });
      assert.ok(!allowed, image);
      assert.match(message, /image\.reference failed/);
    }
  });

  it('keeps control characters and endless texts out of its message', async () => {
    const evil = `evil\u001b[2J\u202e${'x'.repeat(100_000)}`;
    const { message } = await served.validate({
      object: pod([
        evil,
        ...Array(200)
          .fill(0)
          .map((_, i) => `bad ${i}`),
      ]),
    });
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(message, /[\u0000-\u001f\u202e]/);
    assert.ok(message.length <= 4096, String(message.length));
    assert.match(message, /and \d+ more$/);
  });

  it('answers a request that brings nothing new without asking anybody', async () => {
    registry.requests.length = 0;
    const { allowed } = await served.validate({
      operation: 'UPDATE',
      object: pod([unsigned.tagged], {}, { labels: { a: 'b' } }),
      oldObject: pod([unsigned.tagged]),
    });
    assert.ok(allowed);
    assert.deepEqual(registry.requests, []);
  });
});

// Trouble 21: kyverno/policies#1261; ratify's platform selection.
describe('an index', () => {
  const put = async (name: string, signed: readonly string[]): Promise<string> => {
    const manifests = [];
    for (const architecture of ['amd64', 'arm64']) {
      const part = registry.putImage(name, { content: `${name} ${architecture}` });
      if (signed.includes(architecture)) {
        await attach(registry, name, part.digest, signProvenance(setup.key, part.digest));
      }
      const { digest, bytes, mediaType } = part;
      manifests.push({ mediaType, digest, size: bytes.length, platform: { os: 'linux', architecture } });
    }
    const extra = registry.putImage(name, { content: `${name} attestations of BuildKit` });
    manifests.push({
      mediaType: extra.mediaType,
      digest: extra.digest,
      size: extra.bytes.length,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const index = registry.putManifest(name, { schemaVersion: 2, mediaType, manifests });
    return `${registry.host}/${name}@${index.digest}`;
  };
  const on = (arch: string): object => ({ nodeSelector: { 'kubernetes.io/arch': arch } });

  /** One image that is attested, for amd64, and one that is not, as the index has it. */
  const hide = async (name: string, entry: object): Promise<string> => {
    const signed = registry.putImage(name, { content: `${name} signed` });
    await attach(registry, name, signed.digest, signProvenance(setup.key, signed.digest));
    const { digest, bytes, mediaType } = registry.putImage(name, { content: `${name} not signed` });
    const index = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        { mediaType, digest, size: bytes.length, ...entry },
        {
          mediaType,
          digest: signed.digest,
          size: signed.bytes.length,
          platform: { os: 'linux', architecture: 'amd64' },
        },
      ],
    };
    return `${registry.host}/${name}@${registry.putManifest(name, index).digest}`;
  };

  it('hides no image that a runtime would take by another name', async () => {
    const LINUX = { os: 'linux', architecture: 'amd64' };
    const NONE = { os: 'unknown', architecture: 'unknown' };
    for (const [name, entry] of [
      ['x86_64', { platform: { os: 'linux', architecture: 'x86_64' } }],
      ['upper', { platform: { os: 'Linux', architecture: 'AMD64' } }],
      ['empty', { platform: { os: '', architecture: 'amd64' } }],
      ['i386', { platform: { os: 'linux', architecture: '386' } }],
      ['type', { mediaType: 'application/x-other', platform: LINUX }],
      ['platform', { platform: NONE, Platform: LINUX }],
      ['architecture', { platform: { ...NONE, OS: 'linux', Architecture: 'amd64' } }],
    ] as const) {
      const image = await hide(`hidden/${name}`, entry);
      const { allowed } = await served.validate({ object: pod([image], on('amd64')) });
      assert.equal(allowed, false, name);
    }
    const other = await hide('hidden/nothing', { platform: { os: 'linux', architecture: 'arm64' } });
    assert.ok((await served.validate({ object: pod([other], on('amd64')) })).allowed);
  });

  it('names each image in one way', async () => {
    const unsigned = registry.putImage('two/ways', { content: 'two ways' });
    const signed = registry.putImage('two/ways', { content: 'two ways, signed' });
    await attach(registry, 'two/ways', signed.digest, signProvenance(setup.key, signed.digest));
    for (const twin of ['Digest', 'DIGEST', 'dige\u017ft']) {
      const { digest, bytes, mediaType } = signed;
      const entry = { mediaType, digest, size: bytes.length, [twin]: unsigned.digest };
      const { digest: index } = registry.putManifest('two/ways', {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [entry],
      });
      const image = `${registry.host}/two/ways@${index}`;
      assert.equal((await served.validate({ object: pod([image]) })).allowed, false, twin);
    }
  });

  it('is accepted when each of its images is, leaving out what is none', async () => {
    const image = await put('index/all', ['amd64', 'arm64']);
    assert.ok((await served.validate({ object: pod([image]) })).allowed);
  });

  it('may satisfy one policy itself, and another by each of its images', async () => {
    const other = 'https://other.example/builder';
    const both = new Setup(
      registry,
      {},
      {
        'one.json': policyFor(registry, {}, 'one'),
        'other.json': policyFor(registry, { builders: [{ id: other }] }, 'other'),
      },
    );
    const webhook = await both.serve();
    for (const [name, builder, isAllowed] of [
      ['index/split', other, true],
      ['index/alike', undefined, false],
    ] as const) {
      const { digest, bytes, mediaType } = registry.putImage(name, { content: name });
      await attach(registry, name, digest, signProvenance(both.key, digest, builder && { builder }));
      const index = registry.putManifest(name, {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [{ mediaType, digest, size: bytes.length }],
      });
      await attach(registry, name, index.digest, signProvenance(both.key, index.digest));
      const object = pod([`${registry.host}/${name}@${index.digest}`]);
      assert.equal((await webhook.validate({ object })).allowed, isAllowed, name);
    }
  });

  it('is accepted for the platforms that the pod can come to, and for no other', async () => {
    const image = await put('index/half', ['amd64']);
    assert.equal((await served.validate({ object: pod([image]) })).allowed, false);
    assert.ok((await served.validate({ object: pod([image], on('amd64')) })).allowed);
    assert.equal((await served.validate({ object: pod([image], on('arm64')) })).allowed, false);
  });

  it('is accepted for the platforms that required node affinity leaves', async () => {
    const image = await put('index/affinity', ['amd64']);
    const to = (operator: string, values: readonly string[]): object => {
      const matchExpressions = [{ key: 'kubernetes.io/arch', operator, values }];
      const required = { nodeSelectorTerms: [{ matchExpressions }] };
      return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
    };
    const isAllowed = async (spec: object): Promise<boolean> =>
      (await served.validate({ object: pod([image], spec) })).allowed;
    assert.ok(await isAllowed(to('In', ['amd64'])));
    assert.ok(await isAllowed(to('NotIn', ['arm64'])));
    assert.ok(!(await isAllowed(to('In', ['amd64', 'arm64']))));
    assert.ok(!(await isAllowed(to('NotIn', ['s390x']))));
  });

  it('is not accepted when nothing of it is for the platform', async () => {
    const image = await put('index/other', ['amd64', 'arm64']);
    assert.equal((await served.validate({ object: pod([image], on('riscv64')) })).allowed, false);
  });
});

describe('mutate', () => {
  it('writes the digest behind the tag, and leaves the tag', async () => {
    const object = pod([good.tagged], {
      initContainers: [{ name: 'i', image: good.tagged }],
      volumes: [{ name: 'v', image: { reference: good.tagged } }],
    });
    const { allowed, patch } = await served.mutate({ object });
    assert.ok(allowed);
    assert.deepEqual(patch, {
      '/spec/containers/0/image': good.pinned,
      '/spec/initContainers/0/image': good.pinned,
      '/spec/volumes/0/image/reference': good.pinned,
    });
  });

  it('says latest where nothing is said', async () => {
    registry.putImage('shop/plain', { tag: 'latest' });
    const { patch } = await served.mutate({ object: pod([`${registry.host}/shop/plain`]) });
    assert.match(patch['/spec/containers/0/image'] ?? '', /\/shop\/plain:latest@sha256:[0-9a-f]{64}$/);
  });

  it('changes nothing the second time', async () => {
    const { patch } = await served.mutate({ object: pod([good.pinned]) });
    assert.deepEqual(patch, {});
  });

  // Troubles 14 and 15.
  it('leaves workloads alone', async () => {
    const { allowed, patch } = await served.mutate({ ...OF_DEPLOYMENT, object: deployment(good.tagged) });
    assert.ok(allowed);
    assert.deepEqual(patch, {});
  });

  // Trouble 16: an image that is put in later is no image yet.
  it('leaves a placeholder for the one who puts the image in, and warns', async () => {
    const { allowed, patch, warnings } = await served.mutate({
      object: pod([`${registry.host}/shop/none:v9`]),
    });
    assert.ok(allowed);
    assert.deepEqual(patch, {});
    assert.match(warnings[0] ?? '', /registry/);
  });

  // CVE-2022-47633.
  it('pins what is verified, though the tag moves between the requests', async () => {
    const first = await setup.signed('shop/moving:v1');
    const { patch } = await served.mutate({ object: pod([first.tagged]) });
    registry.putImage('shop/moving', { tag: 'v1', content: 'evil' });
    const pinned = patch['/spec/containers/0/image'] ?? '';
    assert.equal(pinned, first.pinned);
    assert.ok((await served.validate({ object: pod([pinned]) })).allowed);
    const { patch: next } = await served.mutate({ object: pod([first.tagged]) });
    const moved = next['/spec/containers/0/image'] ?? '';
    assert.notEqual(moved, first.pinned);
    assert.equal((await served.validate({ object: pod([moved]) })).allowed, false);
  });

  it('changes nothing in what cannot be read, and refuses it then', async () => {
    const object = { spec: { containers: { image: 'a' } } };
    const { allowed, patch } = await served.mutate({ object });
    assert.deepEqual([allowed, patch], [true, {}]);
    assert.equal((await served.validate({ object })).allowed, false);
  });

  // kyverno CVE-2026-22039 and its relatives: whoever may make pods may not choose whom the webhook talks to.
  it('asks no registry about an image that no policy is about', async () => {
    const stranger = await registryWith();
    stranger.putImage('shop/app', { tag: 'v1' });
    const object = pod([`${stranger.host}/shop/app:v1`]);
    assert.deepEqual((await served.mutate({ object })).patch, {});
    assert.match((await served.validate({ object })).message, /policy\.match/);
    assert.deepEqual(stranger.requests, []);
  });

  it('asks once for a tag, however often a pod names it', async () => {
    registry.requests.length = 0;
    await served.mutate({ object: pod(Array(20).fill(good.tagged)) });
    assert.equal(registry.requests.length, 1);
    assert.equal(registry.requests[0]?.method, 'HEAD');
  });
});

describe('policies', () => {
  it('must all pass, each in its own mode', async () => {
    const strict = policyFor(registry, { builders: [{ id: 'https://strict.example' }] }, 'strict');
    const config = { policies: [{ file: 'release.json' }, { file: 'strict.json', mode: 'warn' }] };
    const two = new Setup(registry, config, { 'release.json': policyFor(registry), 'strict.json': strict });
    const image = await two.signed('two/app:v1');
    const warned = await (await two.serve()).validate({ object: pod([image.pinned]) });
    assert.ok(warned.allowed);
    assert.match(warned.warnings[0] ?? '', /by policy strict: policy\.rule:strict\/builder failed/);
    two.writeConfig({ policies: [{ file: 'release.json' }, { file: 'strict.json' }] });
    const denied = await (await two.serve()).validate({ object: pod([image.pinned]) });
    assert.ok(!denied.allowed);
    assert.match(denied.message, /by policy strict/);
  });

  it('are in force in their namespaces alone', async () => {
    const here = new Setup(registry, { policies: [{ file: 'release.json', namespaces: ['team-b'] }] });
    const webhook = await here.serve();
    const image = await here.signed('here/app:v1');
    assert.ok((await webhook.validate({ namespace: 'team-b', object: pod([image.pinned]) })).allowed);
    const other = await webhook.validate({ namespace: 'team-a', object: pod([image.pinned]) });
    assert.match(other.message, /policy\.match/);
  });

  // Trouble 33 and connaisseur's `*:*`.
  it('are not needed where the configuration says so, and then nobody is asked', async () => {
    const open = new Setup(registry, { noMatch: 'allow' });
    const webhook = await open.serve();
    registry.requests.length = 0;
    const image = `127.0.0.1:1/app@sha256:${'a'.repeat(64)}`;
    assert.ok((await webhook.validate({ object: pod([image]) })).allowed);
    assert.deepEqual(registry.requests, []);
  });
});

describe('exemptions', () => {
  // Trouble 1: policy-controller#1863.
  it('let images pass without asking anybody, tags included, and are recorded', async () => {
    const exempting = new Setup(registry, {
      exemptions: [
        { images: [`${registry.host}/other/**`, `${registry.host}/base/**`], reason: 'built by hand' },
        { namespaces: ['legacy'], reason: 'moves out in May' },
      ],
    });
    const webhook = await exempting.serve();
    registry.requests.length = 0;
    const base = `${registry.host}/base/os/image:v1`;
    assert.ok((await webhook.validate({ object: pod([base]) })).allowed);
    assert.deepEqual((await webhook.mutate({ object: pod([base]) })).patch, {});
    assert.ok((await webhook.validate({ namespace: 'legacy', object: pod([unsigned.tagged]) })).allowed);
    assert.equal((await webhook.validate({ object: pod([unsigned.pinned]) })).allowed, false);
    assert.ok(registry.requests.every(({ path }) => path.includes('/shop/unsigned/')));
    const line = await webhook.said('admission_allowed');
    assert.match(JSON.stringify(line), /built by hand/);
  });

  // portieris v0.14.2: the host is no part of the pattern's path.
  it('do not stretch to other hosts', async () => {
    const exempting = new Setup(registry, {
      exemptions: [{ images: ['trusted.example.com/org/*'], reason: 'ours' }],
    });
    const webhook = await exempting.serve();
    for (const image of [
      'attacker.example/trusted.example.com/org/m',
      'trusted.example.com.attacker.example/org/m',
      'xtrusted.example.com/org/m',
      'trusted.example.com:8443/org/m',
      'trusted.example.com/org/m/n',
      'trusted.example.com/organisation/m',
      'trusted.example.com/org',
    ]) {
      const digest = `sha256:${'a'.repeat(64)}`;
      assert.equal((await webhook.validate({ object: pod([`${image}@${digest}`]) })).allowed, false, image);
    }
    assert.ok((await webhook.validate({ object: pod(['trusted.example.com/org/m']) })).allowed);
  });
});
