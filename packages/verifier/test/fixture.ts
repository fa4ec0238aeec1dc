/** One build and everything that can be said about it: artifacts, statements, envelopes, keys from fixed seeds. */
import { createHash } from 'node:crypto';
import { type PrivateKey, type PublicKey, parsePrivateKey } from '@danube/keys';
import {
  type Envelope,
  type JsonObject,
  type JsonValue,
  PAYLOAD_TYPE,
  PROVENANCE_V02,
  PROVENANCE_V1,
  STATEMENT_V1,
  encodeEnvelope,
  pae,
} from 'in-toto-attestation';
import {
  type ArtifactInput,
  type AttestationReport,
  type Check,
  type CheckId,
  type Evidence,
  type EvidenceFile,
  type Expectations,
  type Report,
  type Verification,
  evaluateProvenance,
  loadEvidence,
} from '../src/index.ts';

export const BUILDER: PrivateKey = await keyOfSeed(1);
export const AUDITOR: PrivateKey = await keyOfSeed(2);
export const STRANGER: PrivateKey = await keyOfSeed(3);

export async function keyOfSeed(seed: number): Promise<PrivateKey> {
  return parsePrivateKey(new Uint8Array(32).fill(seed));
}

export const BUILDER_ID = 'https://ci.example.com/danube';
export const BUILD_TYPE = 'https://danube.dev/buildtypes/pipeline/v1';
export const SOURCE_URI = 'git+https://git.example.com/shop/app';
export const SOURCE_REF = 'refs/heads/main';
export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';
export const FINISHED = '2026-01-02T12:00:00Z';
export const NOW: Date = new Date('2026-01-02T13:00:00Z');
const HOUR = 3600;

export function hash(algorithm: 'sha256' | 'sha384' | 'sha512', content: string | Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex');
}

/** An artifact by its content, and the subject that names it. */
export function artifactOf(name: string, content: string = `content of ${name}`): ArtifactInput {
  return { name, digest: { sha256: hash('sha256', content) } };
}

export const APP: ArtifactInput = artifactOf('app.tgz');
export const LIB: ArtifactInput = artifactOf('lib.tgz');

/** A predicate of our own build type; members given replace those of the build definition or run details. */
export function predicateOf(change: { definition?: object; run?: object } = {}): JsonObject {
  return plain({
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        pipeline: 'release',
        source: `${SOURCE_URI}@${SOURCE_REF}`,
        trigger: 'push',
        parameters: { version: '1.2.0', retries: 3 },
      },
      resolvedDependencies: [
        { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { gitCommit: COMMIT } },
        { uri: 'pkg:docker/node@24', digest: { sha256: hash('sha256', 'image') } },
      ],
      ...change.definition,
    },
    runDetails: { builder: { id: BUILDER_ID }, metadata: { finishedOn: FINISHED }, ...change.run },
  });
}

/** The same build as provenance v0.2 tells it. */
export function predicateV02Of(change: object = {}): JsonObject {
  return plain({
    builder: { id: BUILDER_ID },
    buildType: 'https://example.com/makefile/v1',
    invocation: {
      configSource: { uri: `${SOURCE_URI}@${SOURCE_REF}`, digest: { sha1: COMMIT }, entryPoint: 'release' },
      parameters: { version: '1.2.0' },
    },
    metadata: { buildFinishedOn: FINISHED },
    materials: [{ uri: 'pkg:docker/node@24', digest: { sha256: hash('sha256', 'image') } }],
    ...change,
  });
}

/** A statement about APP, as JSON; members given replace or (as `undefined`) remove its own. */
export function statementOf(change: object = {}): JsonObject {
  return plain({
    _type: STATEMENT_V1,
    subject: [APP],
    predicateType: PROVENANCE_V1,
    predicate: predicateOf(),
    ...change,
  });
}

export function statementV02Of(change: object = {}): JsonObject {
  return statementOf({ predicateType: PROVENANCE_V02, predicate: predicateV02Of(change) });
}

