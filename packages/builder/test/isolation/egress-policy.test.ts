import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeEgress, type EgressJudgement, type PolicyPod } from '@danube/builder';

const POD: PolicyPod = { namespace: 'jobs', labels: { app: 'job', tier: 'ci' } };

function judge(text: string, pod: PolicyPod = POD): EgressJudgement {
  return judgeEgress(new TextEncoder().encode(text), 'egress', pod);
}

/** A policy of Kubernetes with this in `spec`, as YAML that is JSON. */
function kubernetes(spec: object): string {
  const metadata = { name: 'egress', namespace: 'jobs' };
  return JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec });
}

function cilium(spec: object, kind: string = 'CiliumNetworkPolicy'): string {
  const metadata = { name: 'egress', ...(kind === 'CiliumNetworkPolicy' ? { namespace: 'jobs' } : {}) };
  return JSON.stringify({ apiVersion: 'cilium.io/v2', kind, metadata, spec });
}

const allow = (...to: object[]): string =>
  kubernetes({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to }] });
const rule = (egress: object): string => cilium({ endpointSelector: {}, egress: [egress] });

describe('a policy that limits egress', () => {
  it('gives domains, addresses and what is in the cluster', () => {
    const found = judge(`
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: egress, namespace: jobs }
spec:
  endpointSelector: { matchLabels: { app: job } }
  egress:
    - toFQDNs:
        - matchName: registry.example.com
        - matchPattern: "*.npm.example.com"
    - toCIDRSet: [{ cidr: 10.0.0.0/8, except: [10.96.0.0/12] }]
    - toEntities: [kube-apiserver]
    - toEndpoints: [{ matchLabels: { k8s-app: kube-dns, io.kubernetes.pod.namespace: kube-system } }]
      toPorts: [{ ports: [{ port: "53", protocol: UDP }] }]
`);
    assert.deepEqual(found, {
      allowed: {
        domains: ['*.npm.example.com', 'registry.example.com'],
        addresses: ['10.0.0.0/8'],
        cluster: [
          'kube-apiserver',
          '{"toEndpoints":{"matchLabels":{"io.kubernetes.pod.namespace":"kube-system","k8s-app":"kube-dns"}}}',
        ].toSorted(),
      },
      policies: ['egress'],
    });
  });

  for (const [what, policy] of [
    ['no rule', kubernetes({ podSelector: {}, policyTypes: ['Egress'] })],
    ['a rule without policyTypes', kubernetes({ podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] })],
    ['pods of one namespace', allow({ namespaceSelector: { matchLabels: { name: 'dns' } } })],
    ['pods of one kind', allow({ namespaceSelector: {}, podSelector: { matchLabels: { app: 'dns' } } })],
    ['one address', allow({ ipBlock: { cidr: '192.0.2.1/32' } })],
    ['one of IPv6', allow({ ipBlock: { cidr: '2001:db8::/32' } })],
    ['pods of its own namespace (Cilium)', rule({ toEndpoints: [{}] })],
    ['nobody (Cilium)', rule({ toEndpoints: [] })],
    [
      'another policy that leaves other pods alone',
      `${rule({ toFQDNs: [{ matchName: 'a.example' }] })}\n---\n${kubernetes({ podSelector: { matchLabels: { app: 'other' } }, policyTypes: ['Egress'], egress: [{}] })}`,
    ],
    [
      'a list of policies, as kubectl prints it',
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [JSON.parse(allow({ podSelector: {} }))] }),
    ],
    [
      'all namespaces of its kind (Cilium)',
      cilium(
        {
          endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'jobs' } },
          egress: [{ toFQDNs: [{ matchName: 'a.example' }] }],
        },
        'CiliumClusterwideNetworkPolicy',
      ),
    ],
    [
      'pods by an expression',
      kubernetes({
        podSelector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['ci'] }] },
        policyTypes: ['Egress'],
      }),
    ],
  ] as const) {
    it(`counts: ${what}`, () => {
      const found = judge(policy);
      assert.ok('allowed' in found, JSON.stringify(found));
    });
  }
});

