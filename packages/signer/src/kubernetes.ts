/** A key in a Kubernetes Secret. It is read once and signs here, as a key on disk does. */
import { KeyError, parsePrivateKey, parsePublicKey, type PrivateKey, type PublicKey } from '@danube/keys';
import { decodeBase64, isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { deadlinesOf, withinDeadline } from './deadline.ts';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import { failedFinding, findReachable } from './key-doctor.ts';
import type { KeyFinding, ServiceCall, ServiceOptions } from './key-service.ts';
import { kubernetesAccess, type KubernetesAccess } from './kubernetes-access.ts';
import { callLocally } from './local-call.ts';
import type { OpenKeyOptions } from './open-key.ts';
import {
  createServiceClient,
  jsonOf,
  type Refusal,
  type ServiceClient,
  type ServiceReply,
  textOf,
  unavailable,
} from './service-client.ts';

const SERVICE = 'k8s';
const NAME = 'Kubernetes';
const URI =
  /^k8s:\/\/(?<namespace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(?<name>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)$/;
const MAX_NAME_LENGTH = 253;
/** A Secret holds at most 1 MiB, in base64 and with its metadata. */
const MAX_REPLY_BYTES = 3 * 1024 * 1024;

/** Fields of a Secret that hold a private key, each with the fields of its public half and of its passphrase. */
const FIELDS = [
  { key: 'cosign.key', publicKey: 'cosign.pub', passphrase: 'cosign.password' },
  { key: 'signing.key', publicKey: 'signing.key.pub', passphrase: 'signing.password' },
  { key: 'ssh-privatekey', publicKey: 'ssh-publickey', passphrase: 'ssh-password' },
] as const;
type Fields = (typeof FIELDS)[number];

/** A key as the Secret held it at one time. */
interface StoredKey {
  readonly key: PrivateKey;
  /** The Secret's resourceVersion. */
  readonly version: string;
}

/** `k8s://NAMESPACE/SECRET`, as cosign spells it. */
export async function openKubernetesKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const { namespace, name = '' } = URI.exec(keyUri)?.groups ?? {};
  if (namespace === undefined || name.length > MAX_NAME_LENGTH) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no Secret of Kubernetes', {
      hint: 'write k8s://NAMESPACE/SECRET',
    });
  }
  const service = options.service ?? {};
  const secret = new Secret(namespace, name, await kubernetesAccess(service), service);
  try {
    return backendOf(keyUri, secret, await secret.readKey(options, options.passphrase), service);
  } catch (error) {
    secret.close();
    throw error;
  }
}

function backendOf(
  uri: string,
  secret: Secret,
  { key, version }: StoredKey,
  service: ServiceOptions,
): KeyBackend {
  const { publicKey } = key;
  return {
    uri,
    publicKey,
    algorithm: publicKey.algorithm,
    maxMessageBytes: Infinity,
    warnings: secret.access.warnings,
    sign: async (message, { signal }) => {
      const call = { service: SERVICE, name: NAME, operation: 'sign', key: secret.path, version, message };
      return callLocally(call, service, signal, async () => key.sign(message));
    },
    describe: async () => ({ service: NAME, key: secret.path, version, exportable: true }),
    doctor: (call) => examine(secret, publicKey, call),
    close: async () => {
      secret.close();
      key.destroy();
    },
  };
}

async function examine(secret: Secret, pinned: PublicKey, call: ServiceCall): Promise<readonly KeyFinding[]> {
  const { reachable, timing } = await findReachable(NAME, () => secret.ask(call));
  return [
    reachable,
    reachable.status === 'ok'
      ? { check: 'permitted', status: 'ok', message: `this identity may read the Secret ${secret.path}` }
      : { ...reachable, check: 'permitted' },
    { check: 'algorithm', status: 'ok', message: 'Ed25519 (pure)' },
    {
      check: 'exportable',
      status: 'warning',
      message: 'whoever may read the Secret, or the store behind it, has the key',
      hint: 'let few read it, encrypt Secrets at rest, or keep the key in a key service',
    },
    await findVersion(secret, pinned, call),
    ...timing,
  ];
}

/** The passphrase is not kept, so that of an encrypted key only the public half that lies beside it can be compared. */
async function findVersion(secret: Secret, pinned: PublicKey, call: ServiceCall): Promise<KeyFinding> {
  try {
    const { publicKey, version } = await secret.readPublicKey(call);
    const message = `resourceVersion ${version}`;
    if (publicKey === undefined) return { check: 'version', status: 'unknown', message };
    if (publicKey.keyid === pinned.keyid) return { check: 'version', status: 'ok', message };
    return {
      check: 'version',
      status: 'failed',
      message: `${message} holds another key, ${publicKey.keyid}`,
    };
  } catch (error) {
    return failedFinding('version', error);
  }
}

/** One Secret of one cluster. */
class Secret {
  /** `NAMESPACE/NAME`. */
  readonly path: string;
  readonly access: KubernetesAccess;
  readonly #namespace: string;
  readonly #name: string;
  readonly #client: ServiceClient;
  readonly #totalMs: number;

