import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  APP,
  LIB,
  STRANGER,
  artifactOf,
  bytesOf,
  check,
  checkOf,
  evaluate,
  failures,
  hash,
  signed,
  statementOf,
} from './fixture.ts';

describe('evidence.found', () => {
  it('passes by digest, and counts', () => {
    const { status, actual } = check('evidence.found', { files: [signed(), signed()] });
    assert.deepEqual({ status, actual }, { status: 'pass', actual: '2 found by digest' });
  });

  it('passes by name when no digest fits, so that a changed file is told from a strange one', () => {
    const changed = artifactOf('out/app.tgz', 'changed');
    assert.equal(check('evidence.found', { artifacts: [changed] }).actual, '1 found by name');
  });

  it('passes for what cannot be read: it may be about anything', () => {
    const { status, actual } = check('evidence.found', { files: [bytesOf('?')] });
    assert.deepEqual({ status, actual }, { status: 'pass', actual: '1 found that cannot be read' });
  });

  it('fails when there is none at all, in a list of checks like any other', () => {
    const report = evaluate({ files: [], expect: { builderId: 'https://ci.example.com/danube' } });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(failures(report), ['evidence.found']);
    assert.equal(report.artifacts[0]?.attestations[0]?.path, null);
    assert.equal(checkOf(report, 'evidence.found').actual, 'no attestation was found');
    assert.equal(checkOf(report, 'signature').actual, 'there is no attestation');
    assert.equal(checkOf(report, 'builder.id').status, 'not-run');
  });

  it('fails when all evidence is about something else', () => {
    const report = evaluate({ artifacts: [LIB] });
    assert.deepEqual(failures(report), ['evidence.found', 'subject.digest']);
    assert.match(checkOf(report, 'evidence.found').actual ?? '', /^1 found, none names this artifact/);
  });

  it('tells the line of a JSON Lines file', () => {
    const lines = Buffer.concat([signed(statementOf({ subject: [LIB] })), bytesOf('\n'), signed()]);
    const report = evaluate({ files: [{ path: 'all.intoto.jsonl', bytes: lines }] });
    assert.equal(report.verdict, 'accepted');
    assert.equal(checkOf(report, 'evidence.found').actual, '1 found by digest, this one on line 2');
    assert.equal(report.artifacts[0]?.attestations[0]?.line, 2);
  });
});

describe('what is said of evidence and subjects', () => {
  it('names what was looked for', () => {
    assert.equal(check('evidence.found').expected, 'an attestation that names this artifact');
    const alone = check('evidence.found', { artifacts: 'provenance-only' });
    assert.equal(alone.expected, 'an attestation');
  });

  it('names the first subject of an attestation about something else, and counts the others', () => {
    const [app, lib] = [APP, LIB].map(({ name, digest }) => `sha256:${digest['sha256']} (named ${name})`);
    const about = (subject: readonly object[]): string | null =>
      check('subject.digest', { files: [signed(statementOf({ subject }))], artifacts: [artifactOf('x')] })
        .actual;
    assert.equal(about([APP]), app);
    assert.equal(about([LIB, APP, artifactOf('y')]), `${lib}, and 2 more`);
  });

  it('names the subject for which there is no file', () => {
    const files = [signed(statementOf({ subject: [APP, LIB] }))];
    const report = evaluate({ files, expect: { noMissing: true } });
    const missing = report.artifacts[1]?.attestations[0]?.checks.find(({ id }) => id === 'artifact.missing');
    assert.equal(missing?.actual, `no file is sha256:${LIB.digest['sha256']} (named lib.tgz)`);
  });
});

describe('subject.digest', () => {
  it('passes by digest, with the place of the subject and its name', () => {
    const files = [signed(statementOf({ subject: [LIB, APP] }))];
    const { status, actual, pointer } = check('subject.digest', { files });
    const expected = {
      status: 'pass',
      actual: `sha256:${APP.digest['sha256']} (named app.tgz)`,
      pointer: '/subject/1',
    };
    assert.deepEqual({ status, actual, pointer }, expected);
  });

  it('passes whatever the subject is called, and tells its name', () => {
    const artifacts = [{ ...APP, name: 'renamed.tgz' }];
    const { status, actual } = check('subject.digest', { artifacts });
    assert.equal(status, 'pass');
    assert.match(actual ?? '', /\(named app\.tgz\)$/);
  });

  it('prefers the subject of the same name among equal ones', () => {
    const files = [signed(statementOf({ subject: [{ ...APP, name: 'copy.tgz' }, APP] }))];
    assert.equal(check('subject.digest', { files }).pointer, '/subject/1');
  });

  it('passes for a subject without a name', () => {
    const files = [signed(statementOf({ subject: [{ digest: APP.digest }] }))];
    assert.equal(evaluate({ files }).verdict, 'accepted');
  });

  it('fails for a changed file, with both digests and the place of the subject', () => {
    const artifacts = [artifactOf('app.tgz', 'changed')];
    const report = evaluate({ artifacts });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(failures(report), ['subject.digest']);
    const { expected, actual, pointer } = checkOf(report, 'subject.digest');
    assert.deepEqual(
      { expected, actual, pointer },
      {
        expected: `sha256:${hash('sha256', 'changed')}`,
        actual: `sha256:${APP.digest['sha256']} (named app.tgz)`,
        pointer: '/subject/0/digest',
      },
    );
  });

  it('matches by sha384 or sha512 alone', () => {
    for (const algorithm of ['sha384', 'sha512'] as const) {
      const artifact = { name: 'app.tgz', digest: { [algorithm]: hash(algorithm, 'x') } };
      const files = [signed(statementOf({ subject: [artifact] }))];
      assert.equal(evaluate({ files, artifacts: [artifact] }).verdict, 'accepted');
    }
  });

  it('finds the subject that agrees by every algorithm behind one that agrees by a single one', () => {
    const digest = { sha256: hash('sha256', 'x'), sha512: hash('sha512', 'x') };
    const subject = [{ digest: { ...digest, sha512: hash('sha512', 'y') } }, { digest }];
    const report = evaluate({
      files: [signed(statementOf({ subject }))],
      artifacts: [{ name: 'x', digest }],
    });
    assert.equal(report.verdict, 'accepted');
    assert.equal(checkOf(report, 'subject.digest').pointer, '/subject/1');
  });

  it('is not run when the signature did not verify', () => {
    assert.equal(check('subject.digest', { keys: [STRANGER.publicKey] }).status, 'not-run');
  });
});

