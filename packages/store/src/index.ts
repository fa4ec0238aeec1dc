export * from './attestation-store.ts';
export * from './errors.ts';
export { openJobDirectory, type JobDirectory } from './job-directory.ts';
export { FILE_NAME, JOB_ID, checkFileName, checkJobId } from './names.ts';
export { openSubjectDirectory } from './directory/subject-directory.ts';
export type { StoreCall, StoredAttestation, SubjectStore } from './subject-store.ts';