  constructor(namespace: string, name: string, access: KubernetesAccess, service: ServiceOptions) {
    this.path = `${namespace}/${name}`;
    this.access = access;
    this.#namespace = namespace;
    this.#name = name;
    const { ca, clientCertificate } = access;
    this.#client = createServiceClient(access.endpoint, {
      ...service,
      service: SERVICE,
      ...(ca !== undefined && { ca }),
      ...(clientCertificate !== undefined && { clientCertificate }),
    });
    this.#totalMs = deadlinesOf(service).totalMs;
  }

  ask({ signal }: ServiceCall): Promise<ServiceReply> {
    return withinDeadline(NAME, this.#totalMs, signal, (within) =>
      this.#client.call(
        async () => ({
          operation: 'read-secret',
          method: 'GET',
          path: `/api/v1/namespaces/${this.#namespace}/secrets/${this.#name}`,
          headers: { accept: 'application/json', ...authorization(await this.access.token()) },
          subject: { key: this.path },
          maxReplyBytes: MAX_REPLY_BYTES,
        }),
        (reply) => judge(reply, this.path),
        within,
      ),
    );
  }

  async readKey(call: ServiceCall, passphrase: Uint8Array | undefined): Promise<StoredKey> {
    const { fields, data, version } = await this.#read(call);
    const secrets = [
      decode(data, fields.key, this.path),
      passphrase ?? decode(data, fields.passphrase, this.path),
    ];
    try {
      const [bytes = new Uint8Array(), opens] = secrets;
      const key = await this.#parse(fields.key, () =>
        parsePrivateKey(bytes, opens === undefined ? {} : { passphrase: opens }),
      );
      const claimed = await this.#publicKey(fields, data);
      if (claimed === undefined || claimed.keyid === key.publicKey.keyid) return { key, version };
      key.destroy();
      throw new SignError(
        'ERR_SIGN_KEY',
        `the Secret ${this.path} has the public key of another key in ${fields.publicKey}`,
        {
          hint: `its ${fields.key} is ${key.publicKey.keyid}; write both anew`,
        },
      );
    } finally {
      for (const secret of secrets) if (secret !== passphrase) secret?.fill(0);
    }
  }

  /** The public half that lies beside the private one, or that of a private one without passphrase. */
  async readPublicKey(
    call: ServiceCall,
  ): Promise<{ readonly publicKey: PublicKey | undefined; readonly version: string }> {
    const { fields, data, version } = await this.#read(call);
    const beside = await this.#publicKey(fields, data);
    if (beside !== undefined) return { publicKey: beside, version };
    try {
      const { key } = await this.readKey(call, undefined);
      key.destroy();
      return { publicKey: key.publicKey, version };
    } catch (error) {
      if (error instanceof KeyError && error.code === 'ERR_KEY_PASSPHRASE_REQUIRED')
        return { publicKey: undefined, version };
      throw error;
    }
  }

  async #read(
    call: ServiceCall,
  ): Promise<{ readonly fields: Fields; readonly data: JsonObject; readonly version: string }> {
    const reply = await this.ask(call);
    const { metadata, data = {} } = jsonOf(reply, NAME);
    reply.body.fill(0);
    const { namespace, name, resourceVersion } = objectOf(metadata);
    if (namespace !== this.#namespace || name !== this.#name)
      throw new SignError('ERR_SIGN_KEY', `${NAME} answered about another Secret than ${this.path}`);
    const held = objectOf(data);
    const [fields, second] = FIELDS.filter(({ key }) => held[key] !== undefined);
    if (fields === undefined || second !== undefined) {
      const known = FIELDS.map(({ key }) => key).join(', ');
      throw new SignError(
        'ERR_SIGN_KEY',
        `the Secret ${this.path} has ${second === undefined ? 'none' : 'more than one'} of ${known}`,
        {
          hint: 'one of them must hold the private key (PEM)',
        },
      );
    }
    return { fields, data: held, version: textOf(resourceVersion) };
  }

  async #publicKey({ publicKey }: Fields, data: JsonObject): Promise<PublicKey | undefined> {
    const bytes = decode(data, publicKey, this.path);
    return bytes === undefined ? undefined : this.#parse(publicKey, async () => parsePublicKey(bytes));
  }

  /** Says which Secret an error is about. */
  async #parse<T>(field: string, parse: () => Promise<T>): Promise<T> {
    try {
      return await parse();
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      throw new KeyError(error.code, `the Secret ${this.path}, ${field}: ${error.message}`, hint);
    }
  }

  close(): void {
    this.#client.close();
  }
}

function authorization(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function decode(data: JsonObject, field: string, path: string): Uint8Array | undefined {
  const text = data[field];
  if (text === undefined) return undefined;
  try {
    return decodeBase64(textOf(text), '');
  } catch {
    throw new SignError('ERR_SIGN_BACKEND', `the Secret ${path} came with no base64 in ${field}`);
  }
}

/** The server's own texts are not shown. */
function judge({ status }: ServiceReply, path: string): Refusal | undefined {
  if (status === 200) return undefined;
  const outcome = `HTTP ${status}`;
  if (status === 429 || status >= 500) return unavailable(outcome, `${NAME} cannot answer now (${outcome})`);
  const [code, message, hint] = meaningOf(status, path);
  return { outcome, temporary: false, error: new SignError(code, `${message} (${outcome})`, { hint }) };
}

function meaningOf(status: number, path: string): readonly [SignError['code'], string, string] {
  switch (status) {
    case 401:
      return [
        'ERR_SIGN_DENIED',
        `${NAME} does not take the credential`,
        'the token may have expired, or be for another cluster',
      ];
    case 403:
      return [
        'ERR_SIGN_DENIED',
        `${NAME} does not let this identity read the Secret ${path}`,
        'grant it a Role with the verb get on secrets, for this one resourceName',
      ];
    case 404:
      return ['ERR_SIGN_KEY', `${NAME} has no Secret ${path}`, 'check namespace, name and cluster'];
    default:
      return [
        'ERR_SIGN_BACKEND',
        `${NAME} refused the request about the Secret ${path}`,
        'is the endpoint a Kubernetes API server?',
      ];
  }
}
