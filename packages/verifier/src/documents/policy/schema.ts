import { z } from 'zod';

const line = (max: number): z.ZodType<string> =>
  z
    .string()
    .max(max, { error: `expected at most ${max} characters` })
    .regex(/^[^\s\p{Cc}\p{Cf}](?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*[^\s\p{Cc}\p{Cf}])?$/u, {
      error: 'expected one line of text that can be seen, without blanks around it',
    });

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/, {
  error: 'expected a name of lower-case letters, digits, "-" and "." such as "shop-release"',
});

const uri = line(2048).refine((text) => /^[a-z][a-z0-9+.-]*:[!-~]+$/.test(text), { error: 'expected a URI' });

const duration = z.string().regex(/^[1-9][0-9]{0,8}[smhdw]$/, {
  error: 'expected a number with its unit: 45s, 90m, 12h, 30d or 2w',
});

const pattern = line(2000);

function listOf<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z
    .array(item)
    .min(1, { error: 'is an empty list; leave it out when it does not matter' })
    .max(1000)
    .refine((items) => new Set(items.map((each) => JSON.stringify(each))).size === items.length, {
      error: 'holds an entry twice',
    });
}

/** What an artifact is called; every member that is there must fit. */
export type Selector = { readonly file: string } | { readonly package: string } | { readonly image: string };

const file = z.strictObject({
  file: pattern.describe('Name of a file; without a "/" the last part of its path is compared.'),
});
const packageUrl = z.strictObject({
  package: pattern.describe('Package URL; without "@VERSION" any version.'),
});
const image = z.strictObject({
  image: pattern.describe('REGISTRY/REPOSITORY, or with ":TAG"; the registry is exact.'),
});

const selector: z.ZodType<Selector> = z.union([file, packageUrl, image], {
  error: 'expected one of { file: … }, { package: … } and { image: … }',
});

export type DependencySource =
  { readonly uri: string } | { readonly package: string } | { readonly image: string };

const dependencySource: z.ZodType<DependencySource> = z.union(
  [
    z.strictObject({
      uri: pattern.describe('URI; scheme and host are exact, "*" and "**" stand in its path.'),
    }),
    packageUrl,
    image,
  ],
  { error: 'expected one of { uri: … }, { package: … } and { image: … }' },
);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const json: z.ZodType<Json> = z.json();

export type ParameterRule =
  | { readonly equals: Json }
  | { readonly oneOf: readonly Json[] }
  | { readonly pattern: string }
  | { readonly any: true };

const parameterRule: z.ZodType<ParameterRule> = z.union(
  [
    z.strictObject({ equals: json.describe('The very value, as JSON.') }),
    z.strictObject({ oneOf: listOf(json).describe('One of these values.') }),
    z.strictObject({ pattern: pattern.describe('A text: "*" within, "**" across parts between "/".') }),
    z.strictObject({ any: z.literal(true).describe('Any value, or none.') }),
  ],
  { error: 'expected one of { equals: … }, { oneOf: […] }, { pattern: … } and { any: true }' },
);

const signedBy = listOf(name)
  .describe(
    'Roles, one of whose keys must have signed it; left out: those who may sign the provenance, and for a summary, with a trust root, the verifier.',
  )
  .exactOptional();

export type CountCeiling = number | 'any';

const ceiling = z.union([z.int().min(0), z.literal('any')], {
  error: 'expected how many there may be, from 0 on, or "any"',
});

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
export type SeverityName = (typeof SEVERITIES)[number];

interface Demand {
  readonly name: string;
  readonly signedBy?: readonly string[];
}

export interface SbomDemand extends Demand {
  readonly type: 'sbom';
  readonly formats?: readonly ('spdx' | 'cyclonedx')[];
}

export interface ScanDemand extends Demand {
  readonly type: 'vulnerability-scan';
  readonly ceiling: Readonly<Partial<Record<SeverityName, CountCeiling>>>;
  readonly accepted?: readonly { readonly id: string; readonly reason: string }[];
  readonly maxAge: string;
}

