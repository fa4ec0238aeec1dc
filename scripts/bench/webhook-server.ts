/** One side of the webhook's benchmark, a process of its own: answers at a port that it prints. */
import { verify, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { serveWebhook } from '@danube/webhook';

const [side, folder = ''] = process.argv.slice(2);

if (side === 'webhook') {
  // The log goes where it costs what it costs anywhere.
  const { port } = await serveWebhook({ config: `${folder}/webhook.json`, write: () => undefined });
  console.log(port);
} else {
  const cert = readFileSync(`${folder}/tls.crt`);
  const key = readFileSync(`${folder}/tls.key`);
  const signed =
    side === 'echo-and-verify'
      ? {
          key: createPublicKey(readFileSync(`${folder}/key.pub`)),
          message: readFileSync(`${folder}/pae`),
          signature: readFileSync(`${folder}/signature`),
        }
      : undefined;
  const server = createServer({ cert, key, keepAliveTimeout: 120_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (signed !== undefined && !verify(null, signed.message, signed.key, signed.signature))
        process.exit(1);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.concat(chunks));
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(address !== null && typeof address === 'object' ? address.port : 0);
  });
}
process.on('SIGTERM', () => process.exit(0));
