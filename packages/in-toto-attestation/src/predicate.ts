import { type CycloneDxBom, matchCycloneDxType, parseCycloneDxBom } from './cyclonedx.ts';
import { LINK_V03, type Link, parseLink, requireUniqueNames } from './link.ts';
import { PROVENANCE_V02, PROVENANCE_V1, type Provenance, parseProvenance } from './provenance.ts';
import { RELEASE_V01, RELEASE_V02, type Release, parseRelease } from './release.ts';
import { type AttributeReport, SCAI_V02, SCAI_V03, parseAttributeReport } from './scai.ts';
import { type SpdxDocument, matchSpdxType, parseSpdxDocument } from './spdx.ts';
import type { Statement } from './statement.ts';
import { TEST_RESULT_V01, type TestResult, parseTestResult } from './test-result.ts';
import { VSA_V1, type VerificationSummary, parseVerificationSummary } from './verification-summary.ts';
import { VULNS_V02, type VulnerabilityScan, parseVulnerabilityScan } from './vulns.ts';

/** A predicate of a type that this package knows. */
export type Predicate =
  | { readonly kind: 'provenance'; readonly value: Provenance }
  | { readonly kind: 'verification-summary'; readonly value: VerificationSummary }
  | { readonly kind: 'link'; readonly value: Link }
  | { readonly kind: 'scai'; readonly value: AttributeReport }
  | { readonly kind: 'test-result'; readonly value: TestResult }
  | { readonly kind: 'vulns'; readonly value: VulnerabilityScan }
  | { readonly kind: 'release'; readonly value: Release }
  | { readonly kind: 'spdx'; readonly value: SpdxDocument }
  | { readonly kind: 'cyclonedx'; readonly value: CycloneDxBom };

/**
 * Reads a statement's predicate by its predicateType, which is compared exactly: `…/provenance/v1.0` is no
 * `…/provenance/v1`. `undefined` for a type that this package does not know.
 *
 * @throws {MalformedError} for a known type whose predicate is malformed.
 */
export function parsePredicate(statement: Statement): Predicate | undefined {
  const { predicateType, predicate } = statement;
  switch (predicateType) {
    case PROVENANCE_V1:
    case PROVENANCE_V02:
      return { kind: 'provenance', value: parseProvenance(predicateType, predicate) };
    case VSA_V1:
      return { kind: 'verification-summary', value: parseVerificationSummary(predicate) };
    case LINK_V03:
      requireUniqueNames(statement.subject, '/subject');
      return { kind: 'link', value: parseLink(predicate) };
    case SCAI_V02:
    case SCAI_V03:
      return { kind: 'scai', value: parseAttributeReport(predicate) };
    case TEST_RESULT_V01:
      return { kind: 'test-result', value: parseTestResult(predicate) };
    case VULNS_V02:
      return { kind: 'vulns', value: parseVulnerabilityScan(predicate) };
    case RELEASE_V01:
    case RELEASE_V02:
      return { kind: 'release', value: parseRelease(predicateType, predicate) };
    default:
      return parseBillOfMaterials(statement);
  }
}

function parseBillOfMaterials({ predicateType, predicate }: Statement): Predicate | undefined {
  if (matchSpdxType(predicateType)) return { kind: 'spdx', value: parseSpdxDocument(predicate) };
  if (matchCycloneDxType(predicateType)) return { kind: 'cyclonedx', value: parseCycloneDxBom(predicate) };
  return undefined;
}
