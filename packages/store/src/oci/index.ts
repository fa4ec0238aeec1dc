export { createRegistryClient, type RegistryOptions } from './client.ts';
export type { Credential, CredentialSource, RepositoryAt } from './credentials.ts';
export {
  DOCKER_CONFIG_BYTES,
  type DockerConfig,
  type DockerConfigEntry,
  matchDockerConfig,
  parseDockerCfg,
  parseDockerConfig,
} from './docker-config.ts';
export { type Machines, machinesFor, mayRunOn } from './machines.ts';
export { REGISTRY_LIMITS, type RegistryLimits } from './limits.ts';
export type * from './registry-client.ts';
export { userCredentials, type UserCredentialsOptions } from './user-credentials.ts';
