import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import { generatePrivateKey, verifySignature } from '@danube/keys';
import { createPrivateKey, seedOf } from '../src/private-key.ts';
import { RFC8032_KEYID, RFC8032_PUBLIC, RFC8032_SEED, sampleKey, secretForms, utf8 } from './sample-keys.ts';

describe('private keys', () => {
  it('sign deterministically, and their public half verifies it', () => {
    const key = createPrivateKey(RFC8032_SEED, RFC8032_PUBLIC);
    assert.equal(key.publicKey.keyid, RFC8032_KEYID);
    assert.deepEqual(key.sign(utf8('message')), key.sign(utf8('message')));
    assert.equal(verifySignature(key.publicKey, utf8('message'), key.sign(utf8('message'))), true);
  });

  it('are never made with the public half of another (threats 29)', () => {
    assert.throws(() => createPrivateKey(RFC8032_SEED, sampleKey(1).publicKey.raw), {
      name: 'KeyError',
      code: 'ERR_KEY_MISMATCH',
    });
  });

  it('are new each time they are generated', () => {
    const keyids = Array.from({ length: 20 }, () => generatePrivateKey().publicKey.keyid);
    assert.equal(new Set(keyids).size, 20);
  });

  it('leave the seed they were made of to the caller', () => {
    const seed = Uint8Array.from(RFC8032_SEED);
    const key = createPrivateKey(seed);
    seed.fill(0);
    assert.deepEqual(seedOf(key), RFC8032_SEED);
  });

  it('zero their seed when they are destroyed', () => {
    const key = generatePrivateKey();
    const seed = seedOf(key);
    key.destroy();
    assert.deepEqual(seed, new Uint8Array(32));
  });

  it('show nothing of the seed when they are logged', () => {
    const key = createPrivateKey(RFC8032_SEED);
    const text = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
    for (const secret of secretForms(RFC8032_SEED)) assert.ok(!text.includes(secret));
  });
});
