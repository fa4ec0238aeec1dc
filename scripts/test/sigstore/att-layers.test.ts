/** What cosign 2 left in `.att` with a certificate: for the library, the command and the webhook. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseTrustedRoot, proveByInstances, type CertificateProof } from '@danube/sigstore';
import { createRegistryClient, type FoundAttestations } from '@danube/store/oci';
import { startRegistry, type StoredImage } from '@danube/test-registry';
import { loadEvidence } from '@danube/verifier';
import { reviewOnce } from '@danube/webhook';
import { parseAttestations } from 'in-toto-attestation';
import { encode, pod, review } from '../../../packages/webhook/test/reviews.ts';
import { DANUBE } from '../../repository.ts';
import {
  cosignLayer,
  type CosignLayer,
  IDENTITY,
  ISSUER,
  type Mistakes,
  trustedRoot,
} from '../../vectors/sigstore-instance.ts';
import { trustRoot } from '../../vectors/trust-roots.ts';
import { workflowStatement } from '../../vectors/verify-sigstore.ts';
import { bytesOf } from './fixture.ts';

const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const BUNDLE = 'dev.sigstore.cosign/bundle';
const ROOT = { name: 'example', root: parseTrustedRoot(bytesOf(trustedRoot())) };

const registry = await startRegistry();
const folder = mkdtempSync(join(tmpdir(), 'danube-att-'));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await registry.close();
});

let images = 0;

/** An image with these layers under its `.att` tag. */
function imageWith(layersOf: (image: StoredImage) => readonly CosignLayer[]): StoredImage {
  images += 1;
  const image = registry.putImage('shop/app', { tag: `v${images}`, content: `image ${images}` });
  const blob = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: registry.putBlob('shop/app', bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: blob('application/vnd.oci.image.config.v1+json', Buffer.from('{}')),
    layers: layersOf(image).map(({ envelope, annotations }) => ({
      ...blob('application/vnd.dsse.envelope.v1+json', envelope),
      annotations,
    })),
  };
  registry.putManifest('shop/app', manifest, `${image.digest.replace(':', '-')}.att`);
  return image;
}

/** What the fake authority and the fake log signed for this image. */
function layerFor(image: StoredImage, mistakes: Mistakes = {}): CosignLayer {
  const subject = [{ name: 'shop/app', digest: { sha256: image.digest.slice(7) } }];
  return cosignLayer({ ...workflowStatement(), subject }, mistakes);
}

async function find({ digest }: StoredImage): Promise<FoundAttestations> {
  const client = createRegistryClient({ plainHttp: [registry.host] });
  try {
    return await client.findAttestations({ registry: registry.host, repository: 'shop/app', digest });
  } finally {
    client.close();
  }
}

async function proofsOf(image: StoredImage): Promise<(CertificateProof | undefined)[]> {
  const { attestations } = await find(image);
  return loadEvidence(attestations).items.map((item) => proveByInstances(item, [ROOT]));
}

