import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../peers.ts';
import { DANUBE, ROOT } from '../repository.ts';
import { accepts, runProgram, same, type Case, type Peer } from './case.ts';
import {
  DEFINITIONS,
  Door,
  EXEMPT,
  NAMESPACE,
  readManifests,
  type ApiAnswer,
  type Manifest,
} from './door.ts';
import { kubernetesVersion } from './kubernetes.ts';
import type { Material } from './material.ts';

let opened: Promise<Door> | undefined;

/** One door for all cases, in their order; the last one closes it. */
async function door(m: Material): Promise<Door> {
  opened ??= Door.open(join(m.folder, 'door'));
  return opened;
}

function admitted(answer: ApiAnswer): void {
  if (answer.status !== 201 && answer.status !== 200)
    throw new Error(`${answer.status}: ${answer.body.message}`);
}

function denied(answer: ApiAnswer, reason: RegExp): void {
  if (answer.status !== 403)
    throw new Error(`${answer.status}, not 403: ${answer.body.message ?? 'admitted'}`);
  if (!reason.test(answer.body.message ?? '')) throw new Error(`denied, but: ${answer.body.message}`);
}

function imageOf(answer: ApiAnswer): string {
  const { spec } = answer.body as unknown as { spec: { containers: { image: string }[] } };
  return spec.containers[0]?.image ?? '';
}

/** Tries until it does not throw. */
async function eventually(attempt: () => void | Promise<void>, seconds: number = 60): Promise<void> {
  const giveUp = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > giveUp) throw error;
      await wait(300);
    }
  }
}

function deployment(name: string, image: string, replicas: number): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'team-a' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
    },
  };
}

/** The images of the pods of an app, and what its ReplicaSets say that they could not make. */
function podsOf({ kubernetes }: Door, app: string): string[] {
  const path = '--output=jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}';
  return kubernetes
    .kubectl('get', 'pods', '--namespace=team-a', `--selector=app=${app}`, path)
    .split('\n')
    .filter(Boolean);
}

function failuresOf({ kubernetes }: Door, app: string): string {
  const path = '--output=jsonpath={range .items[*]}{.status.conditions[*].message}{"\\n"}{end}';
  return kubernetes.kubectl('get', 'replicasets', '--namespace=team-a', `--selector=app=${app}`, path);
}

function expectMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`expected ${String(pattern)}, found: ${text}`);
}

/** Whether somebody may do something: the answer of the API server's own authorizer. */
function may({ kubernetes }: Door, account: string, ...what: readonly string[]): boolean {
  const who = `--as=system:serviceaccount:${NAMESPACE}:${account}`;
  const program = findProgram('kubectl') ?? 'kubectl';
  const args = ['--kubeconfig', kubernetes.kubeconfig, 'auth', 'can-i', ...what, who];
  return runProgram(program, args).stdout.trim() === 'yes';
}

/** The condition Ready of a policy of team-a, once it is about its latest generation: `True Loaded in force …`. */
function readyOf({ kubernetes }: Door, name: string): string {
  const of = ['get', 'provenancepolicy', name, '--namespace=team-a'];
  const text = kubernetes.kubectl(...of, '--output=json');
  const { metadata, status } = JSON.parse(text) as {
    metadata: { generation: number };
    status?: {
      conditions: { status: string; reason: string; message: string; observedGeneration: number }[];
    };
  };
  const [ready] = status?.conditions ?? [];
  if (ready?.observedGeneration !== metadata.generation) throw new Error('nothing is said of it');
  return `${ready.status} ${ready.reason} ${ready.message}`;
}

/** All that the chart can render for other projects. */
const FOR_OTHERS = {
  certificates: { by: 'cert-manager' },
  monitoring: { serviceMonitor: true, alerts: true, labels: { release: 'prometheus' } },
  externalSecret: { enabled: true, store: { name: 'vault' }, key: 'registries/pull' },
  istio: { enabled: true, principals: ['cluster.local/ns/monitoring/sa/prometheus'] },
  networkPolicy: {
    apiServerCidrs: ['192.0.2.0/24'],
    cilium: { enabled: true, registries: ['registry.example.com'], patterns: ['*.cdn.example.com'] },
  },
};

