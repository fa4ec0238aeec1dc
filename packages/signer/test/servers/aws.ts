/**
 * AWS KMS as it is documented and measured: signature version 4 (checked by AWS's own implementation), 4096 bytes RAW,
 * RAW and DIGEST, the PH variant that hashes twice, aliases, disabled keys, throttling; and every lie we could think of.
 */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { SignatureV4 } from '@smithy/signature-v4';
import { signDigest } from './ecdsa.ts';
import type { Answer, LocalServer, Received } from './http.ts';
import { startServer } from './http.ts';

export const REGION = 'eu-central-1';
export const CREDENTIAL = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'CANARY-aws-secret-access-key/+=',
} as const;

/** What AWS's implementation needs of a hash. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Buffer {
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The headers that AWS's own implementation gives a request. */
export async function officialHeaders(
  { method, path, headers, body }: Received,
  credentials: AwsIdentity,
  service: string,
  signingDate: Date,
): Promise<Record<string, string>> {
  const { authorization: _, 'x-amz-date': __, 'x-amz-security-token': ___, ...others } = headers;
  const signed = /SignedHeaders=([^,]*)/.exec(String(headers.authorization))?.[1]?.split(';') ?? [];
  const kept = Object.entries(others).filter(([name]) => signed.length === 0 || signed.includes(name));
  const signer = new SignatureV4({
    credentials,
    region: REGION,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = {
    method,
    protocol: 'https:',
    hostname: String(headers.host),
    path,
    query: {},
    headers: Object.fromEntries(kept) as Record<string, string>,
    body,
  };
  return (await signer.sign(request, { signingDate })).headers;
}

/** Why a request is not who it says it is; `undefined` when it is. */
export async function signatureFlaw(
  request: Received,
  identities: readonly AwsIdentity[],
  service: string,
): Promise<string | undefined> {
  const authorization = String(request.headers.authorization);
  const accessKeyId = /Credential=([^/]*)\//.exec(authorization)?.[1];
  if (accessKeyId === undefined) return 'MissingAuthenticationTokenException';
  const identity = identities.find((known) => known.accessKeyId === accessKeyId);
  if (identity === undefined || identity.sessionToken !== request.headers['x-amz-security-token']) {
    return 'UnrecognizedClientException';
  }
  const time = String(request.headers['x-amz-date']);
  const date = new Date(time.replace(/(....)(..)(..T..)(..)(..)Z/, '$1-$2-$3:$4:$5Z'));
  if (!(Math.abs(Date.now() - date.getTime()) < 300_000)) return 'InvalidSignatureException';
  const official = await officialHeaders(request, identity, service, date);
  return official['authorization'] === authorization ? undefined : 'InvalidSignatureException';
}

export type AwsLie =
  | 'random'
  | 'ph'
  | 'ph-standard'
  | 'digest'
  | 'other-key'
  | 'short'
  | 'other-arn'
  | 'der'
  | 'small-order'
  | 'not-base64';

export interface AwsKey {
  readonly arn: string;
  readonly spec: string;
  usage: string;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface AwsServer extends LocalServer {
  readonly keys: Map<string, AwsKey>;
  readonly aliases: Map<string, string>;
  /** Errors to answer with before anything is done, one a request. */
  readonly failures: (Answer | 'silence' | 'reset')[];
  /** Who is known. */
  readonly identities: AwsIdentity[];
  lie: AwsLie | undefined;
  /** Actions that the identity is not allowed. */
  readonly denied: Set<string>;
  signatures: number;
  addKey(spec: 'ed25519' | 'p256' | 'p384', alias?: string): AwsKey;
}

const SPECS = {
  ed25519: 'ECC_NIST_EDWARDS25519',
  p256: 'ECC_NIST_P256',
  p384: 'ECC_NIST_P384',
} as const;

const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  ECC_NIST_EDWARDS25519: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_P384: ['ECDSA_SHA_384'],
};

export async function startAws(): Promise<AwsServer> {
  const state = {
    keys: new Map<string, AwsKey>(),
    aliases: new Map<string, string>(),
    failures: [] as (Answer | 'silence' | 'reset')[],
    identities: [CREDENTIAL] as AwsIdentity[],
    lie: undefined as AwsLie | undefined,
    denied: new Set<string>(),
    signatures: 0,
    addKey,
  };
  function addKey(kind: 'ed25519' | 'p256' | 'p384', alias?: string): AwsKey {
    const pair =
      kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind === 'p256' ? 'P-256' : 'P-384' });
    const id = `0000000${state.keys.size}-1111-2222-3333-444444444444`;
    const arn = `arn:aws:kms:${REGION}:111122223333:key/${id}`;
    const key: AwsKey = { arn, spec: SPECS[kind], usage: 'SIGN_VERIFY', state: 'Enabled', ...pair };
    state.keys.set(arn, key);
    if (alias !== undefined) state.aliases.set(`alias/${alias}`, arn);
    return key;
  }
  const server = await startServer(async (request, response) => {
    const failure = state.failures.shift();
    if (failure === 'silence') return undefined;
    if (failure === 'reset') {
      response.destroy();
      return undefined;
    }
    if (failure !== undefined) return failure;
    const flaw = await signatureFlaw(request, state.identities, 'kms');
    if (flaw !== undefined) return error(400, flaw);
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    if (state.denied.has(action)) return error(400, 'AccessDeniedException');
    return perform(action, JSON.parse(request.body), state);
  });
  return Object.assign(state, server);
}

