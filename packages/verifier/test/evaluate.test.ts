import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ArtifactInput,
  CHECK_IDS,
  ExpectationError,
  VerificationError,
  createVerifier,
  evaluateProvenance,
  loadEvidence,
  verifyProvenance,
} from '../src/index.ts';
import {
  APP,
  BUILDER,
  BUILDER_ID,
  EVERYTHING,
  LIB,
  NOW,
  STRANGER,
  attestationOf,
  bytesOf,
  check,
  checkOf,
  evaluate,
  failures,
  signed,
  statementOf,
} from './fixture.ts';

const expectations = { publicKeys: [BUILDER.publicKey] };
const evidence = loadEvidence([{ path: 'provenance.json', bytes: signed() }]);

describe('evaluateProvenance', () => {
  it('accepts a build that is as expected in everything', () => {
    const report = evaluate({ expect: EVERYTHING });
    assert.equal(report.verdict, 'accepted');
    const { path, keyids, builderId, statement, checks } = attestationOf(report);
    assert.deepEqual(
      { path, keyids, builderId },
      { path: 'provenance-0.json', keyids: [BUILDER.publicKey.keyid], builderId: BUILDER_ID },
    );
    assert.equal(statement?.subject[0]?.name, 'app.tgz');
    const others = ['transparency', 'certificate.identity', 'certificate.claims', 'key.delegation'];
    others.push('npm.package', 'policy.match', 'dependency', 'summary', 'downgrade');
    others.push('trust.root', 'time.proof', 'key.validity', 'key.revoked', 'build.level');
    others.push('vsa.verifier', 'vsa.resource', 'vsa.result', 'vsa.levels', 'vsa.time');
    assert.deepEqual(
      checks.map(({ status }) => status),
      CHECK_IDS.map((id) => (others.includes(id) ? 'not-run' : 'pass')),
    );
  });

  it('judges every artifact, and accepts when all are', () => {
    const files = [signed(statementOf({ subject: [APP, LIB] }))];
    assert.equal(evaluate({ files, artifacts: [APP, LIB] }).verdict, 'accepted');
    const one = evaluate({ artifacts: [LIB, APP] });
    assert.equal(one.verdict, 'rejected');
    assert.deepEqual(
      one.artifacts.map(({ verdict }) => verdict),
      ['rejected', 'accepted'],
    );
  });

  it('makes every check, in order, whatever the evidence is', () => {
    const cases = [
      [],
      [signed()],
      [signed('no statement')],
      [bytesOf('?')],
      [signed(statementOf(), { keys: [STRANGER] })],
    ];
    for (const files of cases) {
      const { checks } = attestationOf(evaluate({ files }));
      assert.deepEqual(
        checks.map(({ id }) => id),
        CHECK_IDS,
      );
    }
  });

  it('accepts when one attestation passes; its neighbours are listed and spoil nothing', () => {
    const files = [
      bytesOf('broken'),
      signed(statementOf(), { keys: [STRANGER] }),
      signed(statementOf({ predicateType: 'https://spdx.dev/Document' })),
      signed('signed, and no statement'),
      signed(),
    ];
    const report = evaluate({ files });
    assert.equal(report.verdict, 'accepted');
    const [artifact] = report.artifacts;
    assert.deepEqual(new Set(artifact?.attestations.map(({ path }) => path)).size, 5);
    assert.equal(evaluate({ files: files.slice(0, 4) }).verdict, 'rejected');
  });

  it('does not add up attestations that each pass half', () => {
    const files = [signed(statementOf(), { keys: [STRANGER] }), signed(statementOf({ subject: [LIB] }))];
    assert.equal(evaluate({ files }).verdict, 'rejected');
  });

  it('gives the same report for the same input', () => {
    assert.deepEqual(evaluate({ expect: EVERYTHING }), evaluate({ expect: EVERYTHING }));
  });

  it('changes nothing that it is given', () => {
    const input = { evidence, artifacts: [APP], expectations: EVERYTHING, now: NOW };
    const before = structuredClone([APP, { ...EVERYTHING, publicKeys: [] }, NOW]);
    evaluateProvenance(input);
    assert.deepEqual([APP, { ...EVERYTHING, publicKeys: [] }, NOW], before);
  });
});

