import type { VerifyExpectations } from './case-format.ts';
import { envelope, signature, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, STRANGER } from './fixed-keys.ts';
import { parses, refusesParsing } from './parse-case.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { APP, BUILDER_ID, BUILD_TYPE, SOURCE_URI } from './statements.ts';
import { trustedBuilder, trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, KEYS, rejects, type Verification } from './verify-case.ts';

const SIGNED_ROOT: Partial<VerifyExpectations> = {
  publicKeys: [],
  trustRoot: '../../keys/trust-root.json',
  trustRootKeys: ['../../keys/root.pub', KEYS.auditor],
};

/** The build of the cases, by a trust root that root keys signed. */
function bySigned(description: string, expect: Partial<VerifyExpectations> = {}): Verification {
  return {
    description,
    evidence: { 'provenance.json': SIGNED },
    expectations: { ...SIGNED_ROOT, ...expect },
  };
}

const PLAIN = { publicKeys: [], plainTrustRoot: '../../keys/trust-root-plain.json' } as const;

/** The same by a trust root of the case's own. */
function byRoot(
  description: string,
  parts: Record<string, unknown>,
  { evidence = SIGNED, now }: { readonly evidence?: EnvelopeJson; readonly now?: string } = {},
): Verification {
  return {
    description,
    evidence: { 'provenance.json': evidence },
    files: { [APP.name]: APP.content, 'root.json': encodeText(trustRoot(parts)) },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json' },
    ...(now === undefined ? {} : { now }),
  };
}

const REFUSED = ['trust.root', 'signature', 'key.threshold'];

/** trust.root: who vouches for the trust root, and is it still good? */
const ROOT_VECTORS: readonly Vector[] = [
  accepts('trust-root', bySigned('A root key signed the trust root, which knows builder and key.'), [
    { id: 'trust.root', status: 'pass' },
    { id: 'signature', status: 'pass' },
    { id: 'key.validity', status: 'pass' },
    { id: 'key.revoked', status: 'pass' },
    { id: 'build.level', status: 'pass' },
  ]),
  rejects(
    'trust-root-expired',
    bySigned('The trust root expired.', { trustRoot: '../../keys/trust-root-expired.json' }),
    ['trust.root'],
  ),
  rejects(
    'trust-root-key-other',
    bySigned('Another root key is expected: nothing in the trust root counts.', {
      trustRootKeys: [KEYS.stranger],
    }),
    REFUSED,
  ),
  rejects(
    'trust-root-threshold',
    bySigned('Two root keys are needed, and one signed.', { trustRootThreshold: 2 }),
    REFUSED,
  ),
  accepts(
    'trust-state',
    bySigned('The same trust root was trusted before.', { trustState: '../../keys/trust-state.json' }),
  ),
  rejects(
    'trust-state-rollback',
    bySigned('A newer trust root was trusted before.', { trustState: '../../keys/trust-state-newer.json' }),
    REFUSED,
  ),
  rejects(
    'trust-state-fork',
    bySigned('Another trust root of the same version was trusted before.', {
      trustState: '../../keys/trust-state-fork.json',
    }),
    REFUSED,
  ),
  accepts('trust-root-plain', {
    description: 'The caller vouches for a trust root that nobody signed.',
    evidence: { 'provenance.json': SIGNED },
    expectations: PLAIN,
  }),
  rejects(
    'trust-root-plain-expired',
    {
      description: 'That trust root expired.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { ...PLAIN, plainTrustRoot: '../../keys/trust-root-plain-expired.json' },
    },
    ['trust.root'],
  ),
];

const NOW = '2026-06-01T00:00:00Z';
const LATER = '2026-06-01T00:00:01Z';
const until = (notAfter: string): Record<string, unknown> => ({ keys: [trustedKey(BUILDER, { notAfter })] });
const from = (notBefore: string): Record<string, unknown> => ({ keys: [trustedKey(BUILDER, { notBefore })] });
const revoked = (since: string): Record<string, unknown> => ({
  keys: [trustedKey(BUILDER, { revoked: { since, reason: 'the key was found in a log' } })],
});

const INVALID = ['key.validity', 'build.level'];
const REVOKED = ['key.revoked', 'build.level'];

