export { parseScanReport, type ScanReport } from './scan-report.ts';
export { parseTap, type TestOutcomes } from './tap.ts';
export { buildAttestation, PREDICATE_KINDS, type PredicateOptions } from './typed-predicate.ts';
