import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePublicKeyPem, generatePrivateKey, type PrivateKey } from '@danube/keys';
import { pod } from './reviews.ts';
import { BUILDER, policyFor, putImage, registryWith, Setup, signProvenance, type Served } from './world.ts';

const registry = await registryWith();
const DAY = 86_400_000;
const at = (milliseconds: number): string => new Date(Date.now() + milliseconds).toISOString();

interface Key {
  readonly key: PrivateKey;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly revoked?: { readonly since: string; readonly reason: string };
}

let version = 1;

function trustRoot(keys: readonly Key[], builder: object = {}, expires: string = at(365 * DAY)): string {
  return JSON.stringify({
    apiVersion: 'danube.dev/v1',
    kind: 'TrustRoot',
    version: (version += 1),
    expires,
    keys: keys.map(({ key, ...more }, index) => ({
      name: `key-${index}`,
      publicKey: encodePublicKeyPem(key.publicKey),
      notBefore: at(-365 * DAY),
      notAfter: at(365 * DAY),
      ...more,
    })),
    builders: [
      { id: BUILDER, keys: keys.map((_, index) => `key-${index}`), threshold: 1, maxLevel: 2, ...builder },
    ],
  });
}

/** A webhook that trusts by this document, whoever may write it. */
async function serve(root: string, spec: object = {}): Promise<{ setup: Setup; served: Served }> {
  const policy = policyFor(registry, spec);
  const config = { trust: { root: { file: 'root.json', plain: true } } };
  const setup = new Setup(registry, config, { 'release.json': policy });
  setup.write('root.json', root);
  return { setup, served: await setup.serve() };
}

async function signed(name: string, key: PrivateKey): Promise<string> {
  return (await putImage(registry, name, (digest) => [signProvenance(key, digest)])).pinned;
}

describe('a trust root', () => {
  it('admits what its builder signed, with the old key and with the new one while both are in it', async () => {
    const [old, fresh, stranger] = [generatePrivateKey(), generatePrivateKey(), generatePrivateKey()];
    const { served } = await serve(trustRoot([{ key: old }, { key: fresh }]));
    for (const [name, key, expected] of [
      ['root/old:v1', old, true],
      ['root/new:v1', fresh, true],
      ['root/stranger:v1', stranger, false],
    ] as const) {
      const image = await signed(name, key);
      assert.equal((await served.validate({ object: pod([image]) })).allowed, expected, name);
    }
  });

  it('says up to which Build level a builder is believed', async () => {
    const key = generatePrivateKey();
    const spec = { builders: [{ id: BUILDER, level: 2 }] };
    const image = await signed('root/level:v1', key);
    const enough = await serve(trustRoot([{ key }]), spec);
    assert.ok((await enough.served.validate({ object: pod([image]) })).allowed);
    const short = await serve(trustRoot([{ key }], { maxLevel: 1 }), spec);
    assert.ok(!(await short.served.validate({ object: pod([image]) })).allowed);
  });

  // sigstore-go CVE-2026-54787.
  it('admits nothing of a key outside of its time', async () => {
    const key = generatePrivateKey();
    const image = await signed('root/window:v1', key);
    for (const window of [
      { notBefore: at(-3 * DAY), notAfter: at(-DAY) },
      { notBefore: at(DAY), notAfter: at(3 * DAY) },
    ]) {
      const { served } = await serve(trustRoot([{ key, ...window }]));
      assert.equal((await served.validate({ object: pod([image]) })).allowed, false);
    }
  });

  it('that revokes a key takes back what was admitted, from the moment on that it is read', async () => {
    const key = generatePrivateKey();
    const { setup, served } = await serve(trustRoot([{ key }]));
    const image = await signed('root/revoked:v1', key);
    assert.ok((await served.validate({ object: pod([image]) })).allowed);
    setup.write('root.json', trustRoot([{ key, revoked: { since: at(-DAY), reason: 'it leaked' } }]));
    await served.said('rules_loaded');
    const { allowed, message } = await served.validate({ object: pod([image]) });
    assert.ok(!allowed);
    assert.match(message, /key\.revoked failed/);
  });

  it('that expires while the webhook runs is trusted no more', async (context) => {
    const key = generatePrivateKey();
    const { served } = await serve(trustRoot([{ key }], {}, at(DAY)));
    const before = await signed('root/before:v1', key);
    assert.ok((await served.validate({ object: pod([before]) })).allowed);
    const after = await signed('root/after:v1', key);
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + DAY });
    assert.equal((await served.validate({ object: pod([after]) })).allowed, false);
  });
});
