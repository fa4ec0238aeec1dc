import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type JsonObject,
  LINK_V03,
  PROVENANCE_V02,
  PROVENANCE_V1,
  RELEASE_V01,
  RELEASE_V02,
  SCAI_V02,
  SCAI_V03,
  type Statement,
  TEST_RESULT_V01,
  VSA_V1,
  VULNS_V02,
  parsePredicate,
  readStatement,
} from '../src/index.ts';
import { SHA256, assertMalformed, provenance, statement } from './documents.ts';

function of(predicateType: string, predicate: JsonObject): Statement {
  return readStatement({ ...statement, predicateType, predicate }, '');
}

const time = '2026-01-01T00:00:00Z';
const EXAMPLES: readonly (readonly [type: string, kind: string, predicate: JsonObject])[] = [
  [PROVENANCE_V1, 'provenance', provenance],
  [PROVENANCE_V02, 'provenance', { builder: { id: 'a:b' }, buildType: 'c:d' }],
  [
    VSA_V1,
    'verification-summary',
    {
      verifier: { id: 'a:b' },
      resourceUri: 'a:b',
      policy: { uri: 'a:b' },
      verificationResult: 'PASSED',
      verifiedLevels: [],
    },
  ],
  [LINK_V03, 'link', { name: 'build' }],
  [SCAI_V02, 'scai', { attributes: [{ attribute: 'A' }] }],
  [SCAI_V03, 'scai', { attributes: [{ attribute: 'A' }] }],
  [TEST_RESULT_V01, 'test-result', { result: 'PASSED', configuration: [] }],
  [
    VULNS_V02,
    'vulns',
    {
      scanner: { uri: 'a:b', db: { lastUpdate: time }, result: [] },
      metadata: { scanStartedOn: time, scanFinishedOn: time },
    },
  ],
  [RELEASE_V01, 'release', { purl: 'pkg:npm/a@1' }],
  [RELEASE_V02, 'release', { purl: 'pkg:npm/a@1' }],
  ['https://spdx.dev/Document/v2.3', 'spdx', { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' }],
  ['https://cyclonedx.org/bom/v1.6', 'cyclonedx', { bomFormat: 'CycloneDX', specVersion: '1.6' }],
];

describe('parsePredicate', () => {
  for (const [type, kind, predicate] of EXAMPLES) {
    it(`reads ${type}`, () => {
      assert.equal(parsePredicate(of(type, predicate))?.kind, kind);
      if (kind !== 'provenance') assertMalformed(() => parsePredicate(of(type, {})), 'ERR_MISSING');
    });
  }

  it('knows no other type, near misses too', () => {
    for (const type of [
      'https://example.com/custom',
      `${PROVENANCE_V1}.0`,
      `${PROVENANCE_V1}?draft`,
      `${VSA_V1}/`,
    ]) {
      assert.equal(parsePredicate(of(type, {})), undefined);
    }
  });

  it('rejects a link of two subjects of one name', () => {
    const subject = { name: 'a', digest: { sha256: SHA256 } };
    const twice = {
      ...statement,
      subject: [subject, subject],
      predicateType: LINK_V03,
      predicate: { name: 'x' },
    };
    assertMalformed(() => parsePredicate(readStatement(twice, '')), 'ERR_DUPLICATE', '/subject/1/name');
  });
});
