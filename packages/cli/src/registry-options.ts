import type { Declaration } from './plain-arguments.ts';
import { repeatable, single } from './options.ts';

/** How registries are reached, as the parser hands it over. */
export interface RegistryOptions {
  readonly registryAuth?: string;
  readonly registryCa?: string;
  readonly tokenServer?: readonly string[];
  readonly plainHttp?: readonly string[];
}

export function addRegistryOptions<Command extends Declaration>(command: Command): Command {
  return command
    .addOption(single('--registry-auth <FILE>', 'credentials; default: where docker login writes them'))
    .addOption(single('--registry-ca <FILE>', 'certificates of authorities, in place of the known ones'))
    .addOption(repeatable('--token-server <HOST>', 'a host that may get the credentials of the registry'))
    .addOption(repeatable('--plain-http <HOST>', 'a host that is reached without TLS: localhost:5000'));
}

export const REGISTRY_HELP = `Credentials are those of docker login and podman login: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json,
~/.docker/config.json or $XDG_RUNTIME_DIR/containers/auth.json, with the credential helpers they name. They go to the
registry's own host, by HTTPS, and to token servers that are known (Docker Hub, GitLab) or named by --token-server.`;
