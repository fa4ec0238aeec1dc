/** The transit engine of Vault and OpenBao. It signs the message itself, by the version that was pinned. */
import { readFile } from 'node:fs/promises';
import {
  decodeBase64,
  encodeBase64,
  encodeHex,
  encodeJson,
  isJsonArray,
  isJsonObject,
} from 'in-toto-attestation';
import type { JsonObject } from 'in-toto-attestation';
import type { CredentialSource } from './credential-source.ts';
import { deadlinesOf, withinDeadline } from './deadline.ts';
import { parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import { failedFinding, findReachable } from './key-doctor.ts';
import type { KeyFinding, KeyRotation, ServiceCall, ServiceOptions } from './key-service.ts';
import { sha256 } from './local-call.ts';
import type { OpenKeyOptions } from './open-key.ts';
import {
  createServiceClient,
  jsonOf,
  type ServiceClient,
  type ServiceReply,
  type ServiceRequest,
} from './service-client.ts';
import { vaultCredentials, type VaultServer, type VaultToken } from './vault-credentials.ts';
import { judgeVault } from './vault-errors.ts';
import { readVaultKey, type VaultKey } from './vault-key.ts';

const URI = /^(?<scheme>hashivault|openbao):\/\/(?<key>\w(?:[\w.-]*\w)?)(?:\/(?<version>[1-9]\d{0,8}))?$/i;

/** The service's limit on a request is 32 MiB; base64 makes three bytes four, and something is around it. */
const MAX_MESSAGE_BYTES = Math.floor((32 * 1024 * 1024 - 4096) / 4) * 3;
/** An answer lists every version of the key. */
const MAX_KEY_REPLY_BYTES = 1024 * 1024;

interface Product {
  readonly name: string;
  /** Of its environment variables, the first one set counts. */
  readonly prefixes: readonly string[];
}

const PRODUCTS: Readonly<Record<string, Product>> = {
  hashivault: { name: 'Vault', prefixes: ['VAULT'] },
  openbao: { name: 'OpenBao', prefixes: ['BAO', 'VAULT'] },
};

/** A key, as the user named it. */
interface Address {
  readonly uri: string;
  readonly key: string;
  readonly version: number | undefined;
  readonly mount: string;
}

interface Question {
  readonly operation: string;
  readonly path: string;
  readonly body?: JsonObject;
  readonly version?: number;
  readonly paeSha256?: string;
  /** Does it once, because doing it twice would be two things. */
  readonly once?: boolean;
}

/** `hashivault://KEY[/VERSION]` or `openbao://KEY[/VERSION]`; without a version the latest one is pinned. */
export async function openVaultKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const { scheme, key, version } = URI.exec(keyUri)?.groups ?? {};
  const product = scheme === undefined ? undefined : PRODUCTS[scheme.toLowerCase()];
  if (product === undefined || scheme === undefined || key === undefined) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no key of Vault or OpenBao', {
      hint: 'write hashivault://KEY or openbao://KEY, with /VERSION to pin one',
    });
  }
  const service = await withCertificates(product, options.service ?? {});
  const mount = pathOf(
    (service.environment ?? process.env)['TRANSIT_SECRET_ENGINE_PATH'] ?? 'transit',
    'mount',
  );
  const server = serverOf(scheme.toLowerCase(), product, service);
  const address = { uri: keyUri, key, mount, version: version === undefined ? undefined : Number(version) };
  const vault = new Vault(server, address, await vaultCredentials(server, service), service);
  try {
    return backendOf(vault, await vault.readKey(options), address);
  } catch (error) {
    vault.close();
    throw error;
  }
}

function variable(
  { prefixes }: Product,
  name: string,
  { environment = process.env }: ServiceOptions,
): string {
  return prefixes.map((prefix) => environment[`${prefix}_${name}`] ?? '').find((value) => value !== '') ?? '';
}

async function withCertificates(product: Product, service: ServiceOptions): Promise<ServiceOptions> {
  const path = variable(product, 'CACERT', service);
  if (path === '' || service.ca !== undefined) return service;
  try {
    return { ...service, ca: await readFile(path, 'utf8') };
  } catch (error) {
    throw new SignError('ERR_SIGN_CONFIG', `the certificates in ${path} cannot be read`, { cause: error });
  }
}

function serverOf(scheme: string, product: Product, service: ServiceOptions): VaultServer {
  const { name, prefixes } = product;
  const url = service.endpoint ?? variable(product, 'ADDR', service);
  if (url === '') {
    throw new SignError('ERR_SIGN_CONFIG', `the address of ${name} is not known`, {
      hint: `set ${prefixes.map((prefix) => `${prefix}_ADDR`).join(' or ')}`,
    });
  }
  const namespace = variable(product, 'NAMESPACE', service);
  return {
    scheme,
    name,
    // It has no host of its own: whoever set the address chose it, and the rules for addresses remain.
    endpoint: parseEndpoint(url, ['*'], service),
    headers: {
      'x-vault-request': 'true',
      ...(namespace !== '' && { 'x-vault-namespace': pathOf(namespace, 'namespace') }),
    },
    tokenVariables: prefixes.map((prefix) => `${prefix}_TOKEN`),
  };
}

