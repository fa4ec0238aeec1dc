import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { checkPolicyDocument, DocumentError, toPolicy } from '@danube/verifier/documents';
import { encodeJson, type JsonObject } from 'in-toto-attestation';
import type { AdmissionRequest } from './admission-review.ts';
import { type KubernetesApi, objectAt, textAt } from './kubernetes-api.ts';
import type { ClusterPolicy } from './load-rules.ts';
import { MODES, type Mode } from './mode.ts';
import type { Rules } from './rules.ts';

/** Which mode a policy of the cluster has; whoever may write policies may write it. */
export const MODE_ANNOTATION = 'danube.dev/mode';

const PATHS = [
  '/apis/danube.dev/v1/clusterprovenancepolicies',
  '/apis/danube.dev/v1/provenancepolicies',
] as const;

/**
 * Makes a policy of a custom resource: ClusterProvenancePolicy, or ProvenancePolicy of a namespace. Its specification is that
 * of a policy file.
 *
 * @param knowsLevels whether a trust root says who builds at which level.
 * @throws {DocumentError} `ERR_POLICY`
 */
export function readCustomResource(object: JsonObject, knowsLevels: boolean): ClusterPolicy {
  const metadata = objectAt(object, 'metadata');
  const document = {
    apiVersion: object['apiVersion'],
    kind: 'ProvenancePolicy',
    metadata: { name: textAt(metadata, 'name') },
    spec: object['spec'],
  };
  const policy = toPolicy(checkPolicyDocument(document));
  if (policy.needsTrustRoot && !knowsLevels) {
    throw new DocumentError('ERR_POLICY', '', 'it demands a Build level, which only a trust root knows');
  }
  const namespace = textAt(metadata, 'namespace');
  const mode = readMode(textAt(objectAt(metadata, 'annotations'), MODE_ANNOTATION));
  return {
    policy: namespace === '' ? policy : { ...policy, name: `${namespace}/${policy.name}` },
    ...(namespace === '' ? {} : { namespace }),
    ...(mode === undefined ? {} : { mode }),
    sha256: digestOf(objectAt(object, 'spec')),
  };
}

/** @throws {DocumentError} `ERR_POLICY` for a number that JavaScript cannot hold: what was demanded is not known then. */
function digestOf(spec: JsonObject): string {
  try {
    return createHash('sha256').update(encodeJson(spec)).digest('hex');
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new DocumentError('ERR_POLICY', '/spec', cause.message, { cause });
  }
}

function readMode(text: string): Mode | undefined {
  if (text === '') return undefined;
  const mode = MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new DocumentError(
    'ERR_POLICY',
    '',
    `the annotation ${MODE_ANNOTATION}: expected ${MODES.join(', ')}, found ${text}`,
  );
}

/** Why a policy that is made or changed cannot be one; `undefined` for a good one, and for any other object. */
export function policyProblem(
  { group, operation, object }: AdmissionRequest,
  { knowsLevels }: Pick<Rules, 'knowsLevels'>,
): string | undefined {
  if (group !== 'danube.dev' || object === undefined) return undefined;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  try {
    readCustomResource(object, knowsLevels);
    return undefined;
  } catch (error) {
    if (error instanceof DocumentError) return `the policy cannot be used: ${error.message}`;
    throw error;
  }
}

/** A policy of the cluster, and the object that it was read from. */
export interface PolicyResource {
  /** What cannot be read stands there as its error. */
  readonly policy: ClusterPolicy | BrokenPolicy;
  readonly object: JsonObject;
  /** Of the object at the API server. */
  readonly path: string;
}

/** Told what happens to the cluster's policies. */
export interface PolicyListener {
  /** All of them, whenever one changes. */
  changed(policies: readonly PolicyResource[]): void;
  /** The API server cannot be followed at the moment; what was known stays in force. */
  failed(error: unknown): void;
}

/** A resource that is no policy. Its images are judged as if it demanded what nobody can give. */
export interface BrokenPolicy {
  readonly name: string;
  readonly namespace: string;
  readonly reason: string;
}

/** Whether it is no policy. */
export function isBroken(policy: ClusterPolicy | BrokenPolicy): policy is BrokenPolicy {
  return 'reason' in policy;
}

const RETRY_MS = 2000;

/** Follows the cluster's policies until the signal is aborted. */
export async function followPolicies(
  api: KubernetesApi,
  knowsLevels: boolean,
  listener: PolicyListener,
  signal: AbortSignal,
): Promise<void> {
  const known = PATHS.map(() => new Map<string, JsonObject>());
  const listed = PATHS.map(() => false);
  const tell = (): void => {
    if (!listed.every(Boolean)) return;
    listener.changed(
      known.flatMap((objects, index) =>
        [...objects.values()].map((object) => ({
          policy: read(object, knowsLevels),
          object,
          path: pathOf(PATHS[index] ?? '', object),
        })),
      ),
    );
  };
  await Promise.all(
    PATHS.map(async (path, index) => {
      const objects = known[index] ?? new Map<string, JsonObject>();
      while (!signal.aborted) {
        try {
          const { items, resourceVersion } = await api.list(path, signal);
          objects.clear();
          for (const item of items) objects.set(keyOf(item), item);
          listed[index] = true;
          tell();
          for await (const event of api.watch(path, resourceVersion, signal)) {
            const effect = apply(objects, event);
            if (effect === 'lost') break;
            if (effect === 'changed') tell();
          }
        } catch (error) {
          if (signal.aborted) return;
          listener.failed(error);
          await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    }),
  );
}

/** @returns `lost` when the watch has lost its place and everything has to be listed again. */
function apply(objects: Map<string, JsonObject>, event: JsonObject): 'changed' | 'same' | 'lost' {
  const object = objectAt(event, 'object');
  const type = textAt(event, 'type');
  if (type === 'ERROR') return 'lost';
  if (type === 'DELETED') return objects.delete(keyOf(object)) ? 'changed' : 'same';
  if (type !== 'ADDED' && type !== 'MODIFIED') return 'same';
  const before = objects.get(keyOf(object));
  objects.set(keyOf(object), object);
  // Our own word on its status, and labels, make no other policy of it.
  return before !== undefined && meaningOf(before) === meaningOf(object) ? 'same' : 'changed';
}

/** All of an object that makes a policy. */
function meaningOf(object: JsonObject): string {
  const mode = textAt(objectAt(objectAt(object, 'metadata'), 'annotations'), MODE_ANNOTATION);
  const uid = textAt(objectAt(object, 'metadata'), 'uid');
  return `${uid} ${mode} ${JSON.stringify(object['spec'])}`;
}

function keyOf(object: JsonObject): string {
  const metadata = objectAt(object, 'metadata');
  return `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}

function pathOf(list: string, object: JsonObject): string {
  const metadata = objectAt(object, 'metadata');
  const [namespace, name] = [textAt(metadata, 'namespace'), textAt(metadata, 'name')];
  if (namespace === '') return `${list}/${name}`;
  const [resource = ''] = list.split('/').slice(-1);
  return `${list.slice(0, -resource.length)}namespaces/${namespace}/${resource}/${name}`;
}

/** Whatever is wrong with one of them, and be it our mistake, must not keep the others from being read. */
function read(object: JsonObject, knowsLevels: boolean): ClusterPolicy | BrokenPolicy {
  try {
    return readCustomResource(object, knowsLevels);
  } catch (error) {
    const metadata = objectAt(object, 'metadata');
    return {
      name: textAt(metadata, 'name'),
      namespace: textAt(metadata, 'namespace'),
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
