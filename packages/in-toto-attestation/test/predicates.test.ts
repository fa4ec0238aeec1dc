import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type JsonObject,
  type MalformedCode,
  RELEASE_V01,
  RELEASE_V02,
  encodeAttributeReport,
  encodeCycloneDxBom,
  encodeLink,
  encodeRelease,
  encodeSpdxDocument,
  encodeTestResult,
  encodeVulnerabilityScan,
  matchCycloneDxType,
  matchSpdxType,
  parseAttributeReport,
  parseCycloneDxBom,
  parseLink,
  parseRelease,
  parseSpdxDocument,
  parseTestResult,
  parseVulnerabilityScan,
} from '../src/index.ts';
import { SHA256, assertMalformed, descriptor } from './documents.ts';

interface Format {
  /** Reads and writes. */
  readonly through: (predicate: JsonObject) => JsonObject;
  readonly valid: readonly JsonObject[];
  readonly broken: readonly (readonly [changes: JsonObject, code: MalformedCode, pointer: string])[];
}

const material = { name: 'a', digest: { sha256: SHA256 } };
const scan = {
  scanner: {
    uri: 'pkg:github/scanner/x',
    version: '1',
    db: { uri: 'a:b', version: '2', lastUpdate: '2026-01-01T00:00:00Z', v_d: 1 },
    result: [
      { id: 'CVE-1', severity: [{ method: 'nvd', score: 'high', v_s: 1 }], annotations: [{ a: 1 }], v_r: 1 },
      { id: 'CVE-2', severity: [] },
    ],
    v_c: 1,
  },
  metadata: { scanStartedOn: '2026-01-01T00:00:00Z', scanFinishedOn: '2026-01-01T00:01:00Z', v_m: 1 },
};

