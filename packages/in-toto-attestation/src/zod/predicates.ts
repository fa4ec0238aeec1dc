import * as z from 'zod';

import { PURL_WITH_VERSION } from '../release.ts';
import { resourceDescriptorSchema } from './statement.ts';
import { type WireObject, countSet, object, timestamp } from './wire.ts';

const names = z.array(z.string());

/** The predicate of an in-toto link v0.3. */
export const linkSchema: z.ZodType<WireObject> = z.looseObject({
  name: z.string(),
  command: names.nullish(),
  materials: z
    .array(resourceDescriptorSchema.refine((material) => countSet(material, ['digest', 'name']) === 2))
    .refine((materials) => new Set(materials.map(({ name }) => name)).size === materials.length)
    .nullish(),
  byproducts: object.nullish(),
  environment: object.nullish(),
});

/** The predicate of an SCAI attribute report v0.3. */
export const attributeReportSchema: z.ZodType<WireObject> = z.looseObject({
  attributes: z
    .array(
      z.looseObject({
        attribute: z.string(),
        target: resourceDescriptorSchema.nullish(),
        conditions: object.nullish(),
        evidence: resourceDescriptorSchema.nullish(),
      }),
    )
    .min(1),
  producer: resourceDescriptorSchema.nullish(),
});

/** The predicate of a test result v0.1. */
export const testResultSchema: z.ZodType<WireObject> = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(resourceDescriptorSchema),
  url: z.string().nullish(),
  passedTests: names.nullish(),
  warnedTests: names.nullish(),
  failedTests: names.nullish(),
});

/** The predicate of a vulnerability scan v0.2. */
export const vulnerabilityScanSchema: z.ZodType<WireObject> = z.looseObject({
  scanner: z.looseObject({
    uri: z.string(),
    version: z.string().nullish(),
    db: z.looseObject({ uri: z.string().nullish(), version: z.string().nullish(), lastUpdate: timestamp }),
    result: z.array(
      z.looseObject({
        id: z.string(),
        severity: z.array(z.looseObject({ method: z.string(), score: z.string() })),
      }),
    ),
  }),
  metadata: z.looseObject({ scanStartedOn: timestamp, scanFinishedOn: timestamp }),
});

/** The predicate of a release v0.2. */
export const releaseSchema: z.ZodType<WireObject> = z.looseObject({
  purl: z.string().regex(PURL_WITH_VERSION),
  packageId: z.string().nullish(),
});

/** The predicate that an SPDX document is, as far as in-toto looks into it. */
export const spdxDocumentSchema: z.ZodType<WireObject> = z.union([
  z
    .looseObject({ '@context': z.unknown(), '@graph': z.array(object) })
    .refine((spdx) => spdx['@context'] !== null),
  z.looseObject({
    '@context': z.null().optional(),
    spdxVersion: z.string().regex(/^SPDX-2\.[0-9]+$/),
    SPDXID: z.string(),
  }),
]);

/** The predicate that a CycloneDX document is, as far as in-toto looks into it. */
export const cycloneDxBomSchema: z.ZodType<WireObject> = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string().regex(/^[0-9]+\.[0-9]+$/),
});
