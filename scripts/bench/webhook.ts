import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { encodePublicKeyPem, generatePrivateKey, type PrivateKey } from '@danube/keys';
import { createRegistryClient } from '@danube/store/oci';
import { startRegistry, type Registry } from '@danube/test-registry';
import { createServerCertificate } from '@danube/webhook';
import {
  encodeSigstoreBundle,
  encodeStatement,
  pae,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  publicKeyBundle,
  STATEMENT_V1,
} from 'in-toto-attestation';
import { median, medianRatio, type Benchmark, type Effort, type Outcome } from './row.ts';
import { withScratch } from './scratch.ts';

const BUILDER = 'https://ci.example.com/danube';
const CONNECTIONS = 8;

/** Answers of the webhook beside those of a server that sends back what it gets, over the same TLS, each on its own process. */
export const webhook: Benchmark = {
  name: 'webhook',
  run: (effort) => withScratch((folder) => measure(folder, effort)),
};

async function measure(folder: string, effort: Effort): Promise<Outcome[]> {
  const registry = await startRegistry();
  const key = generatePrivateKey();
  const sides: Side[] = [];
  try {
    const authority = prepare(folder, key, registry);
    const signed = await putSigned(registry, key, 'bench/app', folder);
    for (const name of ['webhook', 'echo', 'echo-and-verify'])
      sides.push(await startSide(name, folder, authority));
    const [door, echo, verifying] = sides;
    if (door === undefined || echo === undefined || verifying === undefined)
      throw new Error('nobody answers');
    return [
      ...(await cached(door, echo, signed, effort)),
      await uncached(door, verifying, registry, key, effort),
      await burst(door, registry, key, effort),
    ];
  } finally {
    for (const { child, agent } of sides) {
      agent.destroy();
      child.kill();
    }
    await registry.close();
  }
}

interface Side {
  readonly child: ChildProcess;
  readonly port: number;
  readonly agent: Agent;
}

function prepare(folder: string, key: PrivateKey, registry: Registry): string {
  const { certificate, privateKey, authority } = createServerCertificate({ names: ['127.0.0.1'], days: 1 });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('tls.crt', certificate);
  write('tls.key', privateKey);
  write('key.pub', encodePublicKeyPem(key.publicKey));
  const policy = {
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'bench' },
    spec: {
      artifacts: [{ image: `${registry.host}/**` }],
      builders: [{ id: BUILDER }],
      parameters: { channel: { any: true } },
    },
  };
  write('policy.json', JSON.stringify(policy));
  const config = {
    apiVersion: 'danube.dev/v1',
    kind: 'WebhookConfig',
    listen: { address: '127.0.0.1', port: 0 },
    metrics: { address: '127.0.0.1', port: 0 },
    tls: { certificate: 'tls.crt', privateKey: 'tls.key' },
    trust: { publicKeys: ['key.pub'] },
    policies: [{ file: 'policy.json' }],
    registries: { plainHttp: [registry.host] },
  };
  write('webhook.json', JSON.stringify(config));
  return authority;
}

async function putSigned(
  registry: Registry,
  key: PrivateKey,
  repository: string,
  folder?: string,
): Promise<string> {
  const { digest } = registry.putImage(repository, { tag: 'v1', content: repository });
  const payload = encodeStatement({
    _type: STATEMENT_V1,
    subject: [{ name: repository, digest: { sha256: digest.slice(7) } }],
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: {
        buildType: 'https://ci.example.com/build/v1',
        externalParameters: { channel: 'stable' },
      },
      runDetails: { builder: { id: BUILDER } },
    },
  });
  const message = pae(PAYLOAD_TYPE, payload);
  const sig = key.sign(message);
  if (folder !== undefined) {
    writeFileSync(join(folder, 'pae'), message);
    writeFileSync(join(folder, 'signature'), sig);
  }
  const { keyid } = key.publicKey;
  const bundle = encodeSigstoreBundle(
    publicKeyBundle({ payloadType: PAYLOAD_TYPE, payload, signatures: [{ keyid, sig }] }, keyid),
  );
  const client = createRegistryClient({ plainHttp: [registry.host] });
  await client.attach({ registry: registry.host, repository, digest }, bundle);
  client.close();
  return `${registry.host}/${repository}:v1@${digest}`;
}

async function startSide(name: string, folder: string, authority: string): Promise<Side> {
  const script = join(import.meta.dirname, 'webhook-server.ts');
  const child = spawn(process.execPath, [...process.execArgv, script, name, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca: authority });
  return { child, port: Number(line), agent };
}

function reviewOf(...images: readonly string[]): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '6a3f0d98-f293-41f5-8c91-99159d225d6c',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      name: 'p',
      namespace: 'team-a',
      operation: 'CREATE',
      userInfo: { username: 'alice', groups: ['devs', 'system:authenticated'] },
      object: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'team-a', managedFields: [{ manager: 'x'.repeat(1000) }] },
        spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) },
      },
      oldObject: null,
      dryRun: false,
      options: {},
    },
  });
}

