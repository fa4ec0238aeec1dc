/** AWS KMS: Ed25519 keys sign the PAE itself (RAW, 4096 bytes at most), P-256 keys its SHA-256 (DIGEST). */
import { createHash } from 'node:crypto';
import { type KeyAlgorithm, parsePublicKey, type PublicKey } from '@danube/keys';
import { decodeBase64, encodeBase64, encodeHex, type JsonObject, MalformedError } from 'in-toto-attestation';
import { awsCredentials } from './aws-credentials.ts';
import type { CredentialSource } from './credential-source.ts';
import { deadlinesOf, withinDeadline } from './deadline.ts';
import { parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';
import { failedFinding, findReachable } from './key-doctor.ts';
import type { KeyFinding, KeyRotation, ServiceCall, ServiceOptions } from './key-service.ts';
import type { OpenKeyOptions } from './open-key.ts';
import {
  createServiceClient,
  jsonOf,
  type Judge,
  optionalJsonOf,
  type Refusal,
  type ServiceClient,
  type ServiceReply,
  type ServiceRequest,
  unavailable,
} from './service-client.ts';
import { type AwsCredential, signRequest } from './sigv4.ts';

const NAME = 'AWS KMS';
const MAX_RAW_BYTES = 4096;
const LIMIT_HINT =
  'use a P-256 key (ECC_NIST_P256), which has no such limit, or delegate to a key in memory (--delegate --format bundle), ' +
  'or make the statement smaller: move long resolvedDependencies into a file and refer to it by digest';

/** KMS's own hosts. Everything else below amazonaws.com may be rented by anybody. */
const KMS_HOSTS = [
  /^kms(-fips)?\.[a-z0-9-]+\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$/,
  /^vpce-[a-z0-9-]+\.kms(-fips)?\.[a-z0-9-]+\.vpce\.amazonaws\.com(\.cn)?$/,
];

const URI = /^awskms:\/\/(?<host>[^/?#]*)\/(?<key>[^?#]+)$/i;
const ARN = /^arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\d{12}:(?:key|alias)\/[\w/-]+$/;
const KEY_ID = /^(?:alias\/[\w/-]+|(?:mrk-)?[0-9a-f-]{32,36})$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/;

interface Spec {
  readonly algorithm: KeyAlgorithm;
  readonly signingAlgorithm: string;
  readonly messageType: 'RAW' | 'DIGEST';
}

const SPECS: Readonly<Record<string, Spec>> = {
  ECC_NIST_EDWARDS25519: { algorithm: 'ed25519', signingAlgorithm: 'ED25519_SHA_512', messageType: 'RAW' },
  ECC_NIST_P256: {
    algorithm: 'ecdsa-p256-sha256',
    signingAlgorithm: 'ECDSA_SHA_256',
    messageType: 'DIGEST',
  },
};

interface Address {
  readonly uri: string;
  readonly endpoint: string;
  /** As the user names it: an id, an ARN, an alias or an alias's ARN. */
  readonly key: string;
  readonly region: string;
}

/** What was pinned when the key was opened. */
interface Pinned {
  readonly arn: string;
  readonly keySpec: string;
  readonly spec: Spec;
  readonly publicKey: PublicKey;
}

/** `awskms://[HOST]/KEY`, KEY being an id, an ARN, `alias/NAME` or an alias's ARN. */
export async function openAwsKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const service = options.service ?? {};
  const address = parseAddress(keyUri, service);
  const endpoint = parseEndpoint(address.endpoint, KMS_HOSTS, service);
  const kms = new Kms(
    address,
    createServiceClient(endpoint, { ...service, service: 'awskms' }),
    await awsCredentials(address.region, service),
    service,
  );
  try {
    const pinned = readPublicKey(await kms.ask('GetPublicKey', { KeyId: address.key }, options), address);
    return backendOf(kms, address, pinned);
  } catch (error) {
    kms.close();
    throw error;
  }
}

function parseAddress(uri: string, service: ServiceOptions): Address {
  const { host = '', key = '' } = URI.exec(uri)?.groups ?? {};
  const arnRegion = ARN.exec(key)?.groups?.['region'];
  if (arnRegion === undefined && !KEY_ID.test(key)) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no key of AWS KMS', {
      hint: 'write awskms:///alias/NAME, awskms:///KEY-ID or awskms:///ARN',
    });
  }
  const environment = service.environment ?? process.env;
  const hostRegion = /^(?:.*\.)?kms(?:-fips)?\.([a-z0-9-]+)\./.exec(host)?.[1];
  const region =
    arnRegion ?? hostRegion ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? '';
  if (!REGION.test(region)) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the region of the key in AWS KMS is not known', {
      hint: 'name the key by its ARN, or set AWS_REGION',
    });
  }
  const ownHost = `kms.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const scheme =
    service.allowLoopbackHttp === true && /^(127\.|\[::1\]|localhost)/.test(host) ? 'http' : 'https';
  return { uri, key, region, endpoint: service.endpoint ?? `${scheme}://${host === '' ? ownHost : host}` };
}

