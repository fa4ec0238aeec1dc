import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { checkPolicyDocument, DocumentError, toPolicy } from '@danube/verifier/documents';
import { encodeJson, type JsonObject } from 'in-toto-attestation';
import type { AdmissionRequest } from './admission-review.ts';
import { WebhookError } from './errors.ts';
import { type KubernetesApi, objectAt, textAt } from './kubernetes-api.ts';
import type { ClusterPolicy } from './load-rules.ts';
import { MODES, type Mode } from './mode.ts';

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
 * @throws {DocumentError} `ERR_POLICY`
 */
export function readCustomResource(object: JsonObject): ClusterPolicy {
  const metadata = objectAt(object, 'metadata');
  const document = {
    apiVersion: object['apiVersion'],
    kind: 'ProvenancePolicy',
    metadata: { name: textAt(metadata, 'name') },
    spec: object['spec'],
  };
  const policy = toPolicy(checkPolicyDocument(document));
  const namespace = textAt(metadata, 'namespace');
  const mode = readMode(textAt(objectAt(metadata, 'annotations'), MODE_ANNOTATION));
  const sha256 = createHash('sha256')
    .update(encodeJson(objectAt(object, 'spec')))
    .digest('hex');
  return {
    policy: namespace === '' ? policy : { ...policy, name: `${namespace}/${policy.name}` },
    ...(namespace === '' ? {} : { namespace }),
    ...(mode === undefined ? {} : { mode }),
    sha256,
  };
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
export function policyProblem({ group, operation, object }: AdmissionRequest): string | undefined {
  if (group !== 'danube.dev' || object === undefined) return undefined;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  try {
    readCustomResource(object);
    return undefined;
  } catch (error) {
    if (error instanceof DocumentError) return `the policy cannot be used: ${error.message}`;
    throw error;
  }
}

/** Told what happens to the cluster's policies. */
export interface PolicyListener {
  /** All of them, whenever one changes. One that cannot be read stands there as its error. */
  changed(policies: readonly (ClusterPolicy | BrokenPolicy)[]): void;
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
  listener: PolicyListener,
  signal: AbortSignal,
): Promise<void> {
  const known = PATHS.map(() => new Map<string, JsonObject>());
  const listed = PATHS.map(() => false);
  const tell = (): void => {
    if (listed.every(Boolean)) listener.changed(known.flatMap((objects) => [...objects.values()].map(read)));
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
            if (!apply(objects, event)) break;
            tell();
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

/** @returns false when the watch has lost its place and everything has to be listed again. */
function apply(objects: Map<string, JsonObject>, event: JsonObject): boolean {
  const object = objectAt(event, 'object');
  const type = textAt(event, 'type');
  if (type === 'ADDED' || type === 'MODIFIED') objects.set(keyOf(object), object);
  if (type === 'DELETED') objects.delete(keyOf(object));
  return type !== 'ERROR';
}

function keyOf(object: JsonObject): string {
  const metadata = objectAt(object, 'metadata');
  return `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}

function read(object: JsonObject): ClusterPolicy | BrokenPolicy {
  try {
    return readCustomResource(object);
  } catch (error) {
    if (!(error instanceof DocumentError || error instanceof WebhookError)) throw error;
    const metadata = objectAt(object, 'metadata');
    return {
      name: textAt(metadata, 'name'),
      namespace: textAt(metadata, 'namespace'),
      reason: error.message,
    };
  }
}
