import { verify } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { loadEvidence, verifyProvenance } from '@danube/verifier';
import { checkPolicyDocument, toPolicy } from '@danube/verifier/documents';
import { BUILDER_ID, fakeSubject, fixedKey, signProvenance, SOURCE_URI, type Signed } from './fixtures.ts';
import { medianRatio, type Benchmark } from './row.ts';

const NOW = new Date('2026-01-03T00:00:00Z');

/** Six demands by fields, and two dozen rules in CEL, some with a loop. */
const POLICY = toPolicy(
  checkPolicyDocument({
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenancePolicy',
    metadata: { name: 'bench' },
    spec: {
      artifacts: [{ file: 'packages/**' }],
      builders: [{ id: BUILDER_ID }],
      buildTypes: ['https://danube.dev/buildtypes/pipeline/v1'],
      source: { uris: [SOURCE_URI.replace(/[^/]*$/, '*')], branches: ['main', 'release/*'] },
      maxAge: '30d',
      dependencies: { digests: 'required', images: 'resolved' },
      parameters: {
        pipeline: { pattern: '.danube/*.yaml' },
        '/trigger/kind': { oneOf: ['push', 'tag'] },
        target: { equals: 'release' },
        channel: { oneOf: ['stable', 'beta'] },
      },
      rules: Array.from({ length: 24 }, (_, number) => ({
        name: `rule-${number}`,
        expression: expressionOf(number),
        message: 'it must hold',
      })),
    },
  }),
);

function expressionOf(number: number): string {
  const expressions = [
    `predicate.runDetails.metadata.invocationId != "${number}"`,
    'predicate.buildDefinition.internalParameters.isolation.ephemeral',
    `artifact.name.endsWith(".tar.gz") && size(artifact.digest.sha256) == 64 && ${number} >= 0`,
    'predicate.buildDefinition.resolvedDependencies.all(d, has(d.digest))',
    'predicate.runDetails.byproducts.exists(b, b.annotations.exitCode == 0)',
    'predicate.runDetails.builder.version.danube.matches("^1[.][0-9.]+$")',
  ];
  return expressions[number % expressions.length] ?? 'true';
}

function judge({ bytes, subject, key }: Signed): void {
  verifyProvenance({
    evidence: loadEvidence([{ path: 'provenance.json', bytes }]),
    artifacts: [subject],
    expectations: { publicKeys: [key.publicKey], policies: [POLICY] },
    now: NOW,
  });
}

/** The floor: the signature, and the statement as JSON. */
function bare({ message, payload, signature, key }: Signed): void {
  if (!verify(null, message, key.publicObject, signature)) throw new Error('a good signature failed');
  JSON.parse(Buffer.from(payload).toString());
}

function secondsOf(signed: readonly Signed[], each: (signed: Signed) => void): number {
  const began = performance.now();
  for (const one of signed) each(one);
  return performance.now() - began;
}

/** Policies in memory: 10,000 signed statements of 4 kB, each held against 30 rules. */
export const policy: Benchmark = {
  name: 'policy',
  run({ quick, rounds }) {
    const key = fixedKey(0);
    const count = quick ? 200 : 10_000;
    const signed = Array.from({ length: count }, (_, number) => signProvenance([fakeSubject(number)], key));
    secondsOf(signed.slice(0, 500), judge);
    const ours: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floor.push(secondsOf(signed, bare));
      ours.push(secondsOf(signed, judge));
    }
    return [
      {
        name: 'policy',
        what: 'verify 10,000 envelopes of 4 kB by a policy of 30 rules / bare crypto.verify and JSON.parse',
        ratio: medianRatio(ours, floor),
        target: 4,
        better: 'lower',
      },
    ];
  },
};
