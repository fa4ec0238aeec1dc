import { matchOffsetTimestamp } from 'in-toto-attestation';
import { z } from 'zod';
import { describeIssue } from '../reading.ts';
import { parseYaml } from './yaml.ts';

/** One artifact and its provenance, and what the policies must say of it. */
export interface PolicyTestCase {
  readonly name: string;
  /** What the artifact is called; its digest is that of the subject of this name. */
  readonly artifact: string;
  /** A package URL, or an image reference. */
  readonly as?: string;
  /** Paths of evidence, relative to the document. */
  readonly provenance: readonly string[];
  /** The clock; the present when left out. */
  readonly now?: string;
  readonly expect: 'accepted' | 'rejected';
  /** Ids of all checks that fail; there when it must be rejected. */
  readonly failed?: readonly string[];
}

/** What policies must say, as people write it. */
export interface PolicyTestDocument {
  readonly apiVersion: 'danube.dev/v1';
  readonly kind: 'ProvenancePolicyTest';
  readonly policies: readonly string[];
  readonly publicKeys?: readonly string[];
  readonly plainTrustRoot?: string;
  readonly cases: readonly PolicyTestCase[];
}

const path = z.string().min(1).max(4096);
const paths = z.array(path).min(1);

const testCase = z
  .strictObject({
    name: z.string().min(1).max(200),
    artifact: path.describe('Its digest is that of the subject of this name.'),
    as: path.describe('What it is: a package URL, or an image reference.').exactOptional(),
    provenance: paths.describe('Evidence, relative to this file.'),
    now: z
      .string()
      .refine(matchOffsetTimestamp, { error: 'expected a time such as "2027-01-01T00:00:00Z"' })
      .exactOptional(),
    expect: z.enum(['accepted', 'rejected']),
    failed: z.array(path).min(1).describe('The ids of all checks that fail.').exactOptional(),
  })
  .refine(({ expect, failed }) => (expect === 'rejected') === (failed !== undefined), {
    error: 'expected the ids of the checks that fail when it must be rejected, and only then',
    path: ['failed'],
  });

export const policyTestSchema: z.ZodType<PolicyTestDocument> = z
  .strictObject({
    apiVersion: z.literal('danube.dev/v1'),
    kind: z.literal('ProvenancePolicyTest'),
    policies: paths.describe('Policies, relative to this file.'),
    publicKeys: paths.describe('Whose signatures count.').exactOptional(),
    plainTrustRoot: path.describe('The trust root that says so instead.').exactOptional(),
    cases: z.array(testCase).min(1),
  })
  .refine(({ publicKeys, plainTrustRoot }) => (publicKeys === undefined) !== (plainTrustRoot === undefined), {
    error: 'expected either publicKeys or plainTrustRoot',
  })
  .refine(({ cases }) => new Set(cases.map(({ name }) => name)).size === cases.length, {
    error: 'holds two cases of one name',
    path: ['cases'],
  });

/** Reads what policies must say, YAML or JSON. @throws {DocumentError} `ERR_POLICY_TEST` with the pointer. */
export function parsePolicyTest(bytes: Uint8Array): PolicyTestDocument {
  const result = policyTestSchema.safeParse(parseYaml(bytes, 'ERR_POLICY_TEST'));
  if (!result.success) throw describeIssue(result.error, 'ERR_POLICY_TEST', 'test of a policy');
  return result.data;
}

/** The JSON Schema (draft 2020-12) of the same. */
export function policyTestJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(policyTestSchema, { io: 'input', unrepresentable: 'any' });
  return {
    $schema,
    $id: 'https://danube.dev/schemas/provenance-policy-test.schema.json',
    ...schema,
    title: 'Provenance policy test',
  };
}
