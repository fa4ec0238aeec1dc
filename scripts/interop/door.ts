/**
 * A cluster with a door: a real control plane, a real registry with signed and unsigned images, and our webhook as a process
 * of its own, installed by what the chart renders. There is no node that could run the webhook's pods: an EndpointSlice
 * says that this machine is behind its Service, and the API server finds it there, by the name that its certificate has.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { encodePublicKeyPem, generatePrivateKey, type PrivateKey } from '@danube/keys';
import { createRegistryClient } from '@danube/store/oci';
import { createServerCertificate, type ServerCertificate } from '@danube/webhook';
import {
  encodeSigstoreBundle,
  encodeStatement,
  pae,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  publicKeyBundle,
  STATEMENT_V1,
  type JsonObject,
} from 'in-toto-attestation';
import { parseAllDocuments } from 'yaml';
import { TEMPLATE } from '../manifest.ts';
import { findProgram, PEERS } from '../peers.ts';
import { cleanEnvironment, DANUBE } from '../repository.ts';
import { accepts } from './case.ts';
import { freePort } from './free-port.ts';
import { PRIVATE_USER, startImageRegistry, type ImageRegistry } from './image-registry.ts';
import { startKubernetes, type Kubernetes } from './kubernetes.ts';

export const NAMESPACE = 'danube-system';
export const BUILDER = 'https://ci.example.com/danube';
/** Left out of the webhook configurations, as a CNI's namespace would be. */
export const EXEMPT = 'network-system';

/** Where `.ci/peers` puts the definitions of others' custom resources. */
export const DEFINITIONS: string = join(PEERS, 'crds');

/** By which the API server knows the webhook. */
const SERVER_NAME = `danube-webhook.${NAMESPACE}.svc`;
const HOOKS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const;

export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

/** What the API server answers. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Record<string, never> & { readonly message?: string };
  readonly warnings: readonly string[];
}

export interface DoorOptions {
  /** More keys that the policy believes, as PEM, by their names. */
  readonly publicKeys?: Readonly<Record<string, string>>;
}

/** What an attestation differs in from one that the policy accepts. */
export interface AttestOptions {
  readonly key?: PrivateKey;
  readonly builder?: string;
  /** Also as cosign 2 has it. */
  readonly compat?: 'att';
}

/** Of a build that the policy accepts. */
export function predicateOf(builder: string = BUILDER): JsonObject {
  return {
    buildDefinition: {
      buildType: 'https://ci.example.com/build/v1',
      externalParameters: { channel: 'stable' },
    },
    runDetails: { builder: { id: builder } },
  };
}

export class Door {
  readonly kubernetes: Kubernetes;
  readonly registry: ImageRegistry;
  /** Of which only the pull secret `regcred` of team-a has the password. */
  readonly privateRegistry: ImageRegistry;
  readonly key: PrivateKey = generatePrivateKey();
  readonly port: number;
  readonly #folder: string;
  readonly #publicKeys: Readonly<Record<string, string>>;
  #certificate: ServerCertificate;
  #webhook: ChildProcess | undefined;
  #log = '';
  #metricsPort = 0;

  static async open(folder: string, options: DoorOptions = {}): Promise<Door> {
    mkdirSync(folder, { recursive: true });
    const registry = await startImageRegistry(join(folder, 'images'));
    const privateRegistry = await startImageRegistry(join(folder, 'private-images'), true);
    const kubernetes = await startKubernetes(join(folder, 'cluster'), {
      controllers: true,
      // To what an EndpointSlice names: the addresses of Services lead nowhere without a node.
      apiServer: ['--enable-aggregator-routing=true'],
    });
    const door = new Door(folder, kubernetes, registry, privateRegistry, await freePort(), options);
    try {
      await door.#install();
      return door;
    } catch (error) {
      await door.close();
      throw error;
    }
  }

