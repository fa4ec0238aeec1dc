/** A Vault server with a transit engine: tokens, policies, versions and errors as OpenBao has them; lies on request. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type Answer, type LocalServer, type Received, startServer } from './http.ts';

export type VaultLie =
  'random bytes' | 'signature of the digest' | '63 bytes' | 'other version' | 'signs by another version';

interface Version {
  readonly privateKey: KeyObject;
  readonly publicKey: string;
}

export interface TransitKey {
  readonly type: string;
  readonly versions: Version[];
  /** Changes to what the server says about the key. */
  says: Readonly<Record<string, unknown>>;
}

export interface LocalVault extends LocalServer {
  lie: VaultLie | undefined;
  /** Answers that come before any other, in order. */
  readonly next: Answer[];
  /** Tokens that are taken, with what they may do. */
  readonly tokens: Map<string, readonly string[]>;
  readonly namespace: { name: string | undefined };
  addKey(name: string, type: string, versions?: number): TransitKey;
}

const error = (status: number, ...errors: readonly string[]): Answer => ({ status, body: { errors } });

export async function startVault(): Promise<LocalVault> {
  const keys = new Map<string, TransitKey>();
  const next: Answer[] = [];
  const tokens = new Map<string, readonly string[]>();
  const namespace: LocalVault['namespace'] = { name: undefined };
  let logins = 0;

  const login = (method: string, body: Readonly<Record<string, unknown>>): Answer => {
    const good =
      method === 'approle'
        ? body['role_id'] === 'role' && body['secret_id'] === 'CANARY-secret-id'
        : body['role'] === 'role' && body['jwt'] === 'CANARY.jwt.x';
    if (!good) return error(400, `invalid role or secret ID: ${JSON.stringify(body)}`);
    logins += 1;
    const token = `CANARY-token-${logins}`;
    tokens.set(token, ['update', 'read']);
    return { body: { auth: { client_token: token, lease_duration: 3600 } } };
  };

  const describe = (name: string, { type, versions, says }: TransitKey): Answer => ({
    body: {
      data: {
        name,
        type,
        derived: false,
        exportable: false,
        allow_plaintext_backup: false,
        latest_version: versions.length,
        keys: Object.fromEntries(versions.map(({ publicKey }, i) => [i + 1, { public_key: publicKey }])),
        ...says,
      },
    },
  });

  const signs = ({ versions, type }: TransitKey, body: Readonly<Record<string, unknown>>): Answer => {
    const number = Number(body['key_version'] ?? versions.length);
    const version = versions[number - 1];
    if (version === undefined)
      return error(400, 'requested version for signing is higher than the latest key version');
    const input = Buffer.from(String(body['input']), 'base64');
    if ('prehashed' in body || (type === 'ed25519') === 'hash_algorithm' in body)
      return error(400, 'unexpected hash');
    const digest = createHash('sha256').update(input).digest();
    const by =
      vault.lie === 'signs by another version'
        ? (versions.find((one) => one !== version) ?? version)
        : version;
    const algorithm = type === 'ed25519' ? null : 'sha256';
    let signature = sign(algorithm, vault.lie === 'signature of the digest' ? digest : input, by.privateKey);
    if (vault.lie === 'random bytes') signature = randomBytes(64);
    if (vault.lie === '63 bytes') signature = signature.subarray(1);
    const said = vault.lie === 'other version' ? number + 1 : number;
    return {
      body: { data: { signature: `vault:v${said}:${signature.toString('base64')}`, key_version: said } },
    };
  };

  const capabilities = (body: Readonly<Record<string, unknown>>, allowed: readonly string[]): Answer => {
    const [path = ''] = body['paths'] as string[];
    return { body: { data: { [path]: allowed.includes('update') ? ['update'] : ['deny'] } } };
  };

  const route = (
    request: Received,
    body: Readonly<Record<string, unknown>>,
    allowed: readonly string[],
  ): Answer => {
    if (request.path === '/v1/sys/capabilities-self') return capabilities(body, allowed);
    const [, , mount, what, name = '', rotate] = request.path.split('/');
    if (mount !== 'transit') return error(404, `no handler for route "${request.path}"`);
    const key = keys.get(name);
    if (key === undefined) return what === 'sign' ? error(400, 'signing key not found') : error(404);
    if (!allowed.includes(request.method === 'GET' ? 'read' : 'update'))
      return error(403, 'permission denied');
    if (rotate === 'rotate') {
      key.versions.push(newVersion(key.type));
      return describe(name, key);
    }
    return what === 'sign' ? signs(key, body) : describe(name, key);
  };

  const server = await startServer((request) => {
    const answer = next.shift();
    if (answer !== undefined) return answer;
    if (request.headers['x-vault-request'] !== 'true') return error(400, 'missing X-Vault-Request');
    if (request.headers['x-vault-namespace'] !== namespace.name) return error(404, 'no such namespace');
    const body = (request.body === '' ? {} : JSON.parse(request.body)) as Readonly<Record<string, unknown>>;
    const method = /^\/v1\/auth\/([a-z]+)\/login$/.exec(request.path)?.[1];
    if (method !== undefined) return login(method, body);
    const allowed = tokens.get(String(request.headers['x-vault-token']));
    return allowed === undefined
      ? error(403, 'permission denied', 'invalid token')
      : route(request, body, allowed);
  });
  const vault: LocalVault = {
    ...server,
    lie: undefined,
    next,
    tokens,
    namespace,
    addKey(name, type, versions = 1) {
      const key: TransitKey = {
        type,
        says: {},
        versions: Array.from({ length: versions }, () => newVersion(type)),
      };
      keys.set(name, key);
      return key;
    },
  };
  return vault;
}

function newVersion(type: string): Version {
  const { privateKey, publicKey } =
    type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey,
    publicKey:
      type === 'ed25519'
        ? spki.subarray(-32).toString('base64')
        : publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
