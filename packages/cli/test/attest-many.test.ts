import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parseAttributeReport, parseEnvelope, parseStatement, SCAI_V03 } from 'in-toto-attestation';
import { danube, folder, type Outcome } from './danube.ts';
import { jobRecord, sha256, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const POLICY = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: egress, namespace: jobs }
spec:
  endpointSelector: {}
  egress: [{ toFQDNs: [{ matchName: npm.example.com }] }]
`;
const DIRECTORY = join(root, 'data/artifacts/abc123');

/* eslint-disable-next-line typescript/no-explicit-any -- JSON that is looked into */
type Json = any;

function isolatedRecord(change: (record: Json) => void = () => {}): string {
  const record: Json = JSON.parse(Buffer.from(jobRecord()).toString());
  record.environment = {
    isolation: {
      namespace: 'jobs',
      pod: 'job-1',
      podUid: '3f6c1a52-9f4e-4d3b-8a27-5e1d0c9b7f60',
      ephemeral: true,
      deletedOn: record.finishedOn,
      security: {
        runAsNonRoot: true,
        privileged: false,
        allowPrivilegeEscalation: false,
        hostNetwork: false,
        hostPID: false,
        hostIPC: false,
        hostPath: false,
      },
      egressPolicy: { name: 'egress', digest: { sha256: sha256(POLICY) } },
    },
  };
  record.vouching = { controlPlane: [''] };
  change(record);
  return JSON.stringify(record);
}

function attest(...args: readonly string[]): Outcome {
  const job = [
    '--job-record',
    'job.json',
    '--artifacts',
    'dist',
    '--key',
    'signing.key',
    '--data-dir',
    'data',
  ];
  return danube(['provenance', 'attest', ...job, ...args], { cwd: root });
}

function stored(name: string): ReturnType<typeof parseStatement> {
  return parseStatement(parseEnvelope(readFileSync(join(DIRECTORY, name))).payload);
}

function statement(digest: string, predicate: Json = { purl: 'pkg:npm/app@1.2.0' }): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app.tgz', digest: { sha256: digest } }],
    predicateType: 'https://in-toto.io/attestation/release/v0.2',
    predicate,
  });
}

before(async () => {
  await writeKey(join(root, 'signing.key'), await testKey(1));
  await writeKey(join(root, 'other.key'), await testKey(2));
  write(join(root, 'dist/app.tgz'), 'the app');
  write(join(root, 'policy.yaml'), POLICY);
  write(join(root, 'job.json'), isolatedRecord());
  write(join(root, 'release.json'), statement(sha256('the app')));
  const args = ['attest', 'dist/app.tgz', '--predicate-type', 'release', '--predicate', 'purl.json'];
  write(join(root, 'purl.json'), '{"purl":"pkg:npm/app@1.2.0"}');
  const signed = danube([...args, '--key', 'other.key', '--out', 'signed.json'], { cwd: root });
  assert.equal(signed.code, 0, signed.stderr);
});

function fresh(): void {
  rmSync(join(root, 'data'), { recursive: true, force: true });
}

describe('danube provenance attest, the isolation report', () => {
  it('is stored beside the provenance, by the same key, and states what is proven', () => {
    fresh();
    const { code, stdout, stderr } = attest('--egress-policy', 'policy.yaml', '--json');
    assert.equal(code, 0, stderr);
    const listed: Json = JSON.parse(stdout);
    assert.deepEqual(listed.isolation, {
      proven: ['HERMETIC', 'EPHEMERAL', 'ISOLATED', 'NON-ROOT'],
      unproven: [],
    });
    assert.deepEqual(
      listed.attestations.map(({ name, predicateTypes, written }: Json) => [name, predicateTypes, written]),
      [
        ['isolation.json', [SCAI_V03], true],
        ['provenance.json', ['https://slsa.dev/provenance/v1'], true],
      ],
    );
    for (const { path, sha256: digest } of listed.attestations)
      assert.equal(sha256(readFileSync(path)), digest);
    const [hermetic] = parseAttributeReport(stored('isolation.json').predicate).attributes;
    assert.deepEqual(hermetic?.conditions?.['allowedDomains'], ['npm.example.com']);
    const keyids = ['isolation.json', 'provenance.json'].map(
      (name) => parseEnvelope(readFileSync(join(DIRECTORY, name))).signatures[0]?.keyid,
    );
    assert.equal(keyids[0], keyids[1]);
  });

  it('does not keep the provenance from being verified', () => {
    for (const what of [
      ['--job', 'abc123', '--data-dir', 'data'],
      ['dist/app.tgz', '--provenance', DIRECTORY],
    ]) {
      const { code, stdout, stderr } = danube(
        ['provenance', 'verify', ...what, '--public-key', 'signing.key.pub'],
        {
          cwd: root,
        },
      );
      assert.equal(code, 0, `${what.join(' ')}: ${stdout}${stderr}`);
    }
  });

  it('is shown by inspect', () => {
    const { code, stdout } = danube(['provenance', 'inspect', join(DIRECTORY, 'isolation.json')], {
      cwd: root,
    });
    assert.equal(code, 0);
    assert.match(stdout, /predicate +https:\/\/in-toto\.io\/attestation\/scai\/v0\.3/);
    assert.match(stdout, /"attribute": "HERMETIC"/);
  });

  it('says what is not proven, and leaves it out', () => {
    fresh();
    const { code, stdout, stderr } = attest('--json');
    assert.equal(code, 0);
    assert.match(stderr, /^isolation: HERMETIC is not stated: .+$/m);
    assert.deepEqual(JSON.parse(stdout).isolation.proven, ['EPHEMERAL', 'ISOLATED', 'NON-ROOT']);
  });

  it('is not written where the tenant says all of it', () => {
    fresh();
    write(
      join(root, 'job.json'),
      isolatedRecord((record) => (record.vouching = { tenant: [''] })),
    );
    assert.equal(attest('--egress-policy', 'policy.yaml').code, 0);
    assert.deepEqual(readdirSync(DIRECTORY), ['provenance.json']);
    const { stdout } = danube(['provenance', 'inspect', join(DIRECTORY, 'provenance.json')], { cwd: root });
    assert.match(stdout, /^ {2}builder +\[tenant\] +https:/m);
    write(join(root, 'job.json'), isolatedRecord());
  });

  it('is not made of another policy than the one of the record', () => {
    fresh();
    write(join(root, 'open.yaml'), POLICY.replace('npm.example.com', 'evil.example.com'));
    assert.equal(attest('--egress-policy', 'open.yaml').code, 2);
    assert.equal(existsSync(join(root, 'data')), false);
  });
});

describe('danube provenance attest --attestation', () => {
  it('signs a statement, keeps what is signed, and stores all of it with the provenance', () => {
    fresh();
    const { code, stderr } = attest('--attestation', 'release.json', '--attestation', 'signed.json');
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(DIRECTORY).sort(), [
      'isolation.json',
      'provenance.json',
      'release.json',
      'signed.json',
    ]);
    assert.deepEqual(readFileSync(join(DIRECTORY, 'signed.json')), readFileSync(join(root, 'signed.json')));
    assert.equal(stored('release.json').predicateType, 'https://in-toto.io/attestation/release/v0.2');
    const { code: again, stderr: said } = attest(
      '--attestation',
      'release.json',
      '--attestation',
      'signed.json',
    );
    assert.equal(again, 0);
    assert.match(said, /already attested/);
  });

  it('adds to what is stored', () => {
    fresh();
    mkdirSync(DIRECTORY, { recursive: true });
    write(join(DIRECTORY, 'app.tgz'), 'the app');
    assert.equal(attest().code, 0);
    const { code, stdout } = attest('--attestation', 'release.json', '--json');
    assert.equal(code, 0);
    assert.deepEqual(
      JSON.parse(stdout).attestations.map(({ name, written }: Json) => [name, written]),
      [
        ['isolation.json', false],
        ['provenance.json', false],
        ['release.json', true],
      ],
    );
  });

  it('stores none of them when one is there with other facts', () => {
    fresh();
    write(join(DIRECTORY, 'release.json'), '{"other":"facts"}');
    const { code, stderr } = attest('--attestation', 'release.json');
    assert.equal(code, 2);
    assert.match(stderr, /release\.json/);
    assert.deepEqual(readdirSync(DIRECTORY), ['release.json']);
  });

  for (const [what, file, content] of [
    ['about nothing that the job made', 'foreign.json', statement(sha256('another app'))],
    ['of a predicate that is none', 'none.json', statement(sha256('the app'), { purl: 7 })],
    [
      'that publishes a credential',
      'secret.json',
      statement(sha256('the app'), {
        purl: 'pkg:npm/app@1.2.0',
        note: ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_'),
      }),
    ],
    ['with the name of the provenance', 'sub/provenance.json', statement(sha256('the app'))],
    ['with a name that cannot be stored', 'release.txt', statement(sha256('the app'))],
    ['that is no JSON', 'broken.json', '{'],
  ] as const) {
    it(`refuses one ${what}, and writes nothing`, () => {
      fresh();
      write(join(root, file), content);
      const { code } = attest('--attestation', file);
      assert.ok(code === 1 || code === 2, String(code));
      assert.equal(existsSync(join(root, 'data')), false);
    });
  }

  it('refuses to redact what is signed', () => {
    fresh();
    assert.equal(attest('--attestation', 'signed.json', '--on-secret', 'redact').code, 2);
    assert.equal(existsSync(join(root, 'data')), false);
  });
});