  private constructor(
    folder: string,
    kubernetes: Kubernetes,
    registry: ImageRegistry,
    privateRegistry: ImageRegistry,
    port: number,
    { publicKeys = {} }: DoorOptions,
  ) {
    this.#publicKeys = publicKeys;
    this.#folder = folder;
    this.kubernetes = kubernetes;
    this.registry = registry;
    this.privateRegistry = privateRegistry;
    this.port = port;
    this.#certificate = createServerCertificate({ names: [SERVER_NAME], days: 30 });
  }

  /** An image with provenance of ours, or without. Returns its reference by tag, and its digest. */
  async image(
    name: string,
    signed: 'signed' | 'unsigned',
    content: string = name,
  ): Promise<{ tagged: string; digest: string }> {
    const [repository = '', tag = ''] = name.split(':');
    const digest = await this.registry.push(repository, tag, content);
    if (signed === 'signed') await this.attest(this.registry, repository, digest);
    return { tagged: `${this.registry.host}/${name}`, digest };
  }

  /** A signed image in the private registry. */
  async privateImage(name: string): Promise<{ tagged: string; digest: string }> {
    const [repository = '', tag = ''] = name.split(':');
    const digest = await this.privateRegistry.push(repository, tag, name);
    await this.attest(this.privateRegistry, repository, digest);
    return { tagged: `${this.privateRegistry.host}/${name}`, digest };
  }

  async attest(
    { host }: ImageRegistry,
    repository: string,
    digest: string,
    { key = this.key, builder = BUILDER, ...how }: AttestOptions = {},
  ): Promise<void> {
    const payload = encodeStatement({
      _type: STATEMENT_V1,
      subject: [{ name: repository, digest: { sha256: digest.slice('sha256:'.length) } }],
      predicateType: PROVENANCE_V1,
      predicate: predicateOf(builder),
    });
    const { keyid } = key.publicKey;
    const signatures = [{ keyid, sig: key.sign(pae(PAYLOAD_TYPE, payload)) }];
    const bundle = encodeSigstoreBundle(
      publicKeyBundle({ payloadType: PAYLOAD_TYPE, payload, signatures }, keyid),
    );
    const client = createRegistryClient({
      plainHttp: [host],
      credentials: () => Promise.resolve([PRIVATE_USER]),
    });
    await client.attach({ registry: host, repository, digest }, bundle, how);
    client.close();
  }