const CASES: readonly Case[] = [
  {
    what: 'takes everything that the chart renders, every field known; a pod of a signed image is admitted, and pinned',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/app:v1', 'signed');
      const answer = await it.createPod('signed', tagged);
      admitted(answer);
      same(imageOf(answer), `${tagged}@${digest}`);
    },
  },
  {
    what: "what the chart and the examples have for cert-manager, Prometheus, External Secrets, Istio and Cilium is what these projects' own definitions take",
    run: async (m) => {
      const it = await door(m);
      const isOfOthers = ({ apiVersion }: Manifest): boolean =>
        /^(?:cert-manager\.io|monitoring\.coreos\.com|external-secrets\.io|security\.istio\.io|cilium\.io)\//.test(
          String(apiVersion),
        );
      const rendered = it.render(FOR_OTHERS).filter(isOfOthers);
      same(
        rendered
          .map(({ kind }) => kind)
          .toSorted()
          .join(' '),
        'AuthorizationPolicy Certificate CiliumNetworkPolicy ExternalSecret Issuer PeerAuthentication PrometheusRule ServiceMonitor',
      );
      const examples = ['danube-jobs', 'floe-jobs'].flatMap((name) =>
        readManifests(join(ROOT, 'deploy', 'examples', name, 'network.yaml')).filter(isOfOthers),
      );
      if (examples.length === 0) throw new Error('the examples have nothing for others');
      const namespaces = ['danube-jobs', 'floe-jobs'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      }));
      it.kubernetes.apply(...namespaces);
      const path = join(m.folder, 'for-others.json');
      const items = [...rendered, ...examples];
      writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      it.kubernetes.kubectl('apply', '--dry-run=server', '--validate=strict', '--filename', path);
    },
  },
  {
    what: 'a pod of an unsigned image is denied, with image, digest, check and the command to see why',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/unsigned:v1', 'unsigned');
      const answer = await it.createPod('unsigned', tagged);
      denied(answer, /by policy release: evidence\.found failed/);
      const message = answer.body.message ?? '';
      for (const part of [`${tagged}@${digest}`, 'danube provenance verify oci:']) {
        if (!message.includes(part)) throw new Error(`${part} is not in: ${message}`);
      }
    },
  },
  {
    what: 'a dry run is answered the same, and a pod whose name the server makes',
    run: async (m) => {
      const it = await door(m);
      const { tagged } = await it.image('shop/app:v1', 'signed');
      admitted(await it.createPod('dry', tagged, { dryRun: true }));
      denied(
        await it.createPod('dry', `${it.registry.host}/shop/unsigned:v1`, { dryRun: true }),
        /evidence\.found/,
      );
      const spec = { containers: [{ name: 'c', image: tagged }] };
      const made = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'made-' }, spec };
      admitted(await it.api('POST', '/api/v1/namespaces/team-a/pods', made));
    },
  },
  {
    what: 'an ephemeral container of an unsigned image is denied, one of a signed image admitted and pinned',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/debug:v1', 'signed');
      const add = async (image: string): Promise<ApiAnswer> => {
        const pod = await it.api('GET', '/api/v1/namespaces/team-a/pods/signed');
        const { spec, ...rest } = pod.body as unknown as { spec: object };
        const ephemeralContainers = [{ name: 'debug', image, targetContainerName: 'c' }];
        const body = { ...rest, spec: { ...spec, ephemeralContainers } };
        return it.api('PUT', '/api/v1/namespaces/team-a/pods/signed/ephemeralcontainers', body);
      };
      denied(await add(`${it.registry.host}/shop/unsigned:v1`), /evidence\.found/);
      const answer = await add(tagged);
      admitted(answer);
      if (!JSON.stringify(answer.body).includes(`${tagged}@${digest}`)) throw new Error('it was not pinned');
    },
  },
  {
    what: 'an image volume of an unsigned image is denied, one of a signed image admitted and pinned',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/data:v1', 'signed');
      const app = `${it.registry.host}/shop/app:v1`;
      const volume = (reference: string): object => ({
        containers: [{ name: 'c', image: app, volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
        volumes: [{ name: 'v', image: { reference } }],
      });
      const unsigned = { spec: volume(`${it.registry.host}/shop/unsigned:v1`) };
      denied(await it.createPod('volume', app, unsigned), /evidence\.found/);
      const answer = await it.createPod('volume', app, { spec: volume(tagged) });
      admitted(answer);
      if (!JSON.stringify(answer.body).includes(`${tagged}@${digest}`)) throw new Error('it was not pinned');
    },
  },
  {
    what: 'a Deployment makes its ReplicaSet make pods: of a signed image they come, pinned; of an unsigned one they do not, and its ReplicaSet says why',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/app:v1', 'signed');
      it.kubernetes.apply(deployment('good', tagged, 2));
      await eventually(() =>
        same(podsOf(it, 'good').join(' '), Array(2).fill(`${tagged}@${digest}`).join(' ')),
      );
      // The template stays as it was written: whoever keeps it in Git sees no change.
      const path = '--output=jsonpath={.spec.template.spec.containers[0].image}';
      same(it.kubernetes.kubectl('get', 'deployment', 'good', '--namespace=team-a', path), tagged);
      const bad = deployment('bad', `${it.registry.host}/shop/unsigned:v1`, 1);
      const answer = await it.api('POST', '/apis/apps/v1/namespaces/team-a/deployments', bad);
      admitted(answer);
      expectMatch(answer.warnings.join(' '), /evidence\.found/);
      await eventually(() =>
        expectMatch(failuresOf(it, 'bad'), /verify\.webhook\.danube\.dev.*evidence\.found/),
      );
      same(podsOf(it, 'bad').join(' '), '');
    },
  },
  {
    what: 'what was refused can be annotated, scaled down and deleted',
    run: async (m) => {
      const { kubernetes } = await door(m);
      kubernetes.kubectl('annotate', 'deployment', 'bad', '--namespace=team-a', 'note=old');
      kubernetes.kubectl('scale', 'deployment', 'bad', '--namespace=team-a', '--replicas=0');
      kubernetes.kubectl('delete', 'deployment', 'bad', '--namespace=team-a', '--wait=false');
    },
  },
  {
    what: 'scaled from 0 to 1, an unsigned image does not slip through',
    run: async (m) => {
      const it = await door(m);
      it.kubernetes.apply(deployment('sleeper', `${it.registry.host}/shop/unsigned:v1`, 0));
      it.kubernetes.kubectl('scale', 'deployment', 'sleeper', '--namespace=team-a', '--replicas=1');
      await eventually(() => expectMatch(failuresOf(it, 'sleeper'), /evidence\.found/));
      same(podsOf(it, 'sleeper').join(' '), '');
    },
  },
  {
    what: 'a rollback to a signed image comes up; one to an image that is not accepted any more does not',
    run: async (m) => {
      const it = await door(m);
      const first = await it.image('shop/rolling:v1', 'signed');
      const second = await it.image('shop/rolling:v2', 'signed');
      const undo = ['rollout', 'undo', 'deployment/rolling', '--namespace=team-a'] as const;
      it.kubernetes.apply(deployment('rolling', first.tagged, 1));
      await eventually(() => same(podsOf(it, 'rolling').join(' '), `${first.tagged}@${first.digest}`));
      it.kubernetes.apply(deployment('rolling', second.tagged, 1));
      await eventually(() => expectMatch(podsOf(it, 'rolling').join(' '), /rolling:v2@/));
      it.kubernetes.kubectl(...undo);
      await eventually(() => expectMatch(podsOf(it, 'rolling').join(' '), /rolling:v1@/));
      // The tag of the second image is moved to one that nobody signed; its pods were never ready and are gone.
      await it.image('shop/rolling:v2', 'unsigned', 'evil');
      it.kubernetes.kubectl(
        'delete',
        'pods',
        '--namespace=team-a',
        '--selector=app=rolling',
        '--force',
        '--grace-period=0',
      );
      it.kubernetes.kubectl(...undo);
      await eventually(() => expectMatch(failuresOf(it, 'rolling'), /rolling:v2@.*evidence\.found/));
    },
  },
  {
    what: 'a tag that moves between two pods: each runs the digest that was verified, or none',
    run: async (m) => {
      const it = await door(m);
      const before = await it.image('shop/moving:v1', 'signed');
      const first = await it.createPod('moving-1', before.tagged);
      admitted(first);
      same(imageOf(first), `${before.tagged}@${before.digest}`);
      await it.image('shop/moving:v1', 'unsigned', 'evil');
      denied(await it.createPod('moving-2', before.tagged), /evidence\.found/);
      admitted(await it.createPod('moving-3', `${before.tagged}@${before.digest}`));
    },
  },
  {
    what: "a private image is read with the pod's pull secret, with its service account's in a workload, and by nobody without one",
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.privateImage('team/app:v1');
      const spec = { imagePullSecrets: [{ name: 'regcred' }] };
      const answer = await it.createPod('private', tagged, { spec });
      admitted(answer);
      same(imageOf(answer), `${tagged}@${digest}`);
      const pinned = `${tagged}@${digest}`;
      denied(await it.createPod('private-2', pinned), /registry failed.*refuses pull/);
      denied(await it.createPod('private', pinned, { namespace: 'team-b', spec }), /registry failed/);
      const missing = { imagePullSecrets: [{ name: 'none' }] };
      denied(
        await it.createPod('private-3', pinned, { spec: missing }),
        /team-a\/none: the webhook may not read it/,
      );
      const both = { imagePullSecrets: [...missing.imagePullSecrets, ...spec.imagePullSecrets] };
      admitted(await it.createPod('private-4', pinned, { spec: both }));
      const add = JSON.stringify(spec);
      it.kubernetes.kubectl('patch', 'serviceaccount', 'default', '--namespace=team-a', '--patch', add);
      const path = '/apis/apps/v1/namespaces/team-a/deployments?dryRun=All';
      await eventually(async () => {
        const { warnings } = await it.api('POST', path, deployment('private', tagged, 1));
        same(warnings.join(' '), '');
      });
      const remove = '{"imagePullSecrets":null}';
      it.kubernetes.kubectl('patch', 'serviceaccount', 'default', '--namespace=team-a', '--patch', remove);
    },
  },
  {
    what: "the chart's roles open the named secret and nothing else",
    run: async (m) => {
      const it = await door(m);
      const webhook = (...what: readonly string[]): boolean => may(it, 'danube-webhook', ...what);
      const yes = [
        ['get', 'secret/regcred', '--namespace=team-a'],
        ['get', 'serviceaccounts', '--namespace=team-a'],
        ['list', 'pods', '--all-namespaces'],
        ['create', 'events', '--namespace=team-b'],
        ['patch', 'policyreports.wgpolicyk8s.io', '--namespace=team-b'],
        ['watch', 'provenancepolicies.danube.dev', '--all-namespaces'],
        ['patch', 'provenancepolicies.danube.dev', '--subresource=status', '--namespace=team-a'],
      ];
      const no = [
        ['get', 'secret/other', '--namespace=team-a'],
        ['list', 'secrets', '--namespace=team-a'],
        ['get', 'secret/regcred', '--namespace=team-b'],
        ['get', 'secrets', '--namespace=kube-system'],
        ['get', 'secrets', `--namespace=${NAMESPACE}`],
        ['get', 'serviceaccounts', '--namespace=team-b'],
        ['patch', 'provenancepolicies.danube.dev', '--namespace=team-a'],
        ['delete', 'pods', '--namespace=team-a'],
        ['patch', 'validatingwebhookconfiguration/danube-webhook'],
        ['create', 'serviceaccounts/token', `--namespace=${NAMESPACE}`],
      ];
      same(yes.filter((what) => !webhook(...what)).join('; '), '');
      same(no.filter((what) => webhook(...what)).join('; '), '');
    },
  },
  {
    what: 'a namespace that the chart exempts is not asked about; its label cannot be forged elsewhere',
    run: async (m) => {
      const it = await door(m);
      const unsigned = `${it.registry.host}/shop/unsigned:v1`;
      await eventually(
        () => void it.kubernetes.kubectl('get', 'serviceaccount', 'default', `--namespace=${EXEMPT}`),
      );
      admitted(await it.createPod('exempt', unsigned, { namespace: EXEMPT }));
      it.kubernetes.kubectl(
        'label',
        'namespace',
        'team-a',
        `kubernetes.io/metadata.name=${EXEMPT}`,
        '--overwrite',
      );
      denied(await it.createPod('forged', unsigned), /evidence\.found/);
    },
  },
  {
    what: 'policies as custom resources are in force within moments, a namespace can only tighten, and one with a misspelt field is refused',
    run: async (m) => {
      const it = await door(m);
      const { tagged } = await it.image('shop/app:v1', 'signed');
      const spec = {
        artifacts: [{ image: `${it.registry.host}/**` }],
        builders: [{ id: 'https://strict.example' }],
      };
      const policy = {
        apiVersion: 'danube.dev/v1',
        kind: 'ProvenancePolicy',
        metadata: { name: 'strict', namespace: 'team-a' },
        spec,
      };
      const path = '/apis/danube.dev/v1/namespaces/team-a/provenancepolicies';
      const misspelt = { ...policy, spec: { ...spec, buidlers: [] } };
      denied(await it.api('POST', path, misspelt), /\/spec\/buidlers: the format has no such field/);
      it.takeLog();
      admitted(await it.api('POST', path, policy));
      await it.untilSaid('rules_loaded');
      await eventually(() => same(readyOf(it, 'strict'), 'True Loaded in force in mode enforce'));
      denied(await it.createPod('strict', tagged), /by policy team-a\/strict/);
      // It stands for no policy of the cluster's: an image that only it is about is denied.
      it.takeLog();
      const open = { artifacts: [{ image: 'other.example/**' }], maxAge: '1d' };
      admitted(
        await it.api('POST', path, {
          ...policy,
          metadata: { name: 'open', namespace: 'team-a' },
          spec: open,
        }),
      );
      await it.untilSaid('rules_loaded');
      denied(await it.createPod('open', `other.example/x@sha256:${'a'.repeat(64)}`), /policy\.match/);
      it.takeLog();
      admitted(await it.api('DELETE', `${path}/strict`));
      await it.untilSaid('rules_loaded');
      it.takeLog();
      admitted(await it.api('DELETE', `${path}/open`));
      await it.untilSaid('rules_loaded');
      admitted(await it.createPod('tight-no-more', tagged));
    },
  },
  {
    what: "the status of a policy is said once, whatever the number of replicas, and says when it is the next generation's",
    run: async (m) => {
      const it = await door(m);
      const path = '/apis/danube.dev/v1/namespaces/team-a/provenancepolicies';
      const spec = { artifacts: [{ image: 'other.example/**' }], maxAge: '1d' };
      const policy = {
        apiVersion: 'danube.dev/v1',
        kind: 'ProvenancePolicy',
        metadata: { name: 'status' },
        spec,
      };
      const of = ['provenancepolicy', 'status', '--namespace=team-a'] as const;
      const version = (): string =>
        it.kubernetes.kubectl('get', ...of, '--output=jsonpath={.metadata.resourceVersion}');
      admitted(await it.api('POST', path, policy));
      await eventually(() => same(readyOf(it, 'status'), 'True Loaded in force in mode enforce'));
      it.kubernetes.kubectl('wait', '--for=condition=Ready', ...of, '--timeout=10s');
      const before = version();
      await it.whileAnotherRuns(async () => {
        await wait(1000);
        same(version(), before);
        it.kubernetes.kubectl('annotate', ...of, 'danube.dev/mode=audit');
        await eventually(() => same(readyOf(it, 'status'), 'True Loaded in force in mode audit'));
        const patch = '{"spec":{"maxAge":"2d"}}';
        it.kubernetes.kubectl('patch', ...of, '--type=merge', '--patch', patch);
        await eventually(() => same(readyOf(it, 'status'), 'True Loaded in force in mode audit'));
        await wait(500);
        const settled = version();
        await wait(2000);
        same(version(), settled);
      });
      it.kubernetes.kubectl('delete', ...of);
    },
  },
  {
    what: 'running pods are judged again when a policy changes: an Event, a metric and a PolicyReport with digest and time, by the roles of the chart',
    run: async (m) => {
      const it = await door(m);
      const { tagged, digest } = await it.image('shop/running:v1', 'signed');
      admitted(await it.createPod('running', tagged, { namespace: 'team-b' }));
      admitted(await it.createPod('running', `${it.registry.host}/shop/unsigned:v1`, { namespace: EXEMPT }));
      it.takeLog();
      it.writeFile('policy-release.yaml', JSON.stringify(it.policy('https://next.example')));
      await it.untilSaid('running_pod_rejected');
      const get = (...what: readonly string[]): string =>
        it.kubernetes.kubectl('get', ...what, '--output=json');
      const report = (): string => get('policyreport', 'danube-webhook', '--namespace=team-b');
      await eventually(() => expectMatch(report(), /"fail": 1/));
      const { results } = JSON.parse(report()) as { results: Record<string, never>[] };
      const [failed] = results as unknown as [
        {
          rule: string;
          properties: { digest: string };
          timestamp: { seconds: number };
          resources: { name: string }[];
        },
      ];
      same(`${failed.rule} ${failed.properties.digest}`, `policy.rule:release/builder ${digest}`);
      same(failed.resources[0]?.name ?? '', 'running');
      if (Math.abs(failed.timestamp.seconds - Date.now() / 1000) > 60) throw new Error('another time');
      const events = get('events', '--namespace=team-b', '--field-selector=reason=ProvenanceRejected');
      expectMatch(events, new RegExp(`${digest}.*policy\\.rule:release/builder failed`));
      same(String((JSON.parse(events) as { items: unknown[] }).items.length), '1');
      expectMatch(await it.metrics(), /danube_webhook_background_images_total\{verdict="rejected"\} [1-9]/);
      // Nobody is asked about an exempt namespace, so that nobody complains of it.
      const ofExempt = get('events', `--namespace=${EXEMPT}`, '--field-selector=reason=ProvenanceRejected');
      same(String((JSON.parse(ofExempt) as { items: unknown[] }).items.length), '0');
      it.takeLog();
      it.writeFile('policy-release.yaml', JSON.stringify(it.policy()));
      await it.untilSaid('rules_loaded');
      await eventually(() => expectMatch(report(), /"pass": 1/));
      const gone = ['delete', 'pod', 'running', '--namespace=team-b', '--force', '--grace-period=0'];
      it.kubernetes.kubectl(...gone);
      it.writeFile('policy-release.yaml', JSON.stringify(it.policy(), undefined, 1));
      await eventually(() => expectMatch(report(), /"pass": 0/));
    },
  },
  {
    what: 'a certificate of a new authority under load: no request fails',
    run: async (m) => {
      const it = await door(m);
      const { tagged } = await it.image('shop/app:v1', 'signed');
      const loading = new AbortController();
      let count = 0;
      const load = Array.from({ length: 4 }, async (_, worker) => {
        while (!loading.signal.aborted) {
          admitted(await it.createPod(`load-${worker}`, tagged, { dryRun: true }));
          count += 1;
          await wait(5);
        }
      });
      await wait(1000);
      it.takeLog();
      it.rotate();
      await it.untilSaid('certificate_loaded');
      await wait(2000);
      loading.abort();
      await Promise.all(load);
      if (count < 20) throw new Error(`only ${count} requests: that was no load`);
    },
  },
  {
    what: 'our certificate command, by the roles of the chart: makes the Secret, and the API server trusts it',
    run: async (m) => {
      const it = await door(m);
      const objects = it.render({ certificates: { by: 'job', days: 30, secret: 'made-tls' } });
      const isOfJob = ({ metadata, kind }: { kind: string; metadata: { name: string } }): boolean =>
        metadata.name === 'danube-webhook-certificates' && /Role|ServiceAccount/.test(kind);
      it.kubernetes.apply(...objects.filter(isOfJob));
      const account = join(m.folder, 'certificates-account');
      mkdirSync(account);
      writeFileSync(join(account, 'token'), it.kubernetes.tokenOf(NAMESPACE, 'danube-webhook-certificates'), {
        mode: 0o600,
      });
      writeFileSync(join(account, 'ca.crt'), readFileSync(it.kubernetes.ca));
      const { hostname, port } = new URL(it.kubernetes.url);
      const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
      const names = [
        '--service=danube-webhook',
        '--secret=made-tls',
        '--webhooks=danube-webhook',
        '--days=30',
      ];
      const args = [
        'webhook',
        'certificate',
        `--namespace=${NAMESPACE}`,
        `--service-account=${account}`,
        ...names,
      ];
      const bundle = (): string =>
        it.kubernetes.kubectl(
          'get',
          'validatingwebhookconfiguration',
          'danube-webhook',
          '--output=jsonpath={.webhooks[*].clientConfig.caBundle}',
        );
      const before = bundle();
      accepts(process.execPath, [DANUBE, ...args], environment);
      const secret = it.kubernetes.kubectl(
        'get',
        'secret',
        'made-tls',
        `--namespace=${NAMESPACE}`,
        '--output=jsonpath={.data.ca\\.crt}',
      );
      const after = bundle();
      if (!after.split(' ').every((each) => each === secret)) throw new Error('the authority is not trusted');
      accepts(process.execPath, [DANUBE, ...args], environment);
      same(after, bundle());
      it.trust(Buffer.from(before.split(' ')[0] ?? '', 'base64').toString());
    },
  },
  {
    what: 'the webhook killed: pods are refused, nothing else is; started again, it admits',
    run: async (m) => {
      const it = await door(m);
      const { tagged } = await it.image('shop/app:v1', 'signed');
      await it.kill();
      const refused = await it.createPod('down', tagged);
      if (refused.status !== 500) throw new Error(`${refused.status}: ${refused.body.message}`);
      expectMatch(refused.body.message ?? '', /failed calling webhook "pin\.webhook\.danube\.dev"/);
      it.kubernetes.kubectl('scale', 'deployment', 'good', '--namespace=team-a', '--replicas=1');
      it.kubernetes.kubectl('delete', 'pod', 'signed', '--namespace=team-a', '--force', '--grace-period=0');
      admitted(await it.createPod('exempt-2', tagged, { namespace: EXEMPT }));
      // The way out when all else fails, and back.
      it.kubernetes.kubectl(
        'delete',
        'validatingwebhookconfiguration,mutatingwebhookconfiguration',
        'danube-webhook',
      );
      await eventually(
        () => void it.kubernetes.kubectl('run', 'broken-glass', '--namespace=team-a', '--image=x.example/y'),
      );
      const misspelt = {
        apiVersion: 'danube.dev/v1',
        kind: 'ProvenancePolicy',
        metadata: { name: 'misspelt', namespace: 'team-a' },
        spec: { artifacts: [{ image: 'other.example/**' }], buidlers: [] },
      };
      it.kubernetes.apply(misspelt);
      await it.start();
      // Who comes back says what came in meanwhile.
      await eventually(() => expectMatch(readyOf(it, 'misspelt'), /^False Invalid .*\/spec\/buidlers/));
      it.takeLog();
      it.kubernetes.kubectl('delete', 'provenancepolicy', 'misspelt', '--namespace=team-a');
      await it.untilSaid('rules_loaded');
      it.kubernetes.apply(...it.render().filter(({ kind }) => kind.endsWith('WebhookConfiguration')));
      await it.untilAsked();
      admitted(await it.createPod('up', tagged));
    },
  },
  {
    what: 'uninstalled in the documented order, nothing is left that could lock anybody out',
    run: async (m) => {
      const it = await door(m);
      try {
        it.kubernetes.kubectl(
          'delete',
          'validatingwebhookconfiguration,mutatingwebhookconfiguration',
          'danube-webhook',
        );
        await it.kill();
        const path = join(m.folder, 'uninstall.json');
        writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: it.render() }));
        it.kubernetes.kubectl('delete', '--ignore-not-found', '--wait=false', '--filename', path);
        admitted(await it.createPod('afterwards', `${it.registry.host}/shop/unsigned:v1`));
      } finally {
        await it.close();
      }
    },
  },
];

export const apiServer: Peer = {
  name: 'kube-apiserver',
  source:
    'Go modules k8s.io/kubernetes, go.etcd.io/etcd, github.com/distribution/distribution, helm.sh/helm; definitions of cert-manager, prometheus-operator, external-secrets, istio, cilium, kyverno',
  version: () =>
    ['helm', 'registry'].some((name) => findProgram(name) === undefined) ||
    !existsSync(join(DEFINITIONS, 'pin'))
      ? undefined
      : kubernetesVersion(),
  cases: CASES,
};
