import { isIP } from 'node:net';
import type { JsonObject, JsonValue } from 'in-toto-attestation';
import { compareText, sortMembers } from '../json-object.ts';
import { objectAt, objectsAt, ProvesNothing, refuseUnknown, textAt, textsAt } from './policy-reader.ts';

/** Where a pod may connect to, each list sorted and without repetition. */
export interface Destinations {
  /** Names and patterns of names. */
  readonly domains: readonly string[];
  /** Blocks of addresses. */
  readonly addresses: readonly string[];
  /** Selectors of pods, nodes and services in the cluster, and Cilium's entities, as JSON or by name. */
  readonly cluster: readonly string[];
}

/** Collects what policies allow: they add to each other. */
export class DestinationList {
  readonly #domains = new Set<string>();
  readonly #addresses = new Set<string>();
  readonly #cluster = new Set<string>();

  /** A rule of `NetworkPolicy` (networking.k8s.io/v1, NetworkPolicyEgressRule). @throws {ProvesNothing} */
  addKubernetesRule(rule: JsonObject, namespace: string, place: string): void {
    refuseUnknown(rule, ['to', 'ports'], place);
    const peers = objectsAt(rule['to'], `${place}/to`);
    if (peers.length === 0) throw allowsEverything(place, 'no destination is named');
    for (const [index, peer] of peers.entries()) this.#addPeer(peer, namespace, `${place}/to/${index}`);
  }

