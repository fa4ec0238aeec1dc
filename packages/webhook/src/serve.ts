import { setTimeout as wait } from 'node:timers/promises';
import { createRegistryClient, userCredentials, type RegistryClient } from '@danube/store/oci';
import { createAuditLog, type AuditLine, type AuditLog } from './audit.ts';
import { judgeAgain } from './background.ts';
import { loadConfig } from './config.ts';
import type { WebhookConfig } from './config-schema.ts';
import { followPolicies, isBroken, type PolicyResource } from './custom-resources.ts';
import { WebhookError } from './errors.ts';
import { ImageJudge, type JudgeObserver } from './image-judge.ts';
import { accessOfPod, KubernetesApi, type KubernetesAccess } from './kubernetes-api.ts';
import { filesOf, knowsLevels, loadRules, type ClusterPolicy } from './load-rules.ts';
import { strictest } from './mode.ts';
import { PolicyStatus } from './policy-status.ts';
import { PullSecrets } from './pull-secrets.ts';
import { readConfigFile } from './read-file.ts';
import { refuseAll } from './refuse-all.ts';
import type { Rules } from './rules.ts';
import { WebhookServer } from './server.ts';
import { loadCertificate, type Certificate } from './tls.ts';
import { missingSdk } from './tracing.ts';
import { fingerprintOf, watchFiles } from './watch-files.ts';
import { WebhookMetrics } from './webhook-metrics.ts';

/** What a server is started with. */
export interface ServeOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Where lines of the log go. */
  readonly write: (text: string) => void;
  /** Where the API server is, for custom resources and the background; that of the pod when left out. */
  readonly access?: KubernetesAccess;
}

/** A webhook that serves. */
export interface RunningWebhook {
  readonly port: number;
  readonly metricsPort: number;
  /** Stops to be ready, waits a while for others to notice, answers what is under way, and ends. */
  stop(): Promise<void>;
}

/**
 * Starts the webhook: reads its files and listens. No network is needed for that; registries are asked when the first image
 * is.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_CONFIG`, `ERR_WEBHOOK_IO`, `ERR_WEBHOOK_KUBERNETES`
 */
export async function serveWebhook({ config: path, write, access }: ServeOptions): Promise<RunningWebhook> {
  const config = loadConfig(path);
  if (config.tls === undefined) {
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `${path}: /tls: required to serve, but absent`);
  }
  const audit = createAuditLog(write);
  const webhook = new Webhook(config, config.tls, audit.log, access);
  const ports = await webhook.start();
  // However the process ends, if it can still do anything: a decision that was made is written.
  process.once('exit', audit.flush);
  return {
    ...ports,
    stop: async () => {
      await webhook.stop();
      process.off('exit', audit.flush);
      audit.flush();
    },
  };
}

