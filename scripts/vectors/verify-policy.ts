import type { Json } from './case-format.ts';
import { envelope, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, STRANGER, type FixedKey } from './fixed-keys.ts';
import { parses, refusesParsing } from './parse-case.ts';
import { policy, POLICY_YAML, roles } from './policies.ts';
import { PAYLOAD, SIGNED, signedByBuilder, signedPredicate } from './signed.ts';
import {
  APP,
  BUILDER_ID,
  EXTERNAL_PARAMETERS,
  OTHER_COMMIT,
  provenance,
  SOURCE_COMMIT,
  SOURCE_URI,
  STATEMENT_V1,
  subject,
} from './statements.ts';
import { trustRoot } from './trust-roots.ts';
import { type Content, encodeText, type Vector } from './vector.ts';
import { accepts, refuses, rejects, type Verification } from './verify-case.ts';

type Part = Record<string, unknown>;

interface Change {
  readonly spec?: Part;
  readonly text?: string;
  readonly evidence?: readonly object[];
  readonly as?: string;
  readonly expect?: Verification['expectations'];
  readonly now?: string;
  readonly files?: Readonly<Record<string, Content>>;
}

/** The build of the cases, held against a policy. Several attestations lie in one JSON Lines file. */
function by(
  description: string,
  { spec, text, evidence = [SIGNED], as, expect, now, files = {} }: Change = {},
): Verification {
  const lines = evidence.map((each) => `${JSON.stringify(each)}\n`).join('');
  return {
    description,
    evidence: { [evidence.length > 1 ? 'evidence.jsonl' : 'provenance.json']: lines },
    files: { [APP.name]: APP.content, 'policy.yaml': text ?? policy(spec), ...files },
    expectations: { policies: ['policy.yaml'], ...(as === undefined ? {} : { as }), ...expect },
    ...(now === undefined ? {} : { now }),
  };
}

const rule = (name: string): string => `policy.rule:shop/${name}`;
const passes = (id: string): { readonly id: string; readonly status: 'pass' } => ({ id, status: 'pass' });
const MATCHED = [passes('policy.match')];

/** Two cases: with the good value the build is accepted, with the bad one this check rejects it. */
function flips(
  field: string,
  check: string,
  good: readonly [description: string, change: Change],
  bad: readonly [description: string, change: Change],
): readonly Vector[] {
  const beside = bad[1].evidence ?? [];
  return [
    accepts(`policy-${field}`, by(...good), [passes(check), ...MATCHED]),
    // What stands beside the provenance is listed with it, and is no provenance.
    rejects(`policy-${field}`, by(...bad), [check, ...(beside.length > 1 ? ['predicate.type'] : [])]),
  ];
}

const BY_IMAGE = 'registry.example.com/shop/app:1.2.0';
const image = (tagged: boolean): string =>
  `pkg:oci/node${tagged ? '' : `@sha256%3A${'1'.repeat(64)}`}?repository_url=registry.example.com/base/node&tag=24`;

function withDependencies(...dependencies: readonly Json[]): EnvelopeJson {
  const source = { uri: EXTERNAL_PARAMETERS.source, digest: { gitCommit: SOURCE_COMMIT } };
  return signedPredicate(
    provenance({ buildDefinition: { resolvedDependencies: [source, ...dependencies] } }),
  );
}

const NODE = { uri: image(false), digest: { sha256: '1'.repeat(64) } };
const DEPENDENCIES = {
  digests: 'required',
  images: 'pinned',
  sources: [{ uri: 'git+https://git.example.com/shop/*' }, { image: 'registry.example.com/base/**' }],
};

const INTERNAL = signedPredicate(
  provenance({ buildDefinition: { internalParameters: { actor: 'alice@example.com' } } }),
);

const STRICT = policy({ triggers: ['tag'] }, { metadata: { name: 'strict' } });

/** The build beside two policies, of which these are asked. */
function byTwo(description: string, ...policies: readonly string[]): Verification {
  const input = by(description);
  return {
    ...input,
    files: { ...input.files, 'strict.yaml': STRICT },
    expectations: { policies },
  };
}