/** The pinned key from GetPublicKey's answer. */
function readPublicKey(reply: ServiceReply, { key, uri }: Address): Pinned {
  const {
    KeyId: arn,
    KeySpec: keySpec,
    KeyUsage: usage,
    PublicKey: spki,
    SigningAlgorithms: algorithms,
  } = jsonOf(reply, NAME);
  if (typeof arn !== 'string' || !ARN.test(arn) || !isKey(arn, key)) {
    throw new SignError('ERR_SIGN_KEY', `${NAME} answered with another key than ${key}`);
  }
  const spec = typeof keySpec === 'string' && Object.hasOwn(SPECS, keySpec) ? SPECS[keySpec] : undefined;
  if (spec === undefined || typeof keySpec !== 'string') {
    throw new SignError('ERR_SIGN_KEY', `${uri} is a key of ${NAME} that is used for no signature here`, {
      hint: 'make one with the key spec ECC_NIST_EDWARDS25519 or ECC_NIST_P256',
    });
  }
  const signs = Array.isArray(algorithms) && algorithms.includes(spec.signingAlgorithm);
  if (usage !== 'SIGN_VERIFY' || !signs) {
    throw new SignError('ERR_SIGN_KEY', `${uri} is not for signing with ${spec.signingAlgorithm}`);
  }
  const publicKey = readBase64(spki, (der) => parsePublicKey(der));
  if (publicKey.algorithm !== spec.algorithm) {
    throw new SignError(
      'ERR_SIGN_KEY',
      `${NAME} says ${keySpec} and sends the public key of another algorithm`,
    );
  }
  return { arn, keySpec, spec, publicKey };
}

/** An alias may stand for any key; an id or ARN only for itself. */
function isKey(arn: string, named: string): boolean {
  if (named.startsWith('alias/') || named.includes(':alias/')) return true;
  return named.startsWith('arn:') ? arn === named : arn.endsWith(`:key/${named}`);
}

function readBase64<T>(value: unknown, read: (bytes: Uint8Array) => T): T {
  try {
    return read(decodeBase64(typeof value === 'string' ? value : '', ''));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new SignError('ERR_SIGN_BACKEND', `${NAME} answered with no base64 where it belongs`, {
      cause: error,
    });
  }
}

function backendOf(kms: Kms, address: Address, pinned: Pinned): KeyBackend {
  const { spec, publicKey, arn } = pinned;
  const raw = spec.messageType === 'RAW';
  return {
    uri: address.uri,
    publicKey,
    algorithm: spec.algorithm,
    maxMessageBytes: raw ? MAX_RAW_BYTES : Infinity,
    ...(raw && { limitName: `${NAME} signs at most ${MAX_RAW_BYTES} with Ed25519`, limitHint: LIMIT_HINT }),
    warnings: kms.credentials.warnings,
    sign: (message, call) => signMessage(kms, pinned, message, call),
    describe: async () => ({ service: NAME, key: arn, exportable: false }),
    doctor: (call) => examine(kms, pinned, call),
    rotate: (call) => replaceKey(kms, address, pinned, call),
    close: async () => kms.close(),
  };
}

function signInput({ arn, spec }: Pinned, message: Uint8Array): JsonObject {
  const input = spec.messageType === 'RAW' ? message : sha256(message);
  return {
    KeyId: arn, // the key itself: an alias may point elsewhere by now
    Message: encodeBase64(input),
    MessageType: spec.messageType,
    SigningAlgorithm: spec.signingAlgorithm,
  };
}

function sha256(message: Uint8Array): Uint8Array {
  return createHash('sha256').update(message).digest();
}

