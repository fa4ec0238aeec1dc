import { signedByBuilder } from './signed.ts';
import {
  BUILD_TYPE,
  LINK,
  PROVENANCE_V02,
  PROVENANCE_V1,
  provenance,
  provenanceV02,
  statement,
} from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';

const wrongType = (name: string, description: string, predicateType: string): Vector =>
  rejects(
    `predicate-type-${name}`,
    { description, evidence: { 'provenance.json': signedByBuilder({ ...statement(), predicateType }) } },
    ['predicate.type'],
    [{ id: 'predicate.type', status: 'fail', pointer: '/predicateType' }],
  );
const link = {
  ...statement(),
  predicateType: LINK,
  predicate: { name: 'build', command: ['make'], materials: [] },
};

const PREDICATE_TYPES: readonly Vector[] = [
  wrongType('slash', 'A slash after the type of SLSA provenance v1.', `${PROVENANCE_V1}/`),
  wrongType(
    'case',
    'The type of SLSA provenance v1 with an upper-case V.',
    PROVENANCE_V1.replace(/v1$/, 'V1'),
  ),
  wrongType('draft', 'The type of a draft of SLSA provenance v1.', `${PROVENANCE_V1}?draft`),
  wrongType('fragment', 'A fragment after the type of SLSA provenance v1.', `${PROVENANCE_V1}#x`),
  wrongType('minor', 'SLSA provenance is v1 in every 1.x; there is no v1.0.', `${PROVENANCE_V1}.0`),
  wrongType('link', 'A link where provenance is expected, with the predicate of provenance.', LINK),
  accepts(
    'predicate-type-asked',
    {
      description: 'A link, and a link is what is asked for.',
      evidence: { 'link.json': signedByBuilder(link) },
      expectations: { predicateType: LINK },
    },
    [
      { id: 'predicate.type', status: 'pass' },
      { id: 'predicate.format', status: 'not-run' },
    ],
  ),
  rejects(
    'predicate-type-builder-of-link',
    {
      description: 'A link has no builder: whoever expects one cannot get it from a link.',
      evidence: { 'link.json': signedByBuilder(link) },
      expectations: { predicateType: LINK, builderId: 'https://danube.example.com/builders/pods/v1' },
    },
    ['builder.id'],
  ),
  rejects(
    'predicate-type-other-than-asked',
    {
      description: 'Provenance, where a link is asked for.',
      evidence: { 'provenance.json': signedByBuilder(statement()) },
      expectations: { predicateType: LINK },
    },
    ['predicate.type'],
  ),
];

const v02 = {
  ...statement(),
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: PROVENANCE_V02,
  predicate: provenanceV02(),
};
const malformedPredicate = (
  name: string,
  description: string,
  payload: object,
  code: string,
  pointer: string,
): Vector =>
  rejects(
    `predicate-${name}`,
    { description, evidence: { 'provenance.json': signedByBuilder(payload) } },
    ['predicate.format'],
    [{ id: 'predicate.format', status: 'fail', code, pointer }],
  );

const PREDICATES: readonly Vector[] = [
  accepts(
    'provenance-v0.2',
    {
      description: 'SLSA provenance v0.2 in a statement v0.1.',
      evidence: { 'provenance.json': signedByBuilder(v02) },
    },
    [{ id: 'predicate.format', status: 'pass' }],
  ),
  malformedPredicate(
    'empty',
    'An empty predicate.',
    { ...statement(), predicate: {} },
    'ERR_MISSING',
    '/predicate/buildDefinition',
  ),
  malformedPredicate(
    'no-builder',
    'Provenance without builder.',
    { ...statement(), predicate: provenance({ runDetails: { builder: undefined } }) },
    'ERR_MISSING',
    '/predicate/runDetails/builder',
  ),
  malformedPredicate(
    'no-builder-id',
    'A builder without id.',
    { ...statement(), predicate: provenance({ runDetails: { builder: { version: {} } } }) },
    'ERR_MISSING',
    '/predicate/runDetails/builder/id',
  ),
  malformedPredicate(
    'empty-external-parameters',
    'externalParameters without any member, which SLSA reads as absent.',
    { ...statement(), predicate: provenance({ buildDefinition: { externalParameters: {} } }) },
    'ERR_MISSING',
    '/predicate/buildDefinition/externalParameters',
  ),
  malformedPredicate(
    'external-parameters-text',
    'externalParameters that are a text.',
    { ...statement(), predicate: provenance({ buildDefinition: { externalParameters: 'all' } }) },
    'ERR_TYPE',
    '/predicate/buildDefinition/externalParameters',
  ),
  malformedPredicate(
    'time-with-offset',
    'A time with an offset instead of Z.',
    { ...statement(), predicate: provenance({ metadata: { finishedOn: '2026-01-10T13:36:02+01:00' } }) },
    'ERR_VALUE',
    '/predicate/runDetails/metadata/finishedOn',
  ),
  malformedPredicate(
    'time-of-no-calendar',
    'The 30th of February.',
    { ...statement(), predicate: provenance({ metadata: { finishedOn: '2026-02-30T12:36:02Z' } }) },
    'ERR_VALUE',
    '/predicate/runDetails/metadata/finishedOn',
  ),
  malformedPredicate(
    'v0.2-no-builder',
    'Provenance v0.2 without builder.',
    { ...v02, predicate: { buildType: BUILD_TYPE } },
    'ERR_MISSING',
    '/predicate/builder',
  ),
  malformedPredicate(
    'v0.2-parameter-named-source',
    'A tenant-set parameter with the name that v1 gives to the source of v0.2.',
    {
      ...v02,
      predicate: provenanceV02({
        invocation: {
          configSource: { uri: 'git+https://git.example.com/shop/app@refs/heads/main' },
          parameters: { source: 'git+https://evil.example.com/app' },
        },
      }),
    },
    'ERR_DUPLICATE',
    '/predicate/invocation/parameters/source',
  ),
];

/** predicate.type and predicate.format: whether the statement is provenance. */
export const PREDICATE_VECTORS: readonly Vector[] = [...PREDICATE_TYPES, ...PREDICATES];
