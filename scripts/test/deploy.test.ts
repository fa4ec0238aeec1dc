import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isCollection, parseAllDocuments } from 'yaml';
import { parseConfig } from '@danube/webhook';
import { ROOT } from '../repository.ts';

/** Any member of any object of a manifest; what is not there is undefined. */
// oxlint-disable-next-line typescript/no-explicit-any
type Tree = any;

interface Manifest {
  readonly kind: string;
  readonly metadata: Tree;
  readonly [member: string]: Tree;
}

function read(path: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'deploy', path), 'utf8'));
  return documents.flatMap((document) => {
    assert.deepEqual(document.errors, [], path);
    return isCollection(document.contents) ? [document.toJS() as Manifest] : [];
  });
}

/** The pod specification of what has one. */
function podSpecOf({ kind, spec }: Manifest): Tree {
  if (kind === 'Pod') return spec;
  return spec?.jobTemplate?.spec.template.spec ?? spec?.template?.spec;
}

/** What is wrong with a manifest, by the rules of Pod Security "restricted" and of docs/webhook.md. */
function problemsOf(manifest: Manifest): string[] {
  return [...podProblems(podSpecOf(manifest)), ...roleProblems(manifest), ...webhookProblems(manifest)];
}

function podProblems(spec: Tree): string[] {
  if (spec === undefined) return [];
  const problems: [boolean, string][] = [
    [spec.securityContext?.runAsNonRoot !== true, 'may run as root'],
    [!(spec.securityContext?.runAsUser >= 10_000), 'runs as a low user'],
    [spec.securityContext?.seccompProfile?.type !== 'RuntimeDefault', 'has no seccomp profile'],
    [
      spec.hostPID === true || spec.hostIPC === true || spec.hostNetwork === true,
      "is in the host's namespaces",
    ],
    [spec.automountServiceAccountToken === undefined, 'says nothing of its token'],
    [(spec.volumes ?? []).some((volume: Tree) => volume.hostPath !== undefined), 'mounts the host'],
  ];
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const context = container.securityContext;
    problems.push(
      [context?.allowPrivilegeEscalation !== false, 'may become more'],
      [context?.readOnlyRootFilesystem !== true, 'may write into its image'],
      [context?.privileged === true, 'is privileged'],
      [JSON.stringify(context?.capabilities) !== '{"drop":["ALL"]}', 'has capabilities'],
      [container.resources?.limits?.memory === undefined, 'has no limit of memory'],
      [container.resources?.requests === undefined, 'asks for nothing'],
    );
  }
  return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
}

function roleProblems({ kind, rules = [] }: Manifest): string[] {
  if (!kind.endsWith('Role')) return [];
  return rules.flatMap((rule: Tree) => {
    const all = [...(rule.apiGroups ?? []), ...(rule.resources ?? []), ...(rule.verbs ?? [])];
    const secrets = kind === 'ClusterRole' && rule.resources?.includes('secrets');
    const readsAny =
      rule.resources?.includes('secrets') &&
      rule.resourceNames === undefined &&
      rule.verbs.some((verb: string) => verb !== 'create');
    return [
      ...(all.includes('*') ? ['allows everything'] : []),
      ...(secrets ? ['reads secrets of the whole cluster'] : []),
      ...(readsAny ? ['reads secrets that it does not name'] : []),
    ];
  });
}

