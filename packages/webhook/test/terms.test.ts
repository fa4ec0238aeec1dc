import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArtifactError } from '@danube/artifact';
import type { Guard, Rules } from '../src/rules.ts';
import { refuseAll } from '../src/refuse-all.ts';
import { termsOf } from '../src/terms.ts';

const IMAGE = 'registry.example.com/app:v1';

function guard(name: string, namespaces?: readonly string[]): Guard {
  return {
    name,
    mode: 'enforce',
    ...(namespaces === undefined ? {} : { namespaces }),
    isAddition: false,
    fingerprint: name,
    matchImage: ({ repository }) => repository === 'app',
    judge: () => ({ verdict: 'accepted' }),
  };
}

function rulesWith(...guards: readonly Guard[]): Rules {
  return { mode: 'enforce', noMatch: 'deny', workloads: 'warn', guards, exemptions: [], knowsLevels: false };
}

function namesOf(image: string, namespace: string, rules: Rules): readonly string[] {
  const terms = termsOf(image, namespace, rules);
  assert.ok(!(terms instanceof ArtifactError));
  return terms.guards.map(({ name }) => name);
}

describe('what the rules say of an image', () => {
  it('is the same when it is asked again', () => {
    const rules = rulesWith(guard('a'));
    assert.equal(termsOf(IMAGE, 'team', rules), termsOf(IMAGE, 'team', rules));
  });

  it('belongs to one namespace, however the two are spelt', () => {
    const rules = rulesWith(guard('all'), guard('one', ['1']));
    assert.deepEqual(namesOf(IMAGE, '1', rules), ['all', 'one']);
    assert.deepEqual(namesOf(IMAGE, '2', rules), ['all']);
    // A namespace that reads as if a part of the image stood in it, and the other way round.
    assert.deepEqual(namesOf(`1${IMAGE}`, '', rules), ['all']);
    assert.deepEqual(namesOf(IMAGE, '1', rules), ['all', 'one']);
  });

  it('holds a policy that cannot be read, which is an addition where it is of one namespace', () => {
    const broken = { name: 'x', reason: 'no such field' };
    const everywhere = refuseAll({ ...broken, namespace: '' }, 'enforce');
    const own = refuseAll({ ...broken, namespace: 'team' }, 'enforce');
    assert.deepEqual([everywhere.isAddition, own.isAddition], [false, true]);
    const rules = rulesWith(everywhere, own);
    assert.deepEqual(namesOf('other.example/any', 'team', rules), ['x', 'team/x']);
    assert.deepEqual(namesOf('other.example/any', 'other', rules), ['x']);
  });

  it('belongs to one set of rules', () => {
    assert.deepEqual(namesOf(IMAGE, 'team', rulesWith(guard('before'))), ['before']);
    assert.deepEqual(namesOf(IMAGE, 'team', rulesWith(guard('after'))), ['after']);
  });

  it('is an error for what names no image, each time', () => {
    const rules = rulesWith(guard('a'));
    for (let time = 0; time < 2; time += 1)
      assert.ok(termsOf('NOT AN IMAGE', 'team', rules) instanceof ArtifactError);
  });

  it('is right for more images than are remembered', () => {
    const rules = rulesWith(guard('a'));
    for (let index = 0; index < 5000; index += 1)
      assert.deepEqual(namesOf(`registry.example.com/app:v${index}`, 'team', rules), ['a']);
    assert.deepEqual(namesOf(`registry.example.com/other:v1`, 'team', rules), []);
    assert.deepEqual(namesOf(`registry.example.com/app:v1`, 'team', rules), ['a']);
  });
});