/** key.validity and key.revoked, both judged at the time of the verification. */
const KEY_VECTORS: readonly Vector[] = [
  accepts('key-last-moment', byRoot('The last moment of the key is included.', until(NOW), { now: NOW })),
  rejects('key-expired', byRoot('The key expired a second ago.', until(NOW), { now: LATER }), INVALID),
  accepts('key-first-moment', byRoot('The first moment of the key is included.', from(NOW), { now: NOW })),
  rejects(
    'key-not-yet',
    byRoot('The key is valid from the next second on.', from(LATER), { now: NOW }),
    INVALID,
  ),
  accepts(
    'key-revoked-later',
    byRoot('The key is revoked from the next second on.', revoked(LATER), { now: NOW }),
  ),
  rejects(
    'key-revoked-now',
    byRoot('The key is revoked since this moment.', revoked(NOW), { now: NOW }),
    REVOKED,
  ),
  rejects(
    'key-revoked',
    byRoot(
      'The key was revoked after the build, and nothing proves when it signed.',
      revoked('2026-01-31T00:00:00Z'),
    ),
    REVOKED,
  ),
  rejects(
    'keys-none-left',
    byRoot(
      'Of the two keys that signed one expired and the other is revoked: none is left.',
      {
        keys: [
          trustedKey(BUILDER, { notAfter: '2026-01-31T00:00:00Z' }),
          trustedKey(AUDITOR, { revoked: { since: '2026-01-31T00:00:00Z', reason: 'lost' } }),
        ],
        builders: [trustedBuilder({ keys: ['builder', 'auditor'] })],
      },
      { evidence: envelope(PAYLOAD, [BUILDER, AUDITOR]) },
    ),
    ['key.validity', 'key.revoked', 'build.level'],
  ),
  accepts(
    'key-rotated',
    byRoot(
      'Old and new key signed while both were valid; the new one still is.',
      {
        keys: [trustedKey(BUILDER, { notAfter: '2026-01-31T00:00:00Z' }), trustedKey(AUDITOR)],
        builders: [trustedBuilder({ keys: ['builder', 'auditor'] })],
      },
      { evidence: envelope(PAYLOAD, [BUILDER, AUDITOR]) },
    ),
  ),
];

const builders = (...parts: Record<string, unknown>[]): Record<string, unknown> => ({
  builders: parts.map(trustedBuilder),
});
const BOTH = { keys: ['builder', 'auditor'], threshold: 2 };

/** build.level: what do these keys vouch for, for this builder? */
const LEVEL_VECTORS: readonly Vector[] = [
  accepts('build-level', bySigned('Level 2 will do, and the builder has it.', { buildLevel: 2 }), [
    { id: 'build.level', status: 'pass' },
  ]),
  rejects('build-level-higher', bySigned('Level 3 is demanded, and the builder has 2.', { buildLevel: 3 }), [
    'build.level',
  ]),
  rejects(
    'build-level-unknown-builder',
    byRoot('The trust root has the key, and another builder.', builders({ id: `${BUILDER_ID}/other` })),
    ['build.level'],
  ),
  rejects(
    'build-level-other-key',
    byRoot(
      'A key of another builder signed for this one.',
      builders({ keys: ['auditor'] }, { id: `${BUILDER_ID}/other` }),
    ),
    ['build.level'],
  ),
  rejects(
    'build-level-stranger',
    byRoot(
      'A key that the trust root does not have signed.',
      {},
      { evidence: envelope(PAYLOAD, [STRANGER]) },
    ),
    ['signature', 'key.threshold'],
  ),
  accepts(
    'build-level-threshold',
    byRoot('Both keys that the builder needs signed.', builders(BOTH), {
      evidence: envelope(PAYLOAD, [BUILDER, AUDITOR]),
    }),
  ),
  rejects('build-level-too-few', byRoot('The builder needs two keys, and one signed.', builders(BOTH)), [
    'build.level',
  ]),
  rejects(
    'build-level-twice',
    byRoot('The builder needs two keys, and one signed twice.', builders(BOTH), {
      evidence: { ...SIGNED, signatures: [signature(BUILDER, PAYLOAD), signature(BUILDER, PAYLOAD)] },
    }),
    ['build.level'],
  ),
  accepts(
    'build-level-build-type',
    byRoot('The builder is trusted with the build type.', builders({ buildTypes: [BUILD_TYPE] })),
  ),
  rejects(
    'build-level-build-type-other',
    byRoot(
      'The builder is trusted with another build type alone.',
      builders({ buildTypes: [`${BUILD_TYPE}/x`] }),
    ),
    ['build.level'],
  ),
  accepts(
    'build-level-source',
    byRoot(
      'The source is among those of the builder.',
      builders({ sources: ['git+https://git.example.com/shop/*'] }),
    ),
  ),
  rejects(
    'build-level-source-prefix',
    byRoot(
      'The trusted source is only the beginning of the real one.',
      builders({ sources: [SOURCE_URI.slice(0, -1)] }),
    ),
    ['build.level'],
  ),
  rejects(
    'build-level-source-deeper',
    byRoot('A * does not reach over a slash.', builders({ sources: ['git+https://git.example.com/*'] })),
    ['build.level'],
  ),
];

