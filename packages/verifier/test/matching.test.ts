import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArtifactInput, loadEvidence } from '../src/index.ts';
import { ArtifactIndex } from '../src/matching.ts';
import { APP, LIB, artifactOf, evaluate, hash, signed, statementOf } from './fixture.ts';

const evidence = loadEvidence([
  { path: 'app', bytes: signed() },
  { path: 'both', bytes: signed(statementOf({ subject: [LIB, { ...APP, name: 'old/app.tgz' }] })) },
]);

function namedBy(artifacts: readonly ArtifactInput[], artifact: ArtifactInput): (string | number)[][] {
  return new ArtifactIndex(artifacts, evidence)
    .byName(artifact)
    .map(({ item, positions }) => [item.path, ...positions]);
}

describe('ArtifactIndex', () => {
  it('finds attestations by digest, in the order of the evidence, with the place of the subject', () => {
    const hits = new ArtifactIndex([APP], evidence).byDigest(APP);
    assert.deepEqual(
      hits.map(({ item, positions }) => [item.path, ...positions]),
      [
        ['app', 0],
        ['both', 1],
      ],
    );
  });

  it('finds an attestation once, whatever number of algorithms it shares', () => {
    const digest = { sha256: hash('sha256', 'x'), sha384: hash('sha384', 'x'), sha512: hash('sha512', 'x') };
    const bytes = signed(statementOf({ subject: [APP, { digest }] }));
    const hits = new ArtifactIndex([{ name: 'x', digest }], loadEvidence([{ path: 'x', bytes }])).byDigest({
      name: 'x',
      digest,
    });
    assert.deepEqual(
      hits.map(({ positions }) => positions),
      [[1]],
    );
  });

  it('finds attestations by the whole name, and by the end of the path', () => {
    const changed = artifactOf('app.tgz', 'changed');
    assert.deepEqual(namedBy([changed], changed), [['app', 0]]);
    const deep = artifactOf('new/old/app.tgz', 'changed');
    assert.deepEqual(namedBy([deep], deep), [
      ['both', 1],
      ['app', 0],
    ]);
  });

  it('does not take a file for the changed one of a subject that is there elsewhere', () => {
    const other = artifactOf('copy/app.tgz', 'other');
    assert.deepEqual(namedBy([other, APP], other), []);
    assert.deepEqual(namedBy([other], other), [['app', 0]]);
    const same = artifactOf('app.tgz', 'other');
    assert.deepEqual(namedBy([same, { ...APP, name: 'copy' }], same), [['app', 0]]);
  });

  it('knows which subjects are there', () => {
    const index = new ArtifactIndex([APP], evidence);
    assert.equal(index.has(APP), true);
    assert.equal(index.has(LIB), false);
  });

  it('knows that a subject is there though another artifact has one digest of it and not the other', () => {
    const { sha256 = '' } = APP.digest;
    const subject = { digest: { sha256, sha512: 'a'.repeat(128) } };
    const files = loadEvidence([{ path: 'x', bytes: signed(statementOf({ subject: [subject] })) }]);
    const other = { name: 'other', digest: { sha256, sha512: 'b'.repeat(128) } };
    assert.equal(new ArtifactIndex([other, APP], files).has(subject), true);
    assert.equal(new ArtifactIndex([other], files).has(subject), false);
  });
});

describe('a directory above the one that was attested', () => {
  const inFolder = (artifact: ArtifactInput): ArtifactInput => ({
    ...artifact,
    name: `dist/${artifact.name}`,
    fromDirectory: true,
  });
  const files = [signed(statementOf({ subject: [APP, LIB] }))];

  it('is accepted', () => {
    assert.equal(
      evaluate({ files, artifacts: [APP, LIB].map(inFolder), expect: { noExtra: true } }).verdict,
      'accepted',
    );
  });

  it('is rejected for a changed file: it is not one that no attestation names', () => {
    const report = evaluate({
      files,
      artifacts: [inFolder(APP), inFolder(artifactOf('lib.tgz', 'changed'))],
    });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(report.unjudged, []);
  });
});

describe('ArtifactIndex.has', () => {
  it('is any artifact that agrees in all digests, though another that shares one does not', () => {
    const sha256 = hash('sha256', 'x');
    const [right, wrong] = ['x', 'y'].map((text) => ({
      name: text,
      digest: { sha256, sha512: hash('sha512', text) },
    }));
    const subject = { name: 'x', digest: right!.digest };
    const bytes = signed(statementOf({ subject: [subject] }));
    const has = (...artifacts: ArtifactInput[]): boolean =>
      new ArtifactIndex(artifacts, loadEvidence([{ path: 'x', bytes }])).has(subject);
    assert.deepEqual([has(right!, wrong!), has(wrong!, right!), has(wrong!)], [true, true, false]);
  });
});
