/** Sigstore's admission webhook on the same API server as ours: asked about pods of another namespace, of the same images. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { encodePublicKeyPem, generatePrivateKey } from '@danube/keys';
import { PROVENANCE_V1 } from 'in-toto-attestation';
import { findProgram, PEERS } from '../peers.ts';
import { cleanEnvironment } from '../repository.ts';
import { accepts, same, type Case, type Peer } from './case.ts';
import { type ApiAnswer, BUILDER, Door, endpointSlice, EXEMPT, predicateOf, readManifests } from './door.ts';
import { freePort } from './free-port.ts';
import { kubernetesVersion } from './kubernetes.ts';
import { PASSPHRASE, type Material } from './material.ts';

/** Where `.ci/peers` puts what its release installs besides the program. */
const MANIFESTS = join(PEERS, 'policy-controller');
const SYSTEM = 'cosign-system';
const COSIGN = { COSIGN_PASSWORD: PASSPHRASE };

/** It listens there, whatever it is told. */
const PORT = 8443;
const VALIDATOR = 'policy.sigstore.dev';

/** Both webhooks, each for a namespace of its own: ours for team-a, theirs for one that ours leaves alone. */
interface Both {
  readonly door: Door;
  /** Prefix of the files of the key that cosign signs with. */
  readonly cosignKey: string;
  readonly theirs: ChildProcess;
}

let opened: Promise<Both> | undefined;

/** One pair for all cases, in their order; the last one closes it. */
async function both(m: Material): Promise<Both> {
  opened ??= open(m);
  return opened;
}

async function open(m: Material): Promise<Both> {
  const cosignKey = join(m.folder, 'beside-cosign');
  accepts(programOf('cosign-2'), ['generate-key-pair', '--output-key-prefix', cosignKey], COSIGN);
  const publicKeys = { cosign: readFileSync(`${cosignKey}.pub`, 'utf8') };
  const door = await Door.open(join(m.folder, 'beside'), { publicKeys });
  try {
    const theirs = await install(m, door, [encodePublicKeyPem(door.key.publicKey), publicKeys.cosign]);
    return { door, cosignKey, theirs };
  } catch (error) {
    await door.close();
    throw error;
  }
}

