import { pem } from './fixed-keys.ts';
import { AUDITOR, BUILDER, type FixedKey } from './fixed-keys.ts';
import { BUILD_TYPE, BUILDER_ID, SOURCE_COMMIT, SOURCE_URI } from './statements.ts';

type Json = Record<string, unknown>;

/** What the build of the cases satisfies; a member that a case gives as `undefined` is gone. */
export const SPEC: Json = {
  artifacts: [{ file: 'app-*.tgz' }],
  builders: [{ id: BUILDER_ID }],
  buildTypes: [BUILD_TYPE],
  source: { uris: [SOURCE_URI], branches: ['main'], commits: [SOURCE_COMMIT] },
  parameters: {
    pipeline: { equals: 'app-release' },
    environment: { oneOf: ['production', 'staging'] },
    replicas: { any: true },
  },
  triggers: ['push'],
};

/** A policy as a document: JSON, which is YAML too, below the comment that tells editors its schema. */
export function policy(spec: Json = {}, parts: Json = {}): string {
  const document = {
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'shop' },
    spec: { ...SPEC, ...spec },
    ...parts,
  };
  return `# yaml-language-server: $schema=https://danube.dev/schemas/provenance-policy.schema.json\n${JSON.stringify(document, null, 2)}\n`;
}

/** Who has which keys: one key each. */
export function roles(
  keys: Readonly<Record<string, FixedKey>> = { builder: BUILDER, auditor: AUDITOR },
): Json[] {
  return Object.entries(keys).map(([name, { spki }]) => ({ name, keys: [pem('PUBLIC KEY', spki)] }));
}

/** The same by hand, as people write it. */
export const POLICY_YAML: string = `# yaml-language-server: $schema=https://danube.dev/schemas/provenance-policy.schema.json
apiVersion: danube.dev/v1
kind: ProvenancePolicy
metadata:
  name: shop
spec:
  artifacts:
    - file: app-*.tgz
  builders:
    - id: ${BUILDER_ID}
  source:
    uris: [${SOURCE_URI}]
    branches: [main]
  parameters:
    pipeline: { equals: app-release }
    environment: { equals: production }
    replicas: { any: true }
  triggers: [push]
`;