async function signMessage(
  kms: Kms,
  pinned: Pinned,
  message: Uint8Array,
  call: ServiceCall,
): Promise<Uint8Array> {
  const paeSha256 = encodeHex(sha256(message));
  const reply = await kms.ask('Sign', signInput(pinned, message), call, {
    subject: { key: pinned.arn, paeSha256 },
  });
  const { KeyId: arn, Signature: signature } = jsonOf(reply, NAME);
  if (arn !== pinned.arn) {
    throw new SignError('ERR_SIGN_KEY', `${NAME} signed with another key than ${pinned.arn}`, {
      hint: 'nothing was written',
    });
  }
  return readBase64(signature, (bytes) => bytes);
}

async function examine(kms: Kms, pinned: Pinned, call: ServiceCall): Promise<readonly KeyFinding[]> {
  const ask = (): Promise<ServiceReply> => kms.ask('GetPublicKey', { KeyId: pinned.arn }, call);
  const { reachable, timing } = await findReachable(NAME, ask);
  return [
    reachable,
    await findPermitted(kms, pinned, call),
    {
      check: 'algorithm',
      status: 'ok',
      message: `${pinned.spec.signingAlgorithm} (${pinned.spec.messageType})`,
    },
    {
      check: 'exportable',
      status: 'ok',
      message: `${NAME} gives no private key out; one that was imported may exist elsewhere`,
    },
    { check: 'version', status: 'ok', message: `pinned to ${pinned.arn}; such a key has no versions` },
    ...timing,
  ];
}

/** A dry run that would succeed ends in the error DryRunOperationException. */
async function findPermitted(kms: Kms, pinned: Pinned, call: ServiceCall): Promise<KeyFinding> {
  try {
    const input = { ...signInput(pinned, new Uint8Array(1)), DryRun: true };
    await kms.ask('Sign', input, call, {
      accept: (reply) => errorNameOf(reply) === 'DryRunOperationException',
      operation: 'dry-run',
    });
    return { check: 'permitted', status: 'ok', message: 'a dry run of signing would have succeeded' };
  } catch (error) {
    return failedFinding('permitted', error);
  }
}

/** Asymmetric keys cannot be rotated in AWS: a new key takes over the alias. */
async function replaceKey(
  kms: Kms,
  address: Address,
  pinned: Pinned,
  call: ServiceCall,
): Promise<KeyRotation> {
  const alias = /(?:^|:)(alias\/.+)$/.exec(address.key)?.[1];
  if (alias === undefined) {
    throw new SignError('ERR_SIGN_KEY', `${NAME} does not rotate asymmetric keys`, {
      hint: 'name the key by an alias: a new key is made then, and takes the alias over',
    });
  }
  const input = { KeySpec: pinned.keySpec, KeyUsage: 'SIGN_VERIFY', Description: `replaces ${pinned.arn}` };
  const { KeyMetadata: metadata } = jsonOf(await kms.ask('CreateKey', input, call, { once: true }), NAME);
  const arn =
    typeof metadata === 'object' && metadata !== null && 'Arn' in metadata ? metadata.Arn : undefined;
  if (typeof arn !== 'string' || !ARN.test(arn) || arn === pinned.arn) {
    throw new SignError('ERR_SIGN_BACKEND', `${NAME} made a key and did not name it`);
  }
  const created = { ...address, key: arn };
  const { publicKey } = readPublicKey(await kms.ask('GetPublicKey', { KeyId: arn }, call), created);
  await kms.ask('UpdateAlias', { AliasName: alias, TargetKeyId: arn }, call);
  return { uri: address.uri, publicKey };
}

interface AskOptions {
  readonly subject?: ServiceRequest['subject'];
  readonly operation?: string;
  /** Takes an answer for success that looks like an error. */
  readonly accept?: (reply: ServiceReply) => boolean;
  /** Does it once, because doing it twice would be two things. */
  readonly once?: boolean;
}

/** KMS's JSON protocol. */
class Kms {
  readonly credentials: CredentialSource<AwsCredential>;
  readonly #address: Address;
  readonly #client: ServiceClient;
  readonly #totalMs: number;

  constructor(
    address: Address,
    client: ServiceClient,
    credentials: CredentialSource<AwsCredential>,
    service: ServiceOptions,
  ) {
    this.credentials = credentials;
    this.#address = address;
    this.#client = client;
    this.#totalMs = deadlinesOf(service).totalMs;
  }