function programOf(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

async function install(m: Material, { kubernetes }: Door, keys: readonly string[]): Promise<ChildProcess> {
  const manifests = readdirSync(MANIFESTS)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => readManifests(join(MANIFESTS, name)));
  // What would run it in the cluster: it runs here, as the administrator.
  const applied = manifests.filter(({ kind }) => !['Deployment', 'Kustomization'].includes(kind));
  kubernetes.apply(...applied.filter(({ kind }) => kind === 'Namespace'));
  const service = endpointSlice(SYSTEM, 'webhook', { name: '', port: PORT });
  kubernetes.apply(...applied.filter(({ kind }) => kind !== 'Namespace'), service);
  const environment = {
    KUBECONFIG: kubernetes.kubeconfig,
    SYSTEM_NAMESPACE: SYSTEM,
    WEBHOOK_NAME: 'webhook',
    POD_NAME: 'webhook-here',
    CONFIG_LOGGING_NAME: 'config-logging',
    METRICS_DOMAIN: 'sigstore.dev/policy',
    METRICS_PROMETHEUS_PORT: String(await freePort()),
    PROFILING_PORT: String(await freePort()),
    HOME: m.folder,
  };
  const child = spawn(programOf('policy-controller'), ['-disable-tuf'], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = join(m.folder, 'policy-controller.log');
  const stream = createWriteStream(log);
  for (const output of [child.stdout, child.stderr]) output.pipe(stream, { end: false });
  try {
    // It defaults and validates its own objects: until it does, the server takes none.
    await until(child, log, () => kubernetes.apply(policyOf(keys)));
    const label = `${VALIDATOR}/include=true`;
    kubernetes.kubectl('label', 'namespace', EXEMPT, label);
    return child;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function close({ door, theirs }: Both): Promise<void> {
  theirs.kill('SIGKILL');
  await door.close();
}

/** Tries until it does not throw. */
async function until(child: ChildProcess, log: string, attempt: () => void | Promise<void>): Promise<void> {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (child.exitCode !== null || count > 300)
        throw new Error(`policy-controller: ${readFileSync(log, 'utf8').slice(-500)}`, { cause: error });
      await wait(300);
    }
  }
}

/** What our policy says, in its words: provenance by one of the keys, of this builder. */
function policyOf(keys: readonly string[]): object {
  const data = `predicate: runDetails: builder: id: "${BUILDER}"`;
  const attestations = [{ name: 'provenance', predicateType: PROVENANCE_V1, policy: { type: 'cue', data } }];
  return {
    apiVersion: `${VALIDATOR}/v1beta1`,
    kind: 'ClusterImagePolicy',
    metadata: { name: 'release' },
    spec: {
      images: [{ glob: '**' }],
      authorities: keys.map((key, index) => ({ name: `key-${index}`, key: { data: key }, attestations })),
    },
  };
}

/** What both say of pods of an image, each in its namespace. */
async function ask({ door }: Both, image: string): Promise<{ ours: ApiAnswer; theirs: ApiAnswer }> {
  const name = `beside-${(asked += 1)}`;
  return {
    ours: await door.createPod(name, image, { dryRun: true }),
    theirs: await door.createPod(name, image, { dryRun: true, namespace: EXEMPT }),
  };
}

let asked = 0;

function imageOf({ status, body }: ApiAnswer): string {
  if (status !== 201) throw new Error(`${status}: ${body.message}`);
  const { spec } = body as unknown as { spec: { containers: { image: string }[] } };
  return spec.containers[0]?.image ?? '';
}

async function bothAdmit(it: Both, tagged: string, digest: string): Promise<void> {
  const pinned = `${tagged}@${digest}`;
  const byTag = await ask(it, tagged);
  same(imageOf(byTag.ours), pinned);
  // It leaves the tag out.
  same(imageOf(byTag.theirs).replace(/(?::[^/@:]+)?@/, '@'), pinned.replace(/:[^/@:]+@/, '@'));
  const byDigest = await ask(it, pinned);
  same(imageOf(byDigest.ours), pinned);
  imageOf(byDigest.theirs);
}

async function bothDeny(it: Both, images: readonly string[], ours: RegExp, theirs: RegExp): Promise<void> {
  for (const image of images) {
    const answers = await ask(it, image);
    deniedBy('danube.dev', answers.ours, ours);
    deniedBy(VALIDATOR, answers.theirs, theirs);
  }
}

function deniedBy(who: string, { status, body }: ApiAnswer, reason: RegExp): void {
  const said = body.message ?? 'admitted';
  if (status < 400 || !said.includes(who) || !reason.test(said))
    throw new Error(`${status}, not denied by ${who} because of ${String(reason)}: ${said}`);
}

/** An image with an attestation of ours where both look, which differs in this. */
async function attested(
  { door }: Both,
  name: string,
  different: Parameters<Door['attest']>[3] = {},
): Promise<{ tagged: string; digest: string }> {
  const image = await door.image(name, 'unsigned');
  await door.attest(door.registry, name.replace(/:.*/, ''), image.digest, { ...different, compat: 'att' });
  return image;
}

/** A webhook as the API server calls it, and its process. */
interface Hook {
  readonly pid: number;
  readonly namespace: string;
  readonly ask: (review: string) => Promise<{ readonly response: { readonly allowed: boolean } }>;
}

interface ClientConfig {
  readonly service: { readonly name: string; readonly namespace: string; readonly path: string };
}

function hookOf({ door }: Both, name: string, port: number, pid: number, namespace: string): Hook {
  const of = ['get', 'validatingwebhookconfiguration', name];
  const text = door.kubernetes.kubectl(...of, '--output=jsonpath={.webhooks[0].clientConfig}');
  const { service } = JSON.parse(text) as ClientConfig;
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const options = {
    agent,
    port,
    method: 'POST',
    path: `${service.path}?timeout=10s`,
    host: '127.0.0.1',
    servername: `${service.name}.${service.namespace}.svc`,
    // Theirs has the name of its own authority, which OpenSSL takes for self-signed. The API server has verified both.
    rejectUnauthorized: false,
    headers: { 'content-type': 'application/json' },
  };
  const ask: Hook['ask'] = async (review) => {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Hook['ask']>>>();
    const call = request(options, (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      response.on('end', () => resolve(JSON.parse(said)));
    });
    call.on('error', reject).end(review);
    return promise;
  };
  return { pid, namespace, ask };
}

const IN_FLIGHT = 8;
/** Images that a side is asked about for the first time; and how often again, so that the kernel has something to count. */
const FRESH = 50;
const AGAIN = 2000;

function reviewOf(image: string, namespace: string): string {
  const pods = { group: '', version: 'v1' };
  const request = {
    uid: randomUUID(),
    kind: { ...pods, kind: 'Pod' },
    resource: { ...pods, resource: 'pods' },
    name: 'measured',
    namespace,
    operation: 'CREATE',
    userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'measured', namespace },
      spec: { containers: [{ name: 'c', image }] },
    },
    dryRun: false,
  };
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
}

