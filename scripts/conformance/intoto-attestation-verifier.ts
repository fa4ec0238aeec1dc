import { parsePublicKey, verifySignature, type PublicKey } from '@danube/keys';
import {
  isJsonObject,
  matchStatementPayloadType,
  pae,
  parseEnvelope,
  parseJson,
  parseStatement,
  type Envelope,
} from 'in-toto-attestation';
import { z } from 'zod';
import { attempt, describeAttempt } from './attempt.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';
import { readPredicate } from './predicates.ts';

const NOT_SIGNED = 'an unsigned statement, a layout or its parameters: nothing to verify';
const NO_TYPE =
  'signed and verified, but no statement: it has `type` where the specification demands `_type`';
const SHORT =
  'signed and verified, but its predicate is a stub that the specification of its type does not allow';

const KEY = z.object({
  keytype: z.literal('ed25519'),
  keyval: z.object({ public: z.string().regex(/^[0-9a-f]{64}$/) }),
});

/** DSSE envelopes of in-toto's attestation-verifier, signed with Ed25519 by securesystemslib-style keys. */
export const intotoAttestationVerifier: VectorFolder = {
  name: 'intoto-attestation-verifier',
  exceptions: [NOT_SIGNED, NO_TYPE, SHORT],
  judge,
};

function* judge(source: Source): Generator<Outcome> {
  const keys = readKeys(source);
  for (const path of source.files.filter((file) => /\.(?:json|ya?ml)$/.test(file))) {
    const signed = path.endsWith('.json') && isSigned(source.bytes(path));
    if (!signed) yield notApplicable(path, NOT_SIGNED);
    else yield* judgeEnvelope(path, source.bytes(path), keys);
  }
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
  const end = attempt(() => verifiedEnvelope(bytes, keys));
  yield compare(`${path} signature`, 'accepted', describeAttempt(end));
  if (end.verdict === 'accepted') yield judgeStatement(`${path} statement`, end.value);
}

function verifiedEnvelope(bytes: Uint8Array, keys: readonly PublicKey[]): Envelope {
  const envelope = parseEnvelope(bytes);
  const message = pae(envelope.payloadType, envelope.payload);
  for (const { sig } of envelope.signatures) {
    if (!keys.some((key) => verifySignature(key, message, sig)))
      throw new TypeError('a signature does not verify');
  }
  if (!matchStatementPayloadType(envelope.payloadType))
    throw new TypeError(`payloadType ${envelope.payloadType}`);
  return envelope;
}

function judgeStatement(name: string, { payload }: Envelope): Outcome {
  const parsed = attempt(() => parseStatement(payload));
  if (parsed.verdict === 'rejected' && parsed.pointer === '/_type' && hasType(payload)) {
    return notApplicable(name, NO_TYPE);
  }
  if (parsed.verdict !== 'accepted') return compare(name, 'accepted', describeAttempt(parsed));
  const { predicateType, predicate } = parsed.value;
  const read = attempt(() => readPredicate(predicateType, predicate));
  if (read.verdict === 'rejected') return notApplicable(name, SHORT);
  return compare(name, 'accepted', describeAttempt(read));
}

function hasType(payload: Uint8Array): boolean {
  const value = parseJson(payload);
  return isJsonObject(value) && typeof value['type'] === 'string' && !('_type' in value);
}
