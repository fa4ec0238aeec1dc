import type { ExpectedCheck, VerifyExpectations } from './case-format.ts';
import { envelope, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, STRANGER, type FixedKey } from './fixed-keys.ts';
import { policy } from './policies.ts';
import {
  APP,
  BUILDER_ID,
  EXTERNAL_PARAMETERS,
  hex,
  provenance,
  SOURCE_COMMIT,
  SOURCE_URI,
  statement,
  subject,
} from './statements.ts';
import { trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Content, type Vector } from './vector.ts';
import { accepts, refuses, rejects, type Verification } from './verify-case.ts';

type Json = Record<string, unknown>;
type Thing = Parameters<typeof subject>[0];

const LIB: Thing = { name: 'lib-1.0.0.tgz', content: 'danube test vector: lib 1.0.0\n' };
const TOOL: Thing = { name: 'tool-1.0.0', content: 'danube test vector: tool 1.0.0\n' };

const uriOf = ({ name }: Thing): string => `https://example.com/${name}`;
const dependency = (thing: Thing): Json => ({
  uri: uriOf(thing),
  digest: { sha256: hex('sha256', thing.content) },
});
const SOURCE: Json = { uri: EXTERNAL_PARAMETERS.source, digest: { gitCommit: SOURCE_COMMIT } };

/** Provenance of a thing that was made of others. */
function made(of: Thing, from: readonly Json[], key: FixedKey = BUILDER): EnvelopeJson {
  const predicate = provenance({ buildDefinition: { resolvedDependencies: from } });
  return envelope(JSON.stringify(statement({ subject: [subject(of)], predicate })), [key]);
}

const VERIFIER_ID = 'https://verify.example.com';

/** What the auditor, as a verifier, says of a dependency. */
function summed(digest: Json, resourceUri: string, parts: Json = {}): EnvelopeJson {
  const predicate = {
    verifier: { id: VERIFIER_ID },
    timeVerified: '2026-01-10T13:00:00Z',
    resourceUri,
    policy: { uri: 'https://example.com/policy' },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
    ...parts,
  };
  const predicateType = 'https://slsa.dev/verification_summary/v1';
  return envelope(JSON.stringify(statement({ subject: [{ digest }], predicateType, predicate })), [AUDITOR]);
}

interface Parts {
  /** What the artifact was made of; LIB when nothing is said. */
  readonly from?: readonly Json[];
  /** Evidence of dependencies by the names of its files. */
  readonly beside?: Readonly<Record<string, object>>;
  /** Those of them that are given; all when nothing is said. */
  readonly given?: readonly string[];
  readonly files?: Readonly<Record<string, Content>>;
  readonly expect?: Partial<VerifyExpectations>;
}

function by(
  description: string,
  { from = [dependency(LIB)], beside = {}, given, files, expect }: Parts = {},
): Verification {
  const names = given ?? Object.keys(beside);
  return {
    description,
    evidence: { 'provenance.json': made(APP, from) },
    files: {
      [APP.name]: APP.content,
      ...Object.fromEntries(Object.entries(beside).map(([name, value]) => [name, encodeText(value)])),
      ...files,
    },
    expectations: { follow: 1, ...(names.length > 0 && { dependencyEvidence: names }), ...expect },
  };
}

/** By a trust root in which the auditor is a verifier. */
function byRoot(description: string, parts: Parts, verifierId = VERIFIER_ID): Verification {
  const verifiers = [{ id: verifierId, keys: ['auditor'], threshold: 1 }];
  const root = trustRoot({ keys: [trustedKey(BUILDER), trustedKey(AUDITOR)], verifiers });
  return by(description, {
    ...parts,
    files: { 'root.json': encodeText(root) },
    expect: { publicKeys: [], plainTrustRoot: 'root.json', followAll: true, ...parts.expect },
  });
}

const is = (status: ExpectedCheck['status']): readonly ExpectedCheck[] => [
  { id: 'dependency', status, pointer: '/predicate/buildDefinition/resolvedDependencies' },
];
const PASSED = is('pass');

const CHAIN = {
  'lib.json': made(LIB, [dependency(TOOL)]),
  'tool.json': made(TOOL, [], STRANGER),
};
const GOOD = { 'lib.json': made(LIB, [SOURCE]) };
const BOTH = { ...GOOD, 'bad.json': made(LIB, [], STRANGER) };
const ABOUT_LIB = { artifacts: [{ file: 'lib-*.tgz' }] };
const POLICIES = {
  'lib.yaml': policy(ABOUT_LIB),
  'other.yaml': policy({ ...ABOUT_LIB, builders: [{ id: `${BUILDER_ID}/other` }] }),
};
const LIB_DIGEST = { sha256: hex('sha256', LIB.content) };

