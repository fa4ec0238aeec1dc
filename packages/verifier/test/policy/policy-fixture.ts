/** A policy that the fixture's build satisfies, and everything that its demands can be changed to. */
import type { JsonObject } from 'in-toto-attestation';
import { encodePublicKeyPem } from '@danube/keys';
import { type PolicySpec, toPolicy, checkPolicyDocument } from '../../src/documents/index.ts';
import type { CheckId, Policy, Report, TrustRoot } from '../../src/index.ts';
import {
  AUDITOR,
  BUILD_TYPE,
  BUILDER,
  BUILDER_ID,
  COMMIT,
  SOURCE_URI,
  attestationOf,
  evaluate,
  predicateOf,
  signed,
  statementOf,
  type Case,
} from '../fixture.ts';

export const BUILDER_PEM: string = encodePublicKeyPem(BUILDER.publicKey);
export const AUDITOR_PEM: string = encodePublicKeyPem(AUDITOR.publicKey);

/** The build with all that policies can ask for. */
export const BUILD: JsonObject = statementOf({
  predicate: predicateOf({
    definition: {
      internalParameters: { actor: 'alice@example.com' },
      resolvedDependencies: [
        { uri: `${SOURCE_URI}@refs/heads/main`, digest: { gitCommit: COMMIT } },
        {
          uri: `pkg:oci/node@sha256%3A${'1'.repeat(64)}?repository_url=registry.example.com/base/node&tag=24`,
          digest: { sha256: '1'.repeat(64) },
        },
        { uri: 'pkg:npm/%40shop/lib@1.0.0', digest: { sha512: '2'.repeat(128) } },
      ],
    },
  }),
});

export const ROOT: TrustRoot = {
  version: 1,
  expires: new Date('2030-01-01'),
  keys: [BUILDER, AUDITOR].map(({ publicKey }) => ({
    publicKey,
    notBefore: new Date('2026-01-01'),
    notAfter: new Date('2030-01-01'),
  })),
  builders: [{ id: BUILDER_ID, keys: [BUILDER.publicKey], threshold: 1, maxLevel: 2 }],
};

/** Satisfied by {@link BUILD}, in every field that needs nothing beside it. */
export const SPEC: Required<Omit<PolicySpec, 'roles' | 'signatures' | 'isolation' | 'attestations'>> = {
  artifacts: [{ file: 'app*.tgz' }],
  builders: [{ id: BUILDER_ID, level: 2 }],
  buildTypes: [BUILD_TYPE],
  source: { uris: [SOURCE_URI], branches: ['main'], commits: [COMMIT] },
  parameters: {
    pipeline: { equals: 'release' },
    version: { pattern: '1.*' },
    retries: { oneOf: [2, 3] },
  },
  triggers: ['push'],
  actors: ['*@example.com'],
  dependencies: {
    digests: 'required',
    images: 'pinned',
    sources: [
      { uri: 'git+https://git.example.com/shop/*' },
      { image: 'registry.example.com/base/**' },
      { package: 'pkg:npm/@shop/*' },
    ],
  },
  maxAge: '2h',
  rules: [
    {
      name: 'two-inputs',
      expression:
        'predicate.buildDefinition.resolvedDependencies.size() >= 2 && artifact.name.endsWith(".tgz")',
      message: 'needs its inputs',
    },
  ],
};

export function policyOf(spec: object = {}, name = 'shop'): Policy {
  return toPolicy(
    checkPolicyDocument({
      apiVersion: 'danube.dev/v1',
      kind: 'ProvenancePolicy',
      metadata: { name },
      spec: JSON.parse(JSON.stringify({ ...SPEC, ...spec })),
    }),
  );
}

/** Judges the build by a policy; the trust root vouches for L2. */
export function judge(spec: object = {}, input: Case = {}): Report {
  return judgeBy([policyOf(spec)], input);
}

export function judgeBy(policies: readonly Policy[], input: Case = {}): Report {
  return evaluate({
    files: [signed(BUILD)],
    keys: [],
    ...input,
    expect: { trustRoot: { root: ROOT, by: 'the test' }, policies, ...input.expect },
  });
}

/** The checks that did not pass though policies make them. */
export function failedRules(report: Report): CheckId[] {
  return attestationOf(report)
    .checks.filter(
      ({ id, status }) => status === 'fail' && (id.startsWith('policy.') || POLICY_IDS.includes(id)),
    )
    .map(({ id }) => id);
}

const POLICY_IDS: readonly string[] = ['dependency', 'summary'];
