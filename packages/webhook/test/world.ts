import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest, Agent } from 'node:https';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { encodePublicKeyPem, generatePrivateKey, type PrivateKey } from '@danube/keys';
import { createRegistryClient } from '@danube/store/oci';
import { startRegistry, type Registry, type RegistryOptions } from '@danube/test-registry';
import {
  encodeSigstoreBundle,
  encodeStatement,
  pae,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  publicKeyBundle,
  STATEMENT_V1,
} from 'in-toto-attestation';
import { createServerCertificate, type ServerCertificate } from '../src/certificate.ts';
import { serveWebhook, type RunningWebhook, type ServeOptions } from '../src/serve.ts';
import { review, type Asked } from './reviews.ts';

export const BUILDER = 'https://ci.example.com/danube';

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function registryWith(options: RegistryOptions = {}): Promise<Registry> {
  const registry = await startRegistry(options);
  after(() => registry.close());
  return registry;
}

/** What an attestation says, where a test wants something else than usual. */
export interface Said {
  readonly builder?: string;
  readonly predicateType?: string;
  readonly predicate?: object;
  /** The digest of its subject. */
  readonly about?: string;
}

/** A Sigstore bundle with the provenance of an image, signed. */
export function signProvenance(key: PrivateKey, digest: string, said: Said = {}): Uint8Array {
  const [algorithm = '', hex = ''] = (said.about ?? digest).split(':');
  const predicate = said.predicate ?? {
    buildDefinition: {
      buildType: 'https://ci.example.com/build/v1',
      externalParameters: { channel: 'stable' },
    },
    runDetails: { builder: { id: said.builder ?? BUILDER } },
  };
  const payload = encodeStatement({
    _type: STATEMENT_V1,
    subject: [{ name: 'app', digest: { [algorithm]: hex } }],
    predicateType: said.predicateType ?? PROVENANCE_V1,
    predicate: JSON.parse(JSON.stringify(predicate)),
  });
  const { keyid } = key.publicKey;
  const signatures = [{ keyid, sig: key.sign(pae(PAYLOAD_TYPE, payload)) }];
  return encodeSigstoreBundle(publicKeyBundle({ payloadType: PAYLOAD_TYPE, payload, signatures }, keyid));
}

/** Puts an attestation beside an image. */
export async function attach(
  registry: Registry,
  repository: string,
  digest: string,
  attestation: Uint8Array,
): Promise<void> {
  const client = createRegistryClient({ plainHttp: [registry.host] });
  await client.attach({ registry: registry.host, repository, digest }, attestation);
  client.close();
}

/** An image in the registry, with whatever is attested of it. Returns its reference by digest. */
export async function putImage(
  registry: Registry,
  name: string,
  attestations: (digest: string) => readonly Uint8Array[] = () => [],
): Promise<{ readonly tagged: string; readonly pinned: string; readonly digest: string }> {
  const [repository = '', tag = 'v1'] = name.split(':');
  const { digest } = registry.putImage(repository, { tag, content: name });
  for (const attestation of attestations(digest)) await attach(registry, repository, digest, attestation);
  registry.requests.length = 0;
  return { tagged: `${registry.host}/${name}`, pinned: `${registry.host}/${name}@${digest}`, digest };
}

/** The policy of the tests: this builder, for images of this registry. */
export function policyFor(registry: Registry, spec: object = {}, name: string = 'release'): object {
  return {
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name },
    spec: {
      artifacts: [{ image: `${registry.host}/**` }],
      builders: [{ id: BUILDER }],
      parameters: { channel: { any: true } },
      ...spec,
    },
  };
}

/** A configuration on disk: everything that a webhook needs. */
export class Setup {
  readonly folder: string = temporaryFolder();
  readonly key: PrivateKey = generatePrivateKey();
  readonly registry: Registry;
  certificate: ServerCertificate = createServerCertificate({ names: ['localhost', '127.0.0.1'], days: 30 });

