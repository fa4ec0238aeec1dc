import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { type Machines, machinesFor, type Platform } from '@danube/store/oci';
import { podSpecOf } from './images.ts';

/** Which images of an index a pod can come to. */
export interface WantedPlatform {
  /** The same for the same choice; empty where the pod can come to any. */
  readonly key: string;
  /** Leaves out only what no node that is given the pod would run. */
  matches(platform: Platform | undefined): boolean;
}

/** The choice of a pod that says nothing. */
export const ANY_PLATFORM: WantedPlatform = { key: '', matches: () => true };

/** The labels that each node has from its kubelet, and which part of a platform they are. */
const LABELS = { 'kubernetes.io/os': 'os', 'kubernetes.io/arch': 'architecture' } as const;
const LABEL_NAMES = ['kubernetes.io/os', 'kubernetes.io/arch'] as const;

/** What one of these labels has to be. */
interface Demand {
  readonly part: 'os' | 'architecture';
  readonly isOneOf: boolean;
  readonly values: readonly string[];
}

/** Longer choices than these are not followed: every image has to be attested then. */
const MAX_KEY = 1024;

/**
 * What node selector and required node affinity say of the platform: the scheduler gives the pod to no other node, and no
 * other kubelet takes it. Whatever is not understood restricts nothing, so that more images have to be attested.
 */
export function platformOf(group: string, kind: string, object: JsonObject): WantedPlatform {
  const spec = podSpecOf(group, kind, object)?.spec;
  if (spec === undefined) return ANY_PLATFORM;
  const selected = selectedBy(member(spec, 'nodeSelector'));
  const terms = termsOf(spec);
  if (selected.length === 0 && terms === undefined) return ANY_PLATFORM;
  // One of the terms has to hold, and all of the selector.
  const ways = (terms ?? [[]]).map((term) => [...selected, ...term]);
  const key = JSON.stringify(ways);
  if (ways.some((way) => way.length === 0) || key.length > MAX_KEY) return ANY_PLATFORM;
  return {
    key,
    // An image whose index does not say its platform can come anywhere.
    matches: (platform) => {
      if (platform === undefined) return true;
      const machines = machinesFor(platform);
      return ways.some((way) => way.every((demand) => isMet(demand, machines)));
    },
  };
}

/** Some machine that may run the image has a label that will do. */
function isMet({ part, isOneOf, values }: Demand, { [part]: machines }: Machines): boolean {
  return machines?.some((machine) => values.includes(machine) === isOneOf) ?? true;
}

function selectedBy(selector: JsonValue | undefined): Demand[] {
  if (selector === undefined || !isJsonObject(selector)) return [];
  return LABEL_NAMES.flatMap((label) => {
    const value = member(selector, label);
    return typeof value === 'string' ? [{ part: LABELS[label], isOneOf: true, values: [value] }] : [];
  });
}

/** The terms of the required node affinity, of which one has to hold; `undefined` without one. */
function termsOf(spec: JsonObject): Demand[][] | undefined {
  const required = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'].reduce<
    JsonValue | undefined
  >((value, key) => (value !== undefined && isJsonObject(value) ? member(value, key) : undefined), spec);
  if (required === undefined || !isJsonObject(required)) return undefined;
  const terms = member(required, 'nodeSelectorTerms');
  if (terms === undefined || !isJsonArray(terms)) return undefined;
  return terms.map(demandsOf);
}

/** All expressions of a term have to hold; those about other labels narrow no platform. */
function demandsOf(term: JsonValue): Demand[] {
  const expressions = isJsonObject(term) ? member(term, 'matchExpressions') : undefined;
  if (expressions === undefined || !isJsonArray(expressions)) return [];
  return expressions.flatMap((expression) => (isJsonObject(expression) ? demandOf(expression) : []));
}

function demandOf(expression: JsonObject): Demand[] {
  const label = LABEL_NAMES.find((name) => name === member(expression, 'key'));
  const operator = member(expression, 'operator');
  const values = member(expression, 'values');
  // Every node has both labels: Exists says nothing, and DoesNotExist holds nowhere.
  if (label === undefined || (operator !== 'In' && operator !== 'NotIn')) return [];
  if (values === undefined || !isJsonArray(values)) return [];
  const texts = values.filter((value) => typeof value === 'string');
  return [{ part: LABELS[label], isOneOf: operator === 'In', values: texts }];
}
