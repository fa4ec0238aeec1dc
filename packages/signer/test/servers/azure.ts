/** Azure Key Vault: EC keys only, ES256 over a digest as raw r || s, versions, its own names for errors. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { signDigest } from './ecdsa.ts';
import type { Answer, LocalServer, Received } from './http.ts';
import { startServer } from './http.ts';

export const TOKEN = 'CANARY-azure-token';

export interface AzureKey {
  readonly version: string;
  readonly kty: string;
  readonly privateKey: KeyObject;
  enabled: boolean;
  operations: string[];
}

export interface AzureServer extends LocalServer {
  /** Versions of the key `danube`, the newest last. */
  readonly keys: AzureKey[];
  readonly failures: Answer[];
  lie: 'random' | 'other-kid' | 'short' | 'der' | undefined;
  /** Whom to take. */
  tokens: string[];
  addKey(curve?: string): AzureKey;
}

export function azureError(status: number, code: string, inner?: string): Answer {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } };
  return { status, body: { error: { code, message: `${TOKEN} is not right`, ...innererror } } };
}

export async function startAzure(): Promise<AzureServer> {
  const state = {
    keys: [] as AzureKey[],
    failures: [] as Answer[],
    lie: undefined as AzureServer['lie'],
    tokens: [TOKEN],
    addKey(curve: string = 'P-256') {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const version = randomBytes(16).toString('hex');
      const key = { version, kty: 'EC-HSM', privateKey, enabled: true, operations: ['sign', 'verify'] };
      state.keys.push(key);
      return key;
    },
  };
  const server: LocalServer = await startServer((request) => {
    const failure = state.failures.shift();
    if (failure !== undefined) return failure;
    if (!state.tokens.some((token) => request.headers.authorization === `Bearer ${token}`)) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer resource="https://evil.example.com"' } };
    }
    return answer(request, state, server.url);
  });
  return Object.assign(state, server);
}

function answer(
  { method, path, body }: Received,
  state: Omit<AzureServer, keyof LocalServer>,
  origin: string,
): Answer {
  const url = new URL(path, origin);
  if (url.searchParams.get('api-version') !== '7.4') return azureError(400, 'BadParameter');
  const [, , name, versionOrAction, action] = url.pathname.split('/');
  if (name !== 'danube') return azureError(404, 'KeyNotFound');
  if (versionOrAction === 'rotate') return { body: bundle(state.addKey(), origin) };
  const key =
    versionOrAction === undefined
      ? state.keys.at(-1)
      : state.keys.find(({ version }) => version === versionOrAction);
  if (key === undefined) return azureError(404, 'KeyNotFound');
  if (method === 'GET') return { headers: { date: new Date().toUTCString() }, body: bundle(key, origin) };
  if (!key.enabled) return azureError(403, 'Forbidden', 'KeyDisabled');
  if (action !== 'sign' || !key.operations.includes('sign'))
    return azureError(403, 'Forbidden', 'KeyOperationForbidden');
  return signWith(key, JSON.parse(body), state, origin);
}

function bundle(key: AzureKey, origin: string): object {
  const { x, y, crv } = key.privateKey.export({ format: 'jwk' });
  return {
    key: { kid: `${origin}/keys/danube/${key.version}`, kty: key.kty, crv, x, y, key_ops: key.operations },
    attributes: { enabled: key.enabled, exportable: false },
  };
}

function signWith(
  key: AzureKey,
  { alg, value }: { alg: string; value: string },
  { lie }: Pick<AzureServer, 'lie'>,
  origin: string,
): Answer {
  const digest = Buffer.from(value, 'base64url');
  if (alg !== 'ES256' || digest.length !== 32) return azureError(400, 'BadParameter');
  const raw = signDigest(key.privateKey, digest, 'compact');
  const lies = {
    random: () => randomBytes(64),
    short: () => raw.subarray(0, 63),
    der: () => signDigest(key.privateKey, digest),
    'other-kid': () => raw,
  };
  const version = lie === 'other-kid' ? 'ffff' : key.version;
  const signature = lie === undefined ? raw : lies[lie]();
  return { body: { kid: `${origin}/keys/danube/${version}`, value: signature.toString('base64url') } };
}
