/** Google Cloud KMS as its protos say it: CRC32C both ways, data or digest by algorithm, version names, states. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { signDigest } from './ecdsa.ts';
import type { Answer, LocalServer, Received } from './http.ts';
import { startServer } from './http.ts';

export const KEY = 'projects/p/locations/eu/keyRings/r/cryptoKeys/danube';
export const TOKEN = 'CANARY-gcp-token';

export interface GcpVersion {
  readonly algorithm: string;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED' | 'PENDING_GENERATION';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type GcpLie =
  'random' | 'ph' | 'digest' | 'other-version' | 'other-name' | 'unverified' | 'bad-crc' | 'bad-pem-crc';

export interface GcpServer extends LocalServer {
  readonly versions: Map<number, GcpVersion>;
  readonly failures: Answer[];
  lie: GcpLie | undefined;
  mayUse: boolean;
  signatures: number;
  addVersion(number: number, algorithm?: string): GcpVersion;
}

/** Bit by bit from the polynomial, to have a second opinion on the table. */
export function slowCrc32c(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const odd = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (odd ? 0x82f63b78 : 0);
    }
  }
  return String((crc ^ 0xffffffff) >>> 0);
}

export function gcpError(code: number, status: string): Answer {
  return { status: code, body: { error: { code, status, message: `${TOKEN} may not` } } };
}

export async function startGcp(): Promise<GcpServer> {
  const state = {
    versions: new Map<number, GcpVersion>(),
    failures: [] as Answer[],
    lie: undefined as GcpLie | undefined,
    mayUse: true,
    signatures: 0,
    addVersion,
  };
  function addVersion(number: number, algorithm: string = 'EC_SIGN_ED25519'): GcpVersion {
    const pair =
      algorithm === 'EC_SIGN_ED25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: algorithm.includes('P384') ? 'P-384' : 'P-256' });
    const version: GcpVersion = { algorithm, state: 'ENABLED', ...pair };
    state.versions.set(number, version);
    return version;
  }
  const server = await startServer((request) => {
    const failure = state.failures.shift();
    if (failure !== undefined) return failure;
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return gcpError(401, 'UNAUTHENTICATED');
    return answer(request, state);
  });
  return Object.assign(state, server);
}

type State = Omit<GcpServer, keyof LocalServer>;

function answer({ method, path, body }: Received, state: State): Answer {
  const url = new URL(path, 'http://kms');
  const rest = url.pathname.replace(`/v1/${KEY}`, '');
  if (rest === url.pathname) return gcpError(404, 'NOT_FOUND');
  if (rest === '/cryptoKeyVersions') return method === 'GET' ? list(url, state) : create(state);
  if (rest === ':testIamPermissions') {
    return { body: state.mayUse ? { permissions: JSON.parse(body).permissions } : {} };
  }
  const [, number, action = ''] = /^\/cryptoKeyVersions\/(\d+)(.*)$/.exec(rest) ?? [];
  const version = state.versions.get(Number(number));
  if (version === undefined) return gcpError(404, 'NOT_FOUND');
  const name = `${KEY}/cryptoKeyVersions/${number}`;
  if (action === '') {
    const shown = version.state;
    if (version.state === 'PENDING_GENERATION') version.state = 'ENABLED';
    return { body: { name, state: shown } };
  }
  if (version.state !== 'ENABLED') return gcpError(400, 'FAILED_PRECONDITION');
  if (action === '/publicKey') return publicKey(name, version, state);
  return action === ':asymmetricSign'
    ? signWith(name, version, JSON.parse(body), state)
    : gcpError(404, 'NOT_FOUND');
}

/** Pages of two, in the order of the text, as `name desc` would have it the other way round. */
function list(url: URL, state: State): Answer {
  const numbers = [...state.versions.keys()].map(String).sort();
  const start = Number(url.searchParams.get('pageToken') ?? 0);
  const page = numbers.slice(start, start + 2);
  return {
    body: {
      cryptoKeyVersions: page.map((number) => ({
        name: `${KEY}/cryptoKeyVersions/${number}`,
        state: state.versions.get(Number(number))?.state,
      })),
      nextPageToken: start + 2 < numbers.length ? String(start + 2) : '',
    },
  };
}

function create(state: State): Answer {
  const number = Math.max(...state.versions.keys()) + 1;
  state.addVersion(number).state = 'PENDING_GENERATION';
  return { body: { name: `${KEY}/cryptoKeyVersions/${number}`, state: 'PENDING_GENERATION' } };
}

function publicKey(name: string, version: GcpVersion, state: State): Answer {
  const pem = String(version.publicKey.export({ type: 'spki', format: 'pem' }));
  const pemCrc32c = state.lie === 'bad-pem-crc' ? '1' : slowCrc32c(Buffer.from(pem));
  return {
    headers: { date: new Date().toUTCString() },
    body: { name, pem, pemCrc32c, algorithm: version.algorithm, protectionLevel: 'HSM' },
  };
}

interface SignBody {
  readonly data?: string;
  readonly dataCrc32c?: string;
  readonly digest?: { readonly sha256?: string };
  readonly digestCrc32c?: string;
}

function signWith(name: string, version: GcpVersion, input: SignBody, state: State): Answer {
  const pure = version.algorithm === 'EC_SIGN_ED25519';
  const message = Buffer.from((pure ? input.data : input.digest?.sha256) ?? '', 'base64');
  const checksum = pure ? input.dataCrc32c : input.digestCrc32c;
  if (pure === (input.data === undefined) || (pure && input.digest !== undefined)) {
    return gcpError(400, 'INVALID_ARGUMENT');
  }
  if (!pure && message.length !== 32) return gcpError(400, 'INVALID_ARGUMENT');
  if (checksum !== slowCrc32c(message)) return gcpError(400, 'INVALID_ARGUMENT');
  state.signatures += 1;
  const signature = sealed(version, message, state);
  return {
    body: {
      name: state.lie === 'other-name' ? `${KEY}/cryptoKeyVersions/99` : name,
      signature: signature.toString('base64'),
      signatureCrc32c: state.lie === 'bad-crc' ? '1' : slowCrc32c(signature),
      [pure ? 'verifiedDataCrc32c' : 'verifiedDigestCrc32c']: state.lie !== 'unverified',
    },
  };
}

function sealed(version: GcpVersion, message: Buffer, state: State): Buffer {
  if (version.algorithm !== 'EC_SIGN_ED25519') return signDigest(version.privateKey, message);
  const seed = Buffer.from(version.privateKey.export({ type: 'pkcs8', format: 'der' })).subarray(-32);
  if (state.lie === 'random') return randomBytes(64);
  if (state.lie === 'ph') return Buffer.from(ed25519ph.sign(message, seed));
  const other = state.lie === 'other-version' ? generateKeyPairSync('ed25519') : version;
  const digest = state.lie === 'digest' ? createHash('sha256').update(message).digest() : message;
  return sign(null, digest, other.privateKey);
}
