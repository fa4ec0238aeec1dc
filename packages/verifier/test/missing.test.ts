import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { APP, LIB, STRANGER, bytesOf, evaluate, hash, signed, statementOf } from './fixture.ts';

const lib = statementOf({ subject: [LIB] });
const expect = { noMissing: true };

describe('missingSubjects', () => {
  it('finds a subject of accepted provenance that names no artifact at all', () => {
    const report = evaluate({ files: [signed(), signed(lib)], expect });
    assert.deepEqual(
      report.artifacts.map(({ name, verdict }) => [name, verdict]),
      [
        ['app.tgz', 'accepted'],
        ['lib.tgz', 'rejected'],
      ],
    );
  });

  it('demands nothing that a stranger, a broken file or provenance of another build says', () => {
    const files = [
      signed(),
      signed(lib, { keys: [STRANGER] }),
      bytesOf('broken'),
      signed({ ...lib, predicate: {} }),
    ];
    assert.equal(evaluate({ files, expect }).verdict, 'accepted');
  });

  it('demands only what passes the other expectations', () => {
    const other = { ...lib, predicateType: 'https://spdx.dev/Document/v2.3' };
    assert.equal(evaluate({ files: [signed(), signed(other)], expect }).verdict, 'accepted');
  });

  it('lists one subject once, with each attestation that names it', () => {
    const again = statementOf({ subject: [APP, LIB] });
    const report = evaluate({ files: [signed(), signed(lib), signed(again)], expect });
    assert.equal(report.artifacts.length, 2);
    assert.equal(report.artifacts[1]?.attestations.length, 2);
  });

  it('knows a file by any common algorithm, and demands that all agree', () => {
    const digest = { sha256: APP.digest['sha256']!, sha512: hash('sha512', 'x') };
    const files = [signed(statementOf({ subject: [{ name: 'app.tgz', digest }] }))];
    assert.equal(evaluate({ files, expect }).verdict, 'accepted');
    const artifacts = [{ name: 'app.tgz', digest: { ...digest, sha512: hash('sha512', 'y') } }];
    assert.equal(evaluate({ files, artifacts, expect }).artifacts.length, 2);
  });

  it('cannot find a file for a subject without an accepted digest', () => {
    const commit = { name: 'source', digest: { gitCommit: 'a'.repeat(40) } };
    const report = evaluate({ files: [signed(statementOf({ subject: [APP, commit] }))], expect });
    assert.equal(report.verdict, 'rejected');
    assert.equal(report.artifacts[1]?.name, 'source');
  });
});