  #addPeer(peer: JsonObject, namespace: string, place: string): void {
    refuseUnknown(peer, ['ipBlock', 'podSelector', 'namespaceSelector'], place);
    if (peer['ipBlock'] !== undefined) {
      return this.#addBlock(textAt(objectAt(peer['ipBlock'], place)['cidr'], `${place}/ipBlock/cidr`), place);
    }
    const { namespaceSelector, podSelector } = peer;
    if (namespaceSelector === undefined && podSelector === undefined) {
      throw allowsEverything(place, 'no destination is named');
    }
    const isWide = [namespaceSelector, podSelector].every(
      (selector) => selector === undefined || !namesSomething(objectAt(selector, place), () => true, place),
    );
    if (isWide && namespaceSelector !== undefined) throw allowsEverything(place, 'all pods of the cluster');
    this.#addSelector(namespaceSelector === undefined ? { namespace, podSelector: podSelector ?? {} } : peer);
  }

  /** A rule of `CiliumNetworkPolicy` (cilium.io/v2, EgressRule). @throws {ProvesNothing} */
  addCiliumRule(rule: JsonObject, namespace: string, place: string): void {
    refuseUnknown(rule, [...CILIUM_DESTINATIONS, 'toPorts', 'icmps', 'authentication'], place);
    const named = CILIUM_DESTINATIONS.filter((name) => rule[name] !== undefined && rule[name] !== null);
    if (named.length === 0) throw allowsEverything(place, 'no destination is named');
    for (const name of named) {
      const at = `${place}/${name}`;
      if (name === 'toFQDNs') for (const item of objectsAt(rule[name], at)) this.#addDomain(item, at);
      else if (name === 'toCIDR') for (const block of textsAt(rule[name], at)) this.#addBlock(block, at);
      else if (name === 'toCIDRSet')
        for (const item of objectsAt(rule[name], at)) this.#addCidrRule(item, at);
      else if (name === 'toEntities')
        for (const entity of textsAt(rule[name], at)) this.#addEntity(entity, at);
      else for (const item of objectsAt(rule[name], at)) this.#addCiliumSelector(name, item, namespace, at);
    }
  }

  /** Patterns match within and across labels, so what stands behind the last `*` is all that they hold to. */
  #addDomain(item: JsonObject, place: string): void {
    refuseUnknown(item, ['matchName', 'matchPattern'], place);
    const names = ['matchName', 'matchPattern'].flatMap((field) =>
      item[field] === undefined
        ? []
        : [textAt(item[field], `${place}/${field}`).toLowerCase().replace(/\.$/, '')],
    );
    if (names.length === 0) throw new ProvesNothing(`${place}: expected matchName or matchPattern`);
    for (const name of names) {
      if (!/^[a-z0-9*_-]+(?:\.[a-z0-9*_-]+)*$/.test(name))
        throw new ProvesNothing(`${place}: not a name: ${name}`);
      const fixed = name.slice(name.lastIndexOf('*') + 1).replace(/^[^.]*\./, '');
      if (name.includes('*') && !/^[^.]+(?:\.[^.]+)+$/.test(fixed)) {
        throw allowsEverything(place, `the pattern ${name} has no domain of its own`);
      }
      this.#domains.add(name);
    }
  }

  #addCidrRule(item: JsonObject, place: string): void {
    refuseUnknown(item, ['cidr', 'except'], place);
    this.#addBlock(textAt(item['cidr'], `${place}/cidr`), place);
  }

  /** Exceptions are left out of account: a whole network but for some addresses is still a whole network. */
  #addBlock(block: string, place: string): void {
    const [address = '', prefix, ...rest] = block.split('/');
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (family === 0 || rest.length > 0 || !/^(?:[0-9]{1,3})?$/.test(prefix ?? '') || length > bits) {
      throw new ProvesNothing(`${place}: not a block of addresses: ${block}`);
    }
    this.#addresses.add(`${address.toLowerCase()}/${length}`);
    const share = [...this.#addresses]
      .filter((known) => isIP(known.split('/')[0] ?? '') === family)
      .reduce((sum, known) => sum + 2 ** -Number(known.split('/')[1]), 0);
    if (share >= 1 / 16) throw allowsEverything(place, `a sixteenth of all addresses or more, with ${block}`);
  }

  #addEntity(entity: string, place: string): void {
    if (!CLOSED_ENTITIES.has(entity)) throw allowsEverything(place, `the entity ${entity}`);
    if (entity !== 'none') this.#cluster.add(entity);
  }

  #addCiliumSelector(name: string, item: JsonObject, namespace: string, place: string): void {
    const isPods = name === 'toEndpoints';
    const isNamespaced = isPods && JSON.stringify(item).includes(NAMESPACE_LABEL);
    const isWide = isNamespaced
      ? !namesSomething(item, (key) => key.endsWith(NAMESPACE_LABEL), place)
      : namespace === '' && isEmpty(item);
    if (isPods && isWide) throw allowsEverything(place, 'all pods of the cluster');
    this.#addSelector({
      [name]: item,
      ...(isPods && !isNamespaced && namespace !== '' ? { namespace } : {}),
    });
  }

  #addSelector(selector: JsonObject): void {
    this.#cluster.add(JSON.stringify(sortMembers(selector)));
  }

  list(): Destinations {
    return {
      domains: sorted(this.#domains),
      addresses: sorted(this.#addresses),
      cluster: sorted(this.#cluster),
    };
  }
}

function sorted(texts: ReadonlySet<string>): string[] {
  return [...texts].sort(compareText);
}

/** The label that Cilium gives to pods for their namespace. */
const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';

const CILIUM_DESTINATIONS = [
  'toFQDNs',
  'toCIDR',
  'toCIDRSet',
  'toEntities',
  'toEndpoints',
  'toServices',
  'toNodes',
] as const;

/** Entities that are not the world, nor all of the cluster, nor what nobody manages. */
const CLOSED_ENTITIES: ReadonlySet<string> = new Set([
  'host',
  'remote-node',
  'kube-apiserver',
  'ingress',
  'health',
  'init',
  'none',
]);

/** Whether a selector asks for nothing, and so selects everything. */
function isEmpty(selector: JsonValue): boolean {
  if (selector === null) return true;
  return typeof selector === 'object' && Object.values(selector).every(isEmpty);
}

/** Whether a selector names what it selects, by a label's value; `Exists` and what is not so select nearly everything. */
function namesSomething(selector: JsonObject, isKey: (key: string) => boolean, place: string): boolean {
  const { matchLabels = null } = selector;
  const labels = Object.keys(matchLabels === null ? {} : objectAt(matchLabels, place));
  return (
    labels.some(isKey) ||
    objectsAt(selector['matchExpressions'], place).some(
      ({ key, operator }) => operator === 'In' && isKey(textAt(key, place)),
    )
  );
}

function allowsEverything(place: string, why: string): ProvesNothing {
  return new ProvesNothing(`${place} allows everything: ${why}`);
}