describe('artifact.extra', () => {
  const stray = { ...artifactOf('stray.txt'), fromDirectory: true };
  const app = { ...APP, fromDirectory: true };

  it('is not run when nobody asked', () => {
    const { status, actual } = check('artifact.extra');
    assert.deepEqual({ status, actual }, { status: 'not-run', actual: 'extra files not constrained' });
  });

  it('leaves a file of a directory that no attestation names out of the verdict, and says so', () => {
    const report = evaluate({ artifacts: [app, stray] });
    assert.equal(report.verdict, 'accepted');
    assert.deepEqual(
      report.artifacts.map(({ name }) => name),
      ['app.tgz'],
    );
    assert.deepEqual(report.unjudged, ['stray.txt']);
  });

  it('fails for it when asked, and passes for the others', () => {
    const report = evaluate({ artifacts: [app, stray], expect: { noExtra: true } });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(report.unjudged, []);
    assert.equal(report.artifacts[0]?.verdict, 'accepted');
    assert.equal(report.artifacts[1]?.verdict, 'rejected');
    assert.equal(checkOf(report, 'artifact.extra', 0).status, 'pass');
    assert.equal(checkOf(report, 'artifact.extra', 1).status, 'fail');
  });

  it('judges all of them when no file is named by any attestation: nothing found is never accepted', () => {
    const report = evaluate({ artifacts: [stray], files: [] });
    assert.equal(report.verdict, 'rejected');
    assert.equal(report.artifacts.length, 1);
    assert.deepEqual(report.unjudged, []);
  });

  it('judges a file that the caller named, whatever was asked', () => {
    assert.equal(evaluate({ artifacts: [APP, artifactOf('stray.txt')] }).verdict, 'rejected');
  });

  it('judges a file of a directory that an attestation names and that is another file', () => {
    const report = evaluate({
      artifacts: [app, { ...artifactOf('lib.tgz', 'changed'), fromDirectory: true }],
      files: [signed(statementOf({ subject: [APP, LIB] }))],
    });
    assert.equal(report.verdict, 'rejected');
    assert.equal(report.artifacts[1]?.verdict, 'rejected');
  });
});

describe('artifact.missing', () => {
  const both = signed(statementOf({ subject: [APP, LIB] }));

  it('is not run when nobody asked', () => {
    const report = evaluate({ files: [both] });
    assert.equal(report.verdict, 'accepted');
    const { status, actual } = checkOf(report, 'artifact.missing');
    assert.deepEqual({ status, actual }, { status: 'not-run', actual: 'missing files not constrained' });
  });

  it('passes when every subject is there', () => {
    const report = evaluate({ files: [both], artifacts: [APP, LIB], expect: { noMissing: true } });
    assert.equal(report.verdict, 'accepted');
    assert.equal(checkOf(report, 'artifact.missing', 1).status, 'pass');
  });

  it('fails for a subject without file, which the report lists as an artifact of its own', () => {
    const report = evaluate({ files: [both], expect: { noMissing: true } });
    assert.equal(report.verdict, 'rejected');
    const [app, lib] = report.artifacts;
    assert.equal(app?.verdict, 'accepted');
    assert.deepEqual(
      { name: lib?.name, digest: lib?.digest, verdict: lib?.verdict },
      { name: 'lib.tgz', digest: LIB.digest, verdict: 'rejected' },
    );
    const { status, pointer } = checkOf(report, 'artifact.missing', 1);
    assert.deepEqual({ status, pointer }, { status: 'fail', pointer: '/subject/1' });
    assert.equal(checkOf(report, 'subject.digest', 1).actual, 'there is no file to compare with');
    assert.equal(checkOf(report, 'signature', 1).status, 'pass');
  });
});
