import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServerCertificate } from '@danube/webhook';
import { BUILDER_ID, fixedKey, SOURCE_URI } from './fixtures.ts';
import { withScratch } from './scratch.ts';
import type { Door } from './webhook-load.ts';
import { Actor, onProcessor, twoProcessors, type Processors } from './webhook-processes.ts';
import type { PutImage, RegistryOrder } from './webhook-registry.ts';

/** A server that is measured. */
export interface Side {
  readonly actor: Actor;
  readonly door: Door;
}

/** Where it is played: files, a registry, and servers to come. */
export interface Stage {
  /** Where the processes run, in words. */
  readonly where: string;
  serve(side: 'webhook' | 'echo' | 'verifying' | 'reading'): Promise<Side>;
  put(repositories: readonly string[], signed?: boolean): Promise<readonly PutImage[]>;
  delay(milliseconds: number): Promise<void>;
}

/** Runs `work` on a stage, with more in the webhook's configuration, and clears it away. */
export async function withStage<Value>(
  more: Readonly<Record<string, unknown>>,
  work: (stage: Stage) => Promise<Value>,
): Promise<Value> {
  const processors = twoProcessors();
  const actors: Actor[] = [];
  const start = async (
    script: string,
    args: readonly string[],
    processor: keyof Processors,
  ): Promise<{ readonly actor: Actor; readonly ready: unknown }> => {
    const started = await Actor.start(script, args, processors?.[processor]);
    actors.push(started.actor);
    return started;
  };
  return withScratch(async (folder) => {
    try {
      const { actor: registry, ready: host } = await start('webhook-registry.ts', [], 'others');
      const authority = prepare(folder, String(host), more);
      const order = async (what: RegistryOrder): Promise<unknown> => registry.ask(what);
      const stage: Stage = {
        where: processors === undefined ? 'no processor of its own: no taskset, or no second one' : 'its own',
        serve: async (side) => {
          const { actor, ready } = await start('webhook-server.ts', [side, folder, String(host)], 'measured');
          return { actor, door: { port: Number(ready), authority } };
        },
        put: async (repositories, signed = true) =>
          (await order({ kind: 'put', repositories, signed })) as readonly PutImage[],
        delay: async (milliseconds) => void (await order({ kind: 'delay', milliseconds })),
      };
      return await onProcessor(processors, () => work(stage));
    } finally {
      for (const actor of actors) actor.stop();
    }
  });
}

/** @returns the authority that signed the servers' certificate. */
function prepare(folder: string, registry: string, more: Readonly<Record<string, unknown>>): string {
  const { certificate, privateKey, authority } = createServerCertificate({ names: ['127.0.0.1'], days: 1 });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('tls.crt', certificate);
  write('tls.key', privateKey);
  write('key.pub', fixedKey(0).publicKeyPem);
  const policy = {
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'bench' },
    spec: {
      artifacts: [{ image: `${registry}/**` }],
      builders: [{ id: BUILDER_ID }],
      source: { uris: [SOURCE_URI], branches: ['main'] },
      parameters: {
        pipeline: { pattern: '.danube/*.yaml' },
        '/trigger/kind': { oneOf: ['push', 'tag'] },
        target: { equals: 'release' },
        channel: { oneOf: ['stable', 'beta'] },
      },
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
    registries: { plainHttp: [registry] },
    ...more,
  };
  write('webhook.json', JSON.stringify(config));
  return authority;
}