/** Which artifacts it is about. */
const MATCH_VECTORS: readonly Vector[] = [
  accepts('policy', by('The build satisfies the policy.'), [
    ...MATCHED,
    ...['builder', 'build-type', 'source', 'trigger', 'parameters'].map((name) => passes(rule(name))),
  ]),
  accepts('policy-by-hand', by('A policy in YAML as people write it.', { text: POLICY_YAML }), MATCHED),
  accepts('policy-one-of-two', byTwo('One policy is asked.', 'policy.yaml'), MATCHED),
  rejects('policy-all', byTwo('Every policy has to be satisfied.', 'policy.yaml', 'strict.yaml'), [
    'policy.rule:strict/trigger',
  ]),
  refuses('policy-twice', byTwo('One policy cannot count as two.', 'policy.yaml', 'policy.yaml'), 'policies'),
  rejects(
    'policy-match',
    by('No policy is about the artifact.', { spec: { artifacts: [{ file: 'lib-*.tgz' }] } }),
    ['policy.match'],
  ),
  rejects(
    'policy-file-prefix',
    by('A name that begins alike is another name.', { spec: { artifacts: [{ file: 'app' }] } }),
    ['policy.match'],
  ),
  ...flips(
    'package',
    'policy.match',
    [
      'The caller says which package it is.',
      { spec: { artifacts: [{ package: 'pkg:npm/@shop/app' }] }, as: 'pkg:npm/%40shop/app@1.2.0' },
    ],
    [
      'A package whose name begins alike.',
      { spec: { artifacts: [{ package: 'pkg:npm/@shop/app' }] }, as: 'pkg:npm/%40shop/app-evil@1.2.0' },
    ],
  ),
  ...flips(
    'image',
    'policy.match',
    [
      'The caller says which image it is.',
      { spec: { artifacts: [{ image: 'registry.example.com/shop/*:1.*' }] }, as: BY_IMAGE },
    ],
    [
      'An image of the same name in another registry.',
      {
        spec: { artifacts: [{ image: 'registry.example.com/shop/*:1.*' }] },
        as: BY_IMAGE.replace('example.com', 'example.com.evil.org'),
      },
    ],
  ),
  refuses(
    'policy-as-nothing',
    by('A name that is no image reference.', {
      as: 'Not An Image',
      spec: { artifacts: [{ image: 'registry.example.com/shop/app' }] },
    }),
    'image',
  ),
  refuses(
    'policy-level-without-trust-root',
    by('Nothing but a trust root knows a Build level.', {
      spec: { builders: [{ id: BUILDER_ID, level: 1 }] },
    }),
    'policies',
  ),
];

const TRUSTED = { publicKeys: [], plainTrustRoot: '../../keys/trust-root-plain.json' } as const;