/** The client for all registries that the configuration speaks of. */
export function createRegistry({ registries }: WebhookConfig): RegistryClient {
  const { dockerConfig, plainHttp, allowed, tokenServers, authorities } = registries;
  return createRegistryClient({
    // Only what the configuration names: whatever else lies on this machine is not the webhook's.
    credentials:
      dockerConfig === undefined ? () => Promise.resolve([]) : userCredentials({ file: dockerConfig }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(allowed === undefined ? {} : { allowedHosts: allowed }),
    ...(tokenServers === undefined ? {} : { tokenServers }),
    ...(authorities === undefined ? {} : { ca: readConfigFile(authorities).toString('utf8') }),
    proxies: process.env,
  });
}

/** Judges images as the configuration says. */
export function createJudge(
  config: WebhookConfig,
  registry: RegistryClient,
  observer?: JudgeObserver,
): ImageJudge {
  const { entries, acceptedSeconds, rejectedSeconds } = config.cache;
  const limits = {
    entries,
    acceptedMilliseconds: acceptedSeconds * 1000,
    rejectedMilliseconds: rejectedSeconds * 1000,
  };
  return new ImageJudge(registry, limits, observer);
}

/** Stands for the policies of the cluster until they are there. */
const UNREAD = {
  name: 'of-the-cluster',
  namespace: '',
  reason: 'the policies of the cluster have not been read yet',
};

/** Files, and what was in them before they were read. */
interface Watched {
  readonly paths: readonly string[];
  readonly known: string;
}

function watched(paths: readonly string[]): Watched {
  return { paths, known: fingerprintOf(paths) };
}

class Webhook {
  readonly #config: WebhookConfig;
  readonly #tls: NonNullable<WebhookConfig['tls']>;
  readonly #log: AuditLog;
  readonly #api: KubernetesApi | undefined;
  readonly #registry: RegistryClient;
  readonly #judge: ImageJudge;
  readonly #pullSecrets: PullSecrets | undefined;
  readonly #metrics: WebhookMetrics;
  readonly #server: WebhookServer;
  readonly #ended = new AbortController();
  readonly #stops: (() => void)[] = [];
  readonly #filesOfRules: Watched;
  readonly #filesOfTls: Watched;
  #rules: Rules;
  #certificate: Certificate;
  #ofCluster: readonly PolicyResource[] | undefined;
  readonly #policyStatus: PolicyStatus | undefined;
  #rulesChanged = Promise.withResolvers<void>();

  constructor(
    config: WebhookConfig,
    tls: NonNullable<WebhookConfig['tls']>,
    log: AuditLog,
    access: KubernetesAccess | undefined,
  ) {
    this.#config = config;
    this.#tls = tls;
    this.#log = log;
    const { customResources, background, pullSecrets } = config;
    const needsApi = [customResources, background, pullSecrets].some((part) => part !== undefined);
    this.#api = needsApi ? new KubernetesApi(access ?? accessOfPod(config.serviceAccount)) : undefined;
    this.#pullSecrets =
      this.#api === undefined || pullSecrets === undefined
        ? undefined
        : new PullSecrets(this.#api, pullSecrets.namespaces);
    this.#policyStatus =
      this.#api === undefined || customResources === undefined
        ? undefined
        : new PolicyStatus(this.#api, log, this.#ended.signal);
    this.#filesOfRules = watched(filesOf(config));
    this.#filesOfTls = watched(
      [tls.certificate, tls.privateKey, tls.clientCertificates?.authorities ?? []].flat(),
    );
    this.#rules = this.#loadRules();
    this.#certificate = loadCertificate(tls);
    this.#metrics = new WebhookMetrics({
      cacheSize: () => this.#judge.cacheSize,
      reviewsUnderWay: () => this.#server.underWay,
      certificateNotAfter: () => this.#certificate.notAfter.getTime() / 1000,
      policies: () => this.#rules.guards.length,
      failsOpen: () => config.failurePolicy === 'Ignore',
    });
    this.#registry = createRegistry(config);
    this.#judge = createJudge(config, this.#registry, this.#metrics);
    const parts = {
      config,
      rules: () => this.#rules,
      judge: this.#judge,
      pullSecrets: this.#pullSecrets,
      metrics: this.#metrics,
      log,
      unready: () => this.#unready(),
    };
    this.#server = new WebhookServer(parts, this.#certificate);
  }

  async start(): Promise<{ readonly port: number; readonly metricsPort: number }> {
    const ports = await this.#server.listen();
    const { reloadSeconds, background, customResources } = this.#config;
    const watch = ({ paths, known }: Watched, reload: () => void): (() => void) =>
      watchFiles(paths, reloadSeconds, reload, known);
    this.#stops.push(
      watch(this.#filesOfRules, () => this.#reload()),
      watch(this.#filesOfTls, () => this.#reloadCertificate()),
    );
    if (this.#api !== undefined && customResources !== undefined) void this.#follow(this.#api);
    if (this.#api !== undefined && background !== undefined) void this.#judgeAgain(this.#api, background);
    this.#say('info', 'webhook_started', {
      ...ports,
      mode: this.#rules.mode,
      policies: this.#rules.guards.length,
    });
    const reason = missingSdk(process.env);
    if (reason !== undefined) this.#say('warn', 'no_spans', { reason });
    if (this.#rules.mode !== 'enforce') {
      this.#say('warn', 'not_enforced', {
        reason: `mode ${this.#rules.mode} lets images without provenance run`,
      });
    }
    if (this.#config.failurePolicy === 'Ignore') {
      this.#say('warn', 'fails_open', {
        reason: 'failurePolicy Ignore lets every image run while the webhook does not answer',
      });
    }
    return ports;
  }

  async stop(): Promise<void> {
    this.#say('info', 'webhook_stopping', {});
    this.#server.drain();
    await wait(this.#config.drainSeconds * 1000);
    for (const stop of this.#stops) stop();
    this.#ended.abort();
    await this.#server.close();
    this.#registry.close();
    this.#api?.close();
  }

  #unready(): string | undefined {
    if (this.#config.customResources !== undefined && this.#ofCluster === undefined) return UNREAD.reason;
    return this.#certificate.notAfter.getTime() < Date.now() ? 'the certificate has expired' : undefined;
  }

  /** @throws {WebhookError} `ERR_WEBHOOK_IO`, `ERR_WEBHOOK_CONFIG` */
  #loadRules(): Rules {
    const { mode, customResources } = this.#config;
    if (customResources === undefined) return loadRules(this.#config);
    const usual = customResources.mode ?? mode;
    if (this.#ofCluster === undefined) {
      // Others could be in force by now, and nobody knows what they demand.
      const rules = loadRules(this.#config);
      return { ...rules, guards: [...rules.guards, refuseAll(UNREAD, strictest([mode, usual]))] };
    }
    const policies = this.#ofCluster.map(({ policy }) => policy);
    const rules = loadRules(
      this.#config,
      policies.filter((policy): policy is ClusterPolicy => !isBroken(policy)),
    );
    const broken = policies.filter(isBroken).map((policy) => refuseAll(policy, usual));
    return { ...rules, guards: [...rules.guards, ...broken] };
  }

  /** What cannot be read leaves in force what was: a slip of the pen must neither open the door nor lock it. */
  #reload(): void {
    try {
      this.#rules = this.#loadRules();
      const { mode, customResources } = this.#config;
      this.#policyStatus?.say(this.#ofCluster ?? [], customResources?.mode ?? mode);
      this.#rulesChanged.resolve();
      this.#rulesChanged = Promise.withResolvers();
      this.#metrics.reloaded('rules', 'done');
      this.#say('info', 'rules_loaded', { policies: this.#rules.guards.map(({ name }) => name) });
    } catch (error) {
      this.#metrics.reloaded('rules', 'failed');
      this.#say('error', 'rules_not_loaded', { reason: messageOf(error) });
    }
  }

  #reloadCertificate(): void {
    try {
      const certificate = loadCertificate(this.#tls);
      this.#server.setCertificate(certificate);
      this.#certificate = certificate;
      this.#metrics.reloaded('certificate', 'done');
      this.#say('info', 'certificate_loaded', { not_after: certificate.notAfter.toISOString() });
    } catch (error) {
      this.#metrics.reloaded('certificate', 'failed');
      this.#say('error', 'certificate_not_loaded', { reason: messageOf(error) });
    }
  }

  async #follow(api: KubernetesApi): Promise<void> {
    const listener = {
      changed: (resources: readonly PolicyResource[]) => {
        this.#ofCluster = resources;
        for (const { name, namespace, reason } of resources.map(({ policy }) => policy).filter(isBroken)) {
          this.#say('error', 'policy_broken', { policy: name, namespace, reason });
        }
        this.#reload();
      },
      failed: (error: unknown) => this.#say('error', 'policies_not_followed', { reason: messageOf(error) }),
    };
    await followPolicies(api, knowsLevels(this.#config), listener, this.#ended.signal);
  }

  async #judgeAgain(api: KubernetesApi, background: NonNullable<WebhookConfig['background']>): Promise<void> {
    const { signal } = this.#ended;
    const pause = background.everySeconds * 1000;
    while (!signal.aborted) {
      const changed = this.#rulesChanged.promise;
      try {
        await judgeAgain({
          api,
          background,
          rules: this.#rules,
          judge: this.#judge,
          pullSecrets: this.#pullSecrets,
          metrics: this.#metrics,
          log: this.#log,
          signal,
        });
      } catch (error) {
        if (!signal.aborted) this.#say('error', 'background_failed', { reason: messageOf(error) });
      }
      const waiting = new AbortController();
      const either = AbortSignal.any([signal, waiting.signal]);
      await Promise.race([
        changed,
        wait(pause, undefined, { signal: either, ref: false }).catch(() => undefined),
      ]);
      waiting.abort();
    }
  }

  #say(level: AuditLine['level'], event: string, more: Readonly<Record<string, unknown>>): void {
    this.#log({ timestamp: new Date().toISOString(), level, event, ...more });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
