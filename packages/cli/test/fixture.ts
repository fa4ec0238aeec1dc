/** A job that was attested: files, keys and attestations, as other parties would hold them. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodePrivateKeyPem, encodePublicKeyPem, parsePrivateKey, type PrivateKey } from '@danube/keys';
import {
  type Envelope,
  encodeEnvelope,
  encodeStatement,
  type JsonObject,
  pae,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  type Statement,
  STATEMENT_V1,
} from 'in-toto-attestation';

export const BUILDER_ID = 'https://ci.example.com/danube';
export const SOURCE_URI = 'git+https://git.example.com/shop/app';
export const SOURCE_REF = 'refs/tags/v1.2.0';
export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';
export const BUILD_TYPE = 'https://danube.dev/buildtypes/pipeline/v1';

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A key that is the same in every run. */
export async function testKey(number: number): Promise<PrivateKey> {
  return parsePrivateKey(new Uint8Array(32).fill(number));
}

export async function writeKey(path: string, key: PrivateKey): Promise<void> {
  write(path, await encodePrivateKeyPem(key), 0o600);
  write(`${path}.pub`, encodePublicKeyPem(key.publicKey));
}

export function write(path: string, data: string | Uint8Array, mode: number = 0o644): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data, { mode });
  chmodSync(path, mode); // whatever the umask takes away
  return path;
}

/** The statement about these files, given as name to content. */
export function statementOf(
  files: Readonly<Record<string, string>>,
  predicate: JsonObject = provenance(),
): Statement {
  return {
    _type: STATEMENT_V1,
    subject: Object.entries(files).map(([name, content]) => ({ name, digest: { sha256: sha256(content) } })),
    predicateType: PROVENANCE_V1,
    predicate,
  };
}

export interface ProvenanceFacts {
  readonly builderId?: string;
  /** The source's URI with its ref. */
  readonly source?: string;
  /** Further external parameters. */
  readonly parameters?: JsonObject;
}

/** Provenance of a build that ended an hour ago. */
export function provenance(facts: ProvenanceFacts = {}): JsonObject {
  const { builderId = BUILDER_ID, source = `${SOURCE_URI}@${SOURCE_REF}`, parameters = {} } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        pipeline: 'release',
        source,
        trigger: 'tag',
        parameters: { channel: 'stable', shards: 3 },
        ...parameters,
      },
      resolvedDependencies: [{ uri: source, digest: { gitCommit: COMMIT } }],
    },
    runDetails: {
      builder: { id: builderId },
      metadata: {
        invocationId: 'https://ci.example.com/jobs/abc123',
        finishedOn: new Date(Date.now() - 3_600_000).toISOString(),
      },
    },
  };
}

/** The envelope of a payload, signed by these keys. */
export function envelopeOf(payload: Uint8Array, ...keys: readonly PrivateKey[]): Envelope {
  const message = pae(PAYLOAD_TYPE, payload);
  return {
    payloadType: PAYLOAD_TYPE,
    payload,
    signatures: keys.map((key) => ({ keyid: key.publicKey.keyid, sig: key.sign(message) })),
  };
}

export function attestationOf(statement: Statement, ...keys: readonly PrivateKey[]): Uint8Array {
  return encodeEnvelope(envelopeOf(encodeStatement(statement), ...keys));
}

/** The job record of a job that made `app.tgz`, with whatever differs. */
export function jobRecord(changes: JsonObject = {}): string {
  return JSON.stringify({
    apiVersion: 'danube.dev/v1',
    kind: 'JobRecord',
    job: { id: 'abc123', attempt: 1, uri: 'https://ci.example.com/jobs/abc123' },
    pipeline: { name: 'release' },
    status: 'succeeded',
    source: { uri: SOURCE_URI, ref: SOURCE_REF, commit: COMMIT },
    trigger: { kind: 'tag', actor: 'sam' },
    parameters: { channel: 'stable', shards: 3 },
    steps: [
      {
        name: 'build',
        command: ['make', 'release'],
        startedOn: '2026-11-02T10:00:00Z',
        finishedOn: '2026-11-02T10:01:00Z',
        exitCode: 0,
      },
    ],
    artifacts: { paths: ['*.tgz'] },
    builder: { id: BUILDER_ID },
    startedOn: '2026-11-02T10:00:00Z',
    finishedOn: '2026-11-02T10:02:00Z',
    ...changes,
  });
}

/** A release folder: `app.tgz`, its provenance beside it, the keys of two builders, and one that nobody trusts. */
export async function writeRelease(root: string): Promise<void> {
  const [first, second, stranger] = [await testKey(1), await testKey(2), await testKey(3)];
  await writeKey(join(root, 'keys/first.key'), first);
  await writeKey(join(root, 'keys/second.key'), second);
  await writeKey(join(root, 'keys/stranger.key'), stranger);
  write(join(root, 'dist/app.tgz'), 'the app');
  write(join(root, 'dist/provenance.json'), attestationOf(statementOf({ 'app.tgz': 'the app' }), first));
}
