import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import type { PrivateKey, PublicKey } from '@danube/keys';
import { type JsonObject, VSA_V1 } from 'in-toto-attestation';
import {
  followDependencies,
  type FollowOptions,
  MAX_DEPENDENCIES,
  MAX_DEPTH,
  MAX_JUDGED,
} from '../../src/chain/index.ts';
import { parsePolicy } from '../../src/documents/index.ts';
import {
  type ArtifactInput,
  buildVerificationSummary,
  type DependencyReport,
  type Expectations,
  ExpectationError,
  evaluateProvenance,
  type EvidenceItem,
  loadEvidence,
  type Policy,
  type Report,
  reportJson,
} from '../../src/index.ts';
import {
  APP,
  AUDITOR,
  artifactOf,
  attestationOf,
  BUILDER,
  BUILDER_ID,
  bytesOf,
  checkOf,
  COMMIT,
  NOW,
  predicateOf,
  signed,
  SOURCE_REF,
  SOURCE_URI,
  statementOf,
  STRANGER,
} from '../fixture.ts';
import { trustRootOf, VERIFIER_ID } from '../trust-root-fixture.ts';

const schemaFile = new URL('../../../../docs/schemas/verification-report.schema.json', import.meta.url);
const validate = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')) as object,
);

const LIB = artifactOf('lib.tgz');
const TOOL = artifactOf('tool');
const BASE = artifactOf('base');
const uriOf = ({ name }: ArtifactInput): string => `https://example.com/${name}`;
const named = (artifact: ArtifactInput): JsonObject => ({ uri: uriOf(artifact), digest: artifact.digest });

/** Provenance of an artifact that was made of others. */
function made(of: ArtifactInput, from: readonly (ArtifactInput | JsonObject)[], key = BUILDER): Uint8Array {
  const resolvedDependencies = from.map((each) =>
    'name' in each && 'digest' in each ? named(each as ArtifactInput) : each,
  );
  const predicate = predicateOf({ definition: { resolvedDependencies } });
  return signed(statementOf({ subject: [of], predicate }), { keys: [key] });
}

/** What a verifier says of a dependency. */
function summed(
  subject: object,
  resourceUri: string,
  parts: object = {},
  key: PrivateKey = AUDITOR,
): Uint8Array {
  const predicate = {
    verifier: { id: VERIFIER_ID },
    timeVerified: '2026-01-02T12:30:00Z',
    resourceUri,
    policy: { uri: 'https://example.com/policy' },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
    ...parts,
  };
  return signed(statementOf({ subject: [subject], predicateType: VSA_V1, predicate }), { keys: [key] });
}

interface Case extends Omit<FollowOptions, 'evidence' | 'depth'> {
  readonly depth?: number;
  readonly app?: Uint8Array;
  readonly beside?: readonly Uint8Array[];
  readonly expect?: Partial<Expectations>;
}

const filesOf = (list: readonly Uint8Array[], prefix: string): { path: string; bytes: Uint8Array }[] =>
  list.map((bytes, index) => ({ path: `${prefix}-${index}.json`, bytes }));

function follow({ app = made(APP, [LIB]), beside = [], expect, depth = 1, ...options }: Case): Report {
  return evaluateProvenance({
    evidence: loadEvidence(filesOf([app], 'app')),
    artifacts: [APP],
    expectations: {
      publicKeys: [BUILDER.publicKey],
      ...expect,
      follow: followDependencies({
        depth,
        ...options,
        evidence: loadEvidence(filesOf(beside, 'dependency')),
      }),
    },
    now: NOW,
    certificates: new Map<EvidenceItem, never>(),
  });
}

const trusting = (...verifiers: Parameters<typeof trustRootOf>): Partial<Expectations> => ({
  publicKeys: [],
  trustRoot: trustRootOf(...verifiers),
});

const dependenciesOf = (report: Report): readonly DependencyReport[] =>
  attestationOf(report).dependencies ?? [];
