export type { HashAlgorithm } from './algorithms.ts';
export * from './checksums.ts';
export { ARTIFACT_ERROR_CODES, ArtifactError, type ArtifactErrorCode } from './errors.ts';
export * from './glob.ts';
export * from './hash.ts';
export { ARTIFACT_LIMITS } from './limits.ts';
export { listFiles, type ListOptions } from './list.ts';
export { checkName } from './name.ts';
export { readOciLayout, type OciImage } from './oci-layout.ts';
