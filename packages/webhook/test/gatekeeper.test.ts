import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerProvider, parseProviderRequest } from '../src/gatekeeper.ts';
import { loadConfig } from '../src/config.ts';
import { loadRules } from '../src/load-rules.ts';
import { createJudge, createRegistry } from '../src/serve.ts';
import { encode } from './reviews.ts';
import { putImage, registryWith, Setup } from './world.ts';

const registry = await registryWith();
const setup = new Setup(registry);
const good = await setup.signed('shop/app:v1');
const unsigned = await putImage(registry, 'shop/unsigned:v1');

describe("Gatekeeper's external data", () => {
  it('gets each image pinned to what was judged, or why it is refused', async () => {
    const config = loadConfig(setup.path('webhook.json'));
    const client = createRegistry(config);
    const keys = [good.tagged, good.pinned, unsigned.pinned, 'UPPER'];
    const text = await answerProvider(keys, {
      rules: loadRules(config),
      judge: createJudge(config, client),
      signal: AbortSignal.timeout(30_000),
    });
    client.close();
    const { apiVersion, kind, response } = JSON.parse(text);
    assert.deepEqual([apiVersion, kind], ['externaldata.gatekeeper.sh/v1beta1', 'ProviderResponse']);
    assert.equal(response.idempotent, true);
    const [first, second, third, fourth] = response.items;
    assert.deepEqual(first, { key: good.tagged, value: good.pinned });
    assert.deepEqual(second, { key: good.pinned, value: good.pinned });
    assert.match(third.error, /evidence\.found/);
    assert.match(fourth.error, /image\.reference/);
  });

  it('is asked in its own form alone', () => {
    const request = {
      apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
      kind: 'ProviderRequest',
      request: { keys: ['a'] },
    };
    assert.deepEqual(parseProviderRequest(encode(request)), ['a']);
    for (const wrong of [
      {},
      { ...request, kind: 'AdmissionReview' },
      { ...request, request: { keys: [1] } },
    ]) {
      assert.throws(() => parseProviderRequest(encode(wrong)), { code: 'ERR_WEBHOOK_REVIEW' });
    }
  });
});