/** Words with slashes between, and nothing that leads elsewhere. */
function pathOf(text: string, what: string): string {
  const path = text.replace(/^\/|\/$/g, '');
  if (!/^\w[\w./-]*$/.test(path) || path.split('/').some((part) => ['', '.', '..'].includes(part)))
    throw new SignError('ERR_SIGN_CONFIG', `the ${what} of the transit engine is no path`);
  return path;
}

function backendOf(vault: Vault, pinned: VaultKey, { uri, mount, key }: Address): KeyBackend {
  return {
    uri,
    publicKey: pinned.publicKey,
    algorithm: pinned.algorithm,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    limitName: `${vault.name} takes requests of at most 32 MiB, so it signs at most ${MAX_MESSAGE_BYTES}`,
    limitHint:
      'make the statement smaller: move long resolvedDependencies into a file and refer to it by digest',
    warnings: vault.credentials.warnings,
    sign: (message, call) => signMessage(vault, pinned, message, call),
    describe: async () => ({
      service: vault.name,
      key: `${mount}/${key}`,
      version: String(pinned.version),
      exportable: pinned.exportable,
    }),
    doctor: (call) => examine(vault, pinned, call),
    rotate: (call) => rotateKey(vault, pinned, call),
    close: async () => vault.close(),
  };
}

async function signMessage(
  vault: Vault,
  { version, algorithm }: VaultKey,
  message: Uint8Array,
  call: ServiceCall,
): Promise<Uint8Array> {
  const body = { input: encodeBase64(message), key_version: version };
  const reply = await vault.ask(
    {
      operation: 'sign',
      path: 'sign',
      version,
      paeSha256: encodeHex(sha256(message)),
      // For Ed25519 nothing is said about hashes: what is sent is signed.
      body:
        algorithm === 'ed25519'
          ? body
          : { ...body, hash_algorithm: 'sha2-256', marshaling_algorithm: 'asn1' },
    },
    call,
  );
  const text = dataOf(reply, vault.name)['signature'];
  const parts = /^vault:v(?<version>\d+):(?<signature>[A-Za-z0-9+/]+={0,2})$/.exec(
    typeof text === 'string' ? text : '',
  )?.groups;
  if (parts?.['signature'] === undefined) {
    throw new SignError('ERR_SIGN_BACKEND', `${vault.name} answered without a signature`);
  }
  if (parts['version'] !== String(version)) {
    throw new SignError('ERR_SIGN_KEY', `${vault.name} signed with another version than ${version}`, {
      hint: 'nothing was written',
    });
  }
  return readSignature(parts['signature'], vault.name);
}

function readSignature(base64: string, name: string): Uint8Array {
  try {
    return decodeBase64(base64, '');
  } catch (error) {
    throw new SignError('ERR_SIGN_BACKEND', `${name} answered with no base64 where it belongs`, {
      cause: error,
    });
  }
}

async function examine(vault: Vault, pinned: VaultKey, call: ServiceCall): Promise<readonly KeyFinding[]> {
  const { reachable, timing } = await findReachable(vault.name, () => vault.askForKey(call));
  return [
    reachable,
    await findPermitted(vault, call),
    {
      check: 'algorithm',
      status: 'ok',
      message: pinned.algorithm === 'ed25519' ? 'Ed25519 (pure)' : 'ECDSA P-256',
    },
    pinned.exportable
      ? {
          check: 'exportable',
          status: 'warning',
          message: 'the private key can be read (exportable) or backed up in plain (allow_plaintext_backup)',
          hint: 'neither can be taken back: make a new key without them, and trust that one instead',
        }
      : { check: 'exportable', status: 'ok', message: `${vault.name} gives no private key out` },
    await findVersion(vault, pinned, call),
    ...timing,
  ];
}

/** A token may ask what it may do, and nothing is signed. */
async function findPermitted(vault: Vault, call: ServiceCall): Promise<KeyFinding> {
  try {
    const capabilities = await vault.capabilities(call);
    if (capabilities.some((one) => one === 'update' || one === 'root'))
      return { check: 'permitted', status: 'ok', message: 'the token has update on the path that signs' };
    return {
      check: 'permitted',
      status: 'failed',
      message: 'the token must not use the path that signs',
      hint: `add to its policy: path "${vault.path('sign')}" { capabilities = ["update"] }`,
    };
  } catch (error) {
    return failedFinding('permitted', error);
  }
}

