/** A file of its own in `dist` (build.ts), for both programs. */
export { ParallelSignatures } from '@danube/verifier/parallel';
