import type { VerifyExpectations } from './case-format.ts';
import { envelope } from './dsse.ts';
import { BUILDER } from './fixed-keys.ts';
import {
  BUILDER_ID,
  BUILD_TYPE,
  PROVENANCE_V02,
  SOURCE_COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  provenanceV02,
  statement,
} from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts } from './verify-case.ts';
import { SIGNED } from './signed.ts';
import { met, THIRTY_YEARS, unmet } from './verify-expectation.ts';

const EVERYTHING: Omit<VerifyExpectations, 'publicKeys'> = {
  builderId: BUILDER_ID,
  buildType: BUILD_TYPE,
  sourceUri: SOURCE_URI,
  sourceRef: SOURCE_REF,
  sourceCommit: SOURCE_COMMIT,
  parameters: { environment: 'production', replicas: 3 },
  allowParameters: ['/pipeline', '/trigger'],
  maxAgeSeconds: THIRTY_YEARS,
  strict: true,
};

/** Every expectation at once. */
export const COMPLETE_VECTORS: readonly Vector[] = [
  accepts(
    'everything-expected',
    {
      description: 'Every fact of the build is expected, and every external parameter named.',
      evidence: { 'provenance.json': SIGNED },
      expectations: EVERYTHING,
    },
    [
      { id: 'builder.id', status: 'pass' },
      { id: 'build.type', status: 'pass' },
      { id: 'source.uri', status: 'pass' },
      { id: 'source.ref', status: 'pass' },
      { id: 'source.commit', status: 'pass' },
      { id: 'parameters', status: 'pass' },
      { id: 'time.age', status: 'pass' },
    ],
  ),
  accepts('everything-expected-v0.2', {
    description: 'The same of provenance v0.2.',
    evidence: {
      'provenance.json': envelope(
        JSON.stringify({ ...statement(), predicateType: PROVENANCE_V02, predicate: provenanceV02() }),
        [BUILDER],
      ),
    },
    expectations: {
      builderId: BUILDER_ID,
      buildType: BUILD_TYPE,
      sourceUri: SOURCE_URI,
      sourceRef: SOURCE_REF,
      sourceCommit: SOURCE_COMMIT,
      parameters: { environment: 'production' },
      allowParameters: ['/entryPoint'],
      maxAgeSeconds: THIRTY_YEARS,
      strict: true,
    },
  }),
];

/** builder.id and build.type: who built it, and how. */
export const IDENTITY_VECTORS: readonly Vector[] = [
  met('builder-id', 'The builder is the expected one.', { builderId: BUILDER_ID }, 'builder.id'),
  unmet(
    'builder-id-other',
    'Another builder is expected.',
    { builderId: 'https://danube.example.com/builders/laptops/v1' },
    'builder.id',
  ),
  unmet(
    'builder-id-slash',
    'The expected builder id has a slash more: ids are compared exactly.',
    { builderId: `${BUILDER_ID}/` },
    'builder.id',
  ),
  unmet(
    'builder-id-prefix',
    'The expected builder id is a beginning of the real one.',
    { builderId: BUILDER_ID.slice(0, -1) },
    'builder.id',
  ),
  met('build-type', 'The build type is the expected one.', { buildType: BUILD_TYPE }, 'build.type'),
  unmet(
    'build-type-other',
    'Another build type is expected.',
    { buildType: 'https://danube.dev/buildtypes/pipeline/v2' },
    'build.type',
  ),
];
