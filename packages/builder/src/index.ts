export {
  JOB_ERROR_CODES,
  JobError,
  JobRecordError,
  type JobErrorCode,
  type JobRecordIssue,
} from './errors.ts';
export type { Image } from './image.ts';
export * from './job-record.ts';
export * from './vouching.ts';
export { parseVouching, vouchingJsonSchema } from './vouching-schema.ts';
export { parseJobRecord, readJobRecord } from './job-record-parser.ts';
export type { Artifact, Dependency, JobOutputs } from './outputs.ts';
export { BUILD_TYPE, buildProvenance, type BuildOptions } from './provenance.ts';
export { collectOutputs, type CollectOptions } from './collect.ts';
export { jobRecordJsonSchema } from './json-schema.ts';
export * from './secrets/index.ts';
export * from './attestations/index.ts';
export * from './adapters/index.ts';
export * from './isolation/index.ts';
export * from './lock-files/index.ts';