async function danube(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [DANUBE, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

describe('layers of .att with a certificate', () => {
  it('are Sigstore bundles, which a trusted root proves', async () => {
    const image = imageWith((of) => [layerFor(of)]);
    const [found] = (await find(image)).attestations;
    assert.equal(found?.kind, 'att-tag');
    assert.equal(parseAttestations(found.bytes).format, 'sigstore-bundle');
    const [proof] = await proofsOf(image);
    assert.equal(proof?.signer?.identity, IDENTITY);
    assert.equal(proof.signer.times[0]?.by, 'transparency-log');
    assert.equal(proof.signer.logEntries, 1);
  });

  it('speak each for themselves, also with the same envelope', async () => {
    const image = imageWith((of) => {
      const right = layerFor(of);
      const forged = layerFor(of, { forged: true });
      return [{ ...right, annotations: forged.annotations }, right];
    });
    const proofs = await proofsOf(image);
    assert.deepEqual(
      proofs.map((proof) => proof?.signer?.identity),
      [undefined, IDENTITY],
    );
  });

  it('are envelopes as they are without a certificate, whatever else cosign wrote', async () => {
    const image = imageWith((of) => {
      const { envelope, annotations } = layerFor(of);
      return [{ envelope, annotations: { [BUNDLE]: annotations[BUNDLE] ?? '' } }];
    });
    const [found] = (await find(image)).attestations;
    assert.equal(parseAttestations(found?.bytes ?? Buffer.of()).format, 'dsse');
    assert.deepEqual(await proofsOf(image), [undefined]);
  });

  const other = { identity: 'https://other.example.com/' };
  const hostile: readonly (readonly [string, (image: StoredImage) => CosignLayer])[] = [
    ['the certificate of an authority that the root does not name', (of) => layerFor(of, { forged: true })],
    ['a certificate that no log saw', (of) => layerFor(of, { unlogged: 'no certificate log' })],
    ['no log entry', (of) => layerFor(of, { unlogged: 'no log entry' })],
    ['a log entry of the same bytes by another certificate', (of) => layerFor(of, { splicedSigner: true })],
    ['a time that the log did not sign', (of) => layerFor(of, { editedTime: '2026-02-01T10:06:00Z' })],
    [
      'a signature after the certificate had expired',
      (of) => layerFor(of, { signedAt: '2026-02-01T10:10:01Z' }),
    ],
    [
      'the certificate of another layer',
      (of) => {
        const { envelope, annotations } = layerFor(of, other);
        const theirs = layerFor(of).annotations[CERTIFICATE] ?? '';
        return { envelope, annotations: { ...annotations, [CERTIFICATE]: theirs } };
      },
    ],
    [
      'the log entry of another envelope',
      (of) => {
        const theirs = cosignLayer(workflowStatement()).annotations[BUNDLE] ?? '';
        const { envelope, annotations } = layerFor(of);
        return { envelope, annotations: { ...annotations, [BUNDLE]: theirs } };
      },
    ],
    [
      'an envelope that nobody signed between right annotations',
      (of) => {
        const { envelope, annotations } = layerFor(of);
        const json = JSON.parse(envelope.toString()) as { payload: string };
        const payload = Buffer.from(json.payload, 'base64')
          .toString()
          .replace(IDENTITY, 'https://evil.example/');
        return {
          envelope: bytesOf({ ...json, payload: Buffer.from(payload).toString('base64') }),
          annotations,
        };
      },
    ],
  ];
  for (const [what, layer] of hostile) {
    it(`prove nothing with ${what}`, async () => {
      const [proof] = await proofsOf(imageWith((of) => [layer(of)]));
      assert.ok(proof !== undefined && proof.signer === undefined);
    });
  }

  const unlikeCosign: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a certificate that is none', { [CERTIFICATE]: 'a certificate' }],
    [
      'a public key for a certificate',
      { [CERTIFICATE]: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' },
    ],
    [
      'two certificates',
      { [CERTIFICATE]: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(2) },
    ],
    ['a log entry that is no JSON', { [BUNDLE]: '{' }],
    ['a log entry without its payload', { [BUNDLE]: '{"SignedEntryTimestamp":"AAAA"}' }],
    ['a log entry without its promise', { [BUNDLE]: '{"Payload":{"body":"e30=","logID":"00"}}' }],
    [
      'a log entry whose body is no JSON',
      { [BUNDLE]: '{"SignedEntryTimestamp":"AAAA","Payload":{"body":"AAAA","logID":"00"}}' },
    ],
  ];
  for (const [what, annotations] of unlikeCosign) {
    it(`are told as unreadable with ${what}, and silence no other`, async () => {
      const image = imageWith((of) => {
        const right = layerFor(of);
        return [{ ...right, annotations: { ...right.annotations, ...annotations } }, right];
      });
      const { attestations, unreadable } = await find(image);
      assert.deepEqual([attestations.length, unreadable.length], [1, 1]);
      assert.match(unreadable[0]?.reason ?? '', /not as cosign writes it/);
    });
  }
});

describe('danube with layers of .att that have a certificate', () => {
  const plain = ['--plain-http', registry.host];
  const reference = ({ digest }: StoredImage): string => `${registry.host}/shop/app@${digest}`;
  const root = join(folder, 'trusted_root.json');
  writeFileSync(root, JSON.stringify(trustedRoot()));
  const expected = ['--sigstore-root', root, '--certificate-issuer', ISSUER, '--certificate-identity'];

  it('verifies the image by its identity, and refuses it by another', async () => {
    const image = imageWith((of) => [layerFor(of, { forged: true }), layerFor(of)]);
    const verify = ['provenance', 'verify', `oci:${reference(image)}`, ...plain, ...expected];
    const accepted = await danube(...verify, IDENTITY);
    assert.equal(accepted.code, 0, accepted.output);
    const rejected = await danube(...verify, 'https://other.example.com/');
    assert.equal(rejected.code, 1, rejected.output);
    const store = ['--store', `oci:${registry.host}/shop/app`];
    const stored = await danube(...verify, IDENTITY, ...store);
    assert.equal(stored.code, 0, stored.output);
  });

  it('refuses the image when nothing is proven', async () => {
    const image = imageWith((of) => [layerFor(of, { splicedSigner: true })]);
    const verify = ['provenance', 'verify', `oci:${reference(image)}`, ...plain, ...expected, IDENTITY];
    const { code, output } = await danube(...verify);
    assert.equal(code, 1, output);
    assert.match(output, /transparency/);
  });

  it('pulls bundles that are verified without the registry', async () => {
    const image = imageWith((of) => [layerFor(of)]);
    const pulled = join(folder, 'pulled.jsonl');
    const pull = await danube('provenance', 'pull', reference(image), ...plain, '--out', pulled);
    assert.equal(pull.code, 0, pull.output);
    assert.equal(parseAttestations(readFileSync(pulled)).attestations.length, 1);
    const verify = ['provenance', 'verify', '--digest', image.digest, '--provenance', pulled, ...expected];
    const accepted = await danube(...verify, IDENTITY);
    assert.equal(accepted.code, 0, accepted.output);
  });
});

describe('the webhook with layers of .att that have a certificate', () => {
  const certificates = [{ sigstore: 'example', identity: IDENTITY, issuer: ISSUER }];
  const files: Readonly<Record<string, object>> = {
    'root.json': trustRoot({
      keys: undefined,
      builders: [{ id: IDENTITY, certificates, threshold: 1, maxLevel: 3 }],
      sigstore: [{ name: 'example', trustedRoot: trustedRoot() }],
    }),
    'policy.json': {
      apiVersion: 'danube.dev/v1',
      kind: 'ProvenancePolicy',
      metadata: { name: 'release' },
      spec: {
        artifacts: [{ image: `${registry.host}/**` }],
        builders: [{ id: IDENTITY }],
        parameters: { workflow: { any: true } },
      },
    },
    'webhook.json': {
      apiVersion: 'danube.dev/v1',
      kind: 'WebhookConfig',
      listen: { address: '127.0.0.1', port: 0 },
      metrics: { address: '127.0.0.1', port: 0 },
      tls: { certificate: 'tls.crt', privateKey: 'tls.key' },
      trust: { root: { file: 'root.json', plain: true } },
      policies: [{ file: 'policy.json' }],
      registries: { plainHttp: [registry.host] },
    },
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }

  async function admits({
    digest,
  }: StoredImage): Promise<{ readonly allowed: boolean; readonly text: string }> {
    const object = pod([`${registry.host}/shop/app@${digest}`]);
    const config = join(folder, 'webhook.json');
    return reviewOnce({ config, phase: 'validate', review: encode(review({ object })), timeout: null });
  }

  it('admits what a trusted identity signed, and nothing that is not proven', async () => {
    const good = await admits(imageWith((of) => [layerFor(of)]));
    assert.ok(good.allowed, good.text);
    for (const [what, mistakes] of [
      ['forged', { forged: true }],
      ['spliced', { splicedSigner: true }],
      ['unlogged', { unlogged: 'no log entry' }],
      ['a stranger', { identity: 'https://other.example.com/' }],
    ] as const) {
      const { allowed } = await admits(imageWith((of) => [layerFor(of, mistakes)]));
      assert.equal(allowed, false, what);
    }
  });
});