/** Ticks of the clock that the kernel counted for a process: of itself, and on its behalf. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** How many ticks of its processor a decision takes, of those about these images. */
async function ticksADecision({ pid, namespace, ask }: Hook, images: readonly string[]): Promise<number> {
  const reviews = images.map((image) => reviewOf(image, namespace)).values();
  const before = ticksOf(pid);
  const askNext = async (): Promise<void> => {
    for (const review of reviews) {
      const answer = await ask(review);
      if (!answer.response.allowed) throw new Error(`denied: ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, askNext));
  return (ticksOf(pid) - before) / images.length;
}

const CASES: readonly Case[] = [
  {
    what: 'admits, as we do, pods of an image that our command attested (`--compat att`), and pins its tag to the same digest',
    async run(m) {
      const it = await both(m);
      const { tagged, digest } = await attested(it, 'shop/app:v1');
      await bothAdmit(it, tagged, digest);
    },
  },
  {
    what: 'admits, as we do, pods of an image that cosign attested with a key',
    async run(m) {
      const it = await both(m);
      const { tagged, digest } = await it.door.image('shop/cosigned:v1', 'unsigned');
      const predicate = join(m.folder, 'beside-predicate.json');
      writeFileSync(predicate, JSON.stringify(predicateOf()));
      const what = ['--predicate', predicate, '--type', 'slsaprovenance1', '--key', `${it.cosignKey}.key`];
      const how = ['--tlog-upload=false', '--yes', '--allow-insecure-registry', `${tagged}@${digest}`];
      accepts(programOf('cosign-2'), ['attest', ...what, ...how], COSIGN);
      await bothAdmit(it, tagged, digest);
    },
  },
  {
    what: 'denies, as we do, pods of an image that nobody attested, by tag and by digest',
    async run(m) {
      const it = await both(m);
      const { tagged, digest } = await it.door.image('shop/unsigned:v1', 'unsigned');
      await bothDeny(
        it,
        [tagged, `${tagged}@${digest}`],
        /evidence\.found/,
        /no matching attestations|no attestations|none of the expected/i,
      );
    },
  },
  {
    what: 'denies, as we do, pods of an image that another key attested, by tag and by digest',
    async run(m) {
      const it = await both(m);
      const { tagged, digest } = await attested(it, 'shop/stranger:v1', { key: generatePrivateKey() });
      await bothDeny(it, [tagged, `${tagged}@${digest}`], /signature/, /invalid signature|no matching/i);
    },
  },
  {
    what: 'denies, as we do, pods of an image that another builder built, by tag and by digest',
    async run(m) {
      const it = await both(m);
      const { tagged, digest } = await attested(it, 'shop/elsewhere:v1', { builder: `${BUILDER}/other` });
      await bothDeny(it, [tagged, `${tagged}@${digest}`], /builder/, /release.*builder/s);
    },
  },
  {
    what: 'denies, as we do, a tag that was moved to an image that nobody attested, and admits the digest that it had',
    async run(m) {
      const it = await both(m);
      const before = await attested(it, 'shop/moving:v1');
      await bothAdmit(it, before.tagged, before.digest);
      await it.door.image('shop/moving:v1', 'unsigned', 'evil');
      await bothDeny(it, [before.tagged], /evidence\.found/, /no matching attestations|no attestations/i);
      const byDigest = await ask(it, `${before.tagged}@${before.digest}`);
      imageOf(byDigest.ours);
      imageOf(byDigest.theirs);
    },
  },
  {
    what: 'keeps no decision: when it is asked about an image again, it takes more time of the processor than we do',
    async run(m) {
      const it = await both(m);
      try {
        const ours = hookOf(it, 'danube-webhook', it.door.port, it.door.pid, 'team-a');
        const theirs = hookOf(it, VALIDATOR, PORT, it.theirs.pid ?? 0, EXEMPT);
        const images = await Promise.all(
          Array.from({ length: 2 * FRESH }, async (_, index) => {
            const { tagged, digest } = await attested(it, `shop/fresh-${index}:v1`);
            return `${tagged}@${digest}`;
          }),
        );
        // What V8 makes of a program changes with the first requests.
        const [warmUp, fresh] = [images.slice(0, FRESH), images.slice(FRESH)];
        const again = Array<string>(AGAIN).fill(fresh[0] ?? '');
        for (const hook of [ours, theirs]) await ticksADecision(hook, warmUp);
        const first = (await ticksADecision(theirs, fresh)) / (await ticksADecision(ours, fresh));
        await ticksADecision(ours, again);
        const later = (await ticksADecision(theirs, fresh)) / (await ticksADecision(ours, again));
        console.log(
          `policy-controller: times our time of the processor a decision: ${first.toFixed(1)} (image not asked about before), ${later.toFixed(1)} (asked about before)`,
        );
        if (!(later > 1)) throw new Error('it takes less');
      } finally {
        await close(it);
      }
    },
  },
];

export const policyController: Peer = {
  name: 'policy-controller',
  source: 'Go module github.com/sigstore/policy-controller',
  version: () =>
    ['policy-controller', 'cosign-2', 'registry', 'helm'].some((name) => findProgram(name) === undefined) ||
    !existsSync(MANIFESTS) ||
    kubernetesVersion() === undefined
      ? undefined
      : readFileSync(join(MANIFESTS, 'version'), 'utf8').trim(),
  cases: CASES,
};
