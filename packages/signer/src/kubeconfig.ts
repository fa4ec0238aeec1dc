/** The part of a kubeconfig that says where the current context's cluster is and who asks. */
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import {
  decodeBase64,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';
import { readCredentialFile } from './credential-file.ts';
import { SignError } from './errors.ts';
import { textOf } from './service-client.ts';

/** Everything is either given or in a file that is given. */
export interface Kubeconfig {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
}

const MAX_BYTES = 1024 * 1024;

/** What would have to be run, asked or believed: nothing of it is done, and nothing is left out silently. */
const REFUSED: Readonly<Record<'cluster' | 'user', readonly string[]>> = {
  cluster: ['insecure-skip-tls-verify', 'proxy-url', 'tls-server-name'],
  user: ['exec', 'auth-provider', 'username', 'password', 'as'],
};

/**
 * Reads the current context of a kubeconfig, YAML or JSON.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS; the message names file and field, never a value.
 */
export async function readKubeconfig(path: string): Promise<Kubeconfig> {
  const config = parseConfig(await readCredentialFile(path, MAX_BYTES), path);
  const context = entryOf(config, 'contexts', textOf(config['current-context']), 'context', path);
  const cluster = entryOf(config, 'clusters', textOf(context['cluster']), 'cluster', path);
  const user = entryOf(config, 'users', textOf(context['user']), 'user', path);
  refuse(cluster, 'cluster', path);
  refuse(user, 'user', path);
  const ca = await fileOrData(cluster, 'certificate-authority', path);
  const [cert, key] = [
    await fileOrData(user, 'client-certificate', path),
    await fileOrData(user, 'client-key', path),
  ];
  if ((cert === undefined) !== (key === undefined))
    throw broken(path, 'has one of client-certificate and client-key');
  const [token, tokenFile] = [textOf(user['token']), textOf(user['tokenFile'])];
  if (cert === undefined && token === '' && tokenFile === '')
    throw broken(path, 'has no token and no client-certificate');
  return {
    server: textOf(cluster['server']),
    ...(ca !== undefined && { ca }),
    ...(token !== '' && { token }),
    ...(tokenFile !== '' && { tokenFile: besideOf(path, tokenFile) }),
    ...(cert !== undefined && key !== undefined && { clientCertificate: { cert, key } }),
  };
}

function parseConfig(bytes: Uint8Array, path: string): JsonObject {
  try {
    const value: JsonValue = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), {
      maxAliasCount: 0,
    });
    if (isJsonObject(value)) return value;
  } catch {
    // The parser's message quotes the line, which may be the one with the token.
  }
  throw broken(path, 'is no YAML or JSON object');
}

/** Of a list of `{name, context: {…}}` the one of that name. */
function entryOf(config: JsonObject, list: string, name: string, kind: string, path: string): JsonObject {
  const entries = config[list];
  const found = (entries !== undefined && isJsonArray(entries) ? entries : [])
    .filter((entry) => isJsonObject(entry))
    .find((entry) => entry['name'] === name)?.[kind];
  if (found !== undefined && isJsonObject(found)) return found;
  throw broken(
    path,
    kind === 'context' ? 'has no current context' : `has not the ${kind} of its current context`,
  );
}

function refuse(entry: JsonObject, kind: 'cluster' | 'user', path: string): void {
  const [field] = REFUSED[kind].filter(
    (name) => entry[name] !== undefined && entry[name] !== false && entry[name] !== '',
  );
  if (field === undefined) return;
  throw new SignError(
    'ERR_SIGN_CREDENTIALS',
    `the kubeconfig ${path} uses ${field}, which is not done here`,
    {
      hint: 'use a kubeconfig with a token, tokenFile or client certificate: kubectl create token makes a token for minutes',
    },
  );
}

async function fileOrData(entry: JsonObject, name: string, path: string): Promise<string | undefined> {
  const [data, file] = [textOf(entry[`${name}-data`]), textOf(entry[name])];
  if (data !== '') return decodeData(data, `${name}-data`, path);
  return file === '' ? undefined : new TextDecoder().decode(await readCredentialFile(besideOf(path, file)));
}

/** Paths in a kubeconfig are relative to it. */
function besideOf(path: string, file: string): string {
  return resolve(dirname(path), file);
}

function decodeData(data: string, field: string, path: string): string {
  try {
    return new TextDecoder().decode(decodeBase64(data, ''));
  } catch {
    throw broken(path, `has a ${field} that is no base64`);
  }
}

function broken(path: string, what: string): SignError {
  return new SignError('ERR_SIGN_CREDENTIALS', `the kubeconfig ${path} ${what}`, {
    hint: 'kubectl config view --minify shows what kubectl takes from it',
  });
}