describe('a policy that proves nothing', () => {
  for (const [what, policy] of [
    ['an empty rule', kubernetes({ podSelector: {}, policyTypes: ['Egress'], egress: [{}] })],
    ['a rule with ports alone', kubernetes({ podSelector: {}, egress: [{ ports: [{ port: 443 }] }] })],
    ['an empty list of destinations', kubernetes({ podSelector: {}, egress: [{ to: [] }] })],
    ['all addresses', allow({ ipBlock: { cidr: '0.0.0.0/0' } })],
    ['all but some', allow({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } })],
    ['all in two halves', allow({ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } })],
    ['all of IPv6', allow({ ipBlock: { cidr: '::/0' } })],
    ['all pods of the cluster', allow({ namespaceSelector: {} })],
    [
      'all namespaces that have a name',
      allow({ namespaceSelector: { matchExpressions: [{ key: 'name', operator: 'Exists' }] } }),
    ],
    ['a destination of no kind', allow({})],
    ['ingress alone', kubernetes({ podSelector: {}, policyTypes: ['Ingress'], egress: [] })],
    ['no egress rule and no types', kubernetes({ podSelector: {}, egress: [] })],
    ['other pods', kubernetes({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] })],
    [
      'another namespace',
      kubernetes({ podSelector: {}, policyTypes: ['Egress'] }).replace('"jobs"', '"web"'),
    ],
    [
      'no namespace',
      kubernetes({ podSelector: {}, policyTypes: ['Egress'] }).replace(',"namespace":"jobs"', ''),
    ],
    ['another name', kubernetes({ podSelector: {}, policyTypes: ['Egress'] }).replace('"egress"', '"other"')],
    ['an empty rule (Cilium)', rule({})],
    ['ports alone (Cilium)', rule({ toPorts: [{ ports: [{ port: '443' }] }] })],
    ['ICMP alone (Cilium)', rule({ icmps: [{ fields: [{ type: 8 }] }] })],
    ['the world', rule({ toEntities: ['world'] })],
    ['the world of IPv4', rule({ toEntities: ['kube-apiserver', 'world-ipv4'] })],
    ['all', rule({ toEntities: ['all'] })],
    ['the cluster', rule({ toEntities: ['cluster'] })],
    ['an entity that nobody knows', rule({ toEntities: ['moon'] })],
    ['every name', rule({ toFQDNs: [{ matchPattern: '*' }] })],
    ['every name of two parts', rule({ toFQDNs: [{ matchPattern: '*.*' }] })],
    ['a whole top-level domain', rule({ toFQDNs: [{ matchPattern: '*.com' }] })],
    ['names that end alike', rule({ toFQDNs: [{ matchPattern: '*example.com' }] })],
    ['every end of a name', rule({ toFQDNs: [{ matchPattern: 'example.*' }] })],
    ['all addresses (Cilium)', rule({ toCIDR: ['0.0.0.0/0'] })],
    ['all but some (Cilium)', rule({ toCIDRSet: [{ cidr: '::/0', except: ['fd00::/8'] }] })],
    ['a group of addresses that is elsewhere', rule({ toCIDRSet: [{ cidrGroupRef: 'all' }] })],
    ['groups of a cloud', rule({ toGroups: [{ aws: {} }] })],
    [
      'all namespaces (Cilium)',
      rule({
        toEndpoints: [{ matchExpressions: [{ key: 'io.kubernetes.pod.namespace', operator: 'Exists' }] }],
      }),
    ],
    [
      'all pods, clusterwide',
      cilium({ endpointSelector: {}, egress: [{ toEndpoints: [{}] }] }, 'CiliumClusterwideNetworkPolicy'),
    ],
    [
      'no default deny',
      cilium({ endpointSelector: {}, egress: [{ toEndpoints: [{}] }], enableDefaultDeny: { egress: false } }),
    ],
    ['no egress (Cilium)', cilium({ endpointSelector: {}, ingress: [{}] })],
    ['nodes', cilium({ nodeSelector: {}, egress: [{ toEndpoints: [{}] }] })],
    [
      'a second policy that allows everything',
      `${rule({ toFQDNs: [{ matchName: 'a.example' }] })}\n---\n${rule({ toEntities: ['all'] }).replace('"egress",', '"open",')}`,
    ],
    [
      'a field that is not understood',
      cilium({ endpointSelector: {}, egress: [{ toEndpoints: [{}] }], egressMagic: true }),
    ],
    [
      'another kind',
      '{"apiVersion":"projectcalico.org/v3","kind":"NetworkPolicy","metadata":{"name":"egress"}}',
    ],
    ['a key twice', 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nkind: NetworkPolicy\n'],
    ['aliases', `a: &a [x]\nb: *a\n`],
    ['no YAML', '{'],
    ['nothing', ''],
  ] as const) {
    it(`is one with ${what}`, () => {
      const found = judge(policy);
      assert.ok('reason' in found, JSON.stringify(found));
    });
  }

  it('is one that selects by labels that nobody stated', () => {
    const policy = kubernetes({ podSelector: { matchLabels: { app: 'job' } }, policyTypes: ['Egress'] });
    assert.ok('allowed' in judge(policy));
    assert.ok('reason' in judge(policy, { ...POD, labels: undefined }));
    assert.ok('allowed' in judge(allow({ podSelector: {} }), { ...POD, labels: undefined }));
  });
});