  async ask(
    action: string,
    input: JsonObject,
    call: ServiceCall,
    options: AskOptions = {},
  ): Promise<ServiceReply> {
    const body = JSON.stringify(input);
    const judge: Judge = (reply) => {
      if (options.accept?.(reply) === true) return undefined;
      const refusal = judgeReply(reply, this.#address, this.credentials);
      return refusal !== undefined && options.once === true ? { ...refusal, temporary: false } : refusal;
    };
    return withinDeadline(NAME, this.#totalMs, call.signal, (signal) =>
      this.#client.call(() => this.#prepare(action, body, options, signal), judge, signal),
    );
  }

  async #prepare(
    action: string,
    body: string,
    options: AskOptions,
    signal: AbortSignal,
  ): Promise<ServiceRequest> {
    const request = {
      method: 'POST',
      host: this.#client.endpoint.url.host,
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${action}` },
      body,
    } as const;
    const scope = { region: this.#address.region, service: 'kms' };
    return {
      operation: options.operation ?? OPERATIONS[action] ?? action,
      method: 'POST',
      path: '/',
      headers: signRequest(request, await this.credentials.get(signal), scope, new Date()),
      body,
      subject: options.subject ?? { key: this.#address.key },
    };
  }

  close(): void {
    this.#client.close();
  }
}

const OPERATIONS: Readonly<Record<string, string>> = {
  GetPublicKey: 'public-key',
  Sign: 'sign',
  CreateKey: 'create-key',
  UpdateAlias: 'move-alias',
};

/** The name of an AWS error, which is all of it that is ever shown. */
function errorNameOf(reply: ServiceReply): string {
  const type = optionalJsonOf(reply)['__type'] ?? reply.headers['x-amzn-errortype'];
  const name = typeof type === 'string' ? type.replace(/^.*#|:.*$/g, '') : '';
  return /^[A-Za-z]{1,64}$/.test(name) ? name : `HTTP ${reply.status}`;
}

const TEMPORARY = new Set([
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'KMSInternalException',
  'ThrottlingException',
]);

type Final = readonly [code: SignError['code'], message: (key: string) => string, hint: string];

const FINAL: Readonly<Record<string, Final>> = {
  AccessDeniedException: [
    'ERR_SIGN_DENIED',
    (key) => `${NAME} does not let this identity use ${key}`,
    'it needs kms:GetPublicKey and kms:Sign on this key, in its own policy and in the key policy',
  ],
  NotFoundException: [
    'ERR_SIGN_KEY',
    (key) => `${NAME} has no key ${key} in this region and account`,
    'check the name, the region and the account',
  ],
  DisabledException: [
    'ERR_SIGN_KEY',
    (key) => `the key ${key} is disabled in ${NAME}`,
    'enable it, or use another',
  ],
  KMSInvalidStateException: [
    'ERR_SIGN_KEY',
    (key) => `the key ${key} cannot be used in its present state in ${NAME}`,
    'it may be waiting for its deletion or for key material',
  ],
  InvalidKeyUsageException: [
    'ERR_SIGN_KEY',
    (key) => `the key ${key} in ${NAME} is not for this kind of signature`,
    'make one with the key usage SIGN_VERIFY and the key spec ECC_NIST_EDWARDS25519 or ECC_NIST_P256',
  ],
  InvalidGrantTokenException: [
    'ERR_SIGN_DENIED',
    (key) => `${NAME} does not take the grant for ${key}`,
    'renew it',
  ],
  ValidationException: [
    'ERR_SIGN_BACKEND',
    (key) => `${NAME} finds the request about ${key} invalid`,
    'nothing was signed; trying again will not help',
  ],
};

const CREDENTIAL_ERRORS = new Set([
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

function judgeReply(
  reply: ServiceReply,
  { key }: Address,
  credentials: CredentialSource<AwsCredential>,
): Refusal | undefined {
  if (reply.status === 200) return undefined;
  const name = errorNameOf(reply);
  if (TEMPORARY.has(name) || reply.status >= 500 || reply.status === 429) {
    return unavailable(name, `${NAME} cannot answer now (${name})`);
  }
  if (CREDENTIAL_ERRORS.has(name)) {
    const message = `${NAME} does not take the credential (${name})`;
    const hint = 'it may have expired, or the clock of this machine may be wrong';
    const temporary = name === 'ExpiredTokenException' && credentials.renew();
    return { outcome: name, temporary, error: new SignError('ERR_SIGN_DENIED', message, { hint }) };
  }
  const [code, message, hint] = (Object.hasOwn(FINAL, name) ? FINAL[name] : undefined) ?? [
    'ERR_SIGN_BACKEND',
    () => `${NAME} refused the request (${name})`,
    'nothing was signed',
  ];
  const text = message(key);
  const error = new SignError(code, text.includes(name) ? text : `${text} (${name})`, { hint });
  return { outcome: name, temporary: false, error };
}
