/** Azure Key Vault and Managed HSM: P-256 keys sign the PAE's SHA-256. Azure offers no Ed25519. */
import { createHash } from 'node:crypto';
import { parsePublicKey, type PublicKey } from '@danube/keys';
import { encodeHex, isJsonArray, isJsonObject, type JsonObject } from 'in-toto-attestation';
import { azureCredentials } from './azure-credentials.ts';
import { BearerService } from './bearer-service.ts';
import { encodeEcdsaSignature } from './ecdsa-signature.ts';
import { parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import { findReachable } from './key-doctor.ts';
import type { KeyFinding, KeyRotation, ServiceCall, ServiceOptions } from './key-service.ts';
import type { OpenKeyOptions } from './open-key.ts';
import {
  jsonOf,
  optionalJsonOf,
  type Refusal,
  type ServiceReply,
  textOf,
  unavailable,
} from './service-client.ts';

const NAME = 'Azure Key Vault';
const API = 'api-version=7.4';
const URI =
  /^azurekms:\/\/(?<vault>[a-z0-9.:[\]-]+)\/(?<key>[a-z0-9-]{1,127})(?:\/(?<version>[0-9a-z]{1,64}))?$/i;

/** The services, by what follows the vault's name; tokens are for `https://` and that. */
const SUFFIXES = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'managedhsm.azure.net',
  'managedhsm.azure.cn',
  'managedhsm.usgovcloudapi.net',
];

interface Pinned {
  readonly uri: string;
  readonly vault: string;
  readonly key: string;
  readonly version: string;
  /** `https://VAULT/keys/KEY/VERSION` */
  readonly kid: string;
  readonly hsm: boolean;
  readonly exportable: boolean;
  readonly publicKey: PublicKey;
}

/** `azurekms://VAULT/KEY[/VERSION]`; VAULT is a host or the name of a Key Vault; the current version without VERSION. */
export async function openAzureKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const { vault, key, version } = URI.exec(keyUri)?.groups ?? {};
  if (vault === undefined || key === undefined) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no key of Azure Key Vault', {
      hint: 'write azurekms://VAULT.vault.azure.net/KEY/VERSION',
    });
  }
  const service = options.service ?? {};
  const url = endpointOf(vault, service);
  const endpoint = parseEndpoint(
    url,
    SUFFIXES.map((suffix) => `.${suffix}`),
    service,
  );
  const kms = new BearerService(
    NAME,
    endpoint,
    await azureCredentials(resourceOf(endpoint.url.hostname), service),
    (reply) => judgeReply(reply, key),
    { ...service, service: 'azurekms' },
  );
  try {
    const path = version === undefined ? `/keys/${key}` : `/keys/${key}/${version}`;
    const reply = await askKey(kms, path, { key, ...(version !== undefined && { version }) }, options);
    const origin = endpoint.url.origin;
    return backendOf(kms, readKey(reply, { uri: keyUri, vault, key }, origin, version), origin);
  } catch (error) {
    kms.close();
    throw error;
  }
}

function endpointOf(vault: string, service: ServiceOptions): string {
  if (service.endpoint !== undefined) return service.endpoint;
  if (service.allowLoopbackHttp === true && /^(127\.|\[::1\]|localhost)/.test(vault))
    return `http://${vault}`;
  return `https://${vault.includes('.') ? vault : `${vault}.vault.azure.net`}`;
}

function resourceOf(host: string): string {
  return `https://${SUFFIXES.find((suffix) => host.endsWith(`.${suffix}`)) ?? 'vault.azure.net'}`;
}

function askKey(
  kms: BearerService,
  path: string,
  subject: { readonly key: string; readonly version?: string },
  call: ServiceCall,
): Promise<ServiceReply> {
  return kms.ask({ operation: 'public-key', path: `${path}?${API}`, subject }, call);
}