type State = Pick<AwsServer, 'keys' | 'aliases' | 'addKey' | 'lie' | 'signatures'>;
type Input = Readonly<Record<string, unknown>>;

function error(status: number, name: string): Answer {
  // The text quotes what was sent, as a careless service might.
  return {
    status,
    headers: { 'x-amzn-requestid': 'req-error' },
    body: { __type: `com.amazonaws.kms#${name}`, message: `${CREDENTIAL.secretAccessKey} is not right` },
  };
}

function ok(body: object): Answer {
  return { headers: { 'x-amzn-requestid': 'req-1', date: new Date().toUTCString() }, body };
}

function find(state: State, name: unknown): AwsKey | undefined {
  const wanted = String(name);
  return [...state.keys.values()].find(
    ({ arn }) => arn === wanted || arn.endsWith(`:key/${wanted}`) || state.aliases.get(wanted) === arn,
  );
}

function perform(action: string, input: Input, state: State): Answer {
  if (action === 'CreateKey') {
    const key = state.addKey(input['KeySpec'] === 'ECC_NIST_P256' ? 'p256' : 'ed25519');
    return ok({ KeyMetadata: { Arn: key.arn, KeyId: key.arn.split('/')[1] } });
  }
  if (action === 'UpdateAlias') {
    if (!state.aliases.has(String(input['AliasName']))) return error(400, 'NotFoundException');
    state.aliases.set(String(input['AliasName']), String(input['TargetKeyId']));
    return ok({});
  }
  const key = find(state, input['KeyId']);
  if (key === undefined) return error(400, 'NotFoundException');
  if (key.state === 'Disabled') return error(400, 'DisabledException');
  if (key.state === 'PendingDeletion') return error(400, 'KMSInvalidStateException');
  if (action === 'GetPublicKey') return ok(describePublicKey(key, state));
  if (action === 'Sign') return signWith(key, input, state);
  return error(400, 'UnknownOperationException');
}

function describePublicKey(key: AwsKey, state: State): object {
  const spki = Buffer.from(key.publicKey.export({ type: 'spki', format: 'der' }));
  if (state.lie === 'small-order') spki.fill(0, 12).writeUInt8(1, 12);
  return {
    KeyId: key.arn,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    PublicKey: state.lie === 'not-base64' ? '%%%' : spki.toString('base64'),
    SigningAlgorithms: ALGORITHMS[key.spec],
  };
}

function signWith(key: AwsKey, input: Input, state: State): Answer {
  const algorithm = String(input['SigningAlgorithm']);
  const type = input['MessageType'];
  const message = Buffer.from(String(input['Message']), 'base64');
  if (key.usage !== 'SIGN_VERIFY' || !(ALGORITHMS[key.spec] ?? []).includes(algorithm)) {
    return error(400, 'InvalidKeyUsageException');
  }
  if (message.length > 4096) return error(400, 'ValidationException');
  if (algorithm === 'ED25519_SHA_512' && type !== 'RAW') return error(400, 'ValidationException');
  if (algorithm === 'ED25519_PH_SHA_512' && (type !== 'DIGEST' || message.length !== 64)) {
    return error(400, 'ValidationException');
  }
  if (algorithm === 'ECDSA_SHA_256' && type === 'DIGEST' && message.length !== 32) {
    return error(400, 'ValidationException');
  }
  if (input['DryRun'] === true) return error(400, 'DryRunOperationException');
  state.signatures += 1;
  const arn = state.lie === 'other-arn' ? key.arn.replace(/.$/, '9') : key.arn;
  return ok({
    KeyId: arn,
    SigningAlgorithm: algorithm,
    Signature: signature(key, message, algorithm, state),
  });
}

function signature(key: AwsKey, message: Buffer, algorithm: string, state: State): string {
  const honest = honestSignature(key, message, algorithm);
  const digest = createHash('sha256').update(message).digest();
  const seed = (): Buffer =>
    Buffer.from(key.privateKey.export({ type: 'pkcs8', format: 'der' })).subarray(-32);
  const lies: Readonly<Record<AwsLie, () => Uint8Array>> = {
    random: () => randomBytes(64),
    // What KMS does for its PH variant: the digest that it was given is hashed again.
    ph: () => ed25519ph.sign(createHash('sha512').update(message).digest(), seed()),
    'ph-standard': () => ed25519ph.sign(message, seed()),
    digest: () => sign(null, digest, key.privateKey),
    'other-key': () => sign(null, message, generateKeyPairSync('ed25519').privateKey),
    short: () => honest.subarray(0, 63),
    der: () => Buffer.concat([Buffer.from([0x30, 64]), honest]),
    'other-arn': () => honest,
    'small-order': () => honest,
    'not-base64': () => honest,
  };
  return Buffer.from(state.lie === undefined ? honest : lies[state.lie]()).toString('base64');
}

function honestSignature(key: AwsKey, message: Buffer, algorithm: string): Buffer {
  if (algorithm === 'ED25519_SHA_512') return sign(null, message, key.privateKey);
  if (algorithm === 'ED25519_PH_SHA_512') throw new Error('ask for the lie');
  return signDigest(key.privateKey, message);
}
