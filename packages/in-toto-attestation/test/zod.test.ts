import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import * as z from 'zod';

import {
  type JsonObject,
  type JsonValue,
  MalformedError,
  PROVENANCE_V1,
  RELEASE_V02,
  asObject,
  encodeSigstoreBundle,
  parseAttributeReport,
  parseCycloneDxBom,
  parseDigestSet,
  parseEnvelope,
  parseJson,
  parseLink,
  parseProvenance,
  parseRelease,
  parseSpdxDocument,
  parseTestResult,
  parseVerificationSummary,
  parseVulnerabilityScan,
  publicKeyBundle,
  readEnvelope,
  readResourceDescriptor,
  readSigstoreBundle,
  readStatement,
} from '../src/index.ts';
import * as schemas from '../src/zod.ts';
import { SHA256, SHA512, bytes, descriptor, envelope, json, provenance, statement } from './documents.ts';

interface Format {
  readonly schema: z.ZodType;
  readonly parse: (value: JsonValue) => unknown;
  readonly samples: readonly JsonObject[];
}

function ofObject(parse: (object: JsonObject) => unknown): Format['parse'] {
  return (value) => parse(asObject(value, ''));
}

const time = '2026-01-01T00:00:00Z';
const keyBundle = json(
  encodeSigstoreBundle(publicKeyBundle(parseEnvelope(bytes(envelope)), 'k')),
) as JsonObject;
const proof = {
  logIndex: '1',
  rootHash: 'AAEC',
  treeSize: '2',
  hashes: ['AAEC'],
  checkpoint: { envelope: 'n' },
};
const logEntry = {
  logIndex: '7',
  logId: { keyId: 'AAEC' },
  kindVersion: { kind: 'dsse', version: '1' },
  integratedTime: 5,
  inclusionPromise: { signedEntryTimestamp: 'AAEC' },
  inclusionProof: proof,
  canonicalizedBody: 'AAEC',
};
const oldBundle = {
  mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
  verificationMaterial: {
    x509CertificateChain: { certificates: [{ rawBytes: 'AAEC' }] },
    tlogEntries: [logEntry],
    timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAEC' }] },
  },
  messageSignature: { signature: 'AAEC', messageDigest: { algorithm: 'SHA2_256', digest: 'AAEC' } },
};

const FORMATS: Readonly<Record<string, Format>> = {
  digestSet: {
    schema: schemas.digestSetSchema,
    parse: (value) => parseDigestSet(value, ''),
    samples: [{ sha256: SHA256, sha512: SHA512, gitCommit: '12'.repeat(20), shake128: 'ab', other: 'x' }],
  },
  resourceDescriptor: {
    schema: schemas.resourceDescriptorSchema,
    parse: (value) => readResourceDescriptor(value, ''),
    samples: [descriptor, { content: '' }],
  },
  statement: {
    schema: schemas.statementSchema,
    parse: (value) => readStatement(value, ''),
    samples: [statement],
  },
  envelope: {
    schema: schemas.envelopeSchema,
    parse: (value) => readEnvelope(value, ''),
    samples: [envelope],
  },
  sigstoreBundle: {
    schema: schemas.sigstoreBundleSchema,
    parse: (value) => readSigstoreBundle(value),
    samples: [keyBundle, oldBundle],
  },
  provenanceV1: {
    schema: schemas.provenanceV1Schema,
    parse: ofObject((value) => parseProvenance(PROVENANCE_V1, value)),
    samples: [provenance],
  },
  verificationSummaryV1: {
    schema: schemas.verificationSummaryV1Schema,
    parse: ofObject(parseVerificationSummary),
    samples: [
      {
        verifier: { id: 'https://v.example', version: { a: '1' } },
        timeVerified: '2026-01-01T00:00:00+02:00',
        resourceUri: 'a:b',
        policy: { uri: 'a:b' },
        inputAttestations: [{ digest: { sha256: SHA256 } }],
        verificationResult: 'PASSED',
        verifiedLevels: ['SLSA_BUILD_LEVEL_3', 'SLSA_SOURCE_LEVEL_1'],
        dependencyLevels: { SLSA_BUILD_LEVEL_3: 1 },
        slsaVersion: '1.2',
      },
    ],
  },
  link: {
    schema: schemas.linkSchema,
    parse: ofObject(parseLink),
    samples: [
      { name: 'a', command: ['b'], materials: [descriptor, { ...descriptor, name: 'c' }], environment: {} },
    ],
  },
  attributeReport: {
    schema: schemas.attributeReportSchema,
    parse: ofObject(parseAttributeReport),
    samples: [{ attributes: [{ attribute: 'A', target: descriptor, conditions: {} }], producer: descriptor }],
  },
  testResult: {
    schema: schemas.testResultSchema,
    parse: ofObject(parseTestResult),
    samples: [{ result: 'PASSED', configuration: [descriptor], url: 'a:b', passedTests: ['a'] }],
  },
  vulnerabilityScan: {
    schema: schemas.vulnerabilityScanSchema,
    parse: ofObject(parseVulnerabilityScan),
    samples: [
      {
        scanner: {
          uri: 'a:b',
          db: { lastUpdate: time, version: '1' },
          result: [{ id: 'CVE-1', severity: [{ method: 'nvd', score: '5' }] }],
        },
        metadata: { scanStartedOn: time, scanFinishedOn: time },
      },
    ],
  },
  release: {
    schema: schemas.releaseSchema,
    parse: ofObject((value) => parseRelease(RELEASE_V02, value)),
    samples: [{ purl: 'pkg:npm/%40a/b@1', packageId: '1' }],
  },
  spdxDocument: {
    schema: schemas.spdxDocumentSchema,
    parse: ofObject(parseSpdxDocument),
    samples: [
      { spdxVersion: 'SPDX-2.3', SPDXID: 'x' },
      { '@context': 'x', '@graph': [{}] },
    ],
  },
  cycloneDxBom: {
    schema: schemas.cycloneDxBomSchema,
    parse: ofObject(parseCycloneDxBom),
    samples: [{ bomFormat: 'CycloneDX', specVersion: '1.6' }],
  },
};

