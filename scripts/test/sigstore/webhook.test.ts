/** A pod whose image was signed with a certificate: the bundle in a registry, the webhook over HTTPS, and the command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { pod, review } from '../../../packages/webhook/test/reviews.ts';
import {
  policyFor,
  putImage,
  registryWith,
  Setup,
  type Served,
} from '../../../packages/webhook/test/world.ts';
import { cleanEnvironment, DANUBE } from '../../repository.ts';
import {
  IDENTITY,
  ISSUER,
  keylessBundle,
  REPOSITORY,
  trustedRoot,
  type Mistakes,
} from '../../vectors/sigstore-instance.ts';
import { trustRoot } from '../../vectors/trust-roots.ts';
import { workflowStatement } from '../../vectors/verify-sigstore.ts';
import { bytesOf } from './fixture.ts';

const registry = await registryWith();

const OTHER_REPOSITORY = 'https://github.com/shop/other';
const OTHER_WORKFLOW = IDENTITY.replace(REPOSITORY, OTHER_REPOSITORY);

/** Whom the trust root and the policy name, and what the log and the authority of the bundle did. */
interface Case {
  readonly certificate?: { readonly identity?: string; readonly issuer?: string };
  readonly instance?: 'ours' | 'other';
  readonly source?: string;
  readonly mistakes?: Mistakes;
  readonly statement?: Parameters<typeof workflowStatement>[0];
}

interface World {
  readonly setup: Setup;
  readonly served: Served;
  readonly image: string;
}

let images = 0;

async function worldOf({ certificate, instance, source = REPOSITORY, ...signed }: Case): Promise<World> {
  images += 1;
  const policy = policyFor(registry, {
    builders: [{ id: IDENTITY, level: 3 }],
    source: { uris: [source] },
    parameters: { workflow: { any: true } },
  });
  const config = { trust: { root: { file: 'root.json', plain: true } } };
  const setup = new Setup(registry, config, { 'release.json': policy });
  const certificates = [{ sigstore: 'example', identity: IDENTITY, issuer: ISSUER, ...certificate }];
  const root = trustRoot({
    keys: undefined,
    builders: [{ id: IDENTITY, certificates, threshold: 1, maxLevel: 3 }],
    sigstore: [{ name: 'example', trustedRoot: trustedRoot(instance) }],
  });
  setup.write('root.json', JSON.stringify(root));
  const { pinned } = await putImage(registry, `keyless/app${images}:v1`, (digest) => {
    const subject = [{ name: 'shop/app', digest: { sha256: digest.slice('sha256:'.length) } }];
    const statement = { ...workflowStatement(signed.statement), subject };
    return [bytesOf(keylessBundle(statement, signed.mistakes))];
  });
  return { setup, served: await setup.serve(), image: pinned };
}

/** What `danube webhook review` says of the pod. */
async function reviewByCommand({ setup, image }: World): Promise<{ code: number | null; output: string }> {
  const config = setup.path('webhook.json');
  const child = spawn(process.execPath, [DANUBE, 'webhook', 'review', '--config', config], {
    env: cleanEnvironment(),
  });
  child.stdin.end(JSON.stringify(review({ object: pod([image]) })));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

const DENIED: Readonly<Record<string, Case & { readonly failed: RegExp }>> = {
  'another identity': {
    certificate: { identity: IDENTITY.replace('v1.2.0', 'v1.2.1') },
    failed: /certificate\.identity failed/,
  },
  'an identity that is only the beginning': {
    certificate: { identity: REPOSITORY },
    failed: /certificate\.identity failed/,
  },
  'another issuer': {
    certificate: { issuer: 'https://accounts.example.com' },
    failed: /certificate\.identity failed/,
  },
  'the workflow of another repository, which is trusted': {
    certificate: { identity: OTHER_WORKFLOW },
    failed: /certificate\.identity failed/,
  },
  'the workflow of another repository, which signed': {
    mistakes: { identity: OTHER_WORKFLOW },
    failed: /certificate\.identity failed/,
  },
  'provenance of another repository than its certificate': {
    statement: { repository: OTHER_REPOSITORY },
    source: OTHER_REPOSITORY,
    failed: /certificate\.claims failed/,
  },
  'a repository that the policy does not name': {
    source: OTHER_REPOSITORY,
    failed: /policy\.rule:release\/source failed/,
  },
  'no log entry': { mistakes: { unlogged: 'no log entry' }, failed: /nothing proves when it was signed/ },
  'the log entry of another certificate': {
    mistakes: { splicedSigner: true },
    failed: /the log entry is not about this signature/,
  },
  'a certificate of an authority that the trust root does not name': {
    instance: 'other',
    failed: /signature failed/,
  },
};

describe('an image that was signed with a certificate', () => {
  it('is admitted by the identity and the issuer that the trust root names', async () => {
    const world = await worldOf({});
    const { allowed, message } = await world.served.validate({ object: pod([world.image]) });
    assert.ok(allowed, message);
    const { code, output } = await reviewByCommand(world);
    assert.equal(code, 0, output);
    assert.equal(JSON.parse(output).response.allowed, true);
  });

  for (const [what, { failed, ...given }] of Object.entries(DENIED)) {
    it(`is denied with ${what}`, async () => {
      const world = await worldOf(given);
      const { allowed, message } = await world.served.validate({ object: pod([world.image]) });
      assert.equal(allowed, false);
      assert.match(message, failed);
      const { code, output } = await reviewByCommand(world);
      assert.equal(code, 1, output);
      assert.match(output, failed);
    });
  }
});