export interface TestDemand extends Demand {
  readonly type: 'test-result';
  readonly tests?: readonly string[];
}

export interface ReviewDemand extends Demand {
  readonly type: 'review';
  readonly predicateType: string;
  readonly expression: string;
}

export interface SummaryDemand extends Demand {
  readonly type: 'summary';
  readonly verifier: string;
  readonly resourceUri: string;
  readonly levels: readonly string[];
}

/** An attestation that must be there beside the provenance. */
export type AttestationDemand = SbomDemand | ScanDemand | TestDemand | ReviewDemand | SummaryDemand;

const expression = z
  .string()
  .min(1)
  .max(4000)
  .describe('CEL, over statement, predicate, artifact, level, now.');

const attestation = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      name,
      type: z.literal('sbom'),
      formats: listOf(z.enum(['spdx', 'cyclonedx'])).exactOptional(),
      signedBy,
    }),
    z.strictObject({
      name,
      type: z.literal('vulnerability-scan'),
      ceiling: z
        .strictObject({
          critical: ceiling.exactOptional(),
          high: ceiling.exactOptional(),
          medium: ceiling.exactOptional(),
          low: ceiling.exactOptional(),
          unknown: ceiling.exactOptional(),
        })
        .refine((counts) => Object.keys(counts).length > 0, { error: 'sets no ceiling' })
        .describe('How many vulnerabilities there may be; none of a severity that is left out.'),
      accepted: listOf(z.strictObject({ id: line(200), reason: line(512) }))
        .describe('Vulnerabilities that somebody looked at and that do not count.')
        .exactOptional(),
      maxAge: duration.describe('The scan finished at most so long ago.'),
      signedBy,
    }),
    z.strictObject({
      name,
      type: z.literal('test-result'),
      tests: listOf(line(1000)).describe('Tests that must be among those that passed.').exactOptional(),
      signedBy,
    }),
    z.strictObject({
      name,
      type: z.literal('review'),
      predicateType: uri,
      expression: expression.describe('CEL over predicate and statement of the review: what it must say.'),
      signedBy,
    }),
    z.strictObject({
      name,
      type: z.literal('summary'),
      verifier: uri.describe('verifier.id of the verification summary, compared exactly.'),
      resourceUri: pattern.describe('What it must be about: a URI, "*" and "**" in its path.'),
      levels: listOf(line(200)).describe('Results that it must hold, such as SLSA_BUILD_LEVEL_3.'),
      signedBy,
    }),
  ],
  { error: 'expected type: sbom, vulnerability-scan, test-result, review or summary' },
);

/** What a policy demands, and of which artifacts. */
export interface PolicySpec {
  readonly artifacts: readonly Selector[];
  readonly builders?: readonly { readonly id: string; readonly level?: number | undefined }[];
  readonly buildTypes?: readonly string[];
  readonly source?: {
    readonly uris?: readonly string[];
    readonly refs?: readonly string[];
    readonly branches?: readonly string[];
    readonly tags?: readonly string[];
    readonly commits?: readonly string[];
  };
  readonly parameters?: Readonly<Record<string, ParameterRule>>;
  readonly triggers?: readonly string[];
  readonly actors?: readonly string[];
  readonly dependencies?: {
    readonly digests: 'required';
    readonly images: 'pinned' | 'resolved';
    readonly sources?: readonly DependencySource[];
  };
  readonly maxAge?: string;
  readonly roles?: readonly { readonly name: string; readonly keys: readonly string[] }[];
  readonly signatures?: { readonly threshold: number; readonly roles: readonly string[] };
  readonly isolation?: {
    readonly attributes: readonly {
      readonly attribute: string;
      readonly conditions?: Readonly<Record<string, Json>>;
    }[];
    readonly signedBy?: readonly string[];
  };
  readonly attestations?: readonly AttestationDemand[];
  readonly rules?: readonly {
    readonly name: string;
    readonly expression: string;
    readonly message: string;
  }[];
}