function webhookProblems({ kind, webhooks = [] }: Manifest): string[] {
  if (!kind.endsWith('WebhookConfiguration')) return [];
  return webhooks.flatMap((webhook: Tree) => {
    const exempt = webhook.namespaceSelector?.matchExpressions?.[0];
    const ofPolicies = webhook.rules.every((rule: Tree) => rule.apiGroups.includes('danube.dev'));
    const problems: [boolean, string][] = [
      [webhook.failurePolicy !== 'Fail', 'lets everything pass when nobody answers'],
      [!(webhook.timeoutSeconds <= 10), 'waits too long'],
      [webhook.sideEffects !== 'None', 'is not asked about dry runs'],
      [webhook.matchPolicy !== 'Equivalent', 'is not asked about other versions of the same'],
      [JSON.stringify(webhook.admissionReviewVersions) !== '["v1"]', 'speaks another version'],
      [!ofPolicies && exempt?.key !== 'kubernetes.io/metadata.name', 'goes by a label that anybody can set'],
      [!ofPolicies && !exempt?.values.includes('kube-system'), 'could keep kube-system from starting'],
      [!ofPolicies && !exempt?.values.includes('danube-system'), 'could keep itself from starting'],
      [
        !ofPolicies &&
          webhook.matchConditions?.every(({ expression }: Tree) => !expression.includes('system:nodes')) !==
            false,
        'could keep a node from reporting its own pods',
      ],
      [kind.startsWith('Mutating') && webhook.reinvocationPolicy !== 'IfNeeded', 'misses what others put in'],
      [
        webhook.rules.some(
          (rule: Tree) => rule.operations.includes('DELETE') || rule.resources.includes('*'),
        ),
        'is asked about more than it should',
      ],
      [
        webhook.rules.some((rule: Tree) => rule.resources.includes('pods')) &&
          !webhook.rules.some((rule: Tree) => rule.resources.includes('pods/ephemeralcontainers')),
        'misses debug containers',
      ],
    ];
    return problems.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
  });
}

