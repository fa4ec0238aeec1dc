/**
 * Writes the JSON Schemas of `docs/schemas/` from the zod schemas of the packages; `--check` writes nothing and fails
 * when a file is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jobRecordJsonSchema, secretAllowlistJsonSchema, vouchingJsonSchema } from '@danube/builder';
import {
  lockJsonSchema,
  policyJsonSchema,
  policyTestJsonSchema,
  trustRootJsonSchema,
} from '@danube/verifier/documents';
import { webhookConfigJsonSchema } from '@danube/webhook';
import * as formats from 'in-toto-attestation/zod';
import * as z from 'zod';
import { readArguments } from './arguments.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const FORMATS: readonly (readonly [name: string, schema: z.ZodType, title: string])[] = [
  ['statement', formats.statementSchema, 'in-toto Statement v1 or v0.1'],
  ['resource-descriptor', formats.resourceDescriptorSchema, 'in-toto ResourceDescriptor'],
  ['digest-set', formats.digestSetSchema, 'in-toto DigestSet'],
  ['envelope', formats.envelopeSchema, 'DSSE Envelope v1'],
  ['sigstore-bundle', formats.sigstoreBundleSchema, 'Sigstore bundle 0.1 to 0.3'],
  ['provenance-v1', formats.provenanceV1Schema, 'SLSA provenance v1, the predicate'],
  [
    'verification-summary-v1',
    formats.verificationSummaryV1Schema,
    'SLSA verification summary v1, the predicate',
  ],
  ['link-v0.3', formats.linkSchema, 'in-toto link v0.3, the predicate'],
  ['scai-v0.3', formats.attributeReportSchema, 'SCAI attribute report v0.3, the predicate'],
  ['test-result-v0.1', formats.testResultSchema, 'in-toto test result v0.1, the predicate'],
  ['vulns-v0.2', formats.vulnerabilityScanSchema, 'in-toto vulnerability scan v0.2, the predicate'],
  ['release-v0.2', formats.releaseSchema, 'in-toto release v0.2, the predicate'],
  ['spdx', formats.spdxDocumentSchema, 'SPDX 2 or 3 document, the predicate'],
  ['cyclonedx', formats.cycloneDxBomSchema, 'CycloneDX document, the predicate'],
];

/** The file name and content of every schema. */
function schemas(): ReadonlyMap<string, JsonSchema> {
  const files = new Map<string, JsonSchema>([
    ['job-record', jobRecordJsonSchema()],
    ['vouching', vouchingJsonSchema()],
    ['trust-root', trustRootJsonSchema()],
    ['provenance-policy', policyJsonSchema()],
    ['provenance-lock', lockJsonSchema()],
    ['provenance-policy-test', policyTestJsonSchema()],
    ['secret-allowlist', secretAllowlistJsonSchema()],
    ['webhook-config', webhookConfigJsonSchema()],
  ]);
  for (const [name, schema, title] of FORMATS) files.set(name, formatSchema(name, schema, title));
  return files;
}

function formatSchema(name: string, schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const definitions: Record<string, unknown> = {};
  const body = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, hoist(part, definitions)]));
  return {
    $schema,
    $id: `https://danube.dev/schemas/${name}.schema.json`,
    ...body,
    title,
    ...(Object.keys(definitions).length > 0 ? { $defs: definitions } : {}),
  };
}

/** Moves every part that has a title to the definitions, and leaves a reference in its place. */
function hoist(part: unknown, definitions: Record<string, unknown>): unknown {
  if (Array.isArray(part)) return part.map((item) => hoist(item, definitions));
  if (typeof part !== 'object' || part === null) return part;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(part).map(([key, value]) => [key, hoist(value, definitions)]),
  );
  const title = copy['title'];
  if (typeof title !== 'string') return copy;
  definitions[title] ??= copy;
  // A part that says more than its namesake stays where it is.
  return JSON.stringify(definitions[title]) === JSON.stringify(copy) ? { $ref: `#/$defs/${title}` } : copy;
}

const folder = new URL('../docs/schemas/', import.meta.url);
const { check: isCheck } = readArguments('schemas', {
  options: { check: { type: 'boolean', default: false } },
}).values;
let stale = 0;
for (const [name, schema] of schemas()) {
  const path = fileURLToPath(new URL(`${name}.schema.json`, folder));
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!isCheck) writeFileSync(path, text);
  else if (readOrNothing(path) !== text) {
    stale += 1;
    console.error(`docs/schemas/${name}.schema.json is not what \`npm run schemas\` writes`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
