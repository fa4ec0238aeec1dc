import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RegistryClient } from '@danube/store/oci';
import * as fc from 'fast-check';
import { AcceptedChanges, keyOfChange, type AcceptedChange } from '../src/accepted-changes.ts';
import { ImageJudge } from '../src/image-judge.ts';
import { decide, type Decision } from '../src/review.ts';
import type { Guard, Rules } from '../src/rules.ts';
import { deployment, OF_DEPLOYMENT, pod, request, type Asked } from './reviews.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const DAY = 86_400_000;

function guard(name: string, more: Partial<Guard> = {}): Guard {
  return {
    name,
    mode: 'enforce',
    isAddition: false,
    fingerprint: name,
    matchImage: ({ registry }) => registry === 'registry.example.com',
    judge: ({ repository }) =>
      repository.startsWith('good')
        ? { verdict: 'accepted' }
        : { verdict: 'rejected', check: 'signature', expected: null, actual: null, hint: null },
    ...more,
  };
}

function rulesWith(...guards: readonly Guard[]): Rules {
  const exemptions = [{ reason: 'old', matches: (_: unknown, namespace: string) => namespace === 'legacy' }];
  return { mode: 'enforce', noMatch: 'deny', workloads: 'warn', guards, exemptions, knowsLevels: false };
}

/** Holds no attestation, counts how often it is asked, and has no other answer. */
class EmptyRegistry implements RegistryClient {
  asked = 0;
  resolve(): never {
    throw new Error('no tag is resolved here');
  }
  async readImage(): ReturnType<RegistryClient['readImage']> {
    const image = { registry: 'registry.example.com', repository: 'app', digest: DIGEST };
    return { ...image, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 2 };
  }
  async findAttestations(): ReturnType<RegistryClient['findAttestations']> {
    this.asked += 1;
    return { attestations: [], lookedAt: [], unreadable: [] };
  }
  attach(): never {
    throw new Error('nothing is written here');
  }
  close(): void {}
}

const LIMITS = { entries: 100, acceptedMilliseconds: DAY, rejectedMilliseconds: DAY };
const { signal } = new AbortController();

const IMAGES = [
  `registry.example.com/good:v1@${DIGEST}`,
  `registry.example.com/good-too:v1@${DIGEST}`,
  `registry.example.com/bad:v1@${DIGEST}`,
  'registry.example.com/good:v1',
  `other.example.com/good@${DIGEST}`,
  'NO IMAGE',
] as const;

const change: fc.Arbitrary<Asked> = fc
  .record({
    images: fc.array(fc.constantFrom(...IMAGES), { minLength: 1, maxLength: 3 }),
    namespace: fc.constantFrom('team-a', 'team-b', 'legacy'),
    isPod: fc.boolean(),
    os: fc.constantFrom(undefined, 'linux', 'windows'),
  })
  .map(({ images, namespace, isPod, os }) => {
    const spec = os === undefined ? {} : { nodeSelector: { 'kubernetes.io/os': os } };
    const [first = ''] = images;
    return isPod
      ? { namespace, object: pod(images, spec) }
      : { ...OF_DEPLOYMENT, namespace, object: deployment(first) };
  });

