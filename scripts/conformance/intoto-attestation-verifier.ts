import { parsePublicKey, verifySignature, type PublicKey } from '@danube/keys';
import {
  isJsonObject,
  matchStatementPayloadType,
  pae,
  parseEnvelope,
  parseJson,
  parsePredicate,
  parseStatement,
  type Envelope,
} from 'in-toto-attestation';
import { z } from 'zod';
import { attempt, describeAttempt } from './attempt.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';

const NO_TYPE =
  'signed and verified, but no statement: it has `type` where the specification demands `_type`';
const STUB =
  'signed and verified, but its predicate leaves out or cuts off what the specification of its type demands';

const KEY = z.object({
  keytype: z.literal('ed25519'),
  keyval: z.object({ public: z.string().regex(/^[0-9a-f]{64}$/) }),
});

/** DSSE envelopes of in-toto's attestation-verifier, signed with Ed25519 by securesystemslib-style keys. */
export const intotoAttestationVerifier: VectorFolder = {
  name: 'intoto-attestation-verifier',
  exceptions: [NO_TYPE, STUB],
  judge,
};

function* judge(source: Source): Generator<Outcome> {
  const keys = readKeys(source);
  // The raw statements, layouts and parameters beside the envelopes are another tool's input, and no cases.
  const paths = source.files.filter((file) => file.endsWith('.json') && isSigned(source.bytes(file)));
  for (const path of paths) yield* judgeEnvelope(path, source.bytes(path), keys);
}

function readKeys(source: Source): PublicKey[] {
  const texts = source.files
    .filter((file) => file.endsWith('.pub'))
    .map((file) => source.json(file, KEY).keyval.public);
  if (texts.length === 0) throw new UnreadableError('holds no public key (*.pub)');
  return [...new Set(texts)].map((text) => parsePublicKey(Buffer.from(text)));
}

// By content, and generously: an envelope that our parser refuses must show as a disagreement.
function isSigned(bytes: Uint8Array): boolean {
  const end = attempt(() => parseJson(bytes));
  return end.verdict !== 'accepted' || (isJsonObject(end.value) && 'payload' in end.value);
}

function* judgeEnvelope(path: string, bytes: Uint8Array, keys: readonly PublicKey[]): Generator<Outcome> {
  const end = attempt(() => parseEnvelope(bytes));
  const verdict = end.verdict === 'accepted' ? verify(end.value, keys) : describeAttempt(end);
  yield compare(`${path} signature`, 'verifies', verdict);
  if (end.verdict === 'accepted' && verdict === 'verifies')
    yield judgeStatement(`${path} statement`, end.value);
}

function verify({ payloadType, payload, signatures }: Envelope, keys: readonly PublicKey[]): string {
  const message = pae(payloadType, payload);
  const isSigned = signatures.every(({ sig }) => keys.some((key) => verifySignature(key, message, sig)));
  if (!isSigned) return 'does not verify';
  return matchStatementPayloadType(payloadType) ? 'verifies' : `verifies, but is of type ${payloadType}`;
}

function judgeStatement(name: string, { payload }: Envelope): Outcome {
  const parsed = attempt(() => parseStatement(payload));
  if (parsed.verdict === 'rejected' && parsed.pointer === '/_type' && hasType(payload)) {
    return notApplicable(name, NO_TYPE);
  }
  if (parsed.verdict !== 'accepted') return compare(name, 'accepted', describeAttempt(parsed));
  const read = attempt(() => parsePredicate(parsed.value));
  if (read.verdict === 'rejected' && ['ERR_MISSING', 'ERR_HEX'].includes(read.code))
    return notApplicable(name, STUB);
  return compare(name, 'accepted', describeAttempt(read));
}

function hasType(payload: Uint8Array): boolean {
  const value = parseJson(payload);
  return isJsonObject(value) && typeof value['type'] === 'string' && !('_type' in value);
}