function refuses(input: object, field: string): void {
  const whole = { evidence, artifacts: [APP], expectations, now: NOW, ...input };
  assert.throws(
    () => evaluateProvenance(whole),
    (error) => error instanceof ExpectationError && error.field === field,
  );
}

describe('evaluateProvenance, given what makes no sense', () => {
  it('refuses to judge no artifacts unless that is said', () => {
    for (const artifacts of [[], undefined, null, 'provenance', {}]) refuses({ artifacts }, 'artifacts');
  });

  it('refuses an artifact without an accepted digest in lower-case hex', () => {
    const good = APP.digest['sha256']!;
    for (const digest of [
      {},
      { md5: 'a'.repeat(32) },
      { sha1: 'a'.repeat(40) },
      { sha3_256: good },
      { sha256: good.toUpperCase() },
      { sha256: good.slice(2) },
      { sha256: `${good}\n` },
      { sha256: '' },
      { sha256: good, sha512: 'x' },
      null,
      'sha256',
    ]) {
      refuses({ artifacts: [{ name: 'x', digest } as unknown as ArtifactInput] }, 'artifacts');
    }
    refuses({ artifacts: [{ digest: APP.digest }] }, 'artifacts');
  });

  it('refuses a time that is none', () => {
    for (const now of [undefined, NaN, new Date(NaN), '2026-01-01']) refuses({ now }, 'now');
  });

  it('refuses to look for extra or missing files without artifacts', () => {
    for (const field of ['noExtra', 'noMissing']) {
      refuses(
        { artifacts: 'provenance-only', expectations: { ...expectations, [field]: true } },
        'artifacts',
      );
    }
  });
});

describe('evaluateProvenance of provenance alone', () => {
  const artifacts = 'provenance-only';

  it('accepts, and says that no artifact was compared', () => {
    const report = evaluate({ artifacts });
    assert.equal(report.verdict, 'accepted');
    const [only] = report.artifacts;
    assert.deepEqual({ name: only?.name, digest: only?.digest }, { name: null, digest: {} });
    const { status, actual } = checkOf(report, 'subject.digest');
    assert.deepEqual(
      { status, actual },
      { status: 'not-run', actual: 'no artifact was given: only the provenance is judged' },
    );
    assert.equal(checkOf(report, 'artifact.missing').status, 'not-run');
  });

  it('judges each attestation by itself: no neighbour stands in for it', () => {
    const report = evaluate({ artifacts, files: [signed(), signed(statementOf(), { keys: [STRANGER] })] });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(
      report.artifacts.map(({ verdict }) => verdict),
      ['accepted', 'rejected'],
    );
  });

  it('lists attestations of other types, whoever signed them, and they spoil nothing', () => {
    const sbom = statementOf({ predicateType: 'https://spdx.dev/Document', predicate: {} });
    const files = [signed(sbom), signed(), signed(sbom, { keys: [STRANGER] })];
    const report = evaluate({ artifacts, files });
    assert.equal(report.verdict, 'accepted');
    assert.equal(report.artifacts.length, 1);
    assert.deepEqual(
      report.artifacts[0]?.attestations.map(({ path, verdict, keyids }) => [path, verdict, keyids.length]),
      [
        ['provenance-1.json', 'accepted', 1],
        ['provenance-0.json', 'rejected', 1],
        ['provenance-2.json', 'rejected', 0],
      ],
    );
  });

  it('rejects when there are only others, or what is broken or badly signed beside them', () => {
    const sbom = signed(statementOf({ predicateType: 'https://spdx.dev/Document', predicate: {} }));
    const broken = new TextEncoder().encode('{');
    for (const files of [
      [sbom],
      [sbom, broken],
      [sbom, signed(), broken],
      [sbom, signed(undefined, { keys: [STRANGER] })],
    ])
      assert.equal(evaluate({ artifacts, files }).verdict, 'rejected');
  });

  it('takes another type for the demanded one when it is asked for', () => {
    const type = 'https://spdx.dev/Document';
    const sbom = signed(statementOf({ predicateType: type, predicate: {} }), { keys: [STRANGER] });
    assert.equal(
      evaluate({ artifacts, files: [signed(), sbom], expect: { predicateType: type } }).verdict,
      'rejected',
    );
  });

  it('rejects when there is none', () => {
    const report = evaluate({ artifacts, files: [] });
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(failures(report), ['evidence.found']);
  });

  it('makes every other check', () => {
    assert.equal(check('builder.id', { artifacts, expect: { builderId: 'https://other' } }).status, 'fail');
    assert.equal(check('signature', { artifacts, keys: [STRANGER.publicKey] }).status, 'fail');
  });
});

