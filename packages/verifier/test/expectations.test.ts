import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeOpenSshPublicKey, encodePublicKeyPem, parsePublicKey } from '@danube/keys';
import { ExpectationError, type Expectations } from '../src/index.ts';
import { readExpectations } from '../src/expectations.ts';
import { AUDITOR, BUILDER, EVERYTHING, bytesOf } from './fixture.ts';

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
});