const VALUES: readonly (JsonValue | undefined)[] = [
  [
    undefined,
    null,
    true,
    0,
    7,
    -1,
    1.5,
    '',
    'x',
    'a:b',
    'a b',
    'é',
    'AA==',
    'AAE=',
    'AAF=',
    '-_+/',
    '-_-_',
    '12',
    '01',
  ],
  [
    SHA256,
    SHA256.toUpperCase(),
    '12'.repeat(20),
    `${SHA256}\n`,
    'SHA256',
    'PASSED',
    'FAILED',
    '1.2',
    'SPDX-2.2',
  ],
  ['SLSA_BUILD_LEVEL_2', 'pkg:npm/a', 'pkg:npm/a@1', time, '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z'],
  ['2026-01-01T00:00:00+01:00', '9223372036854775807', '9223372036854775808', 'application/json'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', 'https://in-toto.io/Statement/v0.1', {}],
  [
    { sha256: SHA256 },
    { x: 'y' },
    { digest: { sha512: SHA512 } },
    { uri: 'a:b' },
    { uri: null, digest: null },
  ],
  [[], [null], [[]], [''], [1], { sig: 'AA==' }, { rawBytes: 'AAEC' }, { hint: null }, { envelope: '' }].map(
    (x) => [x],
  ),
].flatMap((values) => values.flat(1) as (JsonValue | undefined)[]);
const NAMES = [
  'uri',
  'digest',
  'content',
  'sha256',
  'sha1',
  'x',
  'name',
  'certificate',
  'publicKey',
  '@context',
  '',
];

const edits = fc.array(
  fc.record({
    path: fc.array(fc.nat(), { maxLength: 7 }),
    value: fc.constantFrom(...VALUES),
    name: fc.constantFrom(...NAMES),
  }),
  { maxLength: 3 },
);

type Edit = typeof edits extends fc.Arbitrary<(infer E)[]> ? E : never;

/** Replaces what the path leads to; behind the last member of an object comes one of another name. */
function edit(value: JsonValue, { path, value: by, name }: Edit): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return by ?? null;
  const entries: [string, JsonValue | undefined][] = Object.entries(value);
  const at = step % (entries.length + 1);
  const [key, inner] = entries[at] ?? [name, undefined];
  entries[at] = [
    key,
    rest.length === 0 || inner === undefined ? by : edit(inner, { path: rest, value: by, name }),
  ];
  const kept = entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept);
}

function isTaken(parse: Format['parse'], value: JsonValue): boolean {
  try {
    parse(value);
    return true;
  } catch (error) {
    assert.ok(error instanceof MalformedError, String(error));
    return false;
  }
}

for (const [name, { schema, parse, samples }] of Object.entries(FORMATS)) {
  describe(`the ${name} schema`, () => {
    it('takes the samples and changes nothing in them', () => {
      for (const sample of samples) assert.deepEqual(schema.parse(sample), sample);
    });

    it('has the same verdict as the parser', () => {
      fc.assert(
        fc.property(fc.constantFrom(...samples), edits, (sample, edits) => {
          const value = edits.reduce<JsonValue>(edit, sample);
          assert.equal(schema.safeParse(value).success, isTaken(parse, value), JSON.stringify(value));
        }),
        { numRuns: 4000 },
      );
    });
  });
}

describe('the schemas', () => {
  it('are all compared here', () => {
    assert.deepEqual(
      Object.keys(schemas).toSorted(),
      Object.keys(FORMATS)
        .map((name) => `${name}Schema`)
        .toSorted(),
    );
  });

  it('look at own members alone', () => {
    const text = `{"__proto__":${JSON.stringify(statement)}}`;
    assert.equal(schemas.statementSchema.safeParse(parseJson(bytes(text))).success, false);
    assert.equal(schemas.digestSetSchema.safeParse(parseJson(bytes('{"__proto__":{}}'))).success, false);
  });

  it('become JSON Schemas that take the samples', () => {
    for (const [name, { schema, samples }] of Object.entries(FORMATS)) {
      const published = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      const read = z.fromJSONSchema(published);
      for (const sample of samples) assert.ok(read.safeParse(sample).success, name);
    }
  });
});