const EXAMPLES = readdirSync(join(ROOT, 'deploy', 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .map((path) => `examples/${path}`);
const ALL = ['manifest.yaml', 'manifest-webhooks.yaml', ...EXAMPLES].flatMap((path) =>
  read(path).map((manifest) => ({ path, manifest })),
);

describe('deploy', () => {
  for (const { path, manifest } of ALL) {
    it(`${path}: ${manifest.kind} ${manifest.metadata.name} is as hard as it should be`, () => {
      assert.deepEqual(problemsOf(manifest), []);
    });
  }

  it('denies what nothing allows, wherever pods of ours are', () => {
    const policies = ALL.map(({ manifest }) => manifest).filter(({ kind }) => kind === 'NetworkPolicy');
    for (const namespace of ['danube-system', 'danube-jobs', 'floe-jobs']) {
      const denial = policies.find(
        ({ metadata, spec }) =>
          metadata.namespace === namespace &&
          JSON.stringify(spec.podSelector) === '{}' &&
          spec.ingress === undefined &&
          spec.egress === undefined,
      );
      assert.deepEqual(denial?.['spec'].policyTypes, ['Ingress', 'Egress'], namespace);
    }
  });

  it('has a DNS rule wherever names are allowed, because only then they are known', () => {
    const cilium = ALL.map(({ manifest }) => manifest).filter(({ kind }) => kind === 'CiliumNetworkPolicy');
    assert.ok(cilium.length >= 2);
    for (const { spec } of cilium) {
      const names = spec.egress.flatMap((rule: Tree) => rule.toFQDNs ?? []);
      const dns = spec.egress.flatMap(
        (rule: Tree) => rule.toPorts?.flatMap((port: Tree) => port.rules?.dns ?? []) ?? [],
      );
      assert.deepEqual(dns, names);
    }
  });

  it('runs three webhooks apart from each other, and lets one go at a time', () => {
    const found = (kind: string): Tree => ALL.find(({ manifest }) => manifest.kind === kind)?.manifest;
    const { spec } = found('Deployment');
    assert.equal(spec.replicas, 3);
    assert.equal(spec.template.spec.topologySpreadConstraints.length, 2);
    assert.equal(spec.strategy.rollingUpdate.maxUnavailable, 0);
    assert.equal(found('PodDisruptionBudget').spec.maxUnavailable, 1);
  });

  it('brings a configuration that the webhook can read', () => {
    const config = ALL.find(({ manifest }) => manifest.kind === 'ConfigMap')?.manifest['data'][
      'webhook.yaml'
    ];
    const { mode, noMatch, workloads } = parseConfig(new TextEncoder().encode(config), 'manifest.yaml');
    assert.deepEqual({ mode, noMatch, workloads }, { mode: 'enforce', noMatch: 'deny', workloads: 'warn' });
  });

  it('goes off by metrics that the webhook has', () => {
    const source = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
    const rules = source('deploy/helm/danube-webhook/templates/monitoring.yaml');
    const metrics = source('packages/webhook/src/webhook-metrics.ts');
    const used = [...rules.matchAll(/danube_webhook_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''));
    assert.ok(used.length >= 5);
    for (const name of used) assert.ok(metrics.includes(`'${name}'`), name);
  });

  it('asks nobody yet in manifest.yaml, and has no conversion webhook', () => {
    for (const { kind, spec } of read('manifest.yaml')) {
      assert.doesNotMatch(kind, /WebhookConfiguration/);
      if (kind === 'CustomResourceDefinition') assert.equal(spec.conversion, undefined);
    }
  });

  /** Each rule finds what it is for. */
  const MUTANTS: readonly (readonly [string, (manifest: Tree) => void, string])[] = [
    ['Deployment', (m) => (m.spec.template.spec.securityContext.runAsNonRoot = false), 'may run as root'],
    [
      'Deployment',
      (m) => delete m.spec.template.spec.securityContext.seccompProfile,
      'has no seccomp profile',
    ],
    ['Deployment', (m) => (m.spec.template.spec.hostNetwork = true), "is in the host's namespaces"],
    [
      'Deployment',
      (m) => delete m.spec.template.spec.automountServiceAccountToken,
      'says nothing of its token',
    ],
    ['Deployment', (m) => m.spec.template.spec.volumes.push({ hostPath: {} }), 'mounts the host'],
    [
      'Deployment',
      (m) => delete m.spec.template.spec.containers[0].securityContext,
      'may write into its image',
    ],
    [
      'Deployment',
      (m) => delete m.spec.template.spec.containers[0].resources.limits,
      'has no limit of memory',
    ],
    ['ClusterRole', (m) => (m.rules[0].verbs = ['*']), 'allows everything'],
    ['ClusterRole', (m) => (m.rules[0].resources = ['secrets']), 'reads secrets of the whole cluster'],
    ['Role', (m) => delete m.rules[0].resourceNames, 'reads secrets that it does not name'],
    [
      'ValidatingWebhookConfiguration',
      (m) => (m.webhooks[0].failurePolicy = 'Ignore'),
      'lets everything pass when nobody answers',
    ],
    ['ValidatingWebhookConfiguration', (m) => (m.webhooks[0].timeoutSeconds = 30), 'waits too long'],
    [
      'ValidatingWebhookConfiguration',
      (m) => (m.webhooks[0].sideEffects = 'Unknown'),
      'is not asked about dry runs',
    ],
    [
      'ValidatingWebhookConfiguration',
      (m) => (m.webhooks[0].matchPolicy = 'Exact'),
      'is not asked about other versions of the same',
    ],
    [
      'ValidatingWebhookConfiguration',
      (m) => (m.webhooks[0].namespaceSelector.matchExpressions[0].key = 'skip'),
      'goes by a label that anybody can set',
    ],
    [
      'ValidatingWebhookConfiguration',
      (m) => m.webhooks[0].namespaceSelector.matchExpressions[0].values.shift(),
      'could keep kube-system from starting',
    ],
    ['ValidatingWebhookConfiguration', (m) => m.webhooks[0].rules.pop(), 'misses debug containers'],
    [
      'ValidatingWebhookConfiguration',
      (m) => m.webhooks[0].matchConditions.shift(),
      'could keep a node from reporting its own pods',
    ],
    [
      'ValidatingWebhookConfiguration',
      (m) => m.webhooks[0].rules[0].operations.push('DELETE'),
      'is asked about more than it should',
    ],
    [
      'MutatingWebhookConfiguration',
      (m) => delete m.webhooks[0].reinvocationPolicy,
      'misses what others put in',
    ],
  ];
  for (const [kind, change, problem] of MUTANTS) {
    it(`would find a ${kind} that ${problem}`, () => {
      const good = ALL.find(({ path, manifest }) => manifest.kind === kind && path.startsWith('manifest'));
      assert.ok(good);
      const mutant: Manifest = structuredClone(good.manifest);
      change(mutant);
      assert.ok(problemsOf(mutant).includes(problem), problemsOf(mutant).join());
    });
  }
});
