/** A real Kubernetes control plane without nodes: etcd, kube-apiserver and, on request, kube-controller-manager. */
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../peers.ts';
import { cleanEnvironment } from '../repository.ts';
import { accepts, runProgram } from './case.ts';
import { freePort } from './free-port.ts';

const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;
const START_MS = 120_000;
const STOP_MS = 10_000;

export interface KubernetesOptions {
  /** Runs the controllers as well: Deployments and Jobs make Pods then, and namespaces get their service account. */
  readonly controllers?: boolean;
  /** More arguments for kube-apiserver. */
  readonly apiServer?: readonly string[];
}

/** A control plane that runs. Everybody in it is known by a bearer token. */
export interface Kubernetes {
  readonly url: string;
  /** The file of certificates (PEM) to trust. */
  readonly ca: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Runs kubectl as the administrator; returns its standard output. @throws Error when it fails. */
  kubectl(...args: readonly string[]): string;
  /** Creates or changes objects, by the server's own judgement of their fields. */
  apply(...objects: readonly object[]): void;
  /** A token of a service account as its pods get it: signed by the server, for an hour. */
  tokenOf(namespace: string, serviceAccount: string): string;
  /** Writes the kubeconfig of who has this token; returns its path. */
  kubeconfigOf(name: string, token: string): string;
  stop(): Promise<void>;
}

/** The version of what is installed, or undefined when one of its programs is not. */
export function kubernetesVersion(): string | undefined {
  const server = findProgram('kube-apiserver');
  if (server === undefined || PROGRAMS.some((name) => findProgram(name) === undefined)) return undefined;
  return /v[1-9]\S+/.exec(runProgram(server, ['--version']).stdout)?.[0] ?? 'of unknown version';
}

/**
 * Starts a control plane whose files are all in an empty folder. Stop it when done.
 *
 * @throws Error when a program is missing or does not become ready; what it wrote is in the folder (`NAME.log`).
 */
export async function startKubernetes(folder: string, options: KubernetesOptions = {}): Promise<Kubernetes> {
  mkdirSync(folder, { recursive: true });
  const plane = new ControlPlane(folder);
  try {
    await plane.startServer(await plane.startStore(), options.apiServer ?? []);
    if (options.controllers === true) await plane.startControllers();
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

class ControlPlane implements Kubernetes {
  readonly kubeconfig: string;
  readonly ca: string;
  url = '';
  readonly #folder: string;
  readonly #accountsKey: string;
  readonly #running: ChildProcess[] = [];
  #applied = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.kubeconfig = this.#at('admin.kubeconfig');
    // The server makes its own certificate there, and writes its authority's behind it.
    this.ca = join(this.#at('certificates'), 'apiserver.crt');
    this.#accountsKey = this.#at('service-accounts.key');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(this.#accountsKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  #start(name: string, flags: Flags, more: readonly string[] = []): ChildProcess {
    const args = [...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`), ...more];
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn(programOf(name), args, { env: cleanEnvironment(), stdio });
    const log = createWriteStream(this.#at(`${name}.log`));
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    this.#running.push(child);
    return child;
  }

  /** Returns where etcd listens. */
  async startStore(): Promise<string> {
    const [client, peer] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    this.#start('etcd', {
      'data-dir': this.#at('etcd'),
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
    });
    return client;
  }

  async startServer(store: string, more: readonly string[]): Promise<void> {
    const [port, token] = [await freePort(), randomBytes(16).toString('hex')];
    const tokens = this.#at('tokens.csv');
    writeFileSync(tokens, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    this.url = `https://127.0.0.1:${port}`;
    const flags = {
      'etcd-servers': store,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'cert-dir': this.#at('certificates'),
      'service-cluster-ip-range': '10.0.0.0/24',
      'authorization-mode': 'RBAC',
      'token-auth-file': tokens,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': this.#accountsKey,
      'service-account-signing-key-file': this.#accountsKey,
    };
    this.kubeconfigOf('admin', token);
    await this.#untilReady(this.#start('kube-apiserver', flags, more), () => {
      this.kubectl('get', '--raw', '/readyz');
      this.kubectl('get', 'namespace', 'default');
    });
  }

  async startControllers(): Promise<void> {
    const flags = {
      kubeconfig: this.kubeconfig,
      'service-account-private-key-file': this.#accountsKey,
      'root-ca-file': this.ca,
      'leader-elect': 'false',
      'bind-address': '127.0.0.1',
      'secure-port': String(await freePort()),
      'cert-dir': this.#at('controller-certificates'),
    };
    await this.#untilReady(this.#start('kube-controller-manager', flags), () => {
      this.kubectl('get', 'serviceaccount', 'default', '--namespace', 'default');
    });
  }

  /** Tries until it does not throw. */
  async #untilReady(child: ChildProcess, attempt: () => void): Promise<void> {
    const giveUp = Date.now() + START_MS;
    for (;;) {
      await wait(200);
      try {
        return attempt();
      } catch (error) {
        if (child.exitCode === null && child.signalCode === null && Date.now() < giveUp) continue;
        const log = readFileSync(this.#at(`${basename(child.spawnfile)}.log`), 'utf8').slice(-500);
        throw new Error(`${child.spawnfile} is not ready: ${log}`, { cause: error });
      }
    }
  }

  kubectl(...args: readonly string[]): string {
    const common = ['--kubeconfig', this.kubeconfig, '--cache-dir', this.#at('kubectl')];
    return accepts(programOf('kubectl'), [...common, ...args]);
  }

  apply(...objects: readonly object[]): void {
    const path = this.#at(`applied-${(this.#applied += 1)}.json`);
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }), { mode: 0o600 });
    this.kubectl('apply', '--validate=strict', '--filename', path);
  }

  tokenOf(namespace: string, serviceAccount: string): string {
    return this.kubectl('create', 'token', serviceAccount, '--namespace', namespace, '--duration=1h').trim();
  }

  kubeconfigOf(name: string, token: string): string {
    const path = this.#at(`${name}.kubeconfig`);
    writeFileSync(path, encodeKubeconfig(this.url, this.ca, token), { mode: 0o600 });
    return path;
  }

  async stop(): Promise<void> {
    for (const child of this.#running.splice(0).toReversed()) await end(child);
  }
}

type Flags = Readonly<Record<string, string>>;

function programOf(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

function encodeKubeconfig(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'interop', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'interop', user: { token } }],
    contexts: [{ name: 'interop', context: { cluster: 'interop', user: 'interop', namespace: 'default' } }],
    'current-context': 'interop',
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.on('exit', () => resolve());
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await promise;
  clearTimeout(timer);
}
