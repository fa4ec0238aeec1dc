import assert from 'node:assert/strict';
import { parseChecksums } from '@danube/artifact';
import { parseImageReference } from '@danube/artifact/image-reference';
import { parsePrivateKey, parsePublicKey, spkiSha256, verifySignature, type PublicKey } from '@danube/keys';
import {
  asObject,
  parseAttestations,
  parseEnvelope,
  parseJson,
  parseProvenance,
  parseSigstoreBundle,
  parseStatement,
  PROVENANCE_V1,
} from 'in-toto-attestation';
import { parseLock, parsePolicy, parsePolicyTest, parseTrustRoot } from '@danube/verifier/documents';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseOf, ParsedFormat } from '../../vectors/case-format.ts';
import type { StoredCase } from './cases.ts';
import { assertAccepted, assertRejected, outcomeOf } from './outcome.ts';

/** How each format of the parse cases is read. */
const PARSERS: Readonly<Record<ParsedFormat, (bytes: Uint8Array) => unknown>> = {
  json: (bytes) => parseJson(bytes),
  statement: parseStatement,
  provenance: (bytes) => parseProvenance(PROVENANCE_V1, asObject(parseJson(bytes), ''), ''),
  envelope: parseEnvelope,
  'sigstore-bundle': parseSigstoreBundle,
  attestations: parseOnlyAttestation,
  'trust-root': parseTrustRoot,
  policy: parsePolicy,
  lock: parseLock,
  'policy-test': parsePolicyTest,
};

/** A file of one attestation: what is recognised and malformed counts as refused. */
function parseOnlyAttestation(bytes: Uint8Array): unknown {
  const { attestations } = parseAttestations(bytes);
  const [only] = attestations;
  if (attestations.length === 1 && only !== undefined && 'error' in only) throw only.error;
  return attestations;
}

export async function judgeParse({ folder, content }: StoredCase<'parse'>): Promise<void> {
  const outcome = await outcomeOf(() => PARSERS[content.format](readFileSync(join(folder, content.input))));
  if (content.expect.verdict === 'rejected') assertRejected(outcome, content.expect);
  else assertAccepted(outcome);
}

/** A key whose bytes alone are judged. */
export async function judgeKeyBytes({ folder, content }: StoredCase<'key'>): Promise<void> {
  const bytes = readFileSync(join(folder, content.input));
  assertKey(await outcomeOf(() => parseKey(bytes, content)), content);
}

async function parseKey(bytes: Uint8Array, { slot, passphrase }: CaseOf<'key'>): Promise<PublicKey> {
  if (slot === 'public') return parsePublicKey(bytes);
  const options = passphrase === undefined ? {} : { passphrase: Buffer.from(passphrase) };
  const key = await parsePrivateKey(bytes, options);
  return key.publicKey;
}

/** Fails unless the key is the one that the case expects. */
export function assertKey(outcome: PublicKey | Error, { expect }: CaseOf<'key'>): void {
  if (expect.verdict === 'rejected') return assertRejected(outcome, expect);
  if (outcome instanceof Error) throw outcome;
  const { algorithm, keyid } = outcome;
  const actual = { verdict: 'accepted', algorithm, keyid, spkiSha256: spkiSha256(outcome) };
  assert.deepEqual(actual, expect);
}

export function judgeSignature({ folder, content }: StoredCase<'signature'>): void {
  const [publicKey, message, signature] = [content.publicKey, content.message, content.signature].map(
    (path) => readFileSync(join(folder, path)),
  );
  assert.ok(publicKey && message && signature);
  const verdict = verifySignature(parsePublicKey(publicKey), message, signature) ? 'accepted' : 'rejected';
  assert.equal(verdict, content.expect.verdict);
}

export async function judgeChecksums({ folder, content }: StoredCase<'checksums'>): Promise<void> {
  const outcome = await outcomeOf(() => parseChecksums(readFileSync(join(folder, content.input))));
  if (content.expect.verdict === 'rejected') assertRejected(outcome, content.expect);
  else assert.deepEqual(assertAccepted(outcome), content.expect.entries);
}

export async function judgeImageReference({ content }: StoredCase<'image-reference'>): Promise<void> {
  const outcome = await outcomeOf(() => parseImageReference(content.reference));
  if (content.expect.verdict === 'rejected') assertRejected(outcome, content.expect);
  else assert.deepEqual({ verdict: 'accepted', ...assertAccepted(outcome) }, content.expect);
}
