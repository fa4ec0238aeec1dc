/** The credentials of whoever runs this program: where `docker login`, `podman login` and their relatives put them. */
import * as promises from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readRegularFile } from '../disk.ts';
import { StoreError } from '../errors.ts';
import { show } from '../show.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { Credential, CredentialSource, RepositoryAt } from './credentials.ts';
import {
  DOCKER_CONFIG_BYTES,
  type DockerConfig,
  matchDockerConfig,
  parseDockerConfig,
} from './docker-config.ts';

export interface UserCredentialsOptions {
  /** The file to read, instead of looking for one. */
  readonly file?: string;
  /** `process.env` when left out; also what helpers are started with. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The first of these files that is there: `$REGISTRY_AUTH_FILE`, `$DOCKER_CONFIG/config.json`,
 * `~/.docker/config.json`, `$XDG_RUNTIME_DIR/containers/auth.json`. Read once, when the first credential is wanted. Its
 * helpers are started for the registries they are for.
 */
export function userCredentials(options: UserCredentialsOptions = {}): CredentialSource {
  const environment = options.environment ?? process.env;
  let config: Promise<DockerConfig | undefined> | undefined;
  return async (repository, { signal }) => {
    config ??= readFirst(options.file === undefined ? places(environment) : [options.file], options.file);
    const found = await config;
    return found === undefined ? [] : credentialsOf(found, repository, environment, signal);
  };
}

function places(environment: NodeJS.ProcessEnv): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR } = environment;
  if (REGISTRY_AUTH_FILE !== undefined && REGISTRY_AUTH_FILE !== '') return [REGISTRY_AUTH_FILE];
  const docker =
    DOCKER_CONFIG === undefined || DOCKER_CONFIG === ''
      ? join(environment['HOME'] ?? homedir(), '.docker')
      : DOCKER_CONFIG;
  const podman = XDG_RUNTIME_DIR === undefined ? [] : [join(XDG_RUNTIME_DIR, 'containers', 'auth.json')];
  return [join(docker, 'config.json'), ...podman];
}

async function readFirst(
  paths: readonly string[],
  named: string | undefined,
): Promise<DockerConfig | undefined> {
  for (const path of paths) {
    const bytes = await readIfThere(path, named !== undefined);
    if (bytes !== undefined) return parseDockerConfig(bytes, path);
  }
  return undefined;
}

/** A user's own file may be a link, as mounted secrets are. @throws {StoreError} for a named file that is not there */
async function readIfThere(path: string, isNamed: boolean): Promise<Uint8Array | undefined> {
  const target = await promises.realpath(path).catch(() => undefined);
  const bytes =
    target === undefined
      ? undefined
      : await readRegularFile(promises, target, { maxBytes: DOCKER_CONFIG_BYTES });
  if (bytes !== undefined || !isNamed) return bytes;
  throw new StoreError('ERR_STORE_CREDENTIALS', `${show(path)}: no such file, which should hold credentials`);
}

/** A registry's own helper goes before the store of all, and that before what is written in the file. */
async function credentialsOf(
  config: DockerConfig,
  repository: RepositoryAt,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<readonly Credential[]> {
  const { registry } = repository;
  const written = matchDockerConfig(config, repository);
  const helper = helperOf(config, registry);
  if (helper === undefined) return written;
  const asked = await askCredentialHelper(helper, registry, environment, signal);
  return asked === undefined ? written : [asked, ...written];
}

function helperOf({ credHelpers, credsStore }: DockerConfig, registry: string): string | undefined {
  const names =
    registry === 'docker.io' ? ['docker.io', 'index.docker.io', 'https://index.docker.io/v1/'] : [registry];
  const own = names.find((name) => Object.hasOwn(credHelpers, name));
  return own === undefined ? credsStore : credHelpers[own];
}
