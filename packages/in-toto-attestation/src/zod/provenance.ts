import * as z from 'zod';

import { TRACK_LEVEL } from '../verification-summary.ts';
import { type ResourceDescriptorWire, resourceDescriptorSchema } from './statement.ts';
import { type Unset, type WireObject, object, strings, timestamp, typeUri, offsetTimestamp } from './wire.ts';

/** The predicate of SLSA provenance v1 on the wire. */
export interface ProvenanceWire extends WireObject {
  readonly buildDefinition: {
    readonly buildType: string;
    readonly externalParameters: WireObject;
    readonly internalParameters?: Unset<WireObject>;
    readonly resolvedDependencies?: Unset<readonly ResourceDescriptorWire[]>;
  } & WireObject;
  readonly runDetails: {
    readonly builder: { readonly id: string } & WireObject;
    readonly metadata?: Unset<WireObject>;
    readonly byproducts?: Unset<readonly ResourceDescriptorWire[]>;
  } & WireObject;
}

/** The predicate of a VSA on the wire. */
export interface VerificationSummaryWire extends WireObject {
  readonly verifier: { readonly id: string } & WireObject;
  readonly timeVerified?: Unset<string>;
  readonly resourceUri: string;
  readonly policy: ResourceDescriptorWire;
  readonly inputAttestations?: Unset<readonly ResourceDescriptorWire[]>;
  readonly verificationResult: 'PASSED' | 'FAILED';
  readonly verifiedLevels: readonly string[];
  readonly dependencyLevels?: Unset<{ readonly [level: string]: number }>;
  readonly slsaVersion?: Unset<string>;
}

const descriptors = z.array(resourceDescriptorSchema);

const builder = z.looseObject({
  id: typeUri,
  builderDependencies: descriptors.nullish(),
  version: strings.nullish(),
});

const metadata = z.looseObject({
  invocationId: z.string().nullish(),
  startedOn: timestamp.nullish(),
  finishedOn: timestamp.nullish(),
});

/** The predicate of SLSA provenance v1. */
export const provenanceV1Schema: z.ZodType<ProvenanceWire> = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: typeUri,
    externalParameters: object
      .refine((parameters) => Object.keys(parameters).length > 0)
      .meta({
        minProperties: 1,
        description: 'Under the control of the tenant: a verifier compares every member.',
      }),
    internalParameters: object.nullish(),
    resolvedDependencies: descriptors.nullish(),
  }),
  runDetails: z.looseObject({
    builder,
    metadata: metadata.nullish(),
    byproducts: descriptors.nullish(),
  }),
});

/** The predicate of a verification summary attestation v1. */
export const verificationSummaryV1Schema: z.ZodType<VerificationSummaryWire> = z.looseObject({
  verifier: z.looseObject({ id: typeUri, version: strings.nullish() }),
  timeVerified: offsetTimestamp.nullish(),
  resourceUri: z.string(),
  policy: resourceDescriptorSchema.refine((policy) => typeof policy.uri === 'string'),
  inputAttestations: z
    .array(resourceDescriptorSchema.refine((attestation) => Boolean(attestation.digest)))
    .nullish(),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string()).refine((levels) => {
    const tracks = levels.flatMap((level) => TRACK_LEVEL.exec(level)?.[1] ?? []);
    return new Set(tracks).size === tracks.length;
  }),
  dependencyLevels: z.object({}).catchall(z.int().min(0)).nullish(),
  slsaVersion: z
    .string()
    .regex(/^[0-9]+\.[0-9]+$/)
    .nullish(),
});