const verdictsOf = (report: Report): string[] => dependenciesOf(report).map(({ verdict }) => verdict);

function failedOf({ attestations }: DependencyReport): string[] {
  return attestations.flatMap(({ checks }) =>
    checks.flatMap(({ id, status }) => (status === 'fail' ? [id] : [])),
  );
}

function policyOf(name: string, spec: object): Policy {
  const document = { apiVersion: 'danube.dev/v1', kind: 'ProvenancePolicy', metadata: { name }, spec };
  return parsePolicy(bytesOf(JSON.stringify(document)));
}

const LOOSE = {
  parameters: {
    '/pipeline': { any: true },
    '/source': { any: true },
    '/trigger': { any: true },
    version: { any: true },
    retries: { any: true },
  },
};

describe('following dependencies', () => {
  it('accepts one whose provenance is accepted, and says by what', () => {
    const report = follow({ beside: [made(LIB, [])] });
    assert.equal(report.verdict, 'accepted');
    assert.deepEqual(verdictsOf(report), ['accepted']);
    const { status, expected, actual } = checkOf(report, 'dependency');
    assert.deepEqual([status, actual], ['pass', '1 of 1 verified']);
    assert.match(expected ?? '', /by the same keys alone/);
  });

  it('finds what speaks for it among the evidence of the artifact, too', () => {
    const evidence = loadEvidence(filesOf([made(APP, [LIB]), made(LIB, [])], 'both'));
    const expectations = {
      publicKeys: [BUILDER.publicKey],
      follow: followDependencies({ depth: 1, all: true }),
    };
    assert.equal(
      evaluateProvenance({ evidence, artifacts: [APP], expectations, now: NOW }).verdict,
      'accepted',
    );
  });

  it('listens at every level to those who verified signatures before', () => {
    const evidence = loadEvidence(filesOf([made(APP, [LIB]), made(LIB, [])], 'both'));
    const asked = new Set<EvidenceItem>();
    const signatures = {
      keyOf: (item: EvidenceItem): PublicKey => {
        asked.add(item);
        return BUILDER.publicKey;
      },
    };
    const expectations = { publicKeys: [BUILDER.publicKey], follow: followDependencies({ depth: 1 }) };
    const input = { evidence, artifacts: [APP], expectations, now: NOW, signatures };
    assert.equal(evaluateProvenance(input).verdict, 'accepted');
    assert.equal(asked.size, 2);
  });

  it('only reports one that nothing speaks for, unless all must be verified', () => {
    const report = follow({});
    assert.deepEqual([report.verdict, verdictsOf(report)], ['accepted', ['unverified']]);
    assert.equal(checkOf(report, 'dependency').status, 'warn');
    const strict = follow({ all: true });
    assert.equal(strict.verdict, 'rejected');
    assert.equal(checkOf(strict, 'dependency').status, 'fail');
  });

  it('rejects the artifact when what is there about a dependency is bad', () => {
    for (const bad of [made(LIB, [], STRANGER), signed(statementOf({ subject: [LIB], predicate: {} }))]) {
      const report = follow({ beside: [bad] });
      assert.deepEqual([report.verdict, verdictsOf(report)], ['rejected', ['rejected']]);
      assert.equal(checkOf(report, 'dependency').status, 'fail');
    }
    assert.equal(follow({ beside: [made(LIB, [], STRANGER), made(LIB, [])] }).verdict, 'accepted');
  });

  it('lets evidence of dependencies speak for no artifact', () => {
    assert.equal(follow({ app: made(TOOL, []), beside: [made(APP, [])] }).verdict, 'rejected');
    const dependency = made(LIB, []);
    assert.equal(follow({ beside: [dependency], expect: { noMissing: true } }).verdict, 'accepted');
  });

  it('looks at SBOMs and other types as at nothing', () => {
    const sbom = signed(
      statementOf({ subject: [LIB], predicateType: 'https://spdx.dev/Document', predicate: {} }),
    );
    assert.deepEqual(verdictsOf(follow({ beside: [sbom] })), ['unverified']);
  });

  it('follows nothing of an attestation that is rejected', () => {
    const report = follow({ app: made(APP, [LIB], STRANGER), beside: [made(LIB, [])] });
    assert.equal(attestationOf(report).dependencies, undefined);
    assert.equal(checkOf(report, 'dependency').status, 'not-run');
  });

  it('holds nothing against a dependency that was said of the artifact alone', () => {
    const expect = {
      sourceRef: SOURCE_REF,
      parameters: { version: '1.2.0' },
      allowParameters: ['pipeline', 'source', 'trigger', 'retries'],
      strict: true,
      noExtra: true,
      noMissing: true,
      maxAgeSeconds: 7200,
      builderId: BUILDER_ID,
    };
    const old = predicateOf({
      definition: { externalParameters: { other: true }, resolvedDependencies: [] },
      run: { builder: { id: 'https://other.example.com' }, metadata: { finishedOn: '2020-01-01T00:00:00Z' } },
    });
    const report = follow({ expect, beside: [signed(statementOf({ subject: [LIB], predicate: old }))] });
    assert.equal(report.verdict, 'accepted');
    const checks = dependenciesOf(report)[0]?.attestations[0]?.checks ?? [];
    assert.deepEqual(
      checks.filter(({ id, status }) => id.startsWith('artifact.') && status !== 'not-run'),
      [],
    );
  });

  it('says which are bad and which nothing speaks for, by what they are called, ten of each', () => {
    const others = Array.from({ length: 12 }, (_, index) => artifactOf(`other${index}`));
    const unnamed = { digest: { custom: '1' } };
    const content = { content: 'AA==' };
    const app = made(APP, [{ name: 'a name', digest: TOOL.digest }, LIB, unnamed, content, ...others]);
    const beside = [made(LIB, [], STRANGER), made(TOOL, [])];
    const { expected, actual, pointer, hint } = checkOf(follow({ app, beside }), 'dependency');
    const listed = ['custom:1', 'one without a name', ...others.slice(0, 8).map(uriOf)].join(', ');
    assert.equal(expected, 'no dependency that is rejected, by the same keys alone');
    assert.equal(actual, `1 of 16 verified; rejected: ${uriOf(LIB)}; not verified: ${listed} and 4 more`);
    assert.equal(pointer, '/predicate/buildDefinition/resolvedDependencies/1');
    assert.match(hint ?? '', /which check each of them fails/);
    const strict = checkOf(follow({ app: made(APP, others.slice(0, 10)), all: true }), 'dependency');
    assert.equal(
      strict.actual,
      `0 of 10 verified; not verified: ${others.slice(0, 10).map(uriOf).join(', ')}`,
    );
    assert.match(strict.hint ?? '', /Give what speaks for them/);
  });

  it('lists of many attestations of one that is rejected the first five', () => {
    const bad = Array.from({ length: 7 }, (_, index) => made(LIB, [artifactOf(`tool${index}`)], STRANGER));
    const [found] = dependenciesOf(follow({ beside: bad }));
    assert.deepEqual([found?.verdict, found?.attestations.length], ['rejected', 5]);
    assert.equal(follow({ beside: [...bad, made(LIB, [])] }).verdict, 'accepted');
  });

  it('is told beside what a policy of the artifact asks of its dependencies, which it does not weaken', () => {
    const app = made(APP, [LIB]);
    const policies = (uri: string): Policy[] => [
      policyOf('app', {
        artifacts: [{ file: '*' }],
        builders: [{ id: BUILDER_ID }],
        dependencies: { digests: 'required', images: 'resolved', sources: [{ uri }] },
        ...LOOSE,
      }),
    ];
    const wanted = 'resolved dependencies with digests, all of https://example.com/*';
    for (const [report, verdict, told] of [
      [
        follow({ app, beside: [made(LIB, [])], expect: { policies: policies('https://example.com/*') } }),
        'accepted',
        [
          'pass',
          `${wanted}; no dependency that is rejected, by the same keys alone`,
          '1 of them; 1 of 1 verified',
        ],
      ],
      [
        follow({ app, beside: [], expect: { policies: policies('https://other.example.com/*') } }),
        'rejected',
        [
          'fail',
          'resolved dependencies with digests, all of https://other.example.com/*',
          `${uriOf(LIB)} does not come from where it may`,
        ],
      ],
      [
        follow({ app, expect: { builderId: 'a:b', policies: policies('https://example.com/*') } }),
        'rejected',
        ['pass', wanted, '1 of them'],
      ],
    ] as const) {
      const { status, expected, actual } = checkOf(report, 'dependency');
      assert.equal(report.verdict, verdict);
      assert.deepEqual([status, expected, actual], told);
    }
  });

  it('demands the threshold and the builders of the trust root at every level', () => {
    const beside = [made(LIB, [])];
    assert.equal(follow({ expect: trusting(), beside }).verdict, 'accepted');
    const other = predicateOf({ run: { builder: { id: 'https://other.example.com' } } });
    const unknown = follow({
      expect: trusting(),
      beside: [signed(statementOf({ subject: [LIB], predicate: other }))],
    });
    assert.equal(unknown.verdict, 'rejected');
    assert.deepEqual(failedOf(dependenciesOf(unknown)[0]!), ['build.level']);
  });
});

