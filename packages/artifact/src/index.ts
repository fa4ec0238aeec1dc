export * from './errors.ts';
export * from './hash.ts';
export { listFiles, type ListOptions } from './list.ts';
export { ARTIFACT_LIMITS } from './limits.ts';
