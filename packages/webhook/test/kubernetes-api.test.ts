import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createServerCertificate } from '../src/certificate.ts';
import { accessOfPod, KubernetesApi } from '../src/kubernetes-api.ts';

describe('accessOfPod', () => {
  const pod = mkdtempSync(join(tmpdir(), 'danube-pod-'));
  after(() => rmSync(pod, { recursive: true }));
  writeFileSync(join(pod, 'token'), ' a token\n');

  it('is what a pod is given, its token read anew for each call', () => {
    const of = (host: string, port?: string): string =>
      accessOfPod(pod, {
        KUBERNETES_SERVICE_HOST: host,
        ...(port !== undefined && { KUBERNETES_SERVICE_PORT: port }),
      }).url;
    assert.deepEqual(
      [of('10.0.0.1'), of('fd00::1', '6443')],
      ['https://10.0.0.1:443', 'https://[fd00::1]:6443'],
    );
    const { token } = accessOfPod(pod, { KUBERNETES_SERVICE_HOST: 'x' });
    assert.equal(token(), 'a token');
    writeFileSync(join(pod, 'token'), 'another');
    assert.equal(token(), 'another');
  });

  it('is refused outside of a pod', () => {
    const refusal = { name: 'WebhookError', code: 'ERR_WEBHOOK_CONFIG' };
    assert.throws(() => accessOfPod(pod, {}), refusal);
    assert.throws(() => accessOfPod(join(pod, 'none'), { KUBERNETES_SERVICE_HOST: 'x' }), refusal);
  });
});

describe('KubernetesApi', () => {
  it('says so when the API server cannot be reached', async () => {
    const nobody = createServer();
    nobody.listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const address = nobody.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    nobody.close();
    await once(nobody, 'close');
    const { authority } = createServerCertificate({ names: ['127.0.0.1'], days: 1 });
    const api = new KubernetesApi({
      url: `https://127.0.0.1:${port}`,
      authorities: () => Buffer.from(authority),
      token: () => 'a token',
    });
    const failure = { name: 'WebhookError', code: 'ERR_WEBHOOK_KUBERNETES' };
    await assert.rejects(api.get('/api/v1/namespaces/a', new AbortController().signal), failure);
    api.close();
  });
});
