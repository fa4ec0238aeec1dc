/**
 * One side of the webhook's benchmark, a process of its own that says at which port it answers: the webhook; an echo; an echo
 * that checks one signature; or one that before this reads from the registry what a decision needs.
 */
import { verify } from 'node:crypto';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:https';
import { serveWebhook } from '@danube/webhook';
import { fakeSubject, fixedKey, signProvenance } from './fixtures.ts';
import { answerAsActor } from './webhook-processes.ts';

const [side, folder = '', registry = ''] = process.argv.slice(2);

async function serveSide(): Promise<number> {
  if (side === 'webhook') {
    const log = openSync('/dev/null', 'w');
    const write = (text: string): void => void writeSync(log, text);
    return (await serveWebhook({ config: `${folder}/webhook.json`, write })).port;
  }
  return serveEcho();
}

async function serveEcho(): Promise<number> {
  const cert = readFileSync(`${folder}/tls.crt`);
  const key = readFileSync(`${folder}/tls.key`);
  const { message, signature, key: signing } = signProvenance([fakeSubject(0)], fixedKey(0));
  const agent = new Agent({ keepAlive: true });
  const work = async (body: Buffer): Promise<void> => {
    if (side === 'echo') return;
    if (side === 'reading') await Promise.all(pathsIn(body).map((path) => read(agent, path)));
    if (!verify(null, message, signing.publicObject, signature)) throw new Error('a good signature failed');
  };
  const server = createServer({ cert, key, keepAliveTimeout: 120_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const answer = (): void => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
        response.end(body);
      };
      if (side === 'echo') answer();
      else void work(body).then(answer);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function pathsIn(body: Buffer): readonly string[] {
  const { paths } = JSON.parse(body.toString()) as { readonly paths: readonly string[] };
  return paths;
}

async function read(agent: Agent, path: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const asked = get(`http://${registry}${path}`, { agent }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks)));
  });
  asked.on('error', reject);
  return promise;
}

answerAsActor();
process.send?.(await serveSide());
