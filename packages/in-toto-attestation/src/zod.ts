export { envelopeSchema, sigstoreBundleSchema } from './zod/envelope.ts';
export type { EnvelopeWire, SigstoreBundleWire } from './zod/envelope.ts';
export {
  attributeReportSchema,
  cycloneDxBomSchema,
  linkSchema,
  releaseSchema,
  spdxDocumentSchema,
  testResultSchema,
  vulnerabilityScanSchema,
} from './zod/predicates.ts';
export { provenanceV1Schema, verificationSummaryV1Schema } from './zod/provenance.ts';
export type { ProvenanceWire, VerificationSummaryWire } from './zod/provenance.ts';
export { digestSetSchema, resourceDescriptorSchema, statementSchema } from './zod/statement.ts';
export type { DigestSetWire, ResourceDescriptorWire, StatementWire } from './zod/statement.ts';
export type { Unset, WireObject } from './zod/wire.ts';
