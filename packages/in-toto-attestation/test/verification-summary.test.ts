import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type JsonObject,
  type VerificationSummary,
  encodeVerificationSummary,
  parseVerificationSummary,
} from '../src/index.ts';
import { SHA256, assertMalformed, replace } from './documents.ts';

const summary: JsonObject = {
  verifier: { id: 'https://verifier.example/v1', version: { danube: '0.1.0' }, vendor_x: 1 },
  timeVerified: '2026-01-01T00:00:00Z',
  resourceUri: 'https://files.example/app.tgz',
  policy: { uri: 'https://policies.example/app', digest: { sha256: SHA256 } },
  inputAttestations: [{ uri: 'https://files.example/app.intoto.jsonl', digest: { sha256: SHA256 } }],
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'SLSA_SOURCE_LEVEL_2', 'ORG_SOURCE_X'],
  dependencyLevels: { SLSA_BUILD_LEVEL_3: 5, SLSA_BUILD_LEVEL_UNEVALUATED: 0 },
  slsaVersion: '1.2',
  'https://vendor.example/x': true,
};

function parse(changes: JsonObject): VerificationSummary {
  return parseVerificationSummary({ ...summary, ...changes });
}

describe('parseVerificationSummary', () => {
  it('reads every field and writes it equal', () => {
    const read = parse({});
    assert.deepEqual(read.unknownFields, { 'https://vendor.example/x': true });
    assert.deepEqual(encodeVerificationSummary(read), summary);
  });

  it('rejects what is required and absent', () => {
    for (const field of ['verifier', 'resourceUri', 'policy', 'verificationResult', 'verifiedLevels']) {
      const without = replace(summary, field, undefined);
      assertMalformed(() => parseVerificationSummary(without), 'ERR_MISSING', `/predicate/${field}`);
    }
    assertMalformed(() => parse({ verifier: {} }), 'ERR_MISSING', '/predicate/verifier/id');
    const { timeVerified: _, ...undated } = summary;
    assert.equal(parseVerificationSummary(undated).timeVerified, undefined);
  });

  it('rejects a result that is neither PASSED nor FAILED', () => {
    assert.equal(parse({ verificationResult: 'FAILED' }).verificationResult, 'FAILED');
    for (const result of ['passed', 'PASSED ', '', true]) {
      assertMalformed(
        () => parse({ verificationResult: result }),
        'ERR_VALUE',
        '/predicate/verificationResult',
      );
    }
  });

  it('rejects two levels of one track', () => {
    for (const second of ['SLSA_BUILD_LEVEL_2', 'SLSA_BUILD_LEVEL_3', 'SLSA_BUILD_LEVEL_UNEVALUATED']) {
      const verifiedLevels = ['SLSA_BUILD_LEVEL_3', 'SLSA_SOURCE_LEVEL_3', second];
      assertMalformed(() => parse({ verifiedLevels }), 'ERR_DUPLICATE', '/predicate/verifiedLevels/2');
    }
    assert.ok(parse({ verifiedLevels: ['SLSA_BUILD_REPRODUCED', 'SLSA_BUILD_LEVEL_1', 'FAILED'] }));
    assertMalformed(() => parse({ verifiedLevels: [3] }), 'ERR_TYPE', '/predicate/verifiedLevels/0');
  });

  it('rejects a policy without uri and an input attestation without digest', () => {
    assertMalformed(
      () => parse({ policy: { digest: { sha256: SHA256 } } }),
      'ERR_MISSING',
      '/predicate/policy/uri',
    );
    const at = '/predicate/inputAttestations/0/digest';
    assertMalformed(() => parse({ inputAttestations: [{ uri: 'a:b' }] }), 'ERR_MISSING', at);
  });

  it('tells no dependencies from no claim', () => {
    assert.deepEqual(parse({ dependencyLevels: {} }).dependencyLevels, {});
    assert.equal(parse({ dependencyLevels: null }).dependencyLevels, undefined);
    assert.deepEqual(encodeVerificationSummary(parse({ dependencyLevels: {} }))['dependencyLevels'], {});
    for (const count of [-1, 1.5, '5', null]) {
      const dependencyLevels = { 'a/b': count };
      assertMalformed(() => parse({ dependencyLevels }), 'ERR_VALUE', '/predicate/dependencyLevels/a~1b');
    }
  });

  it('reads times with an offset, which real VSAs have', () => {
    assert.equal(
      parse({ timeVerified: '2026-01-01T00:00:00+00:00' }).timeVerified,
      '2026-01-01T00:00:00+00:00',
    );
    assertMalformed(() => parse({ timeVerified: '' }), 'ERR_VALUE', '/predicate/timeVerified');
  });

  it('rejects a slsaVersion that is not MAJOR.MINOR', () => {
    for (const slsaVersion of ['1', 'v1.0', '1.0.0', '']) {
      assertMalformed(() => parse({ slsaVersion }), 'ERR_VALUE', '/predicate/slsaVersion');
    }
  });
});

describe('encodeVerificationSummary', () => {
  it('refuses what parseVerificationSummary would refuse', () => {
    const levels = ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_2'];
    assertMalformed(
      () => encodeVerificationSummary({ ...parse({}), verifiedLevels: levels }),
      'ERR_DUPLICATE',
    );
    assertMalformed(() => encodeVerificationSummary({ ...parse({}), verifier: { id: 'x' } }), 'ERR_VALUE');
  });
});
