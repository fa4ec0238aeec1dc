import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readPublicKeyFile } from '@danube/keys/file';
import { evaluateProvenance, loadEvidence } from '@danube/verifier';
import {
  DOCUMENT_ERROR_CODES,
  DocumentError,
  openPlainTrustRoot,
  openSignedTrustRoot,
  parseLock,
  parseLockDocument,
  parsePolicy,
  parsePolicyDocument,
  parsePolicyTest,
  parseTrustRoot,
  parseTrustRootDocument,
} from '@danube/verifier/documents';
import * as fc from 'fast-check';
import { proveByRoot } from '../../packages/cli/src/provenance/trust-root-proofs.ts';
import type { ParsedFormat } from '../vectors/case-format.ts';
import { casesOf, type StoredCase } from './vectors/cases.ts';
import { byteChange, jsonChange, signedParts } from './vectors/mutation.ts';
import { openVerification } from './vectors/verify-by-library.ts';

const RUNS = { documents: 2000, signedTrustRoots: 3000, timedBundles: 1500 } as const;

interface Reader {
  /** Everything that a user of the document reads; what can be done with the value is none of this test. */
  readonly parse: (bytes: Uint8Array) => unknown;
  /** The document as it was written. */
  readonly document: (bytes: Uint8Array) => unknown;
}

const READERS: Readonly<Partial<Record<ParsedFormat, Reader>>> = {
  'trust-root': { parse: parseTrustRoot, document: parseTrustRootDocument },
  policy: { parse: parsePolicy, document: parsePolicyDocument },
  lock: { parse: parseLock, document: parseLockDocument },
  'policy-test': { parse: parsePolicyTest, document: parsePolicyTest },
};

/** The value; or nothing when it was refused, which no error but the closed union's may do. */
function readOrRefuse<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    assert.ok((DOCUMENT_ERROR_CODES as readonly string[]).includes(error.code), error.code);
    return undefined;
  }
}

/** What any reader of JSON would see; `undefined` where there is none, as in YAML that is no JSON. */
function plainly(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a changed document', () => {
  for (const { name, folder, content } of casesOf('parse')) {
    const reader = READERS[content.format];
    if (reader === undefined || content.expect.verdict !== 'accepted') continue;
    const original = readFileSync(join(folder, content.input));
    const originalValue = plainly(original.toString());
    const changed = fc.oneof(
      byteChange.map((change) => change(original)),
      // What is written in YAML alone is changed as bytes.
      ...(originalValue === undefined
        ? []
        : [jsonChange.map((change) => Buffer.from(JSON.stringify(change(originalValue)) ?? ''))]),
    );

    it(`is refused by its own code, or means all that is written in it: ${name}`, () => {
      let refused = 0;
      fc.assert(
        fc.property(changed, (bytes) => {
          const parsed = readOrRefuse(() => reader.parse(bytes));
          if (parsed === undefined) {
            refused += 1;
            return;
          }
          const value = plainly(bytes.toString());
          // Nothing is dropped and nothing is read as something else: a constraint that is written is in the document.
          if (value !== undefined) assert.deepEqual(written(reader.document(bytes)), written(value));
        }),
        { numRuns: RUNS.documents },
      );
      assert.ok(refused > RUNS.documents / 4, `only ${refused} were refused`);
    });
  }
});

function accepted(name: string): StoredCase<'verify'> {
  const found = casesOf('verify').find((stored) => stored.name === `verify/${name}`);
  assert.ok(found?.content.expect.verdict === 'accepted', name);
  return found;
}

describe('a changed envelope around a trust root', () => {
  it(`opens in ${RUNS.signedTrustRoots} changes only where the very bytes are there that were signed`, () => {
    const { folder, content } = accepted('trust-root');
    const { trustRoot = '', trustRootKeys = [], trustRootThreshold } = content.expectations;
    const original = readFileSync(join(folder, trustRoot));
    const keys = trustRootKeys.map((path) => readPublicKeyFile(join(folder, path)));
    const open = (bytes: Uint8Array): boolean =>
      readOrRefuse(() => openSignedTrustRoot(bytes, keys, trustRootThreshold))?.root !== undefined;
    assert.ok(open(original));
    const signed = new Set(signedParts(original));
    const value: unknown = JSON.parse(original.toString());
    const changed = fc.oneof(
      byteChange.map((change) => change(original)),
      jsonChange.map((change) => Buffer.from(JSON.stringify(change(value)) ?? '')),
    );
    let opened = 0;
    fc.assert(
      fc.property(changed, (bytes) => {
        if (!open(bytes)) return;
        opened += 1;
        assert.ok(signedParts(bytes).some((part) => signed.has(part)));
      }),
      { numRuns: RUNS.signedTrustRoots },
    );
    assert.ok(opened < RUNS.signedTrustRoots / 2, `${opened} were opened`);
  });
});

describe('a changed bundle whose time is proven', () => {
  // Both are accepted only because of their timestamp: now the key has expired, or is revoked.
  for (const name of ['time-proof-expired-since', 'time-proof-revoked-since']) {
    it(`is accepted in ${RUNS.timedBundles} changes only where signature and time are those that were made: ${name}`, async () => {
      const { folder, content } = accepted(name);
      const verification = await openVerification(folder, content);
      const { root } = openPlainTrustRoot(
        readFileSync(join(folder, content.expectations.plainTrustRoot ?? '')),
      );
      assert.ok(root);
      const original = readFileSync(join(folder, content.evidence[0] ?? ''));
      const judge = (bytes: Uint8Array): ReturnType<typeof evaluateProvenance> => {
        const evidence = loadEvidence([{ path: 'changed', bytes }]);
        return evaluateProvenance({ ...verification, evidence, ...proveByRoot(evidence, root) });
      };
      const timeOf = (bytes: Uint8Array): string | null | undefined =>
        judge(bytes).artifacts[0]?.attestations[0]?.checks.find(({ id }) => id === 'time.proof')?.actual;
      const time = timeOf(original);
      const signed = new Set(signedParts(original));
      const value: unknown = JSON.parse(original.toString());
      const changed = fc.oneof(
        byteChange.map((change) => change(original)),
        jsonChange.map((change) => Buffer.from(JSON.stringify(change(value)) ?? '')),
      );
      let rejected = 0;
      fc.assert(
        fc.property(changed, (bytes) => {
          if (judge(bytes).verdict === 'rejected') {
            rejected += 1;
            return;
          }
          assert.ok(signedParts(bytes).some((part) => signed.has(part)));
          assert.equal(timeOf(bytes), time);
        }),
        { numRuns: RUNS.timedBundles },
      );
      assert.ok(rejected > RUNS.timedBundles / 2, `only ${rejected} were rejected`);
    });
  }
});