  constructor(registry: Registry, config: object = {}, policies?: Readonly<Record<string, object>>) {
    this.registry = registry;
    this.write('key.pub', encodePublicKeyPem(this.key.publicKey));
    this.writeCertificate(this.certificate);
    const named = policies ?? { 'release.json': policyFor(registry) };
    for (const [name, policy] of Object.entries(named)) this.write(name, JSON.stringify(policy));
    this.writeConfig({
      policies: Object.keys(named).map((file) => ({ file })),
      ...config,
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  writeCertificate(certificate: ServerCertificate): void {
    this.certificate = certificate;
    this.write('tls.crt', certificate.certificate);
    this.write('tls.key', certificate.privateKey);
  }

  writeConfig(config: object): void {
    const usual = {
      apiVersion: 'danube.dev/v1',
      kind: 'WebhookConfig',
      listen: { address: '127.0.0.1', port: 0 },
      metrics: { address: '127.0.0.1', port: 0 },
      tls: { certificate: 'tls.crt', privateKey: 'tls.key' },
      trust: { publicKeys: ['key.pub'] },
      registries: { plainHttp: [this.registry.host] },
      reloadSeconds: 0.05,
      drainSeconds: 0,
    };
    this.write('webhook.json', JSON.stringify({ ...usual, ...config }));
  }

  /** An image with provenance by the key that the configuration trusts. */
  async signed(name: string, said: Said = {}): Promise<Awaited<ReturnType<typeof putImage>>> {
    return putImage(this.registry, name, (digest) => [signProvenance(this.key, digest, said)]);
  }

  async serve(more: Partial<ServeOptions> = {}): Promise<Served> {
    const served = await Served.start(this, more);
    after(() => served.stop());
    return served;
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What the API server gets. */
export interface Reviewed {
  readonly uid: string;
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** What is changed, by JSON pointer. */
  readonly patch: Readonly<Record<string, string>>;
}

/** A webhook that serves, and a client of it as the API server is one. */
export class Served {
  readonly lines: Record<string, unknown>[] = [];
  readonly setup: Setup;
  #webhook: RunningWebhook | undefined;
  #agent: Agent;

  static async start(setup: Setup, more: Partial<ServeOptions>): Promise<Served> {
    const served = new Served(setup);
    const write = (text: string): void => {
      for (const line of text.trimEnd().split('\n')) served.lines.push(JSON.parse(line));
    };
    served.#webhook = await serveWebhook({ config: setup.path('webhook.json'), write, ...more });
    return served;
  }

  private constructor(setup: Setup) {
    this.setup = setup;
    this.#agent = new Agent({ keepAlive: true });
  }

  get port(): number {
    return this.#webhook?.port ?? 0;
  }

  async stop(): Promise<void> {
    const webhook = this.#webhook;
    this.#webhook = undefined;
    // It closes the connections of the agent as well.
    await webhook?.stop();
  }

  async post(path: string, body: Uint8Array | string, options: object = {}): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: this.port,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        ca: this.setup.certificate.authority,
        agent: this.#agent,
        ...options,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
    return promise;
  }

  async ask(phase: 'mutate' | 'validate', asked: Asked, timeout: string = '30s'): Promise<Reviewed> {
    const { status, text } = await this.post(`/${phase}?timeout=${timeout}`, JSON.stringify(review(asked)));
    if (status !== 200) throw new Error(`${status}: ${text}`);
    const { response } = JSON.parse(text);
    const patch: { path: string; value: string }[] =
      response.patch === undefined ? [] : JSON.parse(Buffer.from(response.patch, 'base64').toString());
    return {
      uid: response.uid,
      allowed: response.allowed,
      message: response.status?.message ?? '',
      warnings: response.warnings ?? [],
      annotations: response.auditAnnotations ?? {},
      patch: Object.fromEntries(patch.map(({ path, value }) => [path, value])),
    };
  }

  async validate(asked: Asked, timeout?: string): Promise<Reviewed> {
    return this.ask('validate', asked, timeout);
  }

  async mutate(asked: Asked, timeout?: string): Promise<Reviewed> {
    return this.ask('mutate', asked, timeout);
  }

  /** A page of the port without TLS. */
  async get(path: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const port = this.#webhook?.metricsPort ?? 0;
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end();
    return promise;
  }

  /** Waits until a line of this event is there. */
  async said(event: string): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.lines.find((each) => each['event'] === event);
      if (line !== undefined) return line;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