describe('the levels of dependencies', () => {
  const chain = [made(LIB, [TOOL]), made(TOOL, [BASE]), made(BASE, [], STRANGER)];

  it('are followed to the depth that was asked for, and not beyond', () => {
    for (const [depth, verdict] of [
      [1, 'accepted'],
      [2, 'accepted'],
      [3, 'rejected'],
    ] as const)
      assert.equal(follow({ depth, beside: chain }).verdict, verdict, String(depth));
    const { attestations } = dependenciesOf(follow({ depth: 1, beside: chain }))[0]!;
    assert.equal(attestations[0]?.dependencies, undefined);
  });

  it('must all be verified when that is demanded', () => {
    assert.equal(follow({ depth: 1, all: true, beside: [made(LIB, [TOOL])] }).verdict, 'accepted');
    assert.equal(follow({ depth: 2, all: true, beside: [made(LIB, [TOOL])] }).verdict, 'rejected');
  });

  it('have policies of their own', () => {
    const about = (file: string, builder: string): Policy =>
      policyOf(file, { artifacts: [{ file }], builders: [{ id: builder }], ...LOOSE });
    const good = new Map([
      [1, [about('lib.tgz', BUILDER_ID)]],
      [2, [about('tool', BUILDER_ID)]],
    ]);
    const beside = chain.slice(0, 2);
    assert.equal(follow({ depth: 2, beside, policies: good }).verdict, 'accepted');
    for (const [level, policy, check] of [
      [1, about('lib.tgz', 'https://other.example.com'), 'policy.rule:lib.tgz/builder'],
      [1, about('other.tgz', BUILDER_ID), 'policy.match'],
      [2, about('tool', 'https://other.example.com'), 'policy.rule:tool/builder'],
    ] as const) {
      const report = follow({ depth: 2, beside, policies: new Map([...good, [level, [policy]]]) });
      assert.equal(report.verdict, 'rejected');
      const [lib] = dependenciesOf(report);
      const found = [lib!, ...(lib?.attestations[0]?.dependencies ?? [])].flatMap(failedOf);
      assert.ok(found.includes(check), check);
    }
    // Level 1 of the artifact is no policy of level 2, nor the other way round.
    assert.equal(follow({ depth: 2, beside, policies: new Map([[1, good.get(1)!]]) }).verdict, 'accepted');
  });

  it('are selected by what the URI of a dependency says it is', () => {
    for (const [uri, selector] of [
      ['pkg:npm/%40shop/lib@1.0.0', { package: 'pkg:npm/@shop/*' }],
      ['oci://registry.example.com/shop/lib:1.0', { image: 'registry.example.com/shop/*' }],
      ['https://example.com/dist/lib-1.0.tgz', { file: 'lib-*.tgz' }],
    ] as const) {
      const policies = new Map([
        [1, [policyOf('libs', { artifacts: [selector], builders: [{ id: BUILDER_ID }], ...LOOSE })]],
      ]);
      const app = made(APP, [{ uri, digest: LIB.digest }]);
      assert.equal(follow({ app, beside: [made(LIB, [])], policies }).verdict, 'accepted', uri);
    }
  });

  it('are not selected by a name that the URI does not bear out', () => {
    const spec = { artifacts: [{ file: 'lib-*.tgz' }], builders: [{ id: BUILDER_ID }], ...LOOSE };
    const policies = new Map([[1, [policyOf('libs', spec)]]]);
    const name = 'lib-1.0.tgz';
    for (const [uri, verdict] of [
      ['https://example.com/other.tgz', 'rejected'],
      [undefined, 'accepted'],
    ] as const) {
      const resolvedDependencies = [{ uri, name, digest: LIB.digest }];
      const app = signed(statementOf({ predicate: predicateOf({ definition: { resolvedDependencies } }) }));
      assert.equal(follow({ app, beside: [made(LIB, [])], policies }).verdict, verdict);
    }
  });

  it('never throw for a URI that nobody can read', () => {
    const policies = new Map([
      [1, [policyOf('libs', { artifacts: [{ package: 'pkg:npm/**' }], builders: [{ id: BUILDER_ID }] })]],
    ]);
    for (const uri of ['pkg:npm', 'oci://::', 'pkg:oci/x', '%', '']) {
      const app = made(APP, [{ uri, digest: LIB.digest }]);
      assert.equal(follow({ app, beside: [made(LIB, [])], policies }).verdict, 'rejected', uri);
    }
  });
});