describe('a change that was accepted before', () => {
  it('is decided, and told, as if it had not been', async () => {
    const guards = [guard('all'), guard('a', { namespaces: ['team-a'], mode: 'warn' })];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 20 }), async (changes) => {
        const rules = rulesWith(...guards);
        const judge = new ImageJudge(new EmptyRegistry(), LIMITS);
        const accepted = new AcceptedChanges();
        for (const asked of changes) {
          const plain = await decide('validate', request(asked), { rules, judge, signal });
          const known = await decide('validate', request(asked), { rules, judge, signal, accepted });
          assert.deepEqual(known, plain);
        }
      }),
    );
  });

  it('is answered with what was written then, under its own id, and counted as before', async () => {
    const hits: number[] = [];
    const observer = {
      cached: (isHit: boolean, times = 1) => void (isHit && hits.push(times)),
      fetched() {},
    };
    const judge = new ImageJudge(new EmptyRegistry(), LIMITS, observer);
    const context = { rules: rulesWith(guard('all')), judge, signal, accepted: new AcceptedChanges() };
    const asked = request({ object: pod([IMAGES[0], IMAGES[1]]) });
    const decisions: Decision[] = [];
    for (const uid of ['1', '2', '3']) decisions.push(await decide('validate', { ...asked, uid }, context));
    const [, second, third] = decisions;
    assert.deepEqual(
      decisions.map(({ response }) => response.uid),
      ['1', '2', '3'],
    );
    assert.equal(third?.findings, second?.findings);
    // The second time each image is recalled, the third time both at once.
    assert.deepEqual(hits, [1, 1, 2]);
  });

  it('is forgotten with the verdicts that it rests on', async () => {
    const registry = new EmptyRegistry();
    const judge = new ImageJudge(registry, { ...LIMITS, acceptedMilliseconds: 1 });
    const context = { rules: rulesWith(guard('all')), judge, signal, accepted: new AcceptedChanges() };
    for (let time = 1; time <= 3; time += 1) {
      await decide('validate', request({ object: pod([IMAGES[0]]) }), context);
      await decide('validate', request({ object: pod([IMAGES[0]]) }), context);
      const until = performance.now() + 1;
      while (performance.now() <= until);
    }
    assert.ok(registry.asked >= 3, String(registry.asked));
  });

  it('is forgotten with the rules', async () => {
    const judge = new ImageJudge(new EmptyRegistry(), LIMITS);
    const accepted = new AcceptedChanges();
    const before = { rules: rulesWith(guard('all')), judge, signal, accepted };
    const asked = request({ object: pod([IMAGES[0]]) });
    for (let time = 0; time < 3; time += 1)
      assert.ok((await decide('validate', asked, before)).response.allowed);
    const strict = guard('strict', {
      judge: () => ({ verdict: 'rejected', check: 'builder', expected: null, actual: null, hint: null }),
    });
    const after = { ...before, rules: rulesWith(guard('all'), strict) };
    for (let time = 0; time < 3; time += 1)
      assert.ok(!(await decide('validate', asked, after)).response.allowed);
  });
});

describe('AcceptedChanges', () => {
  const rules = rulesWith();
  const changeUntil = (until: number): AcceptedChange => ({
    findings: [],
    annotations: {},
    recalled: 1,
    until,
  });

  it('finds what is there, until it is over', () => {
    let now = 0;
    const changes = new AcceptedChanges(() => now);
    const [short, long] = [changeUntil(10), changeUntil(Infinity)];
    changes.keep(rules, 'short', short);
    changes.keep(rules, 'long', long);
    now = 9;
    assert.equal(changes.find(rules, 'short'), short);
    now = 10;
    assert.equal(changes.find(rules, 'short'), undefined);
    assert.equal(changes.find(rules, 'long'), long);
    assert.equal(changes.find(rulesWith(), 'long'), undefined);
  });

  it('keeps nothing that is over, and nothing of which the question is long', () => {
    const changes = new AcceptedChanges(() => 10);
    changes.keep(rules, 'over', changeUntil(10));
    assert.equal(changes.find(rules, 'over'), undefined);
    for (const [length, isKept] of [
      [4096, true],
      [4097, false],
    ] as const) {
      const key = 'x'.repeat(length);
      changes.keep(rules, key, changeUntil(11));
      assert.equal(changes.find(rules, key) !== undefined, isKept);
    }
  });

  it('holds only so many', () => {
    const changes = new AcceptedChanges(() => 0);
    const kept = changeUntil(1);
    for (let index = 0; index < 5000; index += 1) changes.keep(rules, String(index), kept);
    const left = Array.from({ length: 5000 }, (_, index) => changes.find(rules, String(index)));
    const count = left.filter((each) => each !== undefined).length;
    assert.ok(count >= 1 && count <= 2048, String(count));
    assert.equal(left.at(-1), kept);
  });

  it('has another key for every other question', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', '1', ' ', '2') }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        assert.equal(keyOfChange(one) === keyOfChange(other), JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 2000 },
    );
  });
});