  /** The chart as it would be installed here, with the values of this place. */
  render(more: object = {}): Manifest[] {
    const values = {
      port: this.port,
      webhooks: {
        caBundle: this.#certificate.authority,
        exemptNamespaces: [EXEMPT],
      },
      certificates: { by: 'none' },
      config: {
        workloads: 'warn',
        customResources: true,
        trust: { publicKeys: { ci: encodePublicKeyPem(this.key.publicKey), ...this.#publicKeys } },
        policies: { release: { document: JSON.stringify(this.policy()) } },
        registries: { plainHttp: [this.registry.host, this.privateRegistry.host] },
        pullSecrets: { 'team-a': ['regcred'] },
        background: { enabled: true, policyReports: true },
        cache: { entries: 1000, acceptedSeconds: 600, rejectedSeconds: 0 },
      },
      ...more,
    };
    const path = join(this.#folder, 'values.json');
    writeFileSync(path, JSON.stringify(values));
    const helm = findProgram('helm');
    if (helm === undefined) throw new Error('helm is missing');
    const text = accepts(helm, [...TEMPLATE, '--include-crds', '--values', path]);
    return parseManifests(text);
  }

  policy(builder: string = BUILDER): object {
    return {
      apiVersion: 'danube.dev/v1',
      kind: 'ProvenancePolicy',
      metadata: { name: 'release' },
      spec: {
        artifacts: [this.registry, this.privateRegistry].map(({ host }) => ({ image: `${host}/**` })),
        builders: [{ id: builder }],
        parameters: { channel: { any: true } },
      },
    };
  }

  /** Applies the chart (the webhook configurations last, when somebody answers), and starts the webhook of its ConfigMap. */
  async #install(): Promise<void> {
    const namespaces = [NAMESPACE, EXEMPT, 'team-a', 'team-b'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    this.kubernetes.apply(...namespaces, this.#pullSecret(), this.#endpoint());
    const manifests = this.render();
    const isCrd = ({ kind }: Manifest): boolean => kind === 'CustomResourceDefinition';
    const isHook = ({ kind }: Manifest): boolean => kind.endsWith('WebhookConfiguration');
    this.kubernetes.apply(...manifests.filter(isCrd));
    this.kubernetes.kubectl('apply', '--server-side', '--filename', DEFINITIONS);
    this.kubernetes.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
    this.kubernetes.apply(...manifests.filter((each) => !isCrd(each) && !isHook(each)));
    this.#writeConfig(manifests);
    await this.start();
    this.kubernetes.apply(...manifests.filter(isHook));
    await this.untilAsked();
  }

  #pullSecret(): object {
    const document = JSON.stringify({ auths: { [this.privateRegistry.host]: PRIVATE_USER } });
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'regcred', namespace: 'team-a' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': document },
    };
  }

  #endpoint(): object {
    return endpointSlice(NAMESPACE, 'danube-webhook', { name: 'https', port: this.port });
  }

  #writeConfig(manifests: readonly Manifest[]): void {
    const config = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'danube-webhook',
    );
    const data = (config?.['data'] ?? {}) as Record<string, string>;
    mkdirSync(join(this.#folder, 'config'), { recursive: true });
    const account = join(this.#folder, 'account');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'token'), this.kubernetes.tokenOf(NAMESPACE, 'danube-webhook'), {
      mode: 0o600,
    });
    writeFileSync(join(account, 'ca.crt'), readFileSync(this.kubernetes.ca));
    this.#writeCertificate();
    // What is different outside of a pod: where files are mounted, and a port for metrics that is free.
    const here = (text: string): string =>
      `${text.replaceAll('/tls/', `${this.#folder}/tls.`).replace('metrics: { port: 9090 }', 'metrics: { address: 127.0.0.1, port: 0 }')}\nserviceAccount: ${account}\nreloadSeconds: 0.2\ndrainSeconds: 0\n`;
    for (const [name, text] of Object.entries(data)) {
      this.writeFile(name, name === 'webhook.yaml' ? here(text) : text);
    }
  }

  /** Writes a file of the ConfigMap, as the kubelet would. */
  writeFile(name: string, text: string): void {
    writeFileSync(join(this.#folder, 'config', name), text);
  }

  #writeCertificate(): void {
    writeFileSync(join(this.#folder, 'tls.tls.crt'), this.#certificate.certificate);
    writeFileSync(join(this.#folder, 'tls.tls.key'), this.#certificate.privateKey, { mode: 0o600 });
  }

  /** A new certificate of a new authority; the API server is told to trust both for as long as both are there. */
  rotate(): void {
    const old = this.#certificate.authority;
    this.#certificate = createServerCertificate({ names: [SERVER_NAME], days: 30 });
    this.trust(`${this.#certificate.authority}${old}`);
    this.#writeCertificate();
  }

  trust(authorities: string): void {
    const caBundle = Buffer.from(authorities).toString('base64');
    for (const kind of HOOKS) {
      const text = this.kubernetes.kubectl('get', kind, 'danube-webhook', '--output', 'json');
      const { webhooks } = JSON.parse(text) as { webhooks: unknown[] };
      const patch = webhooks.map((_, index) => ({
        op: 'replace',
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value: caBundle,
      }));
      this.kubernetes.kubectl(
        'patch',
        kind,
        'danube-webhook',
        '--type=json',
        '--patch',
        JSON.stringify(patch),
      );
    }
  }

  #spawn(config: string): ChildProcessByStdio<null, Readable, Readable> {
    const { hostname, port } = new URL(this.kubernetes.url);
    return spawn(process.execPath, [DANUBE, 'webhook', 'serve', '--config', config], {
      env: cleanEnvironment({ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Another replica: of the same configuration, and asked by nobody. */
  async whileAnotherRuns(work: () => Promise<void>): Promise<void> {
    const config = join(this.#folder, 'config', 'webhook.yaml');
    const other = join(this.#folder, 'config', 'other.yaml');
    const text = readFileSync(config, 'utf8').replace(
      `listen: { port: ${this.port} }`,
      'listen: { port: 0 }',
    );
    writeFileSync(other, text);
    const child = this.#spawn(other);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.on('exit', () => resolve());
    child.stdout.setEncoding('utf8').on('data', (said: string) => {
      if (said.includes('rules_loaded')) resolve();
    });
    try {
      await promise;
      if (child.exitCode !== null) throw new Error('the other replica does not start');
      await work();
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** Starts our command, and waits until it is ready. */
  async start(): Promise<void> {
    const child = this.#spawn(join(this.#folder, 'config', 'webhook.yaml'));
    this.#log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    }
    this.#webhook = child;
    await this.untilSaid('rules_loaded');
    this.#metricsPort = Number(/"metricsPort":(\d+)/.exec(this.#log)?.[1]);
  }

  /** Waits for an event in the webhook's log. */
  async untilSaid(event: string): Promise<void> {
    for (let attempt = 0; !this.#log.includes(`"event":"${event}"`); attempt += 1) {
      if (this.#webhook?.exitCode !== null || attempt > 300)
        throw new Error(`the webhook never said ${event}: ${this.#log}`);
      await wait(100);
    }
  }

  /** What its port for metrics says. */
  async metrics(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    return response.text();
  }

  /** What it wrote so far, and from now on only what is new. */
  takeLog(): string {
    const log = this.#log;
    this.#log = '';
    return log;
  }

  /** The process of our command. */
  get pid(): number {
    return this.#webhook?.pid ?? 0;
  }

  /** Ends it as the machine's power would. */
  async kill(): Promise<void> {
    const child = this.#webhook;
    this.#webhook = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.on('exit', () => resolve());
    child.kill('SIGKILL');
    await promise;
  }

  /** Webhook configurations take a moment until they are in force. */
  async untilAsked(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { status } = await this.createPod('probe', 'nowhere.example/none:1', { dryRun: true });
      if (status === 403) return;
      await wait(100);
    }
    throw new Error('the API server does not ask the webhook');
  }

  async api(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const { users } = JSON.parse(readFileSync(this.kubernetes.kubeconfig, 'utf8')) as {
      users: { user: { token: string } }[];
    };
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const call = request(
      `${this.kubernetes.url}${path}`,
      {
        method,
        ca: readFileSync(this.kubernetes.ca),
        headers: { authorization: `Bearer ${users[0]?.user.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text),
            warnings: [response.headers['warning'] ?? []].flat(),
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  /** Creates a pod with one container of this image. */
  async createPod(
    name: string,
    image: string,
    {
      namespace = 'team-a',
      dryRun = false,
      spec = {},
    }: { namespace?: string; dryRun?: boolean; spec?: object } = {},
  ): Promise<ApiAnswer> {
    return this.api('POST', `/api/v1/namespaces/${namespace}/pods${dryRun ? '?dryRun=All' : ''}`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image }], ...spec },
    });
  }

  async close(): Promise<void> {
    await this.kill();
    this.registry.stop();
    this.privateRegistry.stop();
    await this.kubernetes.stop();
  }
}

/** Says that a Service is answered on this machine. */
export function endpointSlice(
  namespace: string,
  service: string,
  port: { readonly name: string; readonly port: number },
): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-here`,
      namespace,
      labels: {
        'kubernetes.io/service-name': service,
        'endpointslice.kubernetes.io/managed-by': 'interop',
      },
    },
    addressType: 'IPv4',
    ports: [{ ...port, protocol: 'TCP' }],
    endpoints: [{ addresses: [ownAddress()], conditions: { ready: true } }],
  };
}

/** The objects in a file. */
export function readManifests(path: string): Manifest[] {
  return parseManifests(readFileSync(path, 'utf8'));
}

function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => document.toJS() ?? []);
}

/** An address of this machine that an EndpointSlice may name: the loopback is none. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const found = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('this machine has no address but the loopback');
  return found.address;
}
