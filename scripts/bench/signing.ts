import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { openKey, signStatements } from '@danube/signer';
import type { Statement } from 'in-toto-attestation';
import { median, type Benchmark, type Effort, type Row } from './row.ts';

const LATENCY_MS = 50;
const IN_FLIGHT = 16;
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-1111-2222-3333-444444444444';

/** AWS KMS with one key and a latency; who asks is not looked at here. */
async function startService(): Promise<{ readonly uri: string; stop(): void }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { Message } = JSON.parse(Buffer.concat(chunks).toString()) as { Message?: string };
      const answer =
        Message === undefined
          ? {
              KeySpec: 'ECC_NIST_EDWARDS25519',
              KeyUsage: 'SIGN_VERIFY',
              PublicKey: spki,
              SigningAlgorithms: ['ED25519_SHA_512'],
            }
          : { Signature: sign(null, Buffer.from(Message, 'base64'), privateKey).toString('base64') };
      setTimeout(() => response.end(JSON.stringify({ KeyId: ARN, ...answer })), LATENCY_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    uri: `awskms://127.0.0.1:${address.port}/${ARN}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function statements(count: number): Statement[] {
  return Array.from({ length: count }, (_, index) => ({
    _type: 'https://in-toto.io/Statement/v1' as const,
    subject: [{ name: `file-${index}`, digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://example.com/predicate/v1',
    predicate: {},
  }));
}

/** How long many signatures by a slow service take, over what its latency alone would need. */
async function measure({ quick, rounds }: Effort): Promise<Row[]> {
  const count = quick ? 32 : 1000;
  const service = await startService();
  const environment = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
  const backend = await openKey(service.uri, { service: { environment, allowLoopbackHttp: true } });
  try {
    const bound = Math.ceil(count / IN_FLIGHT) * LATENCY_MS;
    const ratios: number[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round += 1) {
      const began = performance.now();
      await signStatements(statements(count), backend, { concurrency: IN_FLIGHT });
      ratios.push((performance.now() - began) / bound);
    }
    const what = `${count} signatures by a service with ${LATENCY_MS} ms latency, ${IN_FLIGHT} in flight, over the latency bound`;
    return [
      { name: 'sign many by a key service', what, ratio: median(ratios), target: 1.5, better: 'lower' },
    ];
  } finally {
    await backend.close?.();
    service.stop();
  }
}

export const signing: Benchmark = { name: 'signing', run: measure };
