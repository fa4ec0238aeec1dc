import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainPolicy, type PolicySpec } from '../../src/documents/index.ts';

const NOTHING_ELSE = 'there is no external parameter that no other demand is about';

/** What is said of a policy about app.tgz beside that, by check. */
function explained(spec: Partial<PolicySpec>): Readonly<Record<string, string>> {
  const explanations = explainPolicy({
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'shop' },
    spec: { artifacts: [{ file: 'app.tgz' }], ...spec },
  });
  const {
    'policy.match': match,
    'policy.rule:shop/parameters': parameters,
    ...others
  } = Object.fromEntries(explanations.map(({ id, text }) => [id, text]));
  assert.ok(match?.startsWith('it is about '));
  return parameters === NOTHING_ELSE ? others : { ...others, parameters: parameters ?? '' };
}

describe('explainPolicy', () => {
  it('says in words what it is about, and that nothing else may be set', () => {
    const spec = { artifacts: [{ file: 'app.tgz' }, { image: 'r.example.com/app' }] };
    const document = { apiVersion: 'danube.dev/v1', kind: 'ProvenancePolicy' } as const;
    assert.deepEqual(explainPolicy({ ...document, metadata: { name: 'a' }, spec }), [
      { id: 'policy.match', text: 'it is about the file app.tgz or the image r.example.com/app' },
      { id: 'policy.rule:a/parameters', text: NOTHING_ELSE },
    ]);
  });

  it('says each demand', () => {
    const rule = (name: string): string => `policy.rule:shop/${name}`;
    assert.deepEqual(
      explained({
        builders: [{ id: 'a:b' }, { id: 'a:c', level: 2 }],
        buildTypes: ['t:1'],
        triggers: ['push', 'tag'],
        actors: ['alice'],
        maxAge: '30d',
        signatures: { threshold: 1, roles: ['a', 'b'] },
        isolation: { attributes: [{ attribute: 'ISOLATED' }] },
        rules: [{ name: 'mine', expression: 'true', message: 'never no' }],
      }),
      {
        [rule('builder')]: 'the builder is a:b or a:c at SLSA Build L2 or higher',
        [rule('build-type')]: 'the build type is t:1',
        [rule('trigger')]: 'it was started by push or tag',
        [rule('actor')]: 'whoever started it is alice',
        [rule('age')]: 'it finished at most 30d ago',
        [rule('signatures')]: 'at least 1 of a, b signed it',
        [rule('isolation')]: 'an attribute report states ISOLATED',
        [rule('mine')]: 'never no: true',
      },
    );
  });

  it('says which sources', () => {
    const said = (source: NonNullable<PolicySpec['source']>): string | undefined =>
      explained({ source })['policy.rule:shop/source'];
    assert.equal(said({ uris: ['a:b', 'a:c'] }), 'it was built from a:b or a:c');
    assert.equal(
      said({ refs: ['refs/x'], branches: ['main'], tags: ['v*'] }),
      'it was built from any repository at refs/x or the branch main or the tag v*',
    );
    assert.equal(said({ commits: ['c0'] }), 'it was built from any repository in the commit c0');
  });

  it('says which dependencies', () => {
    const digests = 'required' as const;
    const said = (dependencies: object): string | undefined =>
      explained({ dependencies: { digests, ...dependencies } as NonNullable<PolicySpec['dependencies']> })[
        'dependency'
      ];
    const all = 'every dependency has a digest';
    assert.equal(said({ images: 'pinned' }), `${all}, every image is named by it`);
    assert.equal(
      said({ images: 'resolved', sources: [{ uri: 'a:b' }, { package: 'pkg:npm/x' }] }),
      `${all}, an image may be named by a tag, each comes from a:b or pkg:npm/x`,
    );
  });

  it('says which other attestations, and who has to sign them', () => {
    const said = (demand: object): string | undefined => {
      const attestations = [{ name: 'x', ...demand }] as unknown as NonNullable<PolicySpec['attestations']>;
      const { 'policy.rule:shop/x': text, summary } = explained({ attestations });
      return text ?? summary;
    };
    const anybody = 'is there, signed by whoever may sign the provenance';
    assert.equal(said({ type: 'sbom' }), `an SBOM (spdx or cyclonedx) ${anybody}`);
    assert.equal(
      said({ type: 'sbom', formats: ['spdx'], signedBy: ['a', 'b'] }),
      'an SBOM (spdx) is there, signed by a or b',
    );
    assert.equal(
      said({ type: 'vulnerability-scan', maxAge: '7d', ceiling: { critical: 0, low: 'any' } }),
      `a vulnerability scan of the last 7d with at most 0 critical, any low ${anybody}`,
    );
    assert.equal(said({ type: 'test-result' }), `a test result that passed ${anybody}`);
    assert.equal(
      said({ type: 'test-result', tests: ['unit', 'e2e'] }),
      `a test result that passed, with unit, e2e, ${anybody}`,
    );
    assert.equal(
      said({ type: 'review', predicateType: 'a:r', expression: 'true' }),
      `a review of type a:r for which true holds ${anybody}`,
    );
    const summary = { type: 'summary', verifier: 'a:v', resourceUri: 'a:u', levels: ['SLSA_BUILD_LEVEL_2'] };
    assert.equal(
      said(summary),
      'a verification summary by a:v of a:u with SLSA_BUILD_LEVEL_2 is there, signed by the keys that the trust root has for the verifier (without a trust root: whoever may sign the provenance)',
    );
    assert.match(said({ ...summary, signedBy: ['a'] }) ?? '', / is there, signed by a$/);
  });

  it('says which parameters', () => {
    const parameters = {
      a: { any: true },
      b: { equals: 'x' },
      c: { oneOf: [1, null] },
      d: { pattern: '1.*' },
    } as const;
    assert.equal(
      explained({ parameters })['parameters'],
      'of the external parameters a may be anything, b is "x", c is 1 or null, d is like 1.*; there is no other that no demand is about',
    );
  });
});