/** What the provenance must say. */
const FIELD_VECTORS: readonly Vector[] = [
  rejects(
    'policy-builder',
    by('Another builder is expected.', { spec: { builders: [{ id: `${BUILDER_ID}/` }] } }),
    [rule('builder')],
  ),
  ...flips(
    'builder-level',
    rule('builder'),
    [
      'The trust root vouches for the level.',
      { spec: { builders: [{ id: BUILDER_ID, level: 2 }] }, expect: TRUSTED },
    ],
    [
      'The trust root does not vouch for such a level.',
      { spec: { builders: [{ id: BUILDER_ID, level: 3 }] }, expect: TRUSTED },
    ],
  ),
  rejects(
    'policy-build-type',
    by('Another build type is expected.', {
      spec: { buildTypes: ['https://danube.dev/buildtypes/pipeline/v2'] },
    }),
    [rule('build-type')],
  ),
  ...flips(
    'source-uri',
    rule('source'),
    [
      'A pattern of repositories.',
      { spec: { source: { uris: ['git+https://git.example.com/*/app'], refs: ['refs/heads/main'] } } },
    ],
    [
      'A wildcard does not go beyond its part.',
      { spec: { source: { uris: ['git+https://git.example.com/*'], refs: ['refs/heads/main'] } } },
    ],
  ),
  ...flips(
    'source-ref',
    rule('source'),
    ['The full ref is named.', { spec: { source: { uris: [SOURCE_URI], refs: ['refs/heads/main'] } } }],
    ['Another ref is expected.', { spec: { source: { uris: [SOURCE_URI], refs: ['refs/heads/m'] } } }],
  ),
  ...flips(
    'source-branch',
    rule('source'),
    ['A pattern of branches.', { spec: { source: { uris: [SOURCE_URI], branches: ['ma*'] } } }],
    ['Another branch is expected.', { spec: { source: { uris: [SOURCE_URI], branches: ['release/*'] } } }],
  ),
  rejects(
    'policy-source-tag',
    by('The branch is no tag.', { spec: { source: { uris: [SOURCE_URI], tags: ['main'] } } }),
    [rule('source')],
  ),
  rejects(
    'policy-source-commit',
    by('Another commit is expected.', {
      spec: { source: { uris: [SOURCE_URI], branches: ['main'], commits: [OTHER_COMMIT] } },
    }),
    [rule('source')],
  ),
  rejects(
    'policy-parameter-equals',
    by('Another value is expected.', {
      spec: {
        parameters: { pipeline: { equals: 'app' }, environment: { any: true }, replicas: { any: true } },
      },
    }),
    [rule('parameters')],
  ),
  rejects(
    'policy-parameter-one-of',
    by('None of the values; "3" is not 3.', {
      spec: {
        parameters: { pipeline: { any: true }, environment: { any: true }, replicas: { oneOf: ['3', 4] } },
      },
    }),
    [rule('parameters')],
  ),
  ...flips(
    'parameter-pattern',
    rule('parameters'),
    [
      'A value of the pattern.',
      {
        spec: {
          parameters: { pipeline: { pattern: 'app-*' }, environment: { any: true }, replicas: { any: true } },
        },
      },
    ],
    [
      'A pattern has to match all of a value.',
      {
        spec: {
          parameters: { pipeline: { pattern: 'app' }, environment: { any: true }, replicas: { any: true } },
        },
      },
    ],
  ),
  rejects(
    'policy-parameter-unknown',
    by('A parameter that the policy does not name.', {
      spec: { parameters: { pipeline: { any: true }, environment: { any: true } } },
    }),
    [rule('parameters')],
  ),
  rejects(
    'policy-parameters-left-out',
    by('A policy that names no parameter wants none.', { spec: { parameters: undefined } }),
    [rule('parameters')],
  ),
  rejects('policy-trigger', by('Started by something else.', { spec: { triggers: ['tag', 'manual'] } }), [
    rule('trigger'),
  ]),
  ...flips(
    'actor',
    rule('actor'),
    ['Whoever started it fits the pattern.', { spec: { actors: ['*@example.com'] }, evidence: [INTERNAL] }],
    ['Somebody else started it.', { spec: { actors: ['bob@example.com'] }, evidence: [INTERNAL] }],
  ),
  rejects('policy-actor-unknown', by('The provenance does not say who.', { spec: { actors: ['*'] } }), [
    rule('actor'),
  ]),
  ...flips(
    'age',
    rule('age'),
    ['It finished an hour ago.', { spec: { maxAge: '2h' }, now: '2026-01-10T13:36:02Z' }],
    ['It finished too long ago.', { spec: { maxAge: '59m' }, now: '2026-01-10T13:36:02Z' }],
  ),
];