/** JSON has no `undefined`: a member that is so is gone. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

export function bytesOf(value: JsonValue | Uint8Array | string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

export interface Signing {
  readonly keys?: readonly PrivateKey[];
  readonly payloadType?: string;
  readonly keyid?: string;
}

/** Signs whatever payload with whatever type. */
export function envelopeOf(payload: JsonValue | Uint8Array | string, signing: Signing = {}): Envelope {
  const { keys = [BUILDER], payloadType = PAYLOAD_TYPE } = signing;
  const body = bytesOf(payload);
  return {
    payloadType,
    payload: body,
    signatures: keys.map((key) => ({
      keyid: signing.keyid ?? key.publicKey.keyid,
      sig: key.sign(pae(payloadType, body)),
    })),
  };
}

export function signed(
  payload: JsonValue | Uint8Array | string = statementOf(),
  signing?: Signing,
): Uint8Array {
  return encodeEnvelope(envelopeOf(payload, signing));
}

/** The envelope as JSON, to write what the encoder would not. */
export function envelopeJsonOf(
  payload: JsonValue | Uint8Array | string = statementOf(),
  signing?: Signing,
): JsonObject {
  const { payloadType, payload: body, signatures } = envelopeOf(payload, signing);
  return {
    payloadType,
    payload: Buffer.from(body).toString('base64'),
    signatures: signatures.map(({ keyid, sig }) => ({
      ...(keyid === undefined ? {} : { keyid }),
      sig: Buffer.from(sig).toString('base64'),
    })),
  };
}

/** All that can be expected of the fixture's build, and holds. */
export const EVERYTHING: Expectations = {
  publicKeys: [BUILDER.publicKey],
  threshold: 1,
  builderId: BUILDER_ID,
  buildType: BUILD_TYPE,
  sourceUri: SOURCE_URI,
  sourceRef: SOURCE_REF,
  sourceCommit: COMMIT,
  parameters: { pipeline: 'release', version: '1.2.0', retries: 3 },
  allowParameters: ['trigger'],
  predicateType: PROVENANCE_V1,
  maxAgeSeconds: HOUR,
  strict: true,
  noExtra: true,
  noMissing: true,
};

/** What a case differs in; the rest is APP, its signed provenance, and the builder's key. */
export interface Case {
  readonly files?: readonly (EvidenceFile | Uint8Array)[];
  readonly evidence?: Evidence;
  readonly artifacts?: readonly ArtifactInput[] | 'provenance-only';
  readonly expect?: Partial<Expectations>;
  readonly keys?: readonly PublicKey[];
  readonly now?: Date;
  readonly certificates?: Verification['certificates'];
  readonly publications?: Verification['publications'];
}

export function evaluate({
  files = [signed()],
  evidence,
  artifacts = [APP],
  expect,
  keys,
  now = NOW,
  certificates = new Map(),
  publications = new Map(),
}: Case = {}): Report {
  const found = files.map((file, index) =>
    file instanceof Uint8Array ? { path: `provenance-${index}.json`, bytes: file } : file,
  );
  return evaluateProvenance({
    evidence: evidence ?? loadEvidence(found),
    artifacts,
    expectations: { publicKeys: keys ?? [BUILDER.publicKey], ...expect },
    now,
    certificates,
    publications,
  });
}

/** The only attestation of the only artifact, or the one asked for. */
export function attestationOf(report: Report, artifact = 0, attestation = 0): AttestationReport {
  const found = report.artifacts[artifact]?.attestations[attestation];
  if (found === undefined) throw new Error('the report has no such attestation');
  return found;
}

export function checkOf(report: Report, id: CheckId, artifact = 0, attestation = 0): Check {
  const found = attestationOf(report, artifact, attestation).checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`the report has no ${id}`);
  return found;
}

/** The check of one case. */
export function check(id: CheckId, input: Case = {}): Check {
  return checkOf(evaluate(input), id);
}

/** Ids of the checks that fail, of the only attestation. */
export function failures(report: Report): CheckId[] {
  return attestationOf(report)
    .checks.filter(({ status }) => status === 'fail')
    .map(({ id }) => id);
}
