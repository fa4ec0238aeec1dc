/** Credentials as Docker keeps them: `config.json`, and the pull secrets of Kubernetes, which hold the same. */
import {
  asObject,
  type JsonObject,
  type JsonValue,
  MalformedError,
  optional,
  optionalString,
  parseJson,
  readBytes,
  readStringMap,
} from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import { show } from '../show.ts';
import type { Credential, RepositoryAt } from './credentials.ts';

/** Bytes of such a document. */
export const DOCKER_CONFIG_BYTES = 1_048_576;

/** What a document says. Helpers are programs: whoever reads a document that is not the user's own leaves them alone. */
export interface DockerConfig {
  readonly entries: readonly DockerConfigEntry[];
  /** Helper by registry. */
  readonly credHelpers: Readonly<Record<string, string>>;
  /** The helper for every other registry. */
  readonly credsStore?: string;
}

/** Credentials, and for which repositories they are. */
export interface DockerConfigEntry {
  /** Host with port; a label of it may hold one `*`. */
  readonly host: string;
  /** Segments that the repository begins with; empty for the whole registry. */
  readonly path: readonly string[];
  readonly credential: Credential;
}

/**
 * Reads `config.json`, which is also a secret of type `kubernetes.io/dockerconfigjson`.
 *
 * @param name what the document is called in errors, which never quote its values.
 * @throws {StoreError} `ERR_STORE_CREDENTIALS`
 */
export function parseDockerConfig(bytes: Uint8Array, name: string): DockerConfig {
  return parse(bytes, name, (root) => {
    const credsStore = optionalString(root, 'credsStore', '');
    return {
      entries: readEntries(optional(root, 'auths', '', asObject) ?? {}, '/auths'),
      credHelpers: optional(root, 'credHelpers', '', readStringMap) ?? {},
      ...(credsStore === undefined || credsStore === '' ? {} : { credsStore }),
    };
  });
}

/**
 * Reads the older form, a secret of type `kubernetes.io/dockercfg`: registries without anything around them.
 *
 * @throws {StoreError} `ERR_STORE_CREDENTIALS`
 */
export function parseDockerCfg(bytes: Uint8Array, name: string): DockerConfig {
  return parse(bytes, name, (root) => ({ entries: readEntries(root, ''), credHelpers: {} }));
}

function parse(bytes: Uint8Array, name: string, read: (root: JsonObject) => DockerConfig): DockerConfig {
  try {
    if (bytes.length > DOCKER_CONFIG_BYTES) throw malformed(name, `more than ${DOCKER_CONFIG_BYTES} bytes`);
    return read(asObject(parseJson(bytes), ''));
  } catch (error) {
    // What was read may be quoted in the cause.
    throw error instanceof MalformedError ? malformed(name, error.pointer || 'not JSON') : error;
  }
}

function malformed(name: string, what: string): StoreError {
  return new StoreError(
    'ERR_STORE_CREDENTIALS',
    `${show(name)} cannot be read as registry credentials: ${what}`,
  );
}

function readEntries(auths: JsonObject, pointer: string): DockerConfigEntry[] {
  return Object.entries(auths).flatMap(([key, value]) => {
    const place = readKey(key);
    const credential = readCredential(value, `${pointer}/${key}`);
    // Docker leaves an empty entry where a helper has the credentials.
    return place === undefined || credential === undefined ? [] : [{ ...place, credential }];
  });
}

/** `registry.example.com:5000/shop`, or a URL of it such as `https://index.docker.io/v1/`. */
function readKey(key: string): Pick<DockerConfigEntry, 'host' | 'path'> | undefined {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]+)(\/.*)?$/.exec(key) ?? [];
  if (!/^[A-Za-z0-9.*:[\]-]+$/.test(host) || host.split('.').some((label) => label.split('*').length > 2)) {
    return undefined;
  }
  const segments = path
    .replace(/^\/v[12](?=\/|$)/, '')
    .split('/')
    .filter((segment) => segment !== '');
  return { host: registryOf(host.toLowerCase()), path: segments };
}

function registryOf(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

function readCredential(value: JsonValue, pointer: string): Credential | undefined {
  const object = asObject(value, pointer);
  const auth = optional(object, 'auth', pointer, readBytes);
  const identityToken = optionalString(object, 'identitytoken', pointer) ?? '';
  const [fromAuth, passwordFromAuth] =
    auth === undefined || auth.length === 0 ? ['', ''] : splitAuth(auth, pointer);
  const username = optionalString(object, 'username', pointer) || fromAuth;
  const password = optionalString(object, 'password', pointer) || passwordFromAuth;
  if (identityToken !== '') return { username, password, identityToken };
  return username === '' && password === '' ? undefined : { username, password };
}

function splitAuth(auth: Uint8Array, pointer: string): [username: string, password: string] {
  const text = Buffer.from(auth).toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon === -1)
    throw new MalformedError('ERR_VALUE', `${pointer}/auth`, 'expected user:password in base64');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** The credentials of a document for a repository: longest path first, then hosts without wildcards. */
export function matchDockerConfig({ entries }: DockerConfig, repository: RepositoryAt): Credential[] {
  return entries
    .filter(
      (entry) => matchHost(entry.host, repository.registry) && matchPath(entry.path, repository.repository),
    )
    .toSorted(
      (a, b) => b.path.length - a.path.length || Number(a.host.includes('*')) - Number(b.host.includes('*')),
    )
    .map(({ credential }) => credential);
}

/** A wildcard stays within its label, and the port is compared as it is written. */
function matchHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const labels = host.split('.');
  const patterns = pattern.split('.');
  return (
    patterns.length === labels.length &&
    patterns.every((part, index) => matchLabel(part, labels[index] ?? ''))
  );
}

function matchLabel(pattern: string, label: string): boolean {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return pattern === label;
  return (
    label.length >= before.length + after.length &&
    label.startsWith(before) &&
    label.endsWith(after) &&
    !label.slice(before.length, label.length - after.length).includes(':')
  );
}

function matchPath(path: readonly string[], repository: string): boolean {
  const segments = repository.split('/');
  return path.length <= segments.length && path.every((segment, index) => segment === segments[index]);
}
