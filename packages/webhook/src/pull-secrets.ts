import { isJsonArray, isJsonObject, member, type JsonObject } from 'in-toto-attestation';
import { StoreError } from '@danube/store';
import {
  matchDockerConfig,
  parseDockerCfg,
  parseDockerConfig,
  type Credential,
  type DockerConfig,
  type RepositoryAt,
} from '@danube/store/oci';
import type { AdmissionRequest } from './admission-review.ts';
import { isKnownKind, podSpecOf } from './images.ts';
import { KnownObjects, type Known } from './known-objects.ts';
import { objectAt, textAt, type KubernetesApi } from './kubernetes-api.ts';

/** Reads images as the pod would get them: with the pull secrets that it names. */
export interface ImageReader {
  /** The same for those who show the same secrets. What one of them may read is no answer to anybody else. */
  readonly key: string;
  /** For this registry and repository alone; in the order of the secrets. */
  credentials(image: RepositoryAt, signal: AbortSignal): Promise<readonly Credential[]>;
  /** Which secrets could not be used and why, as far as that was seen. Holds nothing of what is in them. */
  problems(): readonly string[];
}

/** Of one pod; names further behind are not read. */
const MAX_SECRETS = 16;
/** A DNS subdomain (RFC 1123), which is what Kubernetes lets an object be called: no way out of the path of a URL. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * The pull secrets of pods, in the namespaces that the configuration names and the chart's roles open; nothing is asked about
 * others. As for the kubelet: the secrets that the pod names, those of its service account where it names none, and
 * one that is missing is left out.
 */
export class PullSecrets {
  readonly #namespaces: ReadonlySet<string>;
  readonly #secrets: KnownObjects<DockerConfig>;
  readonly #accounts: KnownObjects<readonly string[]>;

  constructor(api: KubernetesApi, namespaces: readonly string[]) {
    this.#namespaces = new Set(namespaces);
    this.#secrets = new KnownObjects(api, readPullSecret);
    this.#accounts = new KnownObjects(api, (account) => ({ value: secretsNamedBy(account) }));
  }

  /** Who reads the images of this request; `undefined` where nobody but the webhook itself does. */
  readerOf({ namespace, group, kind, object }: AdmissionRequest): ImageReader | undefined {
    if (!this.#namespaces.has(namespace) || object === undefined || !isKnownKind(group, kind))
      return undefined;
    const spec = podSpecOf(group, kind, object)?.spec;
    if (spec === undefined) return undefined;
    const named = secretsNamedBy(spec);
    return named.length > 0 ? this.#bySecrets(namespace, named) : this.#byAccount(namespace, accountOf(spec));
  }

  #bySecrets(namespace: string, names: readonly string[]): ImageReader {
    const paths = names.map((name) => `/api/v1/namespaces/${namespace}/secrets/${name}`);
    return {
      key: JSON.stringify([namespace, ...names]),
      credentials: async (image, signal) => {
        const secrets = await Promise.all(paths.map((path) => this.#secrets.get(path, signal)));
        return secrets.flatMap((secret) => ('value' in secret ? matchDockerConfig(secret.value, image) : []));
      },
      problems: () =>
        names.flatMap((name, index) =>
          problemOf(this.#secrets.last(paths[index] ?? ''), `pull secret ${namespace}/${name}`),
        ),
    };
  }

  #byAccount(namespace: string, account: string): ImageReader {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}`;
    const secretsOf = (known: Known<readonly string[]> | undefined): ImageReader =>
      this.#bySecrets(namespace, known !== undefined && 'value' in known ? known.value : []);
    return {
      key: JSON.stringify([namespace, { account }]),
      credentials: async (image, signal) =>
        secretsOf(await this.#accounts.get(path, signal)).credentials(image, signal),
      problems: () => {
        const known = this.#accounts.last(path);
        return [
          ...problemOf(known, `service account ${namespace}/${account}`),
          ...secretsOf(known).problems(),
        ];
      },
    };
  }
}

function problemOf(known: Known<unknown> | undefined, what: string): string[] {
  return known !== undefined && 'problem' in known ? [`${what}: ${known.problem}`] : [];
}

/** A pod's own or a service account's: both are lists of references. What is no name is left out. */
function secretsNamedBy(object: JsonObject): string[] {
  const list = member(object, 'imagePullSecrets');
  if (list === undefined || !isJsonArray(list)) return [];
  const names = list.flatMap((entry) => (isJsonObject(entry) ? textAt(entry, 'name') : []));
  return [...new Set(names.filter((name) => NAME.test(name)))].slice(0, MAX_SECRETS);
}

function accountOf(spec: JsonObject): string {
  // The second is what the first was called before, and is still kept equal to it.
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  return NAME.test(name) ? name : 'default';
}

/** The types of secrets for registries: where the document is, and what reads it. */
const TYPES = [
  ['kubernetes.io/dockerconfigjson', '.dockerconfigjson', parseDockerConfig],
  ['kubernetes.io/dockercfg', '.dockercfg', parseDockerCfg],
] as const;

/** Helpers that a document names are not started: only what is written in it counts. */
function readPullSecret(secret: JsonObject): Known<DockerConfig> {
  const type = textAt(secret, 'type');
  const [, key, parse] = TYPES.find(([name]) => name === type) ?? [];
  if (key === undefined || parse === undefined) return { problem: 'it is no secret for registries' };
  try {
    const document = Buffer.from(textAt(objectAt(secret, 'data'), key), 'base64');
    return { value: parse(document, 'the secret') };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { problem: 'what is in it cannot be read' };
  }
}
