import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parsePublicKey } from '@danube/keys';
import {
  evaluateProvenance,
  loadEvidence,
  reportJson,
  VerificationError,
  verifyProvenance,
} from '@danube/verifier';
import { danube, folder } from './danube.ts';
import { BUILDER_ID, sha256, SOURCE_URI, writeRelease } from './fixture.ts';

const root = folder();

function read(name: string): Buffer {
  return readFileSync(join(root, name));
}

describe('the command and the library', () => {
  before(() => writeRelease(root));

  for (const [builderId, verdict, code] of [
    [BUILDER_ID, 'accepted', 0],
    ['https://ci.example.com/other', 'rejected', 1],
  ] as const) {
    it(`give the same report: ${verdict}`, () => {
      const args = ['--builder-id', builderId, '--source-uri', SOURCE_URI, '--parameter', 'channel=stable'];
      const files = ['dist/app.tgz', '--public-key', 'keys/first.key.pub'];
      const command = danube(['provenance', 'verify', ...files, ...args, '--format', 'json'], { cwd: root });
      const verification = {
        evidence: loadEvidence([{ path: 'dist/provenance.json', bytes: read('dist/provenance.json') }]),
        artifacts: [{ name: 'dist/app.tgz', digest: { sha256: sha256(read('dist/app.tgz')) } }],
        expectations: {
          publicKeys: [parsePublicKey(read('keys/first.key.pub'))],
          builderId,
          sourceUri: SOURCE_URI,
          parameters: { channel: 'stable' },
        },
        now: new Date(),
      };
      const report = evaluateProvenance(verification);
      assert.deepEqual([command.code, report.verdict], [code, verdict]);
      assert.deepEqual(JSON.parse(command.stdout), JSON.parse(JSON.stringify(reportJson(report))));
      if (verdict === 'accepted') assert.deepEqual(verifyProvenance(verification), report);
      else assert.throws(() => verifyProvenance(verification), VerificationError);
    });
  }
});
