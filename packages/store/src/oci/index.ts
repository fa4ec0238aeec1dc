export type { Credential } from './credentials.ts';
export { REGISTRY_LIMITS, type RegistryLimits } from './limits.ts';
export type * from './registry-client.ts';
