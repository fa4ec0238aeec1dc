/** How Vault and OpenBao are logged in to: a token, AppRole, a JWT, a Kubernetes service account. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { encodeJson, isJsonObject, type JsonObject } from 'in-toto-attestation';
import type { AppRoleCredentials, SecretReference, VaultJwtCredentials } from './credential-options.ts';
import {
  type CredentialSource,
  type Expiring,
  fixedCredential,
  renewedCredential,
} from './credential-source.ts';
import type { Endpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import { resolveSecretText } from './secret-reference.ts';
import { jsonOf } from './service-client.ts';
import { expiryIn, readTokenFile, requiredText, tokenCall, wrongMode } from './token-client.ts';

export interface VaultToken extends Expiring {
  readonly token: string;
}

/** The server, as far as logging in needs to know it. */
export interface VaultServer {
  readonly scheme: string;
  /** `OpenBao`. */
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Goes with every request: the namespace. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where a token is looked for, the first one set. */
  readonly tokenVariables: readonly string[];
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const MAX_TOKEN_BYTES = 16 * 1024;
const MODES = ['static', 'approle', 'jwt', 'kubernetes'];

const STATIC_WARNING = {
  message: 'the token in use was made by somebody else and is not renewed here: whoever copies it can sign',
  hint: 'log in as the workload instead (credential mode approle, jwt or kubernetes)',
};

/**
 * Where the token comes from: what the mode says; else the usual variable, else ~/.vault-token.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS, ERR_SIGN_CONFIG
 */
export async function vaultCredentials(
  server: VaultServer,
  options: ServiceOptions,
): Promise<CredentialSource<VaultToken>> {
  const { credentials } = options;
  if (credentials === undefined) return staticToken(await foundToken(server, options));
  const { mode } = credentials;
  if (mode === 'static') {
    if (credentials.token === undefined)
      throw new SignError('ERR_SIGN_CREDENTIALS', `the mode static needs token for ${server.name}`);
    return staticToken(await resolveSecretText(credentials.token.secret, options));
  }
  if (mode === 'approle')
    return login(server, options, mode, credentials.mount, () => appRole(credentials, options));
  if (mode === 'jwt' || mode === 'kubernetes')
    return login(server, options, mode, credentials.mount, () => jwtRole(credentials, options));
  throw wrongMode(server.name, mode, MODES);
}

function staticToken(token: string): CredentialSource<VaultToken> {
  if (!/^[!-~]+$/.test(token))
    throw new SignError('ERR_SIGN_CREDENTIALS', 'the token is not one word of ASCII');
  return fixedCredential({ token, expiresAt: undefined }, [STATIC_WARNING]);
}

async function foundToken({ name, tokenVariables }: VaultServer, options: ServiceOptions): Promise<string> {
  const environment = options.environment ?? process.env;
  const [variable] = tokenVariables.filter((candidate) => (environment[candidate] ?? '') !== '');
  if (variable !== undefined) return environment[variable] ?? '';
  const path = join(environment['HOME'] ?? homedir(), '.vault-token');
  const token = await readOwnFile(path);
  if (token !== undefined) return token;
  throw new SignError('ERR_SIGN_CREDENTIALS', `there is no token for ${name}`, {
    hint: `set a credential mode (${MODES.join(', ')}), or ${tokenVariables.join(' or ')}, or log in so that ${path} is there`,
  });
}

/** The token that `login` leaves behind. Nobody else may be able to read it. */
async function readOwnFile(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile() || (stats.mode & 0o077) !== 0) {
      throw new SignError('ERR_SIGN_CREDENTIALS', `${path} is no file that only its owner can read`, {
        hint: `chmod 600 ${path}`,
      });
    }
    const buffer = Buffer.alloc(MAX_TOKEN_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead).toString().trim();
  } finally {
    await file.close();
  }
}

async function appRole(
  { roleId, secretId }: AppRoleCredentials,
  options: ServiceOptions,
): Promise<JsonObject> {
  return { role_id: roleId, secret_id: await resolveSecretText(secretId.secret, options) };
}

async function jwtRole({ role, jwt }: VaultJwtCredentials, options: ServiceOptions): Promise<JsonObject> {
  return { role, jwt: await readJwt(jwt, options) };
}

/** Read anew each time: the platform replaces it. */
async function readJwt(jwt: SecretReference | undefined, options: ServiceOptions): Promise<string> {
  return jwt === undefined ? readTokenFile(SERVICE_ACCOUNT_TOKEN) : resolveSecretText(jwt.secret, options);
}

function login(
  { name, endpoint, headers, scheme }: VaultServer,
  options: ServiceOptions,
  method: string,
  mount: string = method,
  fields: () => Promise<JsonObject>,
): CredentialSource<VaultToken> {
  if (!/^\w[\w./-]*$/.test(mount) || mount.split('/').includes('..'))
    throw new SignError('ERR_SIGN_CREDENTIALS', `the mount of the mode ${method} is no path`);
  const called = `the ${method} login of ${name}`;
  const call = tokenCall(endpoint, called, { ...options, service: scheme });
  return renewedCredential(called, options, async (signal) => {
    const body = encodeJson(await fields());
    const request = { method: 'POST', path: `/v1/auth/${mount}/login`, headers, body } as const;
    const { auth } = jsonOf(await call(request, signal), called);
    if (auth === undefined || !isJsonObject(auth))
      throw new SignError('ERR_SIGN_CREDENTIALS', `${called} answered without auth`);
    return { token: requiredText(auth, 'client_token', called), expiresAt: expiryIn(auth['lease_duration']) };
  });
}
