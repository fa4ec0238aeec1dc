export type { S3Credential, S3Options } from './s3-client.ts';
export { openS3Store, type S3StoreOptions } from './s3-store.ts';
export { openS3Jobs, type S3Jobs } from './s3-jobs.ts';
