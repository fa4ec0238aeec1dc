import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { parsePublicKey, verifyDelegation } from '@danube/keys';
import { delegateKey, type KeyBackend, openKey } from '@danube/signer';
import { backendOf, sampleKey } from './backends.ts';
import { CREDENTIAL, REGION, startAws } from './servers/aws.ts';
import { refusal, signs, statementWithPae } from './service.ts';

const aws = await startAws();
after(() => aws.close());
const ed25519 = aws.addKey('ed25519', 'danube');
aws.addKey('p256', 'p256');

function open(alias: string): Promise<KeyBackend> {
  const environment = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
  };
  return openKey(`awskms://${aws.host}/alias/${alias}`, {
    service: { environment, allowLoopbackHttp: true },
  });
}

describe('a delegated key', () => {
  it('signs statements of any length, and AWS KMS signs once (keys.md 1.3a)', async () => {
    const backend = await open('danube');
    const large = await statementWithPae(100_000);
    const refused = await refusal(signs(backend, large), 'ERR_SIGN_LIMIT');
    assert.match(refused.hint ?? '', /--delegate/);
    const before = aws.received.length;
    const delegated = await delegateKey(backend);
    await signs(delegated, large);
    await signs(delegated);
    assert.equal(aws.received.length, before + 1);
    const { certificate = new Uint8Array() } = delegated;
    const issuer = parsePublicKey(ed25519.publicKey.export({ type: 'spki', format: 'der' }));
    const read = verifyDelegation(certificate, [issuer]);
    assert.equal(read.publicKey.keyid, delegated.publicKey.keyid);
    assert.equal(read.notAfter.getTime() - read.notBefore.getTime(), 660_000);
    assert.ok(read.notBefore.getTime() < Date.now());
    await delegated.close?.();
    await assert.rejects(delegated.sign(new Uint8Array(1), {}), TypeError);
    await signs(backend);
  });

  it('is certified by a P-256 key as well', async () => {
    const backend = await open('p256');
    const delegated = await delegateKey(backend, { seconds: 60 });
    await signs(delegated);
    verifyDelegation(delegated.certificate ?? new Uint8Array(), [backend.publicKey]);
  });

  it('signs nothing more when its minutes are over', async () => {
    const delegated = await delegateKey(backendOf(await sampleKey(1)), {
      now: new Date(Date.now() - 601_000),
    });
    const error = await refusal(signs(delegated), 'ERR_SIGN_KEY');
    assert.match(error.message, /the key that test:key delegated to expired at/);
  });

  it('is none when the service lies, or for other times than minutes', async () => {
    const key = await sampleKey(1);
    const lies = backendOf(key, { sign: async () => new Uint8Array(64) });
    await refusal(delegateKey(lies), 'ERR_SIGN_SELF_CHECK');
    for (const seconds of [59, 3541, 60.5, Number.NaN])
      await assert.rejects(delegateKey(backendOf(key), { seconds }), TypeError);
  });
});