/** @returns the milliseconds until it is answered. @throws Error when it is denied */
async function ask({ port, agent }: Side, body: string): Promise<number> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = request(
    {
      host: '127.0.0.1',
      port,
      path: '/validate?timeout=10s',
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200 && !text.includes('"allowed":false'))
          resolve(performance.now() - began);
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 500)}`));
      });
    },
  );
  call.on('error', reject);
  call.end(body);
  return promise;
}

/** Asks with all connections busy. @returns requests a second, and how long each took. */
async function askAll(side: Side, bodies: readonly string[]): Promise<{ rate: number; times: number[] }> {
  const times: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
        times.push(await ask(side, body));
    }),
  );
  return { rate: (bodies.length * 1000) / (performance.now() - began), times };
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

async function cached(door: Side, echo: Side, image: string, effort: Effort): Promise<Outcome[]> {
  const bodies = Array<string>(effort.quick ? 200 : 1000).fill(reviewOf(image));
  const [ours, theirs, oursLate, theirsLate]: number[][] = [[], [], [], []];
  for (let round = 0; round < effort.rounds + 1; round += 1) {
    const [one, other] = [await askAll(door, bodies), await askAll(echo, bodies)];
    if (round === 0) continue;
    ours?.push(one.rate);
    theirs?.push(other.rate);
    oursLate?.push(percentile(one.times, 0.99));
    theirsLate?.push(percentile(other.times, 0.99));
  }
  return [
    {
      name: 'webhook, cached',
      what: `decisions a second (${Math.round(median(ours ?? []))}) / answers of an empty node:https echo`,
      ratio: medianRatio(ours ?? [], theirs ?? []),
      target: 0.7,
      better: 'higher',
    },
    {
      name: 'webhook, cached, p99',
      what: 'the slowest of a hundred / that of the echo',
      ratio: medianRatio(oursLate ?? [], theirsLate ?? []),
      target: 3,
      better: 'lower',
    },
  ];
}

/** Each image is asked about for the first time; its registry is on the same machine and answers at once. */
async function uncached(
  door: Side,
  verifying: Side,
  registry: Registry,
  key: PrivateKey,
  effort: Effort,
): Promise<Outcome> {
  const count = effort.quick ? 20 : 200;
  const [ours, theirs]: number[][] = [[], []];
  for (let round = 0; round < effort.rounds; round += 1) {
    const images: string[] = [];
    for (let index = 0; index < count; index += 1) {
      images.push(await putSigned(registry, key, `bench/round-${round}/image-${index}`));
    }
    const bodies = images.map((image) => reviewOf(image));
    ours?.push((await askAll(door, bodies)).rate);
    theirs?.push((await askAll(verifying, bodies)).rate);
  }
  return {
    name: 'webhook, uncached',
    what: 'decisions about images never seen, registry included / the echo with one bare signature check',
    ratio: medianRatio(ours ?? [], theirs ?? []),
    target: 0.85,
    better: 'higher',
  };
}

/** 30 pods of 5 containers at once, 150 images never seen, a registry with 300 ms for each answer. */
async function burst(door: Side, registry: Registry, key: PrivateKey, effort: Effort): Promise<Outcome> {
  const pods = effort.quick ? 3 : 30;
  const images: string[] = [];
  for (let index = 0; index < pods * 5; index += 1) {
    images.push(await putSigned(registry, key, `bench/burst/image-${index}`));
  }
  registry.misbehave = () => ({ delay: 300 });
  const all = { ...door, agent: new Agent({ keepAlive: true, maxSockets: pods, ca: door.agent.options.ca }) };
  const bodies = Array.from({ length: pods }, (_, pod) => reviewOf(...images.slice(pod * 5, pod * 5 + 5)));
  const times = await Promise.all(bodies.map((body) => ask(all, body)));
  registry.misbehave = undefined;
  all.agent.destroy();
  return {
    name: 'webhook, burst',
    what: '30 pods of 5 images at once, registry with 300 ms: the last answer / the 10 s that the API server waits',
    ratio: Math.max(...times) / 10_000,
    target: 1,
    better: 'lower',
  };
}

/** Memory of a process, in bytes. */
function residentBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/**
 * 200,000 reviews, and what the webhook's memory did: `node scripts/bench/webhook-soak.ts`, not part of a run.
 *
 * @returns bytes after each tenth.
 */
export async function soak(reviews: number): Promise<number[]> {
  return withScratch(async (folder) => {
    const registry = await startRegistry();
    const key = generatePrivateKey();
    const authority = prepare(folder, key, registry);
    const images: string[] = [];
    for (let index = 0; index < 50; index += 1)
      images.push(await putSigned(registry, key, `soak/image-${index}`));
    const door = await startSide('webhook', folder, authority);
    const bytes: number[] = [];
    try {
      for (let tenth = 0; tenth < 10; tenth += 1) {
        const bodies = Array.from({ length: reviews / 10 }, (_, n) =>
          reviewOf(images[n % images.length] ?? ''),
        );
        await askAll(door, bodies);
        bytes.push(residentBytes(door.child));
      }
      return bytes;
    } finally {
      door.agent.destroy();
      door.child.kill();
      await registry.close();
    }
  });
}
