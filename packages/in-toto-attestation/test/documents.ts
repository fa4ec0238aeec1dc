import assert from 'node:assert/strict';
import {
  type JsonObject,
  type MalformedCode,
  MalformedError,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  STATEMENT_V1,
  encodeBase64,
} from '../src/index.ts';

/* Small whole documents, and what the tests say about them. */

export const SHA256: string = 'ab'.repeat(32);
export const SHA512: string = 'cd'.repeat(64);
export const COMMIT: string = '12'.repeat(20);

export function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

export function text(encoded: Uint8Array): string {
  return new TextDecoder().decode(encoded);
}

/** What a reader would get from the wire. */
export function json(encoded: Uint8Array): unknown {
  return JSON.parse(text(encoded));
}

export const descriptor: JsonObject = {
  name: 'lodash',
  uri: 'pkg:npm/lodash@4.17.21',
  digest: { sha256: SHA256, gitCommit: COMMIT },
  content: 'AAEC',
  downloadLocation: 'https://registry.example/lodash.tgz',
  mediaType: 'application/gzip',
  annotations: { reviewed: true, by: ['a', 'b'] },
};

export const provenance: JsonObject = {
  buildDefinition: {
    buildType: 'https://danube.dev/buildtypes/pipeline/v1',
    externalParameters: { source: 'git+https://git.example/app@refs/heads/main', parameters: { level: 3 } },
    internalParameters: { attempt: 1 },
    resolvedDependencies: [descriptor],
  },
  runDetails: {
    builder: {
      id: 'https://ci.example/master',
      version: { danube: '0.1.0' },
      builderDependencies: [descriptor],
    },
    metadata: {
      invocationId: 'https://ci.example/jobs/1',
      startedOn: '2026-02-28T23:59:59Z',
      finishedOn: '2026-03-01T00:00:01.5Z',
    },
    byproducts: [descriptor],
  },
};

export const statement: JsonObject = {
  _type: STATEMENT_V1,
  subject: [{ name: 'dist/app.tgz', digest: { sha256: SHA256, sha512: SHA512 } }],
  predicateType: PROVENANCE_V1,
  predicate: provenance,
};

export const envelope: JsonObject = {
  payload: encodeBase64(bytes(statement)),
  payloadType: PAYLOAD_TYPE,
  signatures: [{ sig: 'c2ln', keyid: 'SHA256:key' }],
};

/** The object with one member replaced; `undefined` takes it out. */
export function replace(object: JsonObject, key: string, value: unknown): JsonObject {
  const entries = Object.entries({ ...object, [key]: value }).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}

/** Asserts that the call throws a {@link MalformedError} of exactly this code at exactly this place. */
export function assertMalformed(call: () => unknown, code: MalformedCode, pointer?: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof MalformedError, String(error));
    assert.equal(error.code, code, error.message);
    if (pointer !== undefined) assert.equal(error.pointer, pointer);
    return true;
  });
}