/** What is not a summary that counts. */
const BAD_SUMMARIES: readonly (readonly [name: string, description: string, summary: EnvelopeJson])[] = [
  ['resource', 'The summary is about another resource.', summed(LIB_DIGEST, `${uriOf(LIB)}.asc`)],
  [
    'failed',
    'The verifier says that it failed.',
    summed(LIB_DIGEST, uriOf(LIB), { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }),
  ],
  [
    'level',
    'Nobody evaluated a level.',
    summed(LIB_DIGEST, uriOf(LIB), { verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'] }),
  ],
];

/** dependency: what an artifact was made of is verified as well (SLSA 1.2, verifying-artifacts.md, step 3). */
export const FOLLOW_VECTORS: readonly Vector[] = [
  accepts(
    'follow',
    by('The builder signed the provenance of the dependency, too.', { beside: GOOD }),
    PASSED,
  ),
  accepts(
    'follow-evidence',
    by('Good evidence of a dependency.', { beside: BOTH, given: ['lib.json'] }),
    PASSED,
  ),
  rejects('follow-evidence', by('A stranger signed it.', { beside: BOTH, given: ['bad.json'] }), [
    'dependency',
  ]),
  accepts('follow-beside-bad', by('What is bad beside it spoils nothing.', { beside: BOTH }), PASSED),
  accepts('follow-unverified', by('Nothing speaks for the dependency, and nobody asked.'), is('warn')),
  rejects(
    'follow-all',
    by('Nothing speaks for the dependency, and all must be verified.', { expect: { followAll: true } }),
    ['dependency'],
  ),
  accepts('follow-all', by('Nothing speaks for the dependency: the same without that demand.'), is('warn')),
  accepts('follow-depth', by('Level 2, which is bad, is not looked at.', { beside: CHAIN }), PASSED),
  rejects(
    'follow-depth',
    by('A dependency of the dependency is bad.', { beside: CHAIN, expect: { follow: 2 } }),
    ['dependency'],
  ),
  accepts(
    'follow-policy',
    by('Dependencies of level 1 must be of this builder.', {
      beside: GOOD,
      files: POLICIES,
      expect: { followPolicies: ['1=lib.yaml'] },
    }),
    PASSED,
  ),
  rejects(
    'follow-policy',
    by('They must be of another builder.', {
      beside: GOOD,
      files: POLICIES,
      expect: { followPolicies: ['1=other.yaml'] },
    }),
    ['dependency'],
  ),
  rejects(
    'follow-policy-no-match',
    by('The policies of the level are about other things.', {
      beside: GOOD,
      files: { 'app.yaml': policy() },
      expect: { followPolicies: ['1=app.yaml'] },
    }),
    ['dependency'],
  ),
  accepts(
    'follow-policy-other-level',
    by('A policy of level 2 says nothing of level 1.', {
      beside: GOOD,
      files: POLICIES,
      expect: { follow: 2, followPolicies: ['2=other.yaml'] },
    }),
    PASSED,
  ),
  accepts(
    'follow-cycle',
    by('The dependency names what it is a dependency of: told, and followed to the depth.', {
      beside: { 'lib.json': made(LIB, [dependency(APP)]) },
      expect: { follow: 16, followAll: true },
    }),
    PASSED,
  ),
  rejects(
    'follow-no-digest',
    by('A dependency without a digest is nothing that could be verified.', {
      from: [{ uri: uriOf(LIB) }],
      beside: GOOD,
      expect: { followAll: true },
    }),
    ['dependency'],
  ),
  rejects(
    'follow-artifact',
    {
      ...by('What speaks for dependencies speaks for no artifact.', {
        beside: { 'app.json': made(APP, []) },
      }),
      evidence: { 'provenance.json': made(APP, [], STRANGER) },
    },
    ['signature', 'key.threshold'],
  ),
  accepts(
    'follow-no-missing',
    by('Subjects of the evidence of dependencies need no files.', {
      beside: GOOD,
      expect: { noMissing: true },
    }),
    PASSED,
  ),
  accepts(
    'follow-summary',
    byRoot('A verifier of the trust root says that the dependency passed.', {
      beside: { 'summary.json': summed(LIB_DIGEST, uriOf(LIB)) },
    }),
    PASSED,
  ),
  ...BAD_SUMMARIES.map(([name, description, summary]) =>
    rejects(`follow-summary-${name}`, byRoot(description, { beside: { 'summary.json': summary } }), [
      'dependency',
    ]),
  ),
  rejects(
    'follow-summary-verifier',
    byRoot(
      'The trust root names another verifier.',
      { beside: { 'summary.json': summed(LIB_DIGEST, uriOf(LIB)) } },
      `${VERIFIER_ID}/other`,
    ),
    ['dependency'],
  ),
  rejects(
    'follow-summary-policy',
    byRoot('A policy asks of the dependency what no summary says.', {
      beside: { 'summary.json': summed(LIB_DIGEST, uriOf(LIB)) },
      expect: { followPolicies: ['1=../follow-policy/lib.yaml'] },
    }),
    ['dependency'],
  ),
  rejects(
    'follow-summary-without-root',
    by('Without a trust root nobody is a verifier.', {
      beside: { 'summary.json': summed(LIB_DIGEST, uriOf(LIB)) },
      expect: { publicKeys: ['../../keys/builder.pub', '../../keys/auditor.pub'], followAll: true },
    }),
    ['dependency'],
  ),
  accepts(
    'follow-source-summary',
    byRoot('A verifier says of the commit, in its repository, which Source level it reached.', {
      from: [SOURCE],
      beside: {
        'source.json': summed({ gitCommit: SOURCE_COMMIT }, SOURCE_URI, {
          verifiedLevels: ['SLSA_SOURCE_LEVEL_3'],
        }),
      },
    }),
    PASSED,
  ),
  rejects(
    'follow-source-summary-track',
    byRoot('A Build level says nothing of a commit.', {
      from: [SOURCE],
      beside: { 'source.json': summed({ gitCommit: SOURCE_COMMIT }, SOURCE_URI) },
    }),
    ['dependency'],
  ),
  refuses(
    'follow-too-deep',
    by('Deeper than dependencies are followed.', { expect: { follow: 17 } }),
    'follow',
  ),
  refuses(
    'follow-policy-level',
    by('A policy of a level that is not followed would never be asked.', {
      files: POLICIES,
      expect: { followPolicies: ['2=lib.yaml'] },
    }),
    'followPolicy',
  ),
];