function readKey(
  reply: ServiceReply,
  named: Pick<Pinned, 'uri' | 'vault' | 'key'>,
  origin: string,
  version: string | undefined,
): Pinned {
  const { key: jwk, attributes } = jsonOf(reply, NAME);
  if (jwk === undefined || !isJsonObject(jwk))
    throw new SignError('ERR_SIGN_BACKEND', `${NAME} answered without a key`);
  const { kid, kty } = jwk;
  const prefix = `${origin}/keys/${named.key}/`;
  const answered = typeof kid === 'string' && kid.startsWith(prefix) ? kid.slice(prefix.length) : '';
  if (!/^[0-9a-z]{1,64}$/i.test(answered) || (version !== undefined && answered !== version)) {
    throw new SignError('ERR_SIGN_KEY', `${NAME} answered with another key or version than ${named.uri}`);
  }
  requireP256(jwk, named.uri);
  const details = attributes !== undefined && isJsonObject(attributes) ? attributes : {};
  if (details['enabled'] !== true) {
    throw new SignError('ERR_SIGN_KEY', `${named.uri} is disabled in ${NAME}`, {
      hint: 'enable it, or use another',
    });
  }
  return {
    ...named,
    version: answered,
    kid: prefix + answered,
    hsm: textOf(kty).endsWith('-HSM'),
    exportable: details['exportable'] === true,
    publicKey: publicKeyOf(jwk),
  };
}

function requireP256(jwk: JsonObject, uri: string): void {
  const { kty, crv, key_ops: operations } = jwk;
  const p256 = (kty === 'EC' || kty === 'EC-HSM') && crv === 'P-256';
  if (!p256) {
    throw new SignError('ERR_SIGN_KEY', `${uri} is no P-256 key; Ed25519 is not offered by Azure`, {
      hint: 'make one with: az keyvault key create --kty EC --curve P-256 --ops sign verify',
    });
  }
  if (operations === undefined || !isJsonArray(operations) || !operations.includes('sign')) {
    throw new SignError('ERR_SIGN_KEY', `${uri} is not for signing`, {
      hint: 'its operations must hold sign',
    });
  }
}

function publicKeyOf({ x, y }: JsonObject): PublicKey {
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' };
  return parsePublicKey(Buffer.from(JSON.stringify(jwk)));
}

function backendOf(kms: BearerService, pinned: Pinned, origin: string): KeyBackend {
  const { uri, publicKey, hsm, version, exportable } = pinned;
  return {
    uri,
    publicKey,
    algorithm: publicKey.algorithm,
    maxMessageBytes: Infinity,
    warnings: kms.credentials.warnings,
    sign: (message, call) => signMessage(kms, pinned, message, call),
    describe: async () => ({
      service: NAME,
      key: `${origin}/keys/${pinned.key}`,
      version,
      exportable,
      protection: hsm ? 'HSM' : 'SOFTWARE',
    }),
    doctor: (call) => examine(kms, pinned, call),
    rotate: (call) => addVersion(kms, pinned, origin, call),
    close: async () => kms.close(),
  };
}

async function signMessage(
  kms: BearerService,
  { key, version, kid }: Pinned,
  message: Uint8Array,
  call: ServiceCall,
): Promise<Uint8Array> {
  const digest = createHash('sha256').update(message).digest();
  const body = { alg: 'ES256', value: digest.toString('base64url') };
  const subject = { key, version, paeSha256: encodeHex(digest) };
  const path = `/keys/${key}/${version}/sign?${API}`;
  const answer = jsonOf(await kms.ask({ operation: 'sign', path, body, subject }, call), NAME);
  if (answer['kid'] !== kid) {
    throw new SignError('ERR_SIGN_KEY', `${NAME} signed with another key or version than ${kid}`, {
      hint: 'nothing was written',
    });
  }
  const raw = Buffer.from(textOf(answer['value']), 'base64url');
  if (raw.length !== 64) throw new SignError('ERR_SIGN_BACKEND', `${NAME} answered with no ES256 signature`);
  return encodeEcdsaSignature(raw);
}

