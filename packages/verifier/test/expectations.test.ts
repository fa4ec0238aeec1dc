import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeOpenSshPublicKey, encodePublicKeyPem, parsePublicKey } from '@danube/keys';
import { ExpectationError, type Expectations } from '../src/index.ts';
import { readExpectations } from '../src/expectations.ts';
import { AUDITOR, BUILDER, EVERYTHING, STRANGER, bytesOf } from './fixture.ts';
import { trustRootOf } from './trust-root-fixture.ts';

const publicKeys = [BUILDER.publicKey];

/** The expectations are the caller's mistake, in the field named. */
function refuses(expectations: object, field: string): void {
  assert.throws(
    () => readExpectations(expectations as Expectations),
    (error) => error instanceof ExpectationError && error instanceof TypeError && error.field === field,
  );
}

describe('readExpectations', () => {
  it('reads everything that can be expected', () => {
    const { keys, threshold, sourceRef } = readExpectations(EVERYTHING);
    assert.deepEqual(
      { keys, threshold, sourceRef },
      { keys: publicKeys, threshold: 1, sourceRef: 'refs/heads/main' },
    );
  });

  it('needs a key', () => {
    for (const given of [undefined, null, [], {}, 'key', [null], ['key'], [{}], [{ spki: 'text' }]]) {
      refuses({ publicKeys: given }, 'publicKeys');
    }
    refuses({}, 'publicKeys');
  });

  it('refuses what is no object', () => {
    for (const given of [undefined, null, 'x', 3]) {
      assert.throws(() => readExpectations(given as unknown as Expectations), ExpectationError);
    }
  });

  it('counts one key once, in whatever encoding it came', () => {
    const keys = [BUILDER, AUDITOR, BUILDER].flatMap(({ publicKey }) => [
      publicKey,
      parsePublicKey(bytesOf(encodePublicKeyPem(publicKey))),
      parsePublicKey(bytesOf(encodeOpenSshPublicKey(publicKey))),
      parsePublicKey(publicKey.raw),
    ]);
    assert.equal(readExpectations({ publicKeys: keys, threshold: 2 }).keys.length, 2);
    refuses({ publicKeys: keys, threshold: 3 }, 'threshold');
  });

  it('reads a list of keys anew when it has changed, and only then', () => {
    const keys = [BUILDER.publicKey];
    const read = (): readonly unknown[] => readExpectations({ publicKeys: keys }).keys;
    const first = read();
    assert.equal(read(), first);
    keys.push(AUDITOR.publicKey);
    assert.deepEqual(read(), [BUILDER.publicKey, AUDITOR.publicKey]);
    keys[1] = STRANGER.publicKey;
    assert.deepEqual(read(), [BUILDER.publicKey, STRANGER.publicKey]);
    keys.splice(0, 2, AUDITOR.publicKey, BUILDER.publicKey);
    assert.deepEqual(read(), [AUDITOR.publicKey, BUILDER.publicKey]);
    keys.pop();
    assert.deepEqual(read(), [AUDITOR.publicKey]);
  });

  it('refuses a threshold that is no whole number of at least 1, or more than there are keys', () => {
    for (const threshold of [0, -1, 1.5, NaN, Infinity, '1', null, undefined, true, 2]) {
      refuses({ publicKeys, threshold }, 'threshold');
    }
  });

  it('refuses a member that it does not know, wherever the object has it from', () => {
    refuses({ publicKeys, builderID: 'https://ci.example.com' }, 'builderID');
    refuses(Object.assign(Object.create({ sourceURI: 'x' }) as object, { publicKeys }), 'sourceURI');
  });

  it('reads an inherited member: it is expected all the same', () => {
    class Inherited {
      publicKeys = publicKeys;
      get builderId(): string {
        return 'https://ci.example.com';
      }
    }
    assert.equal(readExpectations(new Inherited()).builderId, 'https://ci.example.com');
  });

  for (const field of [
    'builderId',
    'buildType',
    'sourceUri',
    'sourceRef',
    'sourceBranch',
    'sourceTag',
    'sourceCommit',
    'predicateType',
  ]) {
    it(`refuses a ${field} that is empty, undefined or no text`, () => {
      for (const value of ['', undefined, null, 3, ['x']]) refuses({ publicKeys, [field]: value }, field);
    });
  }

  it('refuses a commit that is abbreviated, in upper case or longer', () => {
    for (const sourceCommit of [
      'c0ffee0',
      'C0FFEE0123456789C0FFEE0123456789C0FFEE01',
      'a'.repeat(41),
      ` ${'a'.repeat(40)}`,
    ]) {
      refuses({ publicKeys, sourceCommit }, 'sourceCommit');
    }
    assert.equal(readExpectations({ publicKeys, sourceCommit: 'a'.repeat(64) }).sourceCommit, 'a'.repeat(64));
  });

  it('refuses parameters that are no object, or have a name or value that is none', () => {
    for (const parameters of [undefined, null, [], 'a=b', { '': 'x' }, { a: undefined }]) {
      refuses({ publicKeys, parameters }, 'parameters');
    }
  });

  it('refuses allowed parameters that are no list of names', () => {
    for (const allowParameters of [undefined, null, 'a', {}, [''], [3]]) {
      refuses({ publicKeys, allowParameters }, 'allowParameters');
    }
  });

  it('refuses an age that is no number of seconds', () => {
    for (const maxAgeSeconds of [-1, NaN, Infinity, '60', null, undefined]) {
      refuses({ publicKeys, maxAgeSeconds }, 'maxAgeSeconds');
    }
  });

  it('refuses a switch that is neither on nor off', () => {
    for (const field of ['strict', 'noExtra', 'noMissing']) {
      for (const value of ['true', 1, null, undefined]) refuses({ publicKeys, [field]: value }, field);
    }
  });

  it('refuses two refs that differ, and takes one that is told twice', () => {
    refuses({ publicKeys, sourceBranch: 'main', sourceTag: 'main' }, 'sourceRef');
    refuses({ publicKeys, sourceBranch: 'main', sourceRef: 'main' }, 'sourceRef');
    const { sourceRef } = readExpectations({ publicKeys, sourceTag: 'v1', sourceRef: 'refs/tags/v1' });
    assert.equal(sourceRef, 'refs/tags/v1');
  });

  it('refuses half a certificate, whatever else can sign', () => {
    const [certificateIdentity, certificateIssuer] = ['https://ci.example.com', 'https://issuer.example.com'];
    refuses({ publicKeys, certificateIdentity }, 'certificateIdentity');
    refuses({ publicKeys, certificateIssuer }, 'certificateIssuer');
    const { certificates } = readExpectations({ publicKeys, certificateIdentity, certificateIssuer });
    assert.deepEqual(certificates, [{ identity: certificateIdentity, issuer: certificateIssuer }]);
  });

  it('refuses a trust root that is not what opened or refused one', () => {
    const unopened = [
      null,
      'x',
      3,
      {},
      { root: undefined },
      { reason: 3 },
      { root: undefined, reason: null },
      ...[null, 'x', { keys: [] }, { builders: [] }, { keys: {}, builders: [] }].map((root) => ({ root })),
      { root: { keys: [], builders: {} } },
      { root: Object.assign(() => undefined, { keys: [], builders: [] }) },
      Object.assign(() => undefined, { reason: 'no' }),
    ];
    for (const trustRoot of unopened) refuses({ publicKeys: [], trustRoot }, 'trustRoot');
    const { root } = trustRootOf();
    for (const trustRoot of [{ root }, { reason: 'no' }, { root: undefined, reason: 'no' }]) {
      const read = readExpectations({ publicKeys: [], trustRoot } as unknown as Expectations);
      assert.equal(read.trustRoot, trustRoot);
    }
  });

  it('refuses keys, a threshold and a certificate beside a trust root', () => {
    const trustRoot = trustRootOf();
    refuses({ publicKeys, trustRoot }, 'publicKeys');
    refuses({ publicKeys: [], trustRoot, threshold: 1 }, 'threshold');
    const certificate = {
      certificateIdentity: 'https://ci.example.com',
      certificateIssuer: 'https://i.example.com',
    };
    refuses({ publicKeys: [], trustRoot, ...certificate }, 'certificateIdentity');
  });

  it('refuses a level that is none, or that nobody could vouch for', () => {
    const summary = { verifierId: 'https://v.example.com', resourceUri: 'https://example.com/app' };
    for (const buildLevel of [0, 4, '1', null, undefined])
      refuses({ publicKeys: [], trustRoot: trustRootOf(), buildLevel }, 'buildLevel');
    refuses({ publicKeys, buildLevel: 1 }, 'buildLevel');
    refuses({ publicKeys, summary }, 'buildLevel');
    for (const buildLevel of [1, 2, 3]) {
      assert.equal(
        readExpectations({ publicKeys: [], trustRoot: trustRootOf(), buildLevel }).buildLevel,
        buildLevel,
      );
      assert.equal(readExpectations({ publicKeys, summary, buildLevel }).summary, summary);
    }
  });

  it('refuses a summary that is none', () => {
    const good = { verifierId: 'https://v.example.com', resourceUri: 'https://example.com/app' };
    const { verifierId } = good;
    for (const summary of [
      null,
      undefined,
      'x',
      3,
      {},
      { verifierId },
      { ...good, more: 'x' },
      { ...good, verifierId: '' },
    ])
      refuses({ publicKeys, buildLevel: 1, summary }, 'summary');
  });

  it('refuses with a summary what it does not say', () => {
    const summary = { verifierId: 'https://v.example.com', resourceUri: 'https://example.com/app' };
    for (const [field, value] of Object.entries({
      builderId: 'x',
      sourceUri: 'x',
      strict: false,
      allowParameters: [],
    }))
      refuses({ publicKeys, buildLevel: 1, summary, [field]: value }, field);
  });

  it('refuses policies, a lock and a package that are none', () => {
    const ask = (): undefined => undefined;
    for (const policies of [
      null,
      undefined,
      [],
      {},
      [null],
      ['x'],
      [{}],
      [{ ask: 1 }],
      [{ ask }, null],
      Object.assign(() => undefined, { ask }),
    ])
      refuses({ publicKeys, policies }, 'policies');
    refuses({ publicKeys, policies: [Object.assign(() => undefined, { ask })] }, 'policies');
    for (const lock of [null, undefined, 'x', {}, Object.assign(() => undefined, { judge: ask })])
      refuses({ publicKeys, lock }, 'lock');
  });

  it('refuses to follow dependencies by what does not', () => {
    const start = (): undefined => undefined;
    for (const follow of [null, undefined, 'x', {}, Object.assign(() => undefined, { start })])
      refuses({ publicKeys, follow }, 'follow');
  });

  it('refuses a package without name, exact version or keys of its registry', () => {
    const key = { publicKey: BUILDER.publicKey };
    const good = {
      name: '@shop/app',
      version: '1.2.0-rc.1+x',
      registryKeys: [key, { publicKey: AUDITOR.publicKey, expires: new Date(0) }],
    };
    assert.equal(readExpectations({ publicKeys, npmPackage: good }).npmPackage, good);
    const broken: readonly unknown[] = [
      null,
      undefined,
      'x',
      {},
      ...['', 'a/b', 'a b', 3].map((name) => ({ ...good, name })),
      ...['', '1.2', '^1.2.0', 'latest', 3].map((version) => ({ ...good, version })),
      ...[
        undefined,
        {},
        [],
        [null],
        ['x'],
        [{}],
        [{ publicKey: null }],
        [{ publicKey: { spki: 'x' } }],
        [key, key],
        [key, null],
      ].map((registryKeys) => ({ ...good, registryKeys })),
      ...[null, 'x', new Date(NaN)].map((expires) => ({ ...good, registryKeys: [{ ...key, expires }] })),
    ];
    for (const npmPackage of broken) refuses({ publicKeys, npmPackage }, 'npmPackage');
  });

  it('takes an age of 0 seconds', () => {
    assert.equal(readExpectations({ publicKeys, maxAgeSeconds: 0 }).maxAgeSeconds, 0);
  });
});
