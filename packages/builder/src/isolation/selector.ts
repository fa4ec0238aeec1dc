import type { JsonObject } from 'in-toto-attestation';
import { objectAt, objectsAt, ProvesNothing, refuseUnknown, textAt, textsAt } from './policy-reader.ts';

/** The pod that a policy must select. */
export interface PolicyPod {
  readonly namespace: string;
  /** Its labels; undefined where nobody says which. */
  readonly labels: Readonly<Record<string, string>> | undefined;
}

const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';

/**
 * Whether a label selector (Kubernetes LabelSelector, also with Cilium's sources in front of keys) selects the pod.
 *
 * @throws {ProvesNothing} when that cannot be told.
 */
export function selectsPod(selector: JsonObject, pod: PolicyPod, place: string): boolean {
  refuseUnknown(selector, ['matchLabels', 'matchExpressions'], place);
  const { matchLabels = null } = selector;
  const labels = matchLabels === null ? {} : objectAt(matchLabels, `${place}/matchLabels`);
  const isEqual = Object.entries(labels).map(
    ([key, value]) =>
      labelOf(pod, key, place) === (value === '' ? '' : textAt(value, `${place}/matchLabels`)),
  );
  const expressions = objectsAt(selector['matchExpressions'], `${place}/matchExpressions`);
  return [...isEqual, ...expressions.map((expression) => isMet(expression, pod, place))].every(Boolean);
}

function isMet(expression: JsonObject, pod: PolicyPod, place: string): boolean {
  const value = labelOf(pod, textAt(expression['key'], `${place}/key`), place);
  const values = textsAt(expression['values'], `${place}/values`);
  const operator = expression['operator'];
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  throw new ProvesNothing(`${place}: an operator that is not understood`);
}

function labelOf({ namespace, labels }: PolicyPod, key: string, place: string): string | undefined {
  const name = key.replace(/^(?:k8s|any)[:.]/, '');
  if (name === NAMESPACE_LABEL) return namespace;
  if (labels !== undefined) return Object.hasOwn(labels, name) ? labels[name] : undefined;
  throw new ProvesNothing(
    `${place} selects pods by labels, and the record does not say the pod's (podLabels)`,
  );
}