async function examine(
  kms: BearerService,
  pinned: Pinned,
  call: ServiceCall,
): Promise<readonly KeyFinding[]> {
  const { key, version, exportable } = pinned;
  const { reachable, timing } = await findReachable(NAME, () =>
    askKey(kms, `/keys/${key}/${version}`, { key, version }, call),
  );
  return [
    reachable,
    {
      check: 'permitted',
      status: 'unknown',
      message: `${NAME} has no dry run; the key allows the operation sign, whether this identity may is not known`,
      hint: 'it needs the role Key Vault Crypto User',
    },
    { check: 'algorithm', status: 'ok', message: 'ES256' },
    exportable
      ? {
          check: 'exportable',
          status: 'warning',
          message: 'the private key can be released',
          hint: 'make one that cannot',
        }
      : { check: 'exportable', status: 'ok', message: 'the private key stays in the vault' },
    { check: 'version', status: 'ok', message: `pinned to ${version}` },
    ...timing,
  ];
}

async function addVersion(
  kms: BearerService,
  pinned: Pinned,
  origin: string,
  call: ServiceCall,
): Promise<KeyRotation> {
  const { key, vault, uri } = pinned;
  const path = `/keys/${key}/rotate?${API}`;
  const reply = await kms.ask({ operation: 'rotate', path, body: {}, subject: { key }, once: true }, call);
  const rotated = readKey(reply, { uri, vault, key }, origin, undefined);
  if (rotated.version === pinned.version) {
    throw new SignError('ERR_SIGN_BACKEND', `${NAME} answered a rotation with the old version`);
  }
  return { uri: `azurekms://${vault}/${key}/${rotated.version}`, publicKey: rotated.publicKey };
}

type Meaning = readonly [code: SignError['code'], message: string, hint: string];

const MEANINGS: Readonly<Record<string, Meaning>> = {
  KeyDisabled: ['ERR_SIGN_KEY', 'the key is disabled', 'enable it, or use another'],
  KeyNotFound: [
    'ERR_SIGN_KEY',
    'there is no such key or version',
    'check the vault, the key and the version',
  ],
  KeyOperationForbidden: [
    'ERR_SIGN_KEY',
    'the key is not for this operation',
    'its operations must hold sign',
  ],
  Unauthorized: [
    'ERR_SIGN_DENIED',
    'the credential is not taken',
    'it may have expired, or be for another vault or tenant',
  ],
  Forbidden: [
    'ERR_SIGN_DENIED',
    'this identity may not use the key',
    'it needs the role Key Vault Crypto User, and a way through the firewall of the vault',
  ],
  BadParameter: ['ERR_SIGN_BACKEND', 'the request is found invalid', 'the key may be of another algorithm'],
  Conflict: ['ERR_SIGN_KEY', 'the key is being changed or was deleted', 'look at its state in the vault'],
};

function judgeReply(reply: ServiceReply, key: string): Refusal | undefined {
  if (reply.status === 200) return undefined;
  const name = errorNameOf(reply);
  if (reply.status === 429 || reply.status >= 500)
    return unavailable(name, `${NAME} cannot answer now (${name})`);
  const [code, message, hint] = (Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined) ?? [
    'ERR_SIGN_BACKEND',
    'the request was refused',
    'nothing was signed',
  ];
  return {
    outcome: name,
    temporary: false,
    error: new SignError(code, `${NAME}, key ${key}: ${message} (${name})`, { hint }),
  };
}

/** The inner error says more where there is one we know. */
function errorNameOf(reply: ServiceReply): string {
  const { error } = optionalJsonOf(reply);
  if (error === undefined || !isJsonObject(error))
    return reply.status === 401 ? 'Unauthorized' : `HTTP ${reply.status}`;
  const { innererror: inner, code } = error;
  const innerCode = inner !== undefined && isJsonObject(inner) ? inner['code'] : undefined;
  const name = typeof innerCode === 'string' && Object.hasOwn(MEANINGS, innerCode) ? innerCode : code;
  return typeof name === 'string' && /^[A-Za-z]{1,64}$/.test(name) ? name : `HTTP ${reply.status}`;
}
