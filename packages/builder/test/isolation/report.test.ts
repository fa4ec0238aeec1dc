import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encodeStatement, parseAttributeReport, parseStatement, SCAI_V03 } from 'in-toto-attestation';
import { buildIsolationReport, ISOLATION_ATTRIBUTES, type IsolationReport } from '@danube/builder';
import { example, type Draft } from '../example.ts';

const POLICY = readFileSync(
  new URL('../../../../docs/examples/job/policies/egress-allowlist.yaml', import.meta.url),
);
const digest = (bytes: Uint8Array): { sha256: string } => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
const OUTPUTS = {
  artifacts: [{ name: 'app', digest: { sha256: '1'.repeat(64) } }],
  egressPolicy: digest(POLICY),
};

function report(
  change: (record: Draft) => void = () => {},
  policy: Uint8Array | null = POLICY,
): IsolationReport {
  const outputs = policy === null ? OUTPUTS : { ...OUTPUTS, egressPolicy: digest(policy) };
  return buildIsolationReport(example('full', change), outputs, policy ?? undefined);
}

describe('the isolation report of the full example', () => {
  it('states all of the attributes, with what speaks for them', () => {
    const { statement, proven, unproven } = report();
    assert.deepEqual(proven, ISOLATION_ATTRIBUTES);
    assert.deepEqual(unproven, []);
    assert.ok(statement !== undefined);
    const { predicateType, predicate, subject } = parseStatement(encodeStatement(statement));
    assert.equal(predicateType, SCAI_V03);
    assert.equal(subject[0]?.name, 'app');
    const { attributes, producer } = parseAttributeReport(predicate);
    assert.equal(producer?.uri, 'https://danube.example.com/builders/pods/v1');
    const [hermetic, ephemeral, isolated, nonRoot] = attributes;
    assert.deepEqual(hermetic?.conditions, {
      allowedDomains: ['npm.example.com', 'registry.danube-system'],
      allowedAddresses: [],
      allowedInCluster: [],
    });
    assert.deepEqual(hermetic?.evidence?.digest, digest(POLICY));
    assert.equal(ephemeral?.evidence?.annotations?.['deletedOn'], '2026-01-10T12:36:01Z');
    assert.equal(isolated?.evidence?.annotations?.['hostPath'], false);
    assert.equal(nonRoot?.evidence?.annotations?.['runAsUser'], 1000);
    for (const { target } of attributes) {
      assert.equal(target?.name, 'danube-jobs/job-abc123-2');
      assert.match(
        JSON.stringify(target?.annotations?.['image']),
        /^"registry\.danube-system\/danube\/worker:0\.9\.0@sha256:/,
      );
    }
  });
});

describe('an attribute is not stated', () => {
  const I = (record: Draft): Draft => record.environment.isolation;
  for (const [attribute, what, change] of [
    ['HERMETIC', 'without policy', (r) => delete I(r).egressPolicy],
    ['HERMETIC', 'in the network of the node', (r) => (I(r).security.hostNetwork = true)],
    [
      'HERMETIC',
      'when the policy is the tenant’s',
      (r) => r.vouching.tenant.push('/environment/isolation/egressPolicy'),
    ],
    [
      'HERMETIC',
      'when a label is the tenant’s',
      (r) => r.vouching.tenant.push('/environment/isolation/podLabels/danube.dev~1job'),
    ],
    ['HERMETIC', 'when the policy has another name', (r) => (I(r).egressPolicy.name = 'other')],
    ['HERMETIC', 'when the policy is of another namespace', (r) => (I(r).namespace = 'other')],
    [
      'HERMETIC',
      'when the tenant says that there was no network',
      (r) => {
        r.environment.network = 'none';
        r.vouching.tenant.push('/environment/network');
      },
    ],
    ['EPHEMERAL', 'when the pod is kept', (r) => (I(r).ephemeral = false)],
    ['EPHEMERAL', 'when nobody saw the pod go', (r) => delete I(r).deletedOn],
    [
      'EPHEMERAL',
      'when the tenant saw it',
      (r) => r.vouching.tenant.push('/environment/isolation/deletedOn'),
    ],
    ['EPHEMERAL', 'of a pod that is only a name', (r) => delete I(r).podUid],
    ['ISOLATED', 'when other jobs have the pod', (r) => (I(r).ephemeral = false)],
    [
      'ISOLATED',
      'of a privileged pod',
      (r) => {
        I(r).security.privileged = true;
        I(r).security.allowPrivilegeEscalation = true;
      },
    ],
    ['ISOLATED', 'with the processes of the node', (r) => (I(r).security.hostPID = true)],
    ['ISOLATED', 'with folders of the node', (r) => delete I(r).security.hostPath],
    ['NON-ROOT', 'of root', (r) => (I(r).security = { runAsUser: 0, allowPrivilegeEscalation: false })],
    ['NON-ROOT', 'where nobody says who', (r) => (I(r).security = { allowPrivilegeEscalation: false })],
    ['NON-ROOT', 'when root can be gained', (r) => delete I(r).security.allowPrivilegeEscalation],
    [
      'NON-ROOT',
      'when the tenant says so',
      (r) => r.vouching.tenant.push('/environment/isolation/security/runAsUser'),
    ],
  ] as readonly (readonly [string, string, (record: Draft) => unknown])[]) {
    it(`${attribute} ${what}`, () => {
      const isThere = what !== 'without policy';
      const { proven, unproven } = report((record) => void change(record), isThere ? POLICY : null);
      assert.ok(unproven.some((item) => item.attribute === attribute && item.reason !== ''));
      assert.ok(!proven.some((item) => item === attribute));
    });
  }

  it('at all where nobody says who vouches', () => {
    const { statement, proven } = report((record) => delete record.vouching);
    assert.equal(statement, undefined);
    assert.deepEqual(proven, []);
  });

  it('HERMETIC by a policy that allows everything', () => {
    const open = Buffer.from(POLICY.toString().replace(/- toFQDNs:[^]*/, '- toEntities: [all]\n'));
    assert.ok(!report(undefined, open).proven.includes('HERMETIC'));
  });

  it('HERMETIC by the digest of a policy alone', () => {
    const { proven } = buildIsolationReport(example('full'), OUTPUTS);
    assert.deepEqual(proven, ['EPHEMERAL', 'ISOLATED', 'NON-ROOT']);
  });
});

describe('HERMETIC', () => {
  it('is stated of a job that had no network, by the word of the control plane', () => {
    const { statement } = report((record) => {
      record.environment = { network: 'none' };
    }, null);
    const [hermetic, ...others] = parseAttributeReport(statement?.predicate ?? {}).attributes;
    assert.deepEqual(
      [hermetic?.attribute, hermetic?.conditions, others],
      ['HERMETIC', { network: 'none' }, []],
    );
  });
});

describe('a policy that is given', () => {
  it('is refused when it is not the one of the record', () => {
    assert.throws(() => buildIsolationReport(example('full'), OUTPUTS, Buffer.from('{}')), {
      code: 'ERR_JOB_OUTPUT',
      pointer: '/environment/isolation/egressPolicy/digest',
    });
  });

  it('is refused when the record names none', () => {
    assert.throws(() => buildIsolationReport(example('minimal'), OUTPUTS, POLICY), {
      code: 'ERR_JOB_OUTPUT',
      pointer: '/environment/isolation/egressPolicy',
    });
  });
});
