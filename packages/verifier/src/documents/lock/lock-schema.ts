import { matchTimestamp } from 'in-toto-attestation';
import { z } from 'zod';

/** What was accepted last of the artifacts of one name. */
export interface LockEntry {
  /** `runDetails.builder.id`. */
  readonly builder: string;
  /** The source repository; `null` when the provenance does not say it. */
  readonly source: string | null;
  /** The SLSA Build level that the trust root vouched for; `null` without one. */
  readonly level: number | null;
  /** Fingerprints of the keys and identities of the certificate that signed; each has to sign again. */
  readonly signers: readonly string[];
  /** When the build finished; `null` when the provenance does not say it. */
  readonly finishedOn: string | null;
}

/** What was accepted last, by the artifact's name without its version. */
export interface LockDocument {
  readonly $schema?: string;
  readonly apiVersion: 'danube.dev/v1';
  readonly kind: 'ProvenanceLock';
  readonly artifacts: Readonly<Record<string, LockEntry>>;
}

const text = z.string().min(1).max(4096);

const entry: z.ZodType<LockEntry> = z
  .strictObject({
    builder: text.describe('runDetails.builder.id.'),
    source: text.nullable().describe('The source repository; null when the provenance does not say it.'),
    level: z
      .int()
      .min(1)
      .max(3)
      .nullable()
      .describe('The SLSA Build level by the trust root; null without one.'),
    signers: z
      .array(text)
      .min(1)
      .refine((signers) => new Set(signers).size === signers.length, { error: 'holds an entry twice' })
      .describe('Fingerprints of keys, identities of certificates. Each has to sign again.'),
    finishedOn: z
      .string()
      .refine(matchTimestamp, { error: 'expected a time in UTC such as "2027-01-01T00:00:00Z"' })
      .nullable()
      .describe('When the build finished; null when the provenance does not say it.'),
  })
  .describe('What was accepted last.');

export const lockSchema: z.ZodType<LockDocument> = z
  .strictObject({
    $schema: z.string().exactOptional().describe('For editors.'),
    apiVersion: z.literal('danube.dev/v1'),
    kind: z.literal('ProvenanceLock'),
    artifacts: z
      .record(text, entry)
      .refine((artifacts) => Object.keys(artifacts).length > 0, { error: 'holds no artifact' })
      .describe('By the name without its version: a file, a package URL, an image.'),
  })
  .describe('What was accepted of each artifact: later versions must not be weaker or older.');

/** The JSON Schema (draft 2020-12) of a lockfile. */
export function lockJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(lockSchema, { io: 'input', unrepresentable: 'any' });
  return {
    $schema,
    $id: 'https://danube.dev/schemas/provenance-lock.schema.json',
    ...schema,
    title: 'Provenance lock',
  };
}