describe('a summary about a dependency', () => {
  const about = (parts: object = {}, key = AUDITOR): Uint8Array =>
    summed({ digest: LIB.digest }, uriOf(LIB), parts, key);

  it('by a verifier of the trust root takes the place of its provenance', () => {
    const report = follow({ expect: trusting(), all: true, beside: [about()] });
    assert.equal(report.verdict, 'accepted');
    assert.equal(dependenciesOf(report)[0]?.attestations[0]?.buildLevel, 2);
  });

  it('is held against the verifier that it names, of several that are trusted', () => {
    const verifiers = [BUILDER, AUDITOR].map(({ publicKey }, index) => ({
      id: `${VERIFIER_ID}/${index}`,
      keys: [publicKey],
      threshold: 1,
    }));
    const judged = (verifier: unknown, key: PrivateKey): Report =>
      follow({ expect: trusting({}, verifiers), all: true, beside: [about({ verifier }, key)] });
    for (const [index, key] of [BUILDER, AUDITOR].entries()) {
      const verifier = { id: `${VERIFIER_ID}/${index}` };
      assert.equal(judged(verifier, key).verdict, 'accepted');
      assert.equal(judged(verifier, index === 0 ? AUDITOR : BUILDER).verdict, 'rejected');
    }
    for (const none of [null, 'https://verify.example.com/0', {}, [], { id: 1 }, undefined])
      assert.equal(judged(none, BUILDER).verdict, 'rejected', JSON.stringify(none));
  });

  it('is about the very URI of what has a digest, its ref included', () => {
    const uri = `${SOURCE_URI}@${SOURCE_REF}`;
    const app = made(APP, [{ uri, digest: LIB.digest }]);
    const judged = (resource: string): string =>
      follow({ app, expect: trusting(), all: true, beside: [summed({ digest: LIB.digest }, resource)] })
        .verdict;
    assert.deepEqual([judged(uri), judged(SOURCE_URI)], ['accepted', 'rejected']);
  });

  for (const [what, summary, check] of [
    ['about another resource', summed({ digest: LIB.digest }, 'https://example.com/other'), 'vsa.resource'],
    ['that failed', about({ verificationResult: 'FAILED' }), 'vsa.result'],
    ['without a level', about({ verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'] }), 'vsa.levels'],
    ['of another track', about({ verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] }), 'vsa.levels'],
    ['by another verifier', about({ verifier: { id: 'https://v.example.com' } }), 'vsa.verifier'],
    ['by another key', about({}, BUILDER), 'vsa.verifier'],
    ['of the future', about({ timeVerified: '2027-01-02T12:30:00Z' }), 'vsa.time'],
  ] as const) {
    it(`is none ${what}`, () => {
      const report = follow({ expect: trusting(), beside: [summary] });
      assert.equal(report.verdict, 'rejected');
      assert.deepEqual(failedOf(dependenciesOf(report)[0]!), [check]);
    });
  }

  it('says nothing where nobody trusts a verifier, or a policy asks what no summary says', () => {
    const policies = new Map([
      [1, [policyOf('libs', { artifacts: [{ file: '*' }], builders: [{ id: BUILDER_ID }] })]],
    ]);
    for (const report of [
      follow({ beside: [about()] }),
      follow({ expect: trusting({}, []), beside: [about()] }),
      follow({ expect: trusting(), beside: [about()], policies }),
      follow({
        expect: trusting(),
        beside: [about()],
        app: made(APP, [{ digest: LIB.digest }]),
      }),
    ])
      assert.deepEqual(verdictsOf(report), ['unverified']);
  });

  it('is about the repository of a commit, at a level of the Source track', () => {
    const source: JsonObject = { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { gitCommit: COMMIT } };
    const app = made(APP, [source]);
    const ofCommit = (uri: string, level: string, gitCommit = COMMIT): Uint8Array =>
      summed({ digest: { gitCommit } }, uri, { verifiedLevels: [level] });
    const judged = (summary: Uint8Array): Report =>
      follow({ app, expect: trusting(), all: true, beside: [summary] });
    const report = judged(ofCommit(SOURCE_URI, 'SLSA_SOURCE_LEVEL_3'));
    assert.equal(report.verdict, 'accepted');
    const [found] = dependenciesOf(report)[0]!.attestations;
    assert.equal(found?.buildLevel, null);
    assert.equal(found?.checks.find(({ id }) => id === 'subject.digest')?.status, 'pass');
    for (const bad of [
      ofCommit(SOURCE_URI, 'SLSA_BUILD_LEVEL_3'),
      ofCommit(`${SOURCE_URI}@${SOURCE_REF}`, 'SLSA_SOURCE_LEVEL_3'),
      ofCommit(SOURCE_URI, 'SLSA_SOURCE_LEVEL_3', COMMIT.replace('c', 'd')),
    ])
      assert.equal(judged(bad).verdict, 'rejected');
  });
});

describe('what is made of itself', () => {
  const beside = [made(LIB, [TOOL, APP]), made(TOOL, [LIB])];

  it('is followed to the end of the depth, told as a cycle, and told once', () => {
    const report = follow({ depth: MAX_DEPTH, all: true, beside });
    assert.equal(report.verdict, 'accepted');
    const json = reportJson(report);
    assert.ok(validate(json), JSON.stringify(validate.errors));
    const [tree] = json.dependencies ?? [];
    const [lib] = tree?.dependencies ?? [];
    const [tool, app] = lib?.dependencies ?? [];
    assert.deepEqual([lib?.cycle, tool?.cycle, app?.cycle], [false, false, true]);
    assert.deepEqual(app?.dependencies, []);
    const [again] = tool?.dependencies ?? [];
    assert.deepEqual([again?.uri, again?.cycle, again?.level], [uriOf(LIB), true, 3]);
  });

  it('and of many things twice is no longer than its evidence', () => {
    const levels = Array.from({ length: MAX_DEPTH }, (_, level) =>
      ['a', 'b', 'c'].map((name) => artifactOf(`${name}${level}`)),
    );
    const evidence = levels.flatMap((row, level) => row.map((each) => made(each, levels[level + 1] ?? [])));
    const report = follow({ app: made(APP, levels[0]!), depth: MAX_DEPTH, all: true, beside: evidence });
    assert.equal(report.verdict, 'accepted');
    const json = reportJson(report);
    assert.ok(validate(json), JSON.stringify(validate.errors));
    const text = JSON.stringify(json);
    assert.equal(text.match(/"repeated":false/g)?.length, levels.length * 3);
    assert.equal(text.match(/"repeated":true/g)?.length, (levels.length - 1) * 6);
  });
});

describe('the limits of following', () => {
  const many = (count: number): JsonObject[] =>
    Array.from({ length: count }, (_, index) => ({ digest: { custom: String(index) } }));

  it('reject what has more dependencies than are looked at', () => {
    assert.equal(follow({ app: made(APP, many(MAX_DEPENDENCIES)) }).verdict, 'accepted');
    const report = follow({ app: made(APP, many(MAX_DEPENDENCIES + 1)) });
    assert.equal(report.verdict, 'rejected');
    const last = dependenciesOf(report).at(-1);
    assert.equal(last?.verdict, 'rejected');
    assert.match(last?.reason ?? '', /were not looked at/);
  });

  // Anybody can write attestations, and whoever is built can have many names of one thing in a lock file.
  it('reject what has more attestations than are looked at, however few things they are about', () => {
    const beside = Array.from({ length: 500 }, () => made(LIB, [], STRANGER));
    const names = Array.from({ length: MAX_JUDGED / 500 + 1 }, (_, index) => ({
      uri: `https://example.com/${index}`,
      digest: LIB.digest,
    }));
    const found = dependenciesOf(follow({ app: made(APP, names), beside }));
    assert.deepEqual([found.at(-2)?.verdict, found.at(-2)?.reason], ['rejected', null]);
    assert.equal(found.at(-1)?.verdict, 'rejected');
    assert.match(found.at(-1)?.reason ?? '', /100000 attestations .* were not looked at/);
  });

  it('hold whatever a dependency is called: nothing throws, and nothing is verified that nobody vouches for', () => {
    const selectors = [{ package: 'pkg:npm/**' }, { image: 'docker.io/**' }, { file: '*' }];
    const builders = [{ id: BUILDER_ID }];
    const policies = new Map([[1, [policyOf('all', { artifacts: selectors, builders, ...LOOSE })]]]);
    const start = fc.constantFrom(
      'pkg:npm/',
      'pkg:oci/',
      'pkg:docker/',
      'oci://',
      'docker://',
      'git+https://',
      '',
    );
    const uri = fc
      .tuple(start, fc.string({ unit: 'grapheme', maxLength: 60 }))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(uri, fc.boolean(), (text, isStranger) => {
        const app = made(APP, [{ uri: text.toWellFormed(), digest: LIB.digest }]);
        const report = follow({ app, policies, beside: [made(LIB, [], isStranger ? STRANGER : BUILDER)] });
        const [found] = dependenciesOf(report);
        assert.notEqual(found?.verdict, 'unverified');
        assert.equal(report.verdict, found?.verdict);
        if (isStranger) assert.equal(report.verdict, 'rejected');
      }),
      { numRuns: 300 },
    );
  });
});

describe('the levels of dependencies in a summary', () => {
  const levelsOf = (input: Case): unknown =>
    buildVerificationSummary(follow(input), {
      verifierId: 'https://v.example.com',
      resourceUri: 'https://example.com/app',
      policy: { uri: 'https://example.com/policy' },
      inputAttestations: [],
      timeVerified: NOW,
    }).predicate['dependencyLevels'];

  const source: JsonObject = { uri: SOURCE_URI, digest: { gitCommit: COMMIT } };
  const summary = summed({ digest: { gitCommit: COMMIT } }, SOURCE_URI, {
    verifiedLevels: ['SLSA_SOURCE_LEVEL_3', 'SLSA_SOURCE_TWO_PARTY_REVIEWED'],
  });

  it('count each once, with those of the levels below, as the trust root vouches for them', () => {
    const beside = [made(LIB, [TOOL, BASE]), made(TOOL, [BASE]), summary];
    const input = { app: made(APP, [LIB, TOOL, source]), depth: 3, expect: trusting(), beside };
    assert.deepEqual(levelsOf(input), {
      SLSA_BUILD_LEVEL_2: 2,
      SLSA_BUILD_LEVEL_UNEVALUATED: 1,
      SLSA_SOURCE_LEVEL_3: 1,
    });
  });

  it('count what is named in several ways once, in the order of their names', () => {
    const digest = { sha256: LIB.digest['sha256'] ?? '', sha512: '5'.repeat(128) };
    const turned = { sha512: digest.sha512, sha256: digest.sha256 };
    const app = made(APP, [
      { uri: 'https://example.com/a', digest },
      { uri: 'https://example.com/b', digest: turned },
      { uri: 'https://example.com/e', digest },
      { uri: 'https://example.com/c', content: 'AA==' },
      { uri: 'https://example.com/d', content: 'AA==' },
      { uri: 'https://example.com/c', content: 'AQ==' },
      source,
      TOOL,
    ]);
    const levels = levelsOf({ app, expect: trusting(), beside: [summary, made(TOOL, [])] });
    assert.deepEqual(Object.entries(levels as object), [
      ['SLSA_BUILD_LEVEL_2', 1],
      ['SLSA_BUILD_LEVEL_UNEVALUATED', 3],
      ['SLSA_SOURCE_LEVEL_3', 1],
    ]);
  });

  it('say of what nobody verified that it was not evaluated, and of what is bad that it failed', () => {
    assert.deepEqual(levelsOf({ app: made(APP, [LIB, source]), beside: [made(LIB, [])] }), {
      SLSA_BUILD_LEVEL_UNEVALUATED: 1,
      SLSA_SOURCE_LEVEL_UNEVALUATED: 1,
    });
    assert.deepEqual(levelsOf({ beside: [made(LIB, [], STRANGER)] }), { FAILED: 1 });
  });

  it('claim nothing of an artifact whose provenance names none', () => {
    assert.equal(levelsOf({ app: made(APP, []) }), undefined);
  });
});

describe('the caller', () => {
  const policy = policyOf('libs', { artifacts: [{ file: '*' }], builders: [{ id: BUILDER_ID, level: 2 }] });

  it('may not ask for what cannot be meant', () => {
    for (const [field, options] of [
      ['follow', { depth: 0 }],
      ['follow', { depth: MAX_DEPTH + 1 }],
      ['follow', { depth: 1.5 }],
      ['followPolicy', { depth: 1, policies: new Map([[2, [policy]]]) }],
      ['followPolicy', { depth: 1, policies: new Map([[0, [policy]]]) }],
      ['followPolicy', { depth: 1, policies: new Map([[1, []]]) }],
      ['followPolicy', { depth: 1, policies: new Map([[1, [policy, policy]]]) }],
      ['followPolicy', { depth: 1, policies: new Map([[1, [policy]]]) }],
      ['follow', { expect: { predicateType: 'https://spdx.dev/Document' } }],
      [
        'follow',
        { expect: { ...trusting(), summary: { verifierId: 'a:b', resourceUri: 'a:b' }, buildLevel: 1 } },
      ],
      ['follow', { expect: { follow: {} as never } }],
    ] as const) {
      assert.throws(
        () => {
          const report = follow(options);
          // An expectation of its own takes the place of what the helper makes.
          if ('expect' in options && 'follow' in options.expect)
            evaluateProvenance({
              evidence: { items: [] },
              artifacts: [APP],
              expectations: { publicKeys: [BUILDER.publicKey], ...options.expect },
              now: NOW,
            });
          return report;
        },
        (error: unknown) => error instanceof ExpectationError && error.field === field,
      );
    }
  });
});