function refusesRoot(
  name: string,
  description: string,
  parts: Record<string, unknown>,
  pointer: string,
): Vector {
  return refusesParsing('trust-root', name, description, trustRoot(parts), 'ERR_TRUST_ROOT', pointer);
}

/** Documents that contradict themselves. */
const DOCUMENT_VECTORS: readonly Vector[] = [
  parses('trust-root', 'minimal', 'Two keys and a builder.', trustRoot()),
  refusesRoot(
    'unknown-field',
    'A misspelt field is an error, not a rule less.',
    { expire: '2027-01-01T00:00:00Z' },
    '/expire',
  ),
  refusesRoot(
    'unknown-builder-field',
    'So it is in a builder.',
    builders({ source: ['x'] }),
    '/builders/0/source',
  ),
  refusesRoot('version-0', 'Versions begin with 1.', { version: 0 }, '/version'),
  refusesRoot('no-expiry', 'It must say when it expires.', { expires: undefined }, '/expires'),
  refusesRoot(
    'expiry-of-no-calendar',
    'There is no 30 February.',
    { expires: '2027-02-30T00:00:00Z' },
    '/expires',
  ),
  refusesRoot('no-keys', 'Without keys nothing can be trusted.', { keys: [] }, '/keys'),
  refusesRoot('no-builders', 'Nor without builders.', { builders: [] }, '/builders'),
  refusesRoot(
    'threshold-0',
    'A threshold of 0 would trust anybody.',
    builders({ threshold: 0 }),
    '/builders/0/threshold',
  ),
  refusesRoot(
    'threshold-above',
    'More keys are needed than there are.',
    builders({ threshold: 2 }),
    '/builders/0/threshold',
  ),
  refusesRoot(
    'threshold-fraction',
    'Half a key cannot sign.',
    builders({ threshold: 0.5 }),
    '/builders/0/threshold',
  ),
  refusesRoot(
    'threshold-same-key',
    'The same key twice does not meet a threshold of two.',
    builders({ keys: ['builder', 'builder'], threshold: 2 }),
    '/builders/0/keys/1',
  ),
  refusesRoot('level-4', 'There is no Build level 4.', builders({ maxLevel: 4 }), '/builders/0/maxLevel'),
  refusesRoot(
    'builder-without-key',
    'Nobody could sign for the builder.',
    builders({ keys: [] }),
    '/builders/0/keys',
  ),
  refusesRoot(
    'builder-unknown-key',
    'The builder names a key that is not there.',
    builders({ keys: ['bilder'] }),
    '/builders/0/keys/0',
  ),
  refusesRoot('builder-twice', 'One builder, two answers.', builders({}, { maxLevel: 3 }), '/builders/1'),
  refusesRoot(
    'sources-empty',
    'An empty list could mean none or any.',
    builders({ sources: [] }),
    '/builders/0/sources',
  ),
  refusesRoot(
    'sources-host',
    'A pattern must name the host.',
    builders({ sources: ['git+https://*/shop/app'] }),
    '/builders/0/sources/0',
  ),
  refusesRoot(
    'sources-twice',
    'An entry that is there twice is a slip.',
    builders({ sources: [SOURCE_URI, SOURCE_URI] }),
    '/builders/0/sources/1',
  ),
  refusesRoot(
    'build-types-empty',
    'An empty list could mean none or any.',
    builders({ buildTypes: [] }),
    '/builders/0/buildTypes',
  ),
  refusesRoot(
    'name-twice',
    'Two keys of one name.',
    { keys: [trustedKey(BUILDER), trustedKey(AUDITOR, { name: 'builder' })] },
    '/keys/1/name',
  ),
  refusesRoot(
    'key-twice',
    'One key under two names.',
    { keys: [trustedKey(BUILDER), trustedKey(BUILDER, { name: 'other' })] },
    '/keys/1',
  ),
  refusesRoot(
    'key-backwards',
    'The key ends before it begins.',
    until('2025-01-01T00:00:00Z'),
    '/keys/0/notAfter',
  ),
  refusesRoot(
    'key-garbage',
    'What should be a key is none.',
    { keys: [trustedKey(BUILDER, { publicKey: 'x' })] },
    '/keys/0/publicKey',
  ),
  refusesRoot(
    'revoked-without-reason',
    'A revocation says why.',
    { keys: [trustedKey(BUILDER, { revoked: { since: NOW } })] },
    '/keys/0/revoked/reason',
  ),
];

export const TRUST_VECTORS: readonly Vector[] = [
  ...ROOT_VECTORS,
  ...KEY_VECTORS,
  ...LEVEL_VECTORS,
  ...DOCUMENT_VECTORS,
];
