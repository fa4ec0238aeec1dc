import type { VerifyExpectations } from './case-format.ts';
import { envelope, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, type FixedKey } from './fixed-keys.ts';
import { SIGNED } from './signed.ts';
import { APP, DOCS, statement, subject } from './statements.ts';
import { trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, KEYS, refuses, rejects, type Verification } from './verify-case.ts';
import { THIRTY_YEARS } from './verify-expectation.ts';

const VERIFIER_ID = 'https://verify.example.com';
const RESOURCE_URI = 'https://example.com/app-1.2.0.tgz';
const VERIFIED_ON = '2026-01-10T13:00:00Z';

type Json = Record<string, unknown>;

/** A summary of APP, with other parts where a case needs them. */
function summary(parts: Json = {}, about: Json = subject(APP), key: FixedKey = AUDITOR): EnvelopeJson {
  const predicate = {
    verifier: { id: VERIFIER_ID },
    timeVerified: VERIFIED_ON,
    resourceUri: RESOURCE_URI,
    policy: { uri: 'https://example.com/policy', digest: { sha256: 'ab'.repeat(32) } },
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'EXAMPLE_REVIEWED'],
    slsaVersion: '1.2',
    ...parts,
  };
  const predicateType = 'https://slsa.dev/verification_summary/v1';
  return envelope(JSON.stringify(statement({ subject: [about], predicateType, predicate })), [key]);
}

const WANTED = {
  publicKeys: [KEYS.auditor],
  verifierId: VERIFIER_ID,
  resourceUri: RESOURCE_URI,
  buildLevel: 2,
};

function by(
  description: string,
  expectations: Partial<VerifyExpectations> = {},
  evidence: EnvelopeJson = summary(),
): Verification {
  return {
    description,
    evidence: { 'summary.json': evidence },
    expectations: { ...WANTED, ...expectations },
  };
}

const PASSED = ['verifier', 'resource', 'result', 'levels', 'time'].map(
  (name) => ({ id: `vsa.${name}`, status: 'pass' }) as const,
);

/** The summary by a trust root in which the auditor is the verifier, or what a case says. */
function byRoot(description: string, verifier: Json = {}, evidence: EnvelopeJson = summary()): Verification {
  const verifiers = [{ id: VERIFIER_ID, keys: ['auditor'], threshold: 1, ...verifier }];
  const root = trustRoot({ keys: [trustedKey(BUILDER), trustedKey(AUDITOR)], verifiers });
  return {
    ...by(description, { publicKeys: [], plainTrustRoot: 'root.json' }, evidence),
    files: { [APP.name]: APP.content, 'root.json': encodeText(root) },
  };
}

/** vsa.*: a verification summary in place of provenance (SLSA 1.2, verification_summary.md, how to verify). */
export const SUMMARY_VECTORS: readonly Vector[] = [
  accepts('summary', by('The verifier that is trusted says that the artifact passed, at level 2.'), PASSED),
  accepts('summary-lower-level', by('A higher level satisfies a lower one.', { buildLevel: 1 }), PASSED),
  rejects('summary-level', by('Level 3 is demanded, and the summary says 2.', { buildLevel: 3 }), [
    'vsa.levels',
  ]),
  rejects(
    'summary-level-unevaluated',
    by('Nobody evaluated the level.', {}, summary({ verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'] })),
    ['vsa.levels'],
  ),
  rejects(
    'summary-level-other-track',
    by('The level is of another track.', {}, summary({ verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] })),
    ['vsa.levels'],
  ),
  rejects(
    'summary-levels-of-one-track',
    by(
      'There are two levels of one track, which the specification forbids.',
      {},
      summary({ verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_3'] }),
    ),
    ['vsa.verifier'],
    [{ id: 'vsa.verifier', status: 'fail', code: 'ERR_DUPLICATE', pointer: '/predicate/verifiedLevels/1' }],
  ),
  rejects('summary-verifier', by('Another verifier is trusted.', { verifierId: `${VERIFIER_ID}/x` }), [
    'vsa.verifier',
  ]),
  rejects('summary-resource', by('It is about another resource.', { resourceUri: `${RESOURCE_URI}.asc` }), [
    'vsa.resource',
  ]),
  rejects(
    'summary-failed',
    by(
      'The verifier says that the artifact failed.',
      {},
      summary({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] }),
    ),
    ['vsa.result', 'vsa.levels'],
  ),
  rejects(
    'summary-failed-with-level',
    by('It failed, whatever level is named beside it.', {}, summary({ verificationResult: 'FAILED' })),
    ['vsa.result'],
  ),
  rejects(
    'summary-key',
    by('Another key than that of the verifier signed.', {}, summary({}, subject(APP), BUILDER)),
    ['signature', 'key.threshold'],
  ),
  rejects('summary-other-artifact', by('It is about another artifact.', {}, summary({}, subject(DOCS))), [
    'evidence.found',
    'subject.digest',
  ]),
  rejects(
    'summary-provenance',
    by('Provenance is no summary, even of this key.', { publicKeys: [KEYS.builder] }, SIGNED),
    ['predicate.type'],
  ),
  accepts('summary-age', by('It is young enough.', { maxAgeSeconds: THIRTY_YEARS }), PASSED),
  rejects('summary-old', by('It is older than is allowed.', { maxAgeSeconds: 60 }), ['vsa.time']),
  rejects(
    'summary-without-time',
    by(
      'An age is demanded, and it does not say when.',
      { maxAgeSeconds: THIRTY_YEARS },
      summary({ timeVerified: undefined }),
    ),
    ['vsa.time'],
  ),
  rejects(
    'summary-of-the-future',
    by('It was verified in 2098.', {}, summary({ timeVerified: '2098-01-01T00:00:00Z' })),
    ['vsa.time'],
  ),
  accepts('summary-trust-root', byRoot('The trust root knows the verifier with this key.'), PASSED),
  rejects(
    'summary-trust-root-key',
    byRoot(
      'A key of the trust root signed, that of the builder and not of the verifier.',
      {},
      summary({}, subject(APP), BUILDER),
    ),
    ['vsa.verifier'],
  ),
  rejects(
    'summary-trust-root-verifier',
    byRoot('The trust root has another verifier.', { id: `${VERIFIER_ID}/x` }),
    ['vsa.verifier'],
  ),
  rejects(
    'summary-trust-root-threshold',
    byRoot('The verifier needs two keys, and one signed.', { keys: ['auditor', 'builder'], threshold: 2 }),
    ['vsa.verifier'],
  ),
  refuses(
    'summary-without-level',
    {
      description: 'The lowest level must be said.',
      evidence: { 'summary.json': summary() },
      expectations: { publicKeys: [KEYS.auditor], verifierId: VERIFIER_ID, resourceUri: RESOURCE_URI },
    },
    'buildLevel',
  ),
  refuses(
    'summary-with-source',
    by('A summary does not say from what the artifact was built.', {
      sourceUri: 'git+https://git.example.com/shop/app',
    }),
    'sourceUri',
  ),
];
