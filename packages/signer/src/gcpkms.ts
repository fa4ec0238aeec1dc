/** Google Cloud KMS: Ed25519 keys sign the PAE itself (`data`), P-256 keys its SHA-256 (`digest`). */
import { createHash } from 'node:crypto';
import { type KeyAlgorithm, parsePublicKey, type PublicKey } from '@danube/keys';
import { encodeBase64, encodeHex, isJsonArray, isJsonObject, type JsonObject } from 'in-toto-attestation';
import { BearerService } from './bearer-service.ts';
import { crc32c } from './crc32c.ts';
import { waitFor, withinDeadline, deadlinesOf } from './deadline.ts';
import { parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import { gcpCredentials } from './gcp-credentials.ts';
import type { KeyBackend } from './key-backend.ts';
import { failedFinding, findReachable } from './key-doctor.ts';
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

const NAME = 'Google Cloud KMS';
const HOSTS = [/^cloudkms(\.[a-z0-9-]+\.rep)?\.googleapis\.com$/];
const MAX_DATA_BYTES = 64 * 1024;
const URI =
  /^gcpkms:\/\/(?<key>projects\/[\w.:-]+\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+)(?:\/(?:cryptoKeyVersions|versions)\/(?<version>[1-9]\d{0,8}))?$/i;

const ALGORITHMS: Readonly<Record<string, KeyAlgorithm>> = {
  EC_SIGN_ED25519: 'ed25519',
  EC_SIGN_P256_SHA256: 'ecdsa-p256-sha256',
};

interface Pinned {
  readonly uri: string;
  /** Without the version. */
  readonly key: string;
  readonly version: string;
  /** `…/cryptoKeyVersions/N` */
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  readonly protection: string;
  readonly publicKey: PublicKey;
}

/** `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/cryptoKeyVersions/N]`; the newest version without N. */
export async function openGcpKey(keyUri: string, options: OpenKeyOptions): Promise<KeyBackend> {
  const { key, version } = URI.exec(keyUri)?.groups ?? {};
  if (key === undefined) {
    throw new SignError('ERR_SIGN_KEY_URI', 'the key URI names no key of Google Cloud KMS', {
      hint: 'write gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N',
    });
  }
  const service = options.service ?? {};
  const endpoint = parseEndpoint(service.endpoint ?? 'https://cloudkms.googleapis.com', HOSTS, service);
  const kms = new BearerService(
    NAME,
    endpoint,
    await gcpCredentials(service),
    (reply) => judgeReply(reply, key),
    { ...service, service: 'gcpkms' },
  );
  try {
    const pinned = await readVersion(
      kms,
      keyUri,
      key,
      version ?? (await newestVersion(kms, key, options)),
      options,
    );
    return backendOf(kms, pinned, service);
  } catch (error) {
    kms.close();
    throw error;
  }
}

const VERSION_NAME = /\/cryptoKeyVersions\/([1-9]\d{0,8})$/;

/** Versions are numbers: as text, 9 would come after 10. */
async function newestVersion(kms: BearerService, key: string, call: ServiceCall): Promise<string> {
  let newest = 0;
  for (let page = ''; ;) {
    const query = new URLSearchParams({
      filter: 'state=ENABLED',
      pageSize: '1000',
      ...(page !== '' && { pageToken: page }),
    });
    const path = `/v1/${key}/cryptoKeyVersions?${query.toString()}`;
    const json = jsonOf(await kms.ask({ operation: 'list-versions', path, subject: { key } }, call), NAME);
    const versions = json['cryptoKeyVersions'];
    for (const entry of versions !== undefined && isJsonArray(versions) ? versions : []) {
      const name = isJsonObject(entry) && entry['state'] === 'ENABLED' ? entry['name'] : '';
      newest = Math.max(newest, Number(VERSION_NAME.exec(textOf(name))?.[1] ?? 0));
    }
    const next = json['nextPageToken'];
    if (typeof next !== 'string' || next === '' || next === page) break;
    page = next;
  }
  if (newest > 0) return String(newest);
  throw new SignError('ERR_SIGN_KEY', `${key} has no enabled version in ${NAME}`, {
    hint: 'enable or create one',
  });
}

async function readVersion(
  kms: BearerService,
  uri: string,
  key: string,
  version: string,
  call: ServiceCall,
): Promise<Pinned> {
  const name = `${key}/cryptoKeyVersions/${version}`;
  const json = jsonOf(await askPublicKey(kms, { key, version, name }, call), NAME);
  const { pem, algorithm: said, protectionLevel } = json;
  requireName(json['name'], name);
  const bytes = Buffer.from(typeof pem === 'string' ? pem : '');
  requireChecksum(json['pemCrc32c'], bytes, 'public key');
  const algorithm =
    typeof said === 'string' && Object.hasOwn(ALGORITHMS, said) ? ALGORITHMS[said] : undefined;
  if (algorithm === undefined) {
    throw new SignError('ERR_SIGN_KEY', `${name} is a key of ${NAME} that is used for no signature here`, {
      hint: 'make one with the algorithm EC_SIGN_ED25519 or EC_SIGN_P256_SHA256',
    });
  }
  const publicKey = parsePublicKey(bytes);
  if (publicKey.algorithm !== algorithm) {
    throw new SignError(
      'ERR_SIGN_KEY',
      `${NAME} says ${textOf(said)} and sends the public key of another algorithm`,
    );
  }
  const protection =
    typeof protectionLevel === 'string' && /^[A-Z_]{1,40}$/.test(protectionLevel)
      ? protectionLevel
      : 'UNKNOWN';
  return { uri, key, version, name, algorithm, protection, publicKey };
}

function askPublicKey(
  kms: BearerService,
  { key, version, name }: Pick<Pinned, 'key' | 'version' | 'name'>,
  call: ServiceCall,
): Promise<ServiceReply> {
  return kms.ask({ operation: 'public-key', path: `/v1/${name}/publicKey`, subject: { key, version } }, call);
}

function requireName(answered: unknown, name: string): void {
  if (answered !== name)
    throw new SignError('ERR_SIGN_KEY', `${NAME} answered for another key or version than ${name}`);
}

/** An int64 is a string in Google's JSON. */
function requireChecksum(answered: unknown, bytes: Uint8Array, what: string): void {
  if (typeof answered !== 'string' || answered !== String(crc32c(bytes))) {
    throw new SignError('ERR_SIGN_BACKEND', `the ${what} from ${NAME} was damaged on its way (CRC32C)`);
  }
}

function backendOf(kms: BearerService, pinned: Pinned, service: ServiceOptions): KeyBackend {
  const { uri, key, version, protection, algorithm, publicKey } = pinned;
  const limit = service.maxMessageBytes ?? MAX_DATA_BYTES;
  const limited = algorithm === 'ed25519';
  return {
    uri,
    publicKey,
    algorithm,
    maxMessageBytes: limited ? limit : Infinity,
    ...(limited && {
      limitName: `${NAME} signs at most ${limit} with Ed25519`,
      limitHint:
        'use a P-256 key, make the statement smaller, or raise maxMessageBytes if your key takes more',
    }),
    warnings: kms.credentials.warnings,
    sign: (message, call) => signMessage(kms, pinned, message, call),
    describe: async () => ({ service: NAME, key, version, protection, exportable: false }),
    doctor: (call) => examine(kms, pinned, call),
    rotate: (call) => addVersion(kms, pinned, service, call),
    close: async () => kms.close(),
  };
}

function sha256(message: Uint8Array): Uint8Array {
  return createHash('sha256').update(message).digest();
}

async function signMessage(
  kms: BearerService,
  { name, key, version, algorithm }: Pinned,
  message: Uint8Array,
  call: ServiceCall,
): Promise<Uint8Array> {
  const digest = sha256(message);
  const body: JsonObject =
    algorithm === 'ed25519'
      ? { data: encodeBase64(message), dataCrc32c: String(crc32c(message)) }
      : { digest: { sha256: encodeBase64(digest) }, digestCrc32c: String(crc32c(digest)) };
  const subject = { key, version, paeSha256: encodeHex(sha256(message)) };
  const reply = await kms.ask({ operation: 'sign', path: `/v1/${name}:asymmetricSign`, body, subject }, call);
  const json = jsonOf(reply, NAME);
  requireName(json['name'], name);
  if (json[algorithm === 'ed25519' ? 'verifiedDataCrc32c' : 'verifiedDigestCrc32c'] !== true) {
    throw new SignError(
      'ERR_SIGN_BACKEND',
      `${NAME} did not confirm that it got the message undamaged (CRC32C)`,
    );
  }
  const signature = Buffer.from(textOf(json['signature']), 'base64');
  requireChecksum(json['signatureCrc32c'], signature, 'signature');
  return signature;
}

async function examine(
  kms: BearerService,
  pinned: Pinned,
  call: ServiceCall,
): Promise<readonly KeyFinding[]> {
  const { reachable, timing } = await findReachable(NAME, () => askPublicKey(kms, pinned, call));
  return [
    reachable,
    await findPermitted(kms, pinned, call),
    { check: 'algorithm', status: 'ok', message: pinned.algorithm },
    { check: 'exportable', status: 'ok', message: `${NAME} gives no private key out (${pinned.protection})` },
    await findVersion(kms, pinned, call),
    ...timing,
  ];
}

const PERMISSION = 'cloudkms.cryptoKeyVersions.useToSign';

async function findPermitted(kms: BearerService, { key }: Pinned, call: ServiceCall): Promise<KeyFinding> {
  try {
    const body = { permissions: [PERMISSION] };
    const path = `/v1/${key}:testIamPermissions`;
    const { permissions } = jsonOf(
      await kms.ask({ operation: 'dry-run', path, body, subject: { key } }, call),
      NAME,
    );
    if (permissions !== undefined && isJsonArray(permissions) && permissions.includes(PERMISSION)) {
      return { check: 'permitted', status: 'ok', message: `this identity has ${PERMISSION}` };
    }
    const hint = 'grant roles/cloudkms.signer on this key';
    return { check: 'permitted', status: 'failed', message: `this identity has no ${PERMISSION}`, hint };
  } catch (error) {
    return failedFinding('permitted', error);
  }
}

async function findVersion(
  kms: BearerService,
  { key, version }: Pinned,
  call: ServiceCall,
): Promise<KeyFinding> {
  try {
    const newest = await newestVersion(kms, key, call);
    if (newest === version)
      return { check: 'version', status: 'ok', message: `pinned to ${version}, the newest` };
    const message = `pinned to ${version}, and ${newest} is the newest enabled one`;
    return {
      check: 'version',
      status: 'warning',
      message,
      hint: 'name the version that is to sign in the key URI',
    };
  } catch (error) {
    const { message } = failedFinding('version', error);
    return { check: 'version', status: 'unknown', message: `pinned to ${version}; ${message}` };
  }
}

const POLL_MS = 250;

async function addVersion(
  kms: BearerService,
  { key }: Pinned,
  service: ServiceOptions,
  call: ServiceCall,
): Promise<KeyRotation> {
  const path = `/v1/${key}/cryptoKeyVersions`;
  const request = { operation: 'create-version', path, body: {}, subject: { key }, once: true };
  const { name } = jsonOf(await kms.ask(request, call), NAME);
  const version = VERSION_NAME.exec(textOf(name))?.[1];
  if (version === undefined || name !== `${key}/cryptoKeyVersions/${version}`) {
    throw new SignError('ERR_SIGN_BACKEND', `${NAME} made a version and did not name it`);
  }
  const { totalMs } = deadlinesOf(service);
  await withinDeadline(NAME, totalMs, call.signal, async (signal) => {
    for (;;) {
      const get = { operation: 'version', path: `/v1/${name}`, subject: { key, version } };
      const { state } = jsonOf(await kms.ask(get, { signal }), NAME);
      if (state !== 'PENDING_GENERATION') return;
      await waitFor(POLL_MS, signal);
    }
  });
  const uri = `gcpkms://${name}`;
  const { publicKey } = await readVersion(kms, uri, key, version, call);
  return { uri, publicKey };
}

type Meaning = readonly [code: SignError['code'], message: string, hint: string];

function meaningOf(status: string, key: string): Meaning {
  switch (status) {
    case 'PERMISSION_DENIED':
      return [
        'ERR_SIGN_DENIED',
        `${NAME} does not let this identity use ${key}`,
        'grant roles/cloudkms.signerVerifier on this key',
      ];
    case 'UNAUTHENTICATED':
      return [
        'ERR_SIGN_DENIED',
        `${NAME} does not take the credential`,
        'it may have expired, or be for another service',
      ];
    case 'NOT_FOUND':
      return [
        'ERR_SIGN_KEY',
        `${NAME} has no key or version ${key}`,
        'check project, location, key ring, key and version',
      ];
    case 'FAILED_PRECONDITION':
      return [
        'ERR_SIGN_KEY',
        `${key} cannot be used in its present state in ${NAME}`,
        'the version may be disabled, destroyed or not made yet',
      ];
    case 'INVALID_ARGUMENT':
      return [
        'ERR_SIGN_BACKEND',
        `${NAME} finds the request about ${key} invalid`,
        'the message may be too long for this key, or the key of another algorithm',
      ];
    default:
      return ['ERR_SIGN_BACKEND', `${NAME} refused the request`, 'nothing was signed'];
  }
}

const TEMPORARY = new Set(['RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL']);

function judgeReply(reply: ServiceReply, key: string): Refusal | undefined {
  if (reply.status === 200) return undefined;
  const { error } = optionalJsonOf(reply);
  const said = error !== undefined && isJsonObject(error) ? error['status'] : undefined;
  const status = typeof said === 'string' && /^[A-Z_]{1,40}$/.test(said) ? said : `HTTP ${reply.status}`;
  if (TEMPORARY.has(status) || reply.status === 429 || reply.status >= 500) {
    return unavailable(status, `${NAME} cannot answer now (${status})`);
  }
  const [code, message, hint] = meaningOf(status, key);
  return {
    outcome: status,
    temporary: false,
    error: new SignError(code, `${message} (${status})`, { hint }),
  };
}