/** What went into the build. */
const DEPENDENCY_VECTORS: readonly Vector[] = [
  ...flips(
    'dependencies',
    'dependency',
    [
      'Digests, allowed sources, an image by digest.',
      { spec: { dependencies: DEPENDENCIES }, evidence: [withDependencies(NODE)] },
    ],
    [
      'A dependency without a digest.',
      {
        spec: { dependencies: DEPENDENCIES },
        evidence: [withDependencies({ uri: 'git+https://git.example.com/shop/lib' })],
      },
    ],
  ),
  rejects(
    'policy-dependency-source',
    by('A dependency from somewhere else.', {
      spec: { dependencies: DEPENDENCIES },
      evidence: [
        withDependencies({
          uri: 'git+https://git.example.com.evil.org/shop/lib',
          digest: { gitCommit: OTHER_COMMIT },
        }),
      ],
    }),
    ['dependency'],
  ),
  rejects(
    'policy-dependency-image-elsewhere',
    by('The name of an image is that of its repository, whatever the package URL calls it.', {
      spec: { dependencies: DEPENDENCIES },
      evidence: [withDependencies({ ...NODE, uri: NODE.uri.replace('registry.example.com', 'evil.org') })],
    }),
    ['dependency'],
  ),
  rejects(
    'policy-dependency-floating-image',
    by('An image by its tag.', {
      spec: { dependencies: DEPENDENCIES },
      evidence: [withDependencies({ ...NODE, uri: image(true) })],
    }),
    ['dependency'],
  ),
  accepts(
    'policy-dependency-resolved-image',
    by('An image by its tag, where its digest will do.', {
      spec: { dependencies: { ...DEPENDENCIES, images: 'resolved' } },
      evidence: [withDependencies({ ...NODE, uri: image(true) })],
    }),
    [passes('dependency')],
  ),
  rejects(
    'policy-dependency-none',
    by('No dependency at all is not all of them.', {
      spec: { dependencies: DEPENDENCIES, source: { uris: [SOURCE_URI], branches: ['main'] } },
      evidence: [signedPredicate(provenance({ buildDefinition: { resolvedDependencies: [] } }))],
    }),
    ['dependency'],
  ),
];

/** Another statement about the artifact. */
function about(predicateType: string, predicate: object, by = BUILDER): EnvelopeJson {
  return envelope(
    JSON.stringify({ _type: STATEMENT_V1, subject: [subject(APP)], predicateType, predicate }),
    [by],
  );
}

