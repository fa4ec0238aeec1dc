import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DocumentError,
  encodeLock,
  lockName,
  parseLockDocument,
  recordLock,
  toLock,
  weakerThan,
  type LockEntry,
} from '../../src/documents/index.ts';
import { loadEvidence } from '../../src/index.ts';
import {
  APP,
  BUILDER,
  BUILDER_ID,
  FINISHED,
  LIB,
  SOURCE_URI,
  STRANGER,
  attestationOf,
  bytesOf,
  check,
  checkOf,
  evaluate,
  predicateOf,
  signed,
  statementOf,
  type Case,
} from '../fixture.ts';
import { trustRootOf } from '../trust-root-fixture.ts';

const ENTRY: LockEntry = {
  builder: BUILDER_ID,
  source: SOURCE_URI,
  level: null,
  signers: [BUILDER.publicKey.keyid],
  finishedOn: FINISHED,
};

/** What is said of a case by a lock of these entries. */
function judged(artifacts: Readonly<Record<string, LockEntry>>, input: Case = {}): readonly unknown[] {
  const lock = toLock({ apiVersion: 'danube.dev/v1', kind: 'ProvenanceLock', artifacts });
  const { status, actual } = check('downgrade', { ...input, expect: { lock, ...input.expect } });
  return [status, actual];
}

describe('a lock', () => {
  it('passes what is as it was locked, and tells it', () => {
    const told = `${BUILDER_ID}, ${SOURCE_URI}, no level, ${BUILDER.publicKey.keyid}, ${FINISHED}`;
    assert.deepEqual(judged({ 'app.tgz': ENTRY }), ['pass', told]);
  });

  it('fails what is not in it, and what is weaker', () => {
    assert.deepEqual(judged({ 'lib.tgz': ENTRY }), ['fail', 'app.tgz is not in the lockfile']);
    assert.deepEqual(judged({ 'app.tgz': { ...ENTRY, level: 1 } }), ['fail', 'a lower Build level, none']);
  });

  it('fails when one of several subjects is weaker, whichever it is', () => {
    const input: Case = {
      files: [signed(statementOf({ subject: [APP, LIB] }))],
      artifacts: 'provenance-only',
    };
    const older = { ...ENTRY, finishedOn: '2027-01-01T00:00:00Z' };
    assert.equal(judged({ 'app.tgz': ENTRY, 'lib.tgz': ENTRY }, input)[0], 'pass');
    assert.equal(judged({ 'app.tgz': older, 'lib.tgz': ENTRY }, input)[0], 'fail');
    assert.equal(judged({ 'app.tgz': ENTRY, 'lib.tgz': older }, input)[0], 'fail');
  });

  it('records the identity of a certificate as a signer, when its time is proven', () => {
    const identity = 'https://ci.example.com/workflow';
    const issuer = 'https://issuer.example.com';
    const time = new Date(FINISHED);
    const proof = {
      signer: {
        identity,
        issuer,
        claims: {},
        fingerprint: 'sha256:00',
        times: [{ by: 'transparency-log', time }],
        logEntries: 1,
        notBefore: time,
        notAfter: time,
      },
    };
    const evidence = loadEvidence([{ path: 'a', bytes: signed() }]);
    const lock = recordLock();
    const report = evaluate({
      evidence,
      keys: [],
      expect: { lock, certificateIdentity: identity, certificateIssuer: issuer },
      certificates: new Map(evidence.items.map((item) => [item, proof])),
    });
    const { statement } = attestationOf(report);
    assert.ok(statement);
    assert.deepEqual(lock.entryOf(statement)?.signers, [identity]);
  });

  it('judges the level that the trust root vouches for', () => {
    const input: Case = { keys: [], expect: { trustRoot: trustRootOf() } };
    assert.equal(judged({ 'app.tgz': { ...ENTRY, level: 2 } }, input)[0], 'pass');
    assert.deepEqual(judged({ 'app.tgz': { ...ENTRY, level: 3 } }, input), [
      'fail',
      'a lower Build level, 2',
    ]);
  });

  it('judges nothing that is not believed', () => {
    const files = [signed(statementOf(), { keys: [STRANGER] })];
    assert.deepEqual(judged({ 'app.tgz': ENTRY }, { files }), ['not-run', 'the signature did not verify']);
  });

  it('judges a build that says neither source nor time', () => {
    const predicate = predicateOf({
      definition: { buildType: 'https://example.com/other', externalParameters: { x: 1 } },
      run: { metadata: undefined },
    });
    const files = [signed(statementOf({ predicate }))];
    const entry = { ...ENTRY, source: null, finishedOn: null };
    assert.deepEqual(judged({ 'app.tgz': entry }, { files }), [
      'pass',
      `${BUILDER_ID}, no source, no level, ${BUILDER.publicKey.keyid}, no time`,
    ]);
  });
});

