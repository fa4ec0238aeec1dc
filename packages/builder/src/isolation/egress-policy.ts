import { LIMITS, MalformedError, parseJson, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { parseAllDocuments } from 'yaml';
import { type Destinations, DestinationList } from './destinations.ts';
import { objectAt, objectsAt, ProvesNothing, refuseUnknown, textAt, textsAt } from './policy-reader.ts';
import { type PolicyPod, selectsPod } from './selector.ts';

/** What policies let a pod connect to, or why they prove nothing. */
export type EgressJudgement =
  { readonly allowed: Destinations; readonly policies: readonly string[] } | { readonly reason: string };

/** Larger than any policy that a cluster takes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the network policies of a file (YAML or JSON; `NetworkPolicy` of networking.k8s.io/v1, `CiliumNetworkPolicy` and
 * `CiliumClusterwideNetworkPolicy` of cilium.io/v2, lists of them) and says what they let a pod connect to. Policies add to
 * each other. What is not understood may allow anything, so it proves nothing.
 *
 * @param name of the policy that must be among those that select the pod.
 */
export function judgeEgress(bytes: Uint8Array, name: string, pod: PolicyPod): EgressJudgement {
  try {
    const allowed = new DestinationList();
    const policies = readPolicies(bytes).filter((policy, index) =>
      addPolicy(policy, pod, allowed, `policy ${index + 1}`),
    );
    const names = policies.map((policy) => textAt(metadataOf(policy)['name'], 'metadata/name'));
    if (!names.includes(name))
      throw new ProvesNothing(`no policy called ${JSON.stringify(name)} limits the pod's egress`);
    return { allowed: allowed.list(), policies: names };
  } catch (error) {
    if (error instanceof ProvesNothing) return { reason: error.message };
    throw error;
  }
}

function readPolicies(bytes: Uint8Array): JsonObject[] {
  return readDocuments(bytes).flatMap((document, index) => {
    const object = objectAt(document, `document ${index + 1}`);
    if (object['kind'] !== 'List') return [object];
    return objectsAt(object['items'], `document ${index + 1}/items`);
  });
}

function readDocuments(bytes: Uint8Array): JsonValue[] {
  if (bytes.length > MAX_BYTES) throw new ProvesNothing(`larger than ${MAX_BYTES} bytes`);
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProvesNothing('not valid UTF-8');
  }
  const documents = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    stringKeys: true,
  });
  return [...documents].flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) {
      const at = problem.linePos?.[0];
      throw new ProvesNothing(`not YAML${at === undefined ? '' : ` at line ${at.line}, column ${at.col}`}`);
    }
    if (document.contents === null) return []; // nothing between two separators
    try {
      // Without aliases, so that nothing grows; through JSON, so that nothing else is left of YAML.
      const value: unknown = document.toJS({ maxAliasCount: 0 });
      return [parseJson(new TextEncoder().encode(JSON.stringify(value)), { depth: LIMITS.depth })];
    } catch (error) {
      if (!(error instanceof ReferenceError || error instanceof MalformedError)) throw error;
      throw new ProvesNothing('YAML that is no plain JSON: aliases, or too deep');
    }
  });
}

function metadataOf(policy: JsonObject): JsonObject {
  return objectAt(policy['metadata'], 'metadata');
}

/** False for a policy that does not select the pod, or leaves egress alone. */
function addPolicy(policy: JsonObject, pod: PolicyPod, allowed: DestinationList, place: string): boolean {
  const { apiVersion, kind } = policy;
  if (kind === 'NetworkPolicy' && apiVersion === 'networking.k8s.io/v1') {
    return isOfNamespace(policy, pod, place) && addKubernetes(policy, pod, allowed, `${place}/spec`);
  }
  if (apiVersion === 'cilium.io/v2' && kind === 'CiliumNetworkPolicy') {
    return isOfNamespace(policy, pod, place) && addCilium(policy, pod, pod.namespace, allowed, place);
  }
  if (apiVersion === 'cilium.io/v2' && kind === 'CiliumClusterwideNetworkPolicy') {
    return addCilium(policy, pod, '', allowed, place);
  }
  throw new ProvesNothing(`${place}: expected a NetworkPolicy or CiliumNetworkPolicy, found another kind`);
}

function isOfNamespace(policy: JsonObject, pod: PolicyPod, place: string): boolean {
  return textAt(metadataOf(policy)['namespace'], `${place}/metadata/namespace`) === pod.namespace;
}

function addKubernetes(policy: JsonObject, pod: PolicyPod, allowed: DestinationList, place: string): boolean {
  const spec = objectAt(policy['spec'], place);
  refuseUnknown(spec, ['podSelector', 'policyTypes', 'ingress', 'egress'], place);
  if (!selectsPod(objectAt(spec['podSelector'], `${place}/podSelector`), pod, `${place}/podSelector`))
    return false;
  const rules = objectsAt(spec['egress'], `${place}/egress`);
  const types = textsAt(spec['policyTypes'], `${place}/policyTypes`);
  const isEgress = types.length === 0 ? rules.length > 0 : types.includes('Egress');
  if (!isEgress) return false;
  for (const [index, rule] of rules.entries()) {
    allowed.addKubernetesRule(rule, pod.namespace, `${place}/egress/${index}`);
  }
  return true;
}

/** The rules of `spec` and `specs`: one that does not deny by default still allows. */
function addCilium(
  policy: JsonObject,
  pod: PolicyPod,
  namespace: string,
  allowed: DestinationList,
  place: string,
): boolean {
  const specs = [
    ...(policy['spec'] === undefined ? [] : [objectAt(policy['spec'], `${place}/spec`)]),
    ...objectsAt(policy['specs'], `${place}/specs`),
  ];
  return specs.map((spec) => addCiliumSpec(spec, pod, namespace, allowed, `${place}/spec`)).some(Boolean);
}

const CILIUM_SPEC = [
  'endpointSelector',
  'nodeSelector',
  'ingress',
  'ingressDeny',
  'egress',
  'egressDeny',
  'enableDefaultDeny',
  'description',
  'labels',
];

function addCiliumSpec(
  spec: JsonObject,
  pod: PolicyPod,
  namespace: string,
  allowed: DestinationList,
  place: string,
): boolean {
  refuseUnknown(spec, CILIUM_SPEC, place);
  if (spec['nodeSelector'] !== undefined) return false;
  const selector = objectAt(spec['endpointSelector'], `${place}/endpointSelector`);
  if (!selectsPod(selector, pod, `${place}/endpointSelector`)) return false;
  const rules = objectsAt(spec['egress'], `${place}/egress`);
  for (const [index, rule] of rules.entries())
    allowed.addCiliumRule(rule, namespace, `${place}/egress/${index}`);
  const denies = objectsAt(spec['egressDeny'], `${place}/egressDeny`);
  const { enableDefaultDeny = {} } = spec;
  const { egress = rules.length + denies.length > 0 } = objectAt(
    enableDefaultDeny,
    `${place}/enableDefaultDeny`,
  );
  return egress === true && rules.length + denies.length > 0;
}