const SCAI = 'https://in-toto.io/attestation/scai/v0.3';
const ISOLATED = { attributes: [{ attribute: 'EPHEMERAL', conditions: { network: 'none' } }] };
const SPDX = 'https://spdx.dev/Document';
const SBOM = { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', name: 'app', packages: [] };
const TEST = 'https://in-toto.io/attestation/test-result/v0.1';
const TESTED = {
  result: 'PASSED',
  configuration: [{ uri: 'https://git.example.com/shop/app/tests' }],
  passedTests: ['unit', 'e2e'],
};
const VULNS = 'https://in-toto.io/attestation/vulns/v0.2';
const REVIEW = 'https://example.com/review/v1';
const VSA = 'https://slsa.dev/verification_summary/v1';

function scan(...scores: readonly string[]): object {
  return {
    scanner: {
      uri: 'https://scanner.example.com',
      db: { lastUpdate: '2026-01-10T00:00:00Z' },
      result: scores.map((score, index) => ({
        id: `CVE-2026-${index + 1}`,
        severity: [{ method: 'nvd', score }],
      })),
    },
    metadata: { scanStartedOn: '2026-01-10T13:00:00Z', scanFinishedOn: '2026-01-10T13:01:00Z' },
  };
}

const SUMMARY = {
  verifier: { id: 'https://verifier.example.com' },
  timeVerified: '2026-01-10T14:00:00Z',
  resourceUri: 'https://example.com/shop/app-1.2.0.tgz',
  policy: { uri: 'https://example.com/policy' },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
};

const demand = (type: string, parts: Part = {}): Part => ({
  attestations: [{ name: 'beside', type, ...parts }],
});
const SCANNED = demand('vulnerability-scan', {
  ceiling: { critical: 0, high: 1, low: 'any' },
  accepted: [{ id: 'CVE-2026-3', reason: 'not reachable' }],
  maxAge: '7d',
});
const REVIEWED = demand('review', { predicateType: REVIEW, expression: 'predicate.approved == true' });
const SUMMARIZED = demand('summary', {
  verifier: SUMMARY.verifier.id,
  resourceUri: 'https://example.com/shop/*',
  levels: ['SLSA_BUILD_LEVEL_2'],
});

/** A summary by a trust root in which the auditor is the verifier, or what a case says. */
function byVerifier(key: FixedKey, verifier: Part = {}): Change {
  const verifiers = [{ id: SUMMARY.verifier.id, keys: ['auditor'], threshold: 1, ...verifier }];
  return {
    spec: SUMMARIZED,
    evidence: [SIGNED, about(VSA, SUMMARY, key)],
    files: { 'root.json': encodeText(trustRoot({ verifiers })) },
    expect: { publicKeys: [], plainTrustRoot: 'root.json' },
  };
}

const AFTER = '2026-01-11T12:00:00Z';

/** What must be there beside the provenance. */
const ATTESTATION_VECTORS: readonly Vector[] = [
  ...flips(
    'isolation',
    rule('isolation'),
    [
      'An attribute report states it.',
      { spec: { isolation: ISOLATED }, evidence: [SIGNED, about(SCAI, ISOLATED)] },
    ],
    [
      'The report states it under other conditions.',
      {
        spec: { isolation: ISOLATED },
        evidence: [
          SIGNED,
          about(SCAI, { attributes: [{ attribute: 'EPHEMERAL', conditions: { network: 'any' } }] }),
        ],
      },
    ],
  ),
  accepts(
    'policy-sbom',
    by('An SBOM is there.', { spec: demand('sbom'), evidence: [SIGNED, about(SPDX, SBOM)] }),
    [passes(rule('beside'))],
  ),
  rejects(
    'policy-sbom',
    by('Only one that a stranger signed is there.', {
      spec: demand('sbom'),
      evidence: [SIGNED, about(SPDX, SBOM, STRANGER)],
    }),
    [rule('beside'), 'signature', 'key.threshold'],
  ),
  rejects(
    'policy-sbom-format',
    by('It has to be in the other format.', {
      spec: demand('sbom', { formats: ['cyclonedx'] }),
      evidence: [SIGNED, about(SPDX, SBOM)],
    }),
    [rule('beside'), 'predicate.type'],
  ),
  ...flips(
    'scan',
    rule('beside'),
    [
      'As many vulnerabilities as there may be.',
      { spec: SCANNED, evidence: [SIGNED, about(VULNS, scan('8.1', 'LOW', 'CRITICAL'))], now: AFTER },
    ],
    [
      'One more than there may be.',
      { spec: SCANNED, evidence: [SIGNED, about(VULNS, scan('8.1', 'high'))], now: AFTER },
    ],
  ),
  rejects(
    'policy-scan-severity-left-out',
    by('A severity that has no ceiling may not be there.', {
      spec: SCANNED,
      evidence: [SIGNED, about(VULNS, scan('medium'))],
      now: AFTER,
    }),
    [rule('beside'), 'predicate.type'],
  ),
  rejects(
    'policy-scan-age',
    by('The scan is too old.', {
      spec: SCANNED,
      evidence: [SIGNED, about(VULNS, scan())],
      now: '2026-01-18T12:00:00Z',
    }),
    [rule('beside'), 'predicate.type'],
  ),
  rejects(
    'policy-scan-beside-better',
    by('A bad scan stays one beside a good one.', {
      spec: SCANNED,
      evidence: [SIGNED, about(VULNS, scan()), about(VULNS, scan('critical'))],
      now: AFTER,
    }),
    [rule('beside'), 'predicate.type'],
  ),
  ...flips(
    'test-result',
    rule('beside'),
    [
      'The tests passed.',
      { spec: demand('test-result', { tests: ['unit'] }), evidence: [SIGNED, about(TEST, TESTED)] },
    ],
    [
      'They passed with warnings.',
      { spec: demand('test-result'), evidence: [SIGNED, about(TEST, { ...TESTED, result: 'WARNED' })] },
    ],
  ),
  rejects(
    'policy-test-missing',
    by('A test that must have passed is not there.', {
      spec: demand('test-result', { tests: ['unit', 'load'] }),
      evidence: [SIGNED, about(TEST, TESTED)],
    }),
    [rule('beside'), 'predicate.type'],
  ),
  ...flips(
    'review',
    rule('beside'),
    [
      'A review of the commit approves it.',
      {
        spec: REVIEWED,
        evidence: [
          SIGNED,
          signedByBuilder({
            _type: STATEMENT_V1,
            subject: [{ name: 'commit', digest: { gitCommit: SOURCE_COMMIT } }],
            predicateType: REVIEW,
            predicate: { approved: true },
          }),
        ],
      },
    ],
    [
      'The review does not approve it.',
      { spec: REVIEWED, evidence: [SIGNED, about(REVIEW, { approved: 'true' })] },
    ],
  ),
  ...flips(
    'summary',
    'summary',
    [
      'A verifier says that it passed, at a higher level.',
      { spec: SUMMARIZED, evidence: [SIGNED, about(VSA, SUMMARY)] },
    ],
    [
      'The summary is about another resource.',
      {
        spec: SUMMARIZED,
        evidence: [SIGNED, about(VSA, { ...SUMMARY, resourceUri: 'https://example.com/other/app' })],
      },
    ],
  ),
  rejects(
    'policy-summary-failed',
    by('The verifier said no.', {
      spec: SUMMARIZED,
      evidence: [
        SIGNED,
        about(VSA, { ...SUMMARY, verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }),
      ],
    }),
    ['summary', 'predicate.type'],
  ),
  rejects(
    'policy-summary-level',
    by('The verifier found a lower level.', {
      spec: SUMMARIZED,
      evidence: [SIGNED, about(VSA, { ...SUMMARY, verifiedLevels: ['SLSA_BUILD_LEVEL_1'] })],
    }),
    ['summary', 'predicate.type'],
  ),
  rejects(
    'policy-summary-verifier',
    by('Another verifier is expected.', {
      spec: SUMMARIZED,
      evidence: [SIGNED, about(VSA, { ...SUMMARY, verifier: { id: 'https://verifier.example.com/' } })],
    }),
    ['summary', 'predicate.type'],
  ),
  ...flips(
    'summary-verifier-of-root',
    'summary',
    ['The trust root has the key for this verifier.', byVerifier(AUDITOR)],
    ['The key is that of the builder, who may sign the provenance.', byVerifier(BUILDER)],
  ),
  rejects(
    'policy-summary-verifier-not-of-root',
    by('The trust root has no such verifier.', byVerifier(AUDITOR, { id: 'https://other.example.com' })),
    ['summary', 'predicate.type'],
  ),
  rejects(
    'policy-summary-verifier-threshold',
    by(
      'The verifier needs two keys, and one signed.',
      byVerifier(AUDITOR, { keys: ['auditor', 'builder'], threshold: 2 }),
    ),
    ['summary', 'predicate.type'],
  ),
  ...flips(
    'signed-by',
    rule('beside'),
    [
      'Whoever has the role signed it.',
      {
        spec: { ...demand('sbom', { signedBy: ['auditor'] }), roles: roles({ auditor: AUDITOR }) },
        evidence: [SIGNED, about(SPDX, SBOM, AUDITOR)],
      },
    ],
    [
      'The builder does not have the role.',
      {
        spec: { ...demand('sbom', { signedBy: ['auditor'] }), roles: roles({ auditor: AUDITOR }) },
        evidence: [SIGNED, about(SPDX, SBOM)],
      },
    ],
  ),
];

const TWO_ROLES = { roles: roles(), signatures: { threshold: 2, roles: ['builder', 'auditor'] } };

/** Who signed, and rules in CEL. */
const RULE_VECTORS: readonly Vector[] = [
  ...flips(
    'roles',
    rule('signatures'),
    ['Both roles signed.', { spec: TWO_ROLES, evidence: [envelope(PAYLOAD, [BUILDER, AUDITOR])] }],
    ['One role signed twice.', { spec: TWO_ROLES, evidence: [envelope(PAYLOAD, [BUILDER, BUILDER])] }],
  ),
  ...flips(
    'cel',
    rule('own'),
    [
      'The expression holds.',
      {
        spec: {
          rules: [
            {
              name: 'own',
              expression:
                'statement.subject.all(s, s.digest.sha256 == artifact.digest.sha256) && artifact.name.matches("^app-[0-9.]+tgz$")',
              message: 'one artifact a build',
            },
          ],
        },
      },
    ],
    [
      'The expression does not hold.',
      {
        spec: {
          rules: [{ name: 'own', expression: 'predicate.runDetails.builder.id == ""', message: 'never' }],
        },
      },
    ],
  ),
  rejects(
    'policy-cel-error',
    by('What cannot be evaluated is no yes.', {
      spec: { rules: [{ name: 'own', expression: 'predicate.noSuchField != "x"', message: 'never' }] },
    }),
    [rule('own')],
  ),
  rejects(
    'policy-cel-no-truth',
    by('Nor is a value that is not true or false.', {
      spec: { rules: [{ name: 'own', expression: '"true"', message: 'never' }] },
    }),
    [rule('own')],
  ),
];

const EMPTY = /"spec": \{[\s\S]*\n {2}\}\n/;

function refusesPolicy(name: string, description: string, text: string, pointer?: string): Vector {
  return refusesParsing('policy', name, description, text, 'ERR_POLICY', pointer);
}

const demands = (spec: Part): string => policy({ ...NOTHING, ...spec });
const NOTHING: Part = {
  builders: undefined,
  buildTypes: undefined,
  source: undefined,
  parameters: undefined,
  triggers: undefined,
};

/** Documents. */
const DOCUMENT_VECTORS: readonly Vector[] = [
  parses('policy', 'yaml', 'A policy as people write it.', POLICY_YAML),
  parses('policy', 'json', 'A policy in JSON, which is YAML.', policy()),
  refusesPolicy('empty', 'A file with nothing in it.', ''),
  refusesPolicy(
    'empty-spec',
    'A policy that says nothing.',
    policy().replace(EMPTY, '"spec": {}\n'),
    '/spec/artifacts',
  ),
  refusesPolicy('demands-nothing', 'A policy that demands nothing.', demands({}), '/spec'),
  refusesPolicy(
    'only-parameters',
    'Naming parameters alone demands nothing of who built it.',
    demands({ parameters: { a: { any: true } } }),
    '/spec',
  ),
  refusesPolicy('no-artifacts', 'An empty list of artifacts.', policy({ artifacts: [] }), '/spec/artifacts'),
  refusesPolicy(
    'empty-list',
    'An empty list could mean none or any.',
    policy({ triggers: [] }),
    '/spec/triggers',
  ),
  refusesPolicy(
    'empty-parameters',
    'So could an empty object.',
    policy({ parameters: {} }),
    '/spec/parameters',
  ),
  refusesPolicy('empty-source', 'A source that demands nothing.', policy({ source: {} }), '/spec/source'),
  refusesPolicy(
    'entry-twice',
    'An entry that is there twice.',
    policy({ triggers: ['push', 'push'] }),
    '/spec/triggers',
  ),
  refusesPolicy(
    'misspelt',
    'A field that the format does not have.',
    policy({ builder: [{ id: BUILDER_ID }] }),
    '/spec/builder',
  ),
  refusesPolicy(
    'misspelt-inside',
    'So it is in the parts of a policy.',
    policy({ source: { uri: [SOURCE_URI] } }),
    '/spec/source/uri',
  ),
  refusesPolicy(
    'other-version',
    'Another version of the format.',
    policy({}, { apiVersion: 'danube.dev/v2' }),
    '/apiVersion',
  ),
  refusesPolicy(
    'level-4',
    'There is no Build level 4.',
    policy({ builders: [{ id: BUILDER_ID, level: 4 }] }),
    '/spec/builders/0/level',
  ),
  refusesPolicy(
    'host-wildcard',
    'A wildcard in a host.',
    policy({ source: { uris: ['git+https://*.example.com/app'] } }),
    '/spec/source',
  ),
  refusesPolicy(
    'registry-wildcard',
    'A wildcard in a registry.',
    policy({ artifacts: [{ image: '*/shop/app' }] }),
    '/spec/artifacts/0/image',
  ),
  refusesPolicy(
    'class',
    'Character classes, which dialects read in two ways.',
    policy({ artifacts: [{ file: 'app-[!0-9].tgz' }] }),
    '/spec/artifacts/0/file',
  ),
  refusesPolicy(
    'role-unknown',
    'A role that is not defined.',
    policy({ signatures: { threshold: 1, roles: ['auditor'] } }),
    '/spec/signatures/roles',
  ),
  refusesPolicy(
    'role-unused',
    'A role that nothing asks for.',
    policy({ roles: roles({ auditor: AUDITOR }) }),
    '/spec/roles/0',
  ),
  refusesPolicy(
    'role-same-key',
    'One key for two roles would let one signature speak for both.',
    policy({ roles: roles({ a: AUDITOR, b: AUDITOR }), signatures: { threshold: 2, roles: ['a', 'b'] } }),
    '/spec/roles/1/keys/0',
  ),
  refusesPolicy(
    'threshold-above',
    'More roles than there are.',
    policy({ roles: roles({ a: AUDITOR }), signatures: { threshold: 2, roles: ['a'] } }),
    '/spec/signatures/threshold',
  ),
  refusesPolicy(
    'threshold-0',
    'A threshold of 0 would trust anybody.',
    policy({ roles: roles({ a: AUDITOR }), signatures: { threshold: 0, roles: ['a'] } }),
    '/spec/signatures/threshold',
  ),
  refusesPolicy(
    'cel-syntax',
    'An expression that is none.',
    policy({ rules: [{ name: 'a', expression: '1 +', message: 'x' }] }),
    '/spec/rules/0/expression',
  ),
  refusesPolicy(
    'cel-variable',
    'A misspelt variable.',
    policy({ rules: [{ name: 'a', expression: 'predikate.x == 1', message: 'x' }] }),
    '/spec/rules/0/expression',
  ),
  refusesPolicy(
    'cel-function',
    'A function that there is not.',
    policy({ rules: [{ name: 'a', expression: 'fetch("x") == 1', message: 'x' }] }),
    '/spec/rules/0/expression',
  ),
  refusesPolicy(
    'rule-name-taken',
    'A rule with the name of a field.',
    policy({ rules: [{ name: 'builder', expression: 'true', message: 'x' }] }),
    '/spec/rules/0/name',
  ),
  refusesPolicy(
    'key-twice',
    'A key of the document that is there twice.',
    `${POLICY_YAML}  triggers: [tag]\n`,
  ),
  refusesPolicy('two-documents', 'Two documents in one file.', `${POLICY_YAML}---\n${POLICY_YAML}`),
  refusesPolicy(
    'anchor',
    'An anchor and its alias.',
    POLICY_YAML.replace('[main]', '&a [main]').replace('[push]', '*a'),
  ),
  refusesPolicy(
    'tag',
    'A tag, which makes a set of a list.',
    POLICY_YAML.replace('[push]', '!!set {push: }'),
  ),
  refusesPolicy('tab', 'A tab where YAML has none.', POLICY_YAML.replace('  name: shop', '\tname: shop')),
  refusesPolicy(
    'latin-1',
    'A name with a letter in disguise.',
    policy({}, { metadata: { name: 'shоp' } }),
    '/metadata/name',
  ),
];

const TESTED_POLICY = {
  apiVersion: 'danube.dev/v1',
  kind: 'ProvenancePolicyTest',
  policies: ['policy.yaml'],
  publicKeys: ['builder.pub'],
  cases: [
    { name: 'release', artifact: APP.name, provenance: ['provenance.json'], expect: 'accepted' },
    {
      name: 'fork',
      artifact: APP.name,
      provenance: ['fork.json'],
      expect: 'rejected',
      failed: [rule('source')],
    },
  ],
};

function refusesTest(name: string, description: string, change: Part, pointer: string): Vector {
  return refusesParsing(
    'policy-test',
    name,
    description,
    { ...TESTED_POLICY, ...change },
    'ERR_POLICY_TEST',
    pointer,
  );
}

/** What policies must say. */
const TEST_VECTORS: readonly Vector[] = [
  parses('policy-test', 'plain', 'Two cases of a policy.', TESTED_POLICY),
  refusesTest('no-cases', 'A test that tests nothing.', { cases: [] }, '/cases'),
  refusesTest(
    'case-twice',
    'Two cases of one name.',
    { cases: [TESTED_POLICY.cases[0], TESTED_POLICY.cases[0]] },
    '/cases',
  ),
  refusesTest(
    'no-ids',
    'Rejected, and nobody says by what.',
    { cases: [{ ...TESTED_POLICY.cases[0], expect: 'rejected' }] },
    '/cases/0/failed',
  ),
  refusesTest('two-roots', 'Two answers to whom to trust.', { plainTrustRoot: 'root.json' }, ''),
];

export const POLICY_VECTORS: readonly Vector[] = [
  ...MATCH_VECTORS,
  ...FIELD_VECTORS,
  ...DEPENDENCY_VECTORS,
  ...ATTESTATION_VECTORS,
  ...RULE_VECTORS,
  ...DOCUMENT_VECTORS,
  ...TEST_VECTORS,
];
