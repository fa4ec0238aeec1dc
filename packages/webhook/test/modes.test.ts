import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '@danube/store';
import * as fc from 'fast-check';
import { ImageJudge } from '../src/image-judge.ts';
import { MODES, type Mode } from '../src/mode.ts';
import { decide, type Decision, failDecision } from '../src/review.ts';
import type { Guard, Rules } from '../src/rules.ts';
import { pod, request } from './reviews.ts';
import { registryWith, Setup } from './world.ts';
import type { Fault } from '@danube/test-registry';

const registry = await registryWith();

/** Every way in which a registry can fail, and what is pinned to answer each: nothing may be made of it. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'internal server error': { status: 500 },
  'not now': { status: 503, headers: { 'retry-after': '3600' } },
  'too often': { status: 429, headers: { 'retry-after': '3600' } },
  'not allowed': { status: 403 },
  'who are you': { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://evil.example/"' } },
  teapot: { status: 418 },
  moved: { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
  reset: { reset: true },
  silence: { silent: true },
  truncated: { truncateAt: 10 },
  endless: { endless: true },
  'another content': { change: () => new TextEncoder().encode('{}') },
  'no JSON': { status: 200, body: '<html>', headers: { 'content-type': 'application/json' } },
  'deep JSON': { status: 200, body: '['.repeat(100_000) },
};

describe('what fails inside', () => {
  for (const mode of MODES) {
    it(`${mode === 'enforce' ? 'never admits' : 'never denies'} in mode ${mode}, whatever a registry does`, async () => {
      const setup = new Setup(registry, { mode, cache: { rejectedSeconds: 0 } });
      const served = await setup.serve();
      const image = await setup.signed(`modes/${mode}:v1`);
      for (const [name, fault] of Object.entries(FAULTS)) {
        // An answer to HEAD has no body that could have no end.
        registry.misbehave = ({ path, method }) =>
          path.includes(`/modes/${mode}/`) && (method !== 'HEAD' || fault.endless !== true)
            ? fault
            : undefined;
        const { allowed, warnings, annotations } = await served.validate(
          { object: pod([image.pinned]) },
          '1s',
        );
        assert.equal(allowed, mode !== 'enforce', name);
        assert.equal(warnings.length > 0, mode === 'warn', name);
        assert.match(annotations['decision'] ?? '', /^failed, mode /, name);
        const tagged = await served.mutate({ object: pod([image.tagged]) }, '1s');
        assert.ok(tagged.allowed, name);
        // What pretends to be an image is pinned as what it is, and refused by its digest; a refusal pins nothing.
        if ((fault.status ?? 200) > 299) assert.deepEqual(tagged.patch, {}, name);
      }
      registry.misbehave = undefined;
      const after = await served.validate({ object: pod([image.pinned]) });
      assert.ok(after.allowed, after.message);
    });
  }

  const anything = fc.oneof(
    fc.constant(new Error('a bug')),
    fc.constant(new TypeError('another')),
    fc.constant(undefined),
    fc.string(),
  );

  it('does so too when a policy, an exemption or the client of registries throws anything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Mode>(...MODES),
        fc.constantFrom('match', 'judge', 'exemption', 'resolve', 'find'),
        anything,
        fc.constantFrom<'mutate' | 'validate'>('mutate', 'validate'),
        async (mode, where, thrown, phase) => {
          const { response } = await decide(
            phase,
            request({ object: pod([`a.example/b@sha256:${'a'.repeat(64)}`, 'a.example/b:1']) }),
            {
              rules: rulesThatThrow(mode, where, thrown),
              judge: judgeThatThrows(where, thrown),
              signal: new AbortController().signal,
            },
          );
          if (mode !== 'enforce') assert.equal(response.allowed, true);
          else if (phase === 'validate') assert.equal(response.allowed, false);
          else if (where === 'resolve' || where === 'exemption') assert.deepEqual(response.patch ?? [], []);
        },
      ),
    );
  });

  it('is answered by the strictest rule that it could have broken', () => {
    for (const [modes, expected] of [
      [['audit', 'warn'], true],
      [['audit', 'enforce'], false],
      [['warn', 'warn'], true],
    ] as const) {
      const rules = {
        ...rulesThatThrow('audit', 'none', undefined),
        guards: modes.map((mode) => guard(mode)),
      };
      assert.equal(failDecision(request(), rules, 'internal', 'x').response.allowed, expected);
    }
  });
});

describe('a policy of one namespace', () => {
  const digest = `sha256:${'b'.repeat(64)}`;
  const object = pod([`a.example/b@${digest}`]);
  const decideBy = async (rules: Partial<Rules>): Promise<Decision> => {
    const usual = rulesThatThrow('enforce', 'none', undefined);
    const judge = judgeThatThrows('none', new StoreError('ERR_STORE_NOT_FOUND', 'no such image'));
    return decide('validate', request({ object }), { rules: { ...usual, ...rules }, judge, signal });
  };
  const { signal } = new AbortController();
  const own = guard('enforce', { isAddition: true });

  it('is enforced although nothing else would refuse the image', async () => {
    for (const rules of [{ mode: 'warn' }, { mode: 'audit' }, { noMatch: 'allow' }] as const) {
      const { response } = await decideBy({ ...rules, guards: [own] });
      assert.equal(response.allowed, false, JSON.stringify(rules));
    }
  });

  it('is not asked about an image that is refused without it', async () => {
    const { findings } = await decideBy({ guards: [own] });
    assert.deepEqual(
      findings.map(({ check }) => check),
      ['policy.match'],
    );
  });

  it('is all that an image needs where no match is allowed, and nothing where there is none', async () => {
    const { response, findings } = await decideBy({ noMatch: 'allow', guards: [] });
    assert.ok(response.allowed);
    assert.deepEqual(
      findings.map(({ verdict }) => verdict),
      ['exempt'],
    );
  });
});

function guard(mode: Mode, more: Partial<Guard> = {}): Guard {
  return {
    name: 'p',
    mode,
    isAddition: false,
    fingerprint: 'f',
    matchImage: () => true,
    judge: () => ({ verdict: 'rejected', check: 'signature', expected: null, actual: 'no', hint: null }),
    ...more,
  };
}

function rulesThatThrow(mode: Mode, where: string, thrown: unknown): Rules {
  const fail = (): never => {
    throw thrown;
  };
  return {
    mode,
    noMatch: 'deny',
    workloads: 'enforce',
    guards: [
      guard(mode, where === 'match' ? { matchImage: fail } : where === 'judge' ? { judge: fail } : {}),
    ],
    exemptions: where === 'exemption' ? [{ reason: 'x', matches: fail }] : [],
    knowsLevels: false,
  };
}

function judgeThatThrows(where: string, thrown: unknown): ImageJudge {
  const image = { registry: 'a.example', repository: 'b', digest: `sha256:${'b'.repeat(64)}` };
  const fail = (): Promise<never> => Promise.reject(thrown);
  return new ImageJudge(
    {
      resolve: where === 'resolve' ? fail : () => Promise.resolve(image),
      findAttestations:
        where === 'find' ? fail : () => Promise.resolve({ attestations: [], lookedAt: [], unreadable: [] }),
      readImage: fail,
      attach: fail,
      close: () => undefined,
    },
    { entries: 0, acceptedMilliseconds: 0, rejectedMilliseconds: 0 },
  );
}