export const policySpecSchema: z.ZodType<PolicySpec> = z.strictObject({
  artifacts: listOf(selector).describe('The artifacts that it is about: whatever one of these selects.'),
  builders: listOf(z.strictObject({ id: uri, level: z.int().min(1).max(3).exactOptional() }))
    .describe(
      'The builders that may have built it, and the lowest SLSA Build level, as the trust root knows it.',
    )
    .exactOptional(),
  buildTypes: listOf(uri).exactOptional(),
  source: z
    .strictObject({
      uris: listOf(pattern).describe('Repositories; scheme and host are exact.').exactOptional(),
      refs: listOf(pattern)
        .describe('Full refs, refs/heads/main. Refs, branches and tags: one of all.')
        .exactOptional(),
      branches: listOf(pattern).exactOptional(),
      tags: listOf(pattern).exactOptional(),
      commits: listOf(
        z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, { error: 'expected a full commit id' }),
      ).exactOptional(),
    })
    .refine((source) => Object.keys(source).length > 0, { error: 'demands nothing' })
    .describe('Where it must have been built from.')
    .exactOptional(),
  parameters: z
    .record(line(1000), parameterRule)
    .refine((rules) => Object.keys(rules).length > 0, { error: 'is empty; leave it out when there are none' })
    .describe('The external parameters that there may be. Any other is refused, also when this is left out.')
    .exactOptional(),
  triggers: listOf(line(200)).describe('What may have started the build.').exactOptional(),
  actors: listOf(pattern).describe('Who may have started it.').exactOptional(),
  dependencies: z
    .strictObject({
      digests: z.literal('required').describe('Every resolved dependency has a digest.'),
      images: z
        .enum(['pinned', 'resolved'])
        .describe('pinned: images were named by digest; resolved: a tag will do when its digest is there.'),
      sources: listOf(dependencySource).describe('Where they may come from.').exactOptional(),
    })
    .exactOptional(),
  maxAge: duration.describe('The build finished at most so long ago.').exactOptional(),
  roles: listOf(
    z.strictObject({
      name,
      keys: listOf(z.string().min(1).max(8192)).describe('Public keys: PEM, or an OpenSSH line.'),
    }),
  )
    .describe('Who has which keys.')
    .exactOptional(),
  signatures: z
    .strictObject({
      threshold: z.int().min(1).describe('How many of the roles must have signed the provenance.'),
      roles: listOf(name),
    })
    .exactOptional(),
  isolation: z
    .strictObject({
      attributes: listOf(
        z.strictObject({
          attribute: line(200),
          conditions: z
            .record(line(200), json)
            .refine((conditions) => Object.keys(conditions).length > 0, { error: 'is empty' })
            .exactOptional(),
        }),
      ).describe('What an SCAI attribute report about the same artifact must state.'),
      signedBy,
    })
    .exactOptional(),
  attestations: listOf(attestation).exactOptional(),
  rules: listOf(
    z.strictObject({ name, expression, message: line(512).describe('What to tell when it is not so.') }),
  ).exactOptional(),
});

/** A policy as people write it, and as a cluster stores it. */
export interface PolicyDocument {
  readonly apiVersion: 'danube.dev/v1';
  readonly kind: 'ProvenancePolicy';
  readonly metadata: { readonly name: string; readonly description?: string | undefined };
  readonly spec: PolicySpec;
}

export const policySchema: z.ZodType<PolicyDocument> = z
  .strictObject({
    apiVersion: z.literal('danube.dev/v1'),
    kind: z.literal('ProvenancePolicy'),
    metadata: z.strictObject({ name, description: line(1000).exactOptional() }),
    spec: policySpecSchema,
  })
  .describe('Which artifacts are good, by their provenance.');

/** Where editors find the schema; the first line of a policy names it. */
export const POLICY_SCHEMA_ID = 'https://danube.dev/schemas/provenance-policy.schema.json';

/** The JSON Schema (draft 2020-12) of a policy; what its parts say about each other only `parsePolicy` checks. */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(policySchema, { io: 'input', unrepresentable: 'any' });
  return { $schema, $id: POLICY_SCHEMA_ID, ...schema, title: 'Provenance policy' };
}