async function findVersion(vault: Vault, { version }: VaultKey, call: ServiceCall): Promise<KeyFinding> {
  try {
    const { latestVersion } = await vault.readKey(call);
    const message = `pinned to version ${version}; the latest is ${latestVersion}`;
    if (version === latestVersion) return { check: 'version', status: 'ok', message };
    return {
      check: 'version',
      status: 'warning',
      message,
      hint: 'sign with the latest once verifiers trust it',
    };
  } catch (error) {
    return failedFinding('version', error);
  }
}

async function rotateKey(vault: Vault, pinned: VaultKey, call: ServiceCall): Promise<KeyRotation> {
  await vault.ask({ operation: 'rotate', path: 'rotate', body: {}, once: true }, call);
  const { version, publicKey } = await vault.readKey(call, 'latest');
  if (version <= pinned.version || publicKey.keyid === pinned.publicKey.keyid)
    throw new SignError('ERR_SIGN_BACKEND', `${vault.name} made no new version`);
  return { uri: vault.uriOf(version), publicKey };
}

function dataOf(reply: ServiceReply, name: string): JsonObject {
  const { data } = jsonOf(reply, name);
  if (data !== undefined && isJsonObject(data)) return data;
  throw new SignError('ERR_SIGN_BACKEND', `${name} answered without data`);
}

/** One key of one server. */
class Vault {
  readonly name: string;
  readonly credentials: CredentialSource<VaultToken>;
  readonly #server: VaultServer;
  readonly #address: Address;
  readonly #client: ServiceClient;
  readonly #totalMs: number;

  constructor(
    server: VaultServer,
    address: Address,
    credentials: CredentialSource<VaultToken>,
    service: ServiceOptions,
  ) {
    this.name = server.name;
    this.credentials = credentials;
    this.#server = server;
    this.#address = address;
    this.#client = createServiceClient(server.endpoint, { ...service, service: server.scheme });
    this.#totalMs = deadlinesOf(service).totalMs;
  }

  /** A URI with the version in it exactly when the user's has one. */
  uriOf(version: number): string {
    const { uri, version: named } = this.#address;
    return named === undefined ? uri : uri.replace(/\d+$/, String(version));
  }

  path(what: 'sign' | 'keys' | 'rotate'): string {
    const { mount, key } = this.#address;
    return what === 'rotate' ? `${mount}/keys/${key}/rotate` : `${mount}/${what}/${key}`;
  }

  askForKey(call: ServiceCall): Promise<ServiceReply> {
    return this.ask({ operation: 'public-key', path: 'keys' }, call);
  }

  async readKey(call: ServiceCall, which: 'named' | 'latest' = 'named'): Promise<VaultKey> {
    const { mount, key, version } = this.#address;
    const data = dataOf(await this.askForKey(call), this.name);
    return readVaultKey(data, this.name, `${mount}/${key}`, which === 'named' ? version : undefined);
  }

  async capabilities(call: ServiceCall): Promise<readonly unknown[]> {
    const path = this.path('sign');
    const body = { paths: [path] };
    const reply = await this.ask({ operation: 'dry-run', path: '/v1/sys/capabilities-self', body }, call);
    const found = dataOf(reply, this.name)[path];
    return found !== undefined && isJsonArray(found) ? found : [];
  }

  async ask(question: Question, { signal }: ServiceCall): Promise<ServiceReply> {
    let renewed = question.once === true;
    const renew = (): boolean => {
      if (renewed) return false;
      renewed = true;
      return this.credentials.renew();
    };
    const { mount, key } = this.#address;
    return withinDeadline(this.name, this.#totalMs, signal, (within) =>
      this.#client.call(
        () => this.#request(question, within),
        (reply) => {
          const refusal = judgeVault(reply, { name: this.name, key: `${mount}/${key}` }, renew);
          return refusal !== undefined && question.once === true ? { ...refusal, temporary: false } : refusal;
        },
        within,
      ),
    );
  }

  async #request(
    { operation, path, body, version, paeSha256 }: Question,
    signal: AbortSignal,
  ): Promise<ServiceRequest> {
    const { token } = await this.credentials.get(signal);
    return {
      operation,
      method: body === undefined ? 'GET' : 'POST',
      path: path === 'sign' || path === 'keys' || path === 'rotate' ? `/v1/${this.path(path)}` : path,
      headers: { ...this.#server.headers, 'x-vault-token': token },
      ...(body !== undefined && { body: encodeJson(body) }),
      subject: {
        key: `${this.#address.mount}/${this.#address.key}`,
        ...(version !== undefined && { version: String(version) }),
        ...(paeSha256 !== undefined && { paeSha256 }),
      },
      maxReplyBytes: MAX_KEY_REPLY_BYTES,
    };
  }

  close(): void {
    this.#client.close();
  }
}