describe('weakerThan', () => {
  const locked: LockEntry = { ...ENTRY, level: 2, signers: ['a', 'b'] };
  const found = (change: Partial<LockEntry>): string | undefined =>
    weakerThan(locked, { ...locked, ...change });

  it('is another builder or source, a lower level, a signer less, an older build', () => {
    assert.equal(found({ builder: 'x' }), 'another builder, x');
    assert.equal(found({ source: 'x' }), 'another source, x');
    assert.equal(found({ source: null }), 'another source, not said');
    assert.equal(found({ level: 1 }), 'a lower Build level, 1');
    assert.equal(found({ level: null }), 'a lower Build level, none');
    assert.equal(found({ signers: ['a'] }), 'not signed by b');
    assert.equal(found({ finishedOn: null }), 'a build that does not say when it finished');
    const older = '2026-01-02T11:59:59Z';
    assert.equal(found({ finishedOn: older }), `an older build, finished on ${older}`);
  });

  it('is nothing that is the same or better', () => {
    assert.equal(found({}), undefined);
    assert.equal(found({ level: 3 }), undefined);
    assert.equal(found({ signers: ['c', 'b', 'a'] }), undefined);
    assert.equal(found({ finishedOn: '2026-01-02T12:00:01Z' }), undefined);
    const unknown = { ...locked, level: null, finishedOn: null };
    assert.equal(weakerThan(unknown, { ...locked, level: null }), undefined);
    assert.equal(weakerThan(unknown, unknown), undefined);
  });
});

describe('recordLock', () => {
  it('remembers what would be locked of provenance that is believed, and of nothing else', () => {
    const lock = recordLock();
    const entryOf = (files: readonly Uint8Array[]): LockEntry | undefined => {
      const report = evaluate({ files, expect: { lock } });
      const { statement } = report.artifacts[0]!.attestations[0]!;
      return statement === null ? undefined : lock.entryOf(statement);
    };
    assert.deepEqual(entryOf([signed()]), ENTRY);
    const sbom = signed(statementOf({ predicateType: 'https://spdx.dev/Document', predicate: {} }));
    assert.equal(entryOf([sbom]), undefined);
    const report = evaluate({ files: [sbom], expect: { lock } });
    assert.equal(checkOf(report, 'downgrade').actual, 'the predicate is not provenance');
  });
});

describe('lockName', () => {
  const nameOf = (name: string, more: object = {}): string => lockName({ name, digest: {}, ...more });

  it('is without versions, folders, tags and digests', () => {
    assert.equal(nameOf('dist/app-1.2.0-rc.1.tgz'), 'app-*.tgz');
    assert.equal(nameOf('app-10.20.30-2026.11.tgz'), 'app-*-*.tgz');
    assert.equal(nameOf('app'), 'app');
    assert.equal(nameOf('x', { packageUrl: 'pkg:npm/%40a/b@1.0.0' }), 'pkg:npm/@a/b');
    assert.equal(nameOf('x', { packageUrl: 'no package' }), 'x');
    assert.equal(nameOf('x', { image: 'r.example.com/a/b:v1' }), 'r.example.com/a/b');
  });
});

// A million digits would take hours otherwise, and checksum files hold names of any length.
describe('the time of lockName', () => {
  it('is linear in the name', () => {
    const name = '1'.repeat(1_000_000);
    assert.equal(lockName({ name, digest: {} }), name);
  });
});

describe('encodeLock', () => {
  it('writes names in order, as they are read again', () => {
    const text = encodeLock(
      new Map([
        ['b', ENTRY],
        ['a', ENTRY],
      ]),
    );
    assert.deepEqual(Object.keys(parseLockDocument(bytesOf(text)).artifacts), ['a', 'b']);
    assert.throws(() => encodeLock(new Map()), DocumentError);
  });
});