describe('verifyProvenance', () => {
  it('returns the report of what is accepted', () => {
    const report = verifyProvenance({ evidence, artifacts: [APP], expectations, now: NOW });
    assert.equal(report.verdict, 'accepted');
  });

  it('throws the report of what is not', () => {
    assert.throws(
      () => verifyProvenance({ evidence, artifacts: [LIB], expectations, now: NOW }),
      (error) =>
        error instanceof VerificationError &&
        error.code === 'ERR_VERIFICATION' &&
        error.report.verdict === 'rejected' &&
        error.message.startsWith('lib.tgz is rejected: evidence.found: 1 found'),
    );
  });

  it('throws a mistake of the caller as such', () => {
    assert.throws(
      () => verifyProvenance({ evidence, artifacts: [], expectations, now: NOW }),
      ExpectationError,
    );
  });
});

describe('createVerifier', () => {
  const question = { evidence, artifacts: [APP], now: NOW };

  it('finds what evaluateProvenance finds, each time', () => {
    for (const expected of [expectations, { publicKeys: [STRANGER.publicKey] }]) {
      const verifier = createVerifier(expected);
      const report = evaluateProvenance({ ...question, expectations: expected });
      assert.deepEqual(verifier.evaluate(question), report);
      assert.deepEqual(verifier.evaluate(question), report);
    }
  });

  it('throws the report unless the verdict is accepted', () => {
    assert.equal(createVerifier(expectations).verify(question).verdict, 'accepted');
    const stranger = createVerifier({ publicKeys: [STRANGER.publicKey] });
    assert.throws(() => stranger.verify(question), VerificationError);
  });

  it('reads the expectations when it is made, and keeps what it read', () => {
    assert.throws(() => createVerifier({ publicKeys: [] }), ExpectationError);
    const publicKeys = [BUILDER.publicKey];
    const allowParameters: string[] = [];
    const verifier = createVerifier({ publicKeys, allowParameters, strict: true });
    publicKeys.length = 0;
    allowParameters.push('/pipeline', '/source', '/trigger', '/parameters');
    const { checks } = attestationOf(verifier.evaluate(question));
    assert.equal(checks.find(({ id }) => id === 'signature')?.status, 'pass');
    assert.equal(checks.find(({ id }) => id === 'parameters')?.status, 'fail');
  });

  it('asks for what the expectations need', () => {
    const certificate = { certificateIdentity: 'a@example.com', certificateIssuer: 'https://example.com' };
    const verifier = createVerifier({ publicKeys: [], ...certificate });
    assert.throws(() => verifier.evaluate(question), ExpectationError);
    assert.equal(verifier.evaluate({ ...question, certificates: new Map() }).verdict, 'rejected');
  });
});
