import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePublicKeyPem, type PrivateKey } from '@danube/keys';
import { DocumentError } from '../../src/documents/index.ts';
import type { Check } from '../../src/index.ts';
import { AUDITOR, BUILDER, STRANGER, attestationOf, evaluate, signed } from '../fixture.ts';
import { AUDITOR_PEM, BUILD, BUILDER_PEM, policyOf } from './policy-fixture.ts';

const ROLES = [
  { name: 'builder', keys: [BUILDER_PEM] },
  { name: 'auditor', keys: [AUDITOR_PEM] },
];

/** What the policy says of the signatures of these keys, as many of which as there are the caller trusts. */
function made(threshold: number, keys: readonly PrivateKey[], roles: readonly object[] = ROLES): Check {
  const names = roles.map((role) => ('name' in role ? role.name : ''));
  const demand = { roles, signatures: { threshold, roles: names }, builders: undefined };
  const report = evaluate({
    files: [signed(BUILD, { keys })],
    keys: [BUILDER, AUDITOR, STRANGER].map(({ publicKey }) => publicKey),
    expect: { policies: [policyOf(demand)] },
  });
  const found = attestationOf(report).checks.find(({ id }) => id === 'policy.rule:shop/signatures');
  if (found === undefined) throw new Error('there is no such check');
  return found;
}

function refuses(spec: object, pointer: string): void {
  assert.throws(
    () => policyOf(spec),
    (error) => error instanceof DocumentError && error.pointer === pointer,
  );
}

describe('signatures of a policy', () => {
  it('are those of as many roles as are demanded, in any order', () => {
    assert.deepEqual(
      [made(1, [BUILDER]).status, made(2, [BUILDER]).status, made(2, [AUDITOR, BUILDER]).status],
      ['pass', 'fail', 'pass'],
    );
    assert.equal(made(1, [STRANGER, AUDITOR]).status, 'pass');
  });

  it('say who signed, or that nobody did', () => {
    assert.equal(made(2, [AUDITOR, BUILDER]).actual, 'builder, auditor');
    assert.equal(made(1, [AUDITOR]).actual, 'auditor');
    assert.deepEqual(
      [made(1, [STRANGER]).status, made(1, [STRANGER]).actual],
      ['fail', 'none of them signed'],
    );
  });

  it('may be by any key of a role, and count once for it', () => {
    const roles = [{ name: 'both', keys: [BUILDER_PEM, AUDITOR_PEM] }];
    for (const keys of [[BUILDER], [AUDITOR], [BUILDER, AUDITOR]]) {
      const { status, actual } = made(1, keys, roles);
      assert.deepEqual([status, actual], ['pass', 'both']);
    }
  });
});

describe('roles of a policy', () => {
  const signatures = { threshold: 1, roles: ['builder', 'auditor'] };

  it('have each name and each key once', () => {
    refuses(
      { roles: [...ROLES, { name: 'builder', keys: [encodePublicKeyPem(STRANGER.publicKey)] }], signatures },
      '/spec/roles/2/name',
    );
    refuses(
      { roles: [ROLES[0], { name: 'auditor', keys: [AUDITOR_PEM, BUILDER_PEM] }], signatures },
      '/spec/roles/1/keys/1',
    );
    refuses({ roles: [ROLES[0], { name: 'auditor', keys: ['no key'] }], signatures }, '/spec/roles/1/keys/0');
  });

  it('are asked for, and those that are asked for are there', () => {
    refuses({ roles: ROLES, signatures: { threshold: 1, roles: ['builder'] } }, '/spec/roles/1');
    refuses(
      { roles: ROLES, signatures: { threshold: 1, roles: ['builder', 'nobody'] } },
      '/spec/signatures/roles',
    );
    const isolation = { attributes: [{ attribute: 'A' }], signedBy: ['nobody'] };
    refuses({ roles: ROLES, signatures, isolation }, '/spec/isolation/signedBy');
    const attestations = [{ name: 'bom', type: 'sbom', signedBy: ['nobody'] }];
    refuses({ roles: ROLES, signatures, attestations }, '/spec/attestations/0/signedBy');
    assert.ok(policyOf({ roles: ROLES, signatures: { threshold: 2, roles: ['builder', 'auditor'] } }));
    refuses(
      { roles: ROLES, signatures: { threshold: 3, roles: ['builder', 'auditor'] } },
      '/spec/signatures/threshold',
    );
  });

  it('may be asked for by isolation or by an attestation alone', () => {
    const [role] = ROLES;
    const isolation = { attributes: [{ attribute: 'A' }], signedBy: ['builder'] };
    assert.ok(policyOf({ roles: [role], isolation }));
    assert.ok(
      policyOf({ roles: [role], attestations: [{ name: 'bom', type: 'sbom', signedBy: ['builder'] }] }),
    );
  });
});