const FORMATS: Readonly<Record<string, Format>> = {
  link: {
    through: (predicate) => encodeLink(parseLink(predicate)),
    valid: [
      {
        name: 'build',
        command: ['make', ''],
        materials: [material],
        byproducts: { x: 1 },
        environment: {},
        v_l: 1,
      },
      { name: '' },
    ],
    broken: [
      [{ name: null }, 'ERR_MISSING', '/name'],
      [{ command: 'make' }, 'ERR_TYPE', '/command'],
      [{ command: [1] }, 'ERR_TYPE', '/command/0'],
      [{ materials: [{ name: 'a', uri: 'a:b' }] }, 'ERR_MISSING', '/materials/0/digest'],
      [{ materials: [{ digest: { sha256: SHA256 } }] }, 'ERR_MISSING', '/materials/0/name'],
      [{ materials: [material, material] }, 'ERR_DUPLICATE', '/materials/1/name'],
      [{ environment: [] }, 'ERR_TYPE', '/environment'],
    ],
  },
  scai: {
    through: (predicate) => encodeAttributeReport(parseAttributeReport(predicate)),
    valid: [
      {
        attributes: [
          { attribute: 'A', target: descriptor, conditions: { c: 1 }, evidence: descriptor, v_a: 1 },
          { attribute: 'B' },
        ],
        producer: descriptor,
        v_r: 1,
      },
    ],
    broken: [
      [{ attributes: [] }, 'ERR_VALUE', '/attributes'],
      [{ attributes: null }, 'ERR_MISSING', '/attributes'],
      [{ attributes: [{}] }, 'ERR_MISSING', '/attributes/0/attribute'],
      [{ attributes: [{ attribute: 'A', evidence: {} }] }, 'ERR_MISSING', '/attributes/0/evidence'],
      [{ producer: { name: 'x' } }, 'ERR_MISSING', '/producer'],
    ],
  },
  'test result': {
    through: (predicate) => encodeTestResult(parseTestResult(predicate)),
    valid: [
      {
        result: 'PASSED',
        configuration: [descriptor],
        url: 'a:b',
        passedTests: ['a'],
        warnedTests: [],
        failedTests: [],
      },
      { result: 'WARNED', configuration: [], v_t: 1 },
      { result: 'FAILED', configuration: [] },
    ],
    broken: [
      [{ result: 'passed' }, 'ERR_VALUE', '/result'],
      [{ result: null }, 'ERR_MISSING', '/result'],
      [{ configuration: null }, 'ERR_MISSING', '/configuration'],
      [{ passedTests: [null] }, 'ERR_TYPE', '/passedTests/0'],
    ],
  },
  vulns: {
    through: (predicate) => encodeVulnerabilityScan(parseVulnerabilityScan(predicate)),
    valid: [
      { ...scan, v_p: 1 },
      { ...scan, scanner: { ...scan.scanner, result: [] } },
    ],
    broken: [
      [{ scanner: null }, 'ERR_MISSING', '/scanner'],
      [{ scanner: { ...scan.scanner, db: { uri: 'a:b' } } }, 'ERR_MISSING', '/scanner/db/lastUpdate'],
      [{ scanner: { ...scan.scanner, result: null } }, 'ERR_MISSING', '/scanner/result'],
      [{ scanner: { ...scan.scanner, result: [{ id: 'x' }] } }, 'ERR_MISSING', '/scanner/result/0/severity'],
      [{ metadata: { scanStartedOn: 'x', scanFinishedOn: 'x' } }, 'ERR_VALUE', '/metadata/scanStartedOn'],
    ],
  },
  release: {
    through: (predicate) => encodeRelease(parseRelease(RELEASE_V02, predicate)),
    valid: [
      { purl: 'pkg:npm/@angular/http@7.2.16', packageId: '1', v_r: 1 },
      { purl: 'pkg:oci/my-image@sha256%3Aab?repository_url=r.example/my-image&tag=v1' },
      { purl: 'pkg:pypi/urllib3@2.1.0' },
      { purl: 'pkg:golang/example.org/a/b@v1.0.0#sub' },
    ],
    broken: [
      [{ purl: 'pkg:npm/@angular/http' }, 'ERR_VALUE', '/purl'],
      [{ purl: 'pkg:npm/left-pad' }, 'ERR_VALUE', '/purl'],
      [{ purl: 'pkg:npm/left-pad@' }, 'ERR_VALUE', '/purl'],
      [{ purl: 'pkg:npm/left-pad?version=1@2' }, 'ERR_VALUE', '/purl'],
      [{ purl: 'https://x/y@1' }, 'ERR_VALUE', '/purl'],
      [{ purl: null }, 'ERR_MISSING', '/purl'],
    ],
  },
  spdx: {
    through: (predicate) => encodeSpdxDocument(parseSpdxDocument(predicate)),
    valid: [
      { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', packages: [] },
      { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': [{ type: 'SpdxDocument' }] },
    ],
    broken: [
      [{ spdxVersion: 'SPDX-3.0', '@context': null }, 'ERR_VALUE', '/spdxVersion'],
      [{ SPDXID: null, '@context': null }, 'ERR_MISSING', '/SPDXID'],
      [{ '@context': 'x', '@graph': null }, 'ERR_MISSING', '/@graph'],
      [{ '@context': 'x', '@graph': [1] }, 'ERR_TYPE', '/@graph/0'],
    ],
  },
  cyclonedx: {
    through: (predicate) => encodeCycloneDxBom(parseCycloneDxBom(predicate)),
    valid: [{ bomFormat: 'CycloneDX', specVersion: '1.6', components: [] }],
    broken: [
      [{ bomFormat: 'cyclonedx' }, 'ERR_VALUE', '/bomFormat'],
      [{ bomFormat: null }, 'ERR_MISSING', '/bomFormat'],
      [{ specVersion: '1' }, 'ERR_VALUE', '/specVersion'],
    ],
  },
};

for (const [name, { through, valid, broken }] of Object.entries(FORMATS)) {
  describe(`a ${name} predicate`, () => {
    it('is written as it was read, extensions and all', () => {
      for (const predicate of valid) assert.deepEqual(through(predicate), predicate);
    });

    for (const [changes, code, pointer] of broken) {
      it(`is rejected with ${JSON.stringify(changes)}`, () => {
        assertMalformed(() => through({ ...valid[0], ...changes }), code, `/predicate${pointer}`);
      });
    }
  });
}

describe('a release of v0.1', () => {
  it('is read with releaseId as packageId', () => {
    const purl = 'pkg:npm/a@1';
    assert.deepEqual(parseRelease(RELEASE_V01, { purl, releaseId: '7' }), { purl, packageId: '7' });
    assert.deepEqual(parseRelease(RELEASE_V01, { purl, packageId: '7' }), { purl, packageId: '7' });
    const read = parseRelease(RELEASE_V02, { purl, releaseId: '7' });
    assert.deepEqual(read, { purl, unknownFields: { releaseId: '7' } });
    assertMalformed(
      () => parseRelease('https://in-toto.io/attestation/release', { purl }),
      'ERR_VALUE',
      '/predicateType',
    );
  });
});

describe('the types of bills of materials', () => {
  it('are matched with and without version, and exactly', () => {
    for (const end of ['', '/v2.2', '/v2.3', '/v3', '/v3.0', '/v3.0.1']) {
      assert.ok(matchSpdxType(`https://spdx.dev/Document${end}`), end);
    }
    for (const end of ['/', '/v2', '/v4', '/v2.3/', 's', '#v2.3']) {
      assert.equal(matchSpdxType(`https://spdx.dev/Document${end}`), false, end);
    }
    for (const end of ['', '/v1.4', '/v1.6'])
      assert.ok(matchCycloneDxType(`https://cyclonedx.org/bom${end}`), end);
    for (const end of ['/', '/1.4', '/v1', '/v1.4 ']) {
      assert.equal(matchCycloneDxType(`https://cyclonedx.org/bom${end}`), false, end);
    }
  });
});
