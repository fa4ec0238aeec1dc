import { createHash } from 'node:crypto';
import type { Content } from './vector.ts';

/** A file that the cases attest, and what they expect of its build. */
export const APP = { name: 'app-1.2.0.tgz', content: 'danube test vector: app 1.2.0\n' } as const;
export const DOCS = { name: 'docs-1.2.0.tgz', content: 'danube test vector: docs 1.2.0\n' } as const;

export const BUILDER_ID = 'https://danube.example.com/builders/pods/v1';
export const BUILD_TYPE = 'https://danube.dev/buildtypes/pipeline/v1';
export const SOURCE_URI = 'git+https://git.example.com/shop/app';
export const SOURCE_REF = 'refs/heads/main';
export const SOURCE_COMMIT = '9c5a3a8f0c1f4f8b6a7d2e1c0b9a8f7e6d5c4b3a';
export const OTHER_COMMIT = '2f8b1c7e5d4a39680f1e2d3c4b5a69788796a5b4';
export const FINISHED_ON = '2026-01-10T12:36:02Z';
export const STATEMENT_V1 = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1';
export const PROVENANCE_V02 = 'https://slsa.dev/provenance/v0.2';
export const LINK = 'https://in-toto.io/attestation/link/v0.3';

type Json = Record<string, unknown>;

export function hex(algorithm: string, content: Content): string {
  return createHash(algorithm).update(content).digest('hex');
}

export function subject({ name, content }: { readonly name: string; readonly content: string }): Json {
  return { name, digest: { sha256: hex('sha256', content) } };
}

const SOURCE = `${SOURCE_URI}@${SOURCE_REF}`;

export const EXTERNAL_PARAMETERS: Json & { readonly source: string } = {
  pipeline: 'app-release',
  source: SOURCE,
  trigger: 'push',
  parameters: { environment: 'production', replicas: 3 },
};

/** The provenance v1 predicate of the cases, with other parts where a case needs them. */
export function provenance(
  parts: { readonly buildDefinition?: Json; readonly runDetails?: Json; readonly metadata?: Json } = {},
): Json {
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: EXTERNAL_PARAMETERS,
      resolvedDependencies: [{ uri: EXTERNAL_PARAMETERS.source, digest: { gitCommit: SOURCE_COMMIT } }],
      ...parts.buildDefinition,
    },
    runDetails: {
      builder: { id: BUILDER_ID },
      metadata: {
        invocationId: 'https://danube.example.com/jobs/abc123',
        startedOn: '2026-01-10T12:34:56Z',
        finishedOn: FINISHED_ON,
        ...parts.metadata,
      },
      ...parts.runDetails,
    },
  };
}

/** The same build as SLSA provenance v0.2 wrote it. */
export function provenanceV02(parts: Json = {}): Json {
  return {
    builder: { id: BUILDER_ID },
    buildType: BUILD_TYPE,
    invocation: {
      configSource: {
        uri: EXTERNAL_PARAMETERS.source,
        digest: { sha1: SOURCE_COMMIT },
        entryPoint: 'pipelines/app-release.yaml',
      },
      parameters: { environment: 'production' },
    },
    metadata: { buildFinishedOn: FINISHED_ON },
    ...parts,
  };
}

/** The statement of the cases: provenance of APP. */
export function statement(parts: Json = {}): Json {
  return {
    _type: STATEMENT_V1,
    subject: [subject(APP)],
    predicateType: PROVENANCE_V1,
    predicate: provenance(),
    ...parts,
  };
}
