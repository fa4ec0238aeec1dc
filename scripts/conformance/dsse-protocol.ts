import { parsePublicKey, verifySignature, type PublicKey } from '@danube/keys';
import { pae, parseEnvelope } from 'in-toto-attestation';
import { z } from 'zod';
import { attempt, describeAttempt } from './attempt.ts';
import { equalBytes, hex } from './bytes.ts';
import type { Source, VectorFolder } from './folder.ts';
import { compare, type Outcome } from './outcome.ts';

const VECTOR = z.looseObject({
  payloadType: z.string(),
  payload_utf8: z.string(),
  pae_utf8: z.string().optional(),
  pae_hex: hex.optional(),
  public_key_pem: z.string(),
  public_key_x: z.string().optional(),
  public_key_y: z.string().optional(),
  signature_hex: hex.optional(),
  expect: z.string(),
});
type Vector = z.infer<typeof VECTOR>;

/** The vector of the DSSE v1 protocol (protocol.md, "Test Vectors"): ECDSA P-256, raw r and s. */
export const dsseProtocol: VectorFolder = { name: 'dsse-protocol', exceptions: [], judge };

function* judge(source: Source): Generator<Outcome> {
  for (const path of source.files.filter((file) => file.endsWith('.json'))) {
    yield* judgeVector(path, source.json(path, VECTOR));
  }
}

function* judgeVector(path: string, vector: Vector): Generator<Outcome> {
  yield* judgePae(path, vector);
  yield judgeKey(`${path} public key`, vector);
  const expected = vector.expect === 'verifies' ? 'verifies' : 'does not verify';
  if (vector.signature_hex !== undefined) {
    const signature = vector.signature_hex;
    yield compare(
      `${path} signature_hex`,
      expected,
      verify(vector, () => ({ message: paeOf(vector), signature })),
    );
  }
  for (const [field, envelope] of Object.entries(vector)) {
    if (!field.startsWith('envelope')) continue;
    yield compare(
      `${path} ${field}`,
      expected,
      verify(vector, () => readEnvelope(envelope)),
    );
  }
}

function* judgePae(path: string, vector: Vector): Generator<Outcome> {
  const ours = Buffer.from(paeOf(vector));
  if (vector.pae_utf8 !== undefined)
    yield compare(`${path} pae_utf8`, vector.pae_utf8, ours.toString('utf8'));
  if (vector.pae_hex === undefined) return;
  yield compare(`${path} pae_hex`, Buffer.from(vector.pae_hex).toString('hex'), ours.toString('hex'));
}

function paeOf({ payloadType, payload_utf8: payload }: Vector): Uint8Array {
  return pae(payloadType, Buffer.from(payload));
}

// The coordinates are decimal numbers in the source; the point we read from PEM must be that one.
function judgeKey(name: string, vector: Vector): Outcome {
  const { public_key_x: x, public_key_y: y } = vector;
  const end = attempt(() => keyOf(vector));
  if (end.verdict !== 'accepted') return compare(name, 'accepted', describeAttempt(end));
  const point = x === undefined || y === undefined ? 'the key' : `04${coordinate(x)}${coordinate(y)}`;
  return compare(name, point, point === 'the key' ? point : uncompressed(end.value));
}

function coordinate(decimal: string): string {
  return BigInt(decimal).toString(16).padStart(64, '0');
}

function uncompressed(key: PublicKey): string {
  return Buffer.from(key.spki.subarray(-65)).toString('hex');
}

function keyOf(vector: Vector): PublicKey {
  return parsePublicKey(Buffer.from(vector.public_key_pem));
}

/** What is known of an envelope once it was read. */
interface Signed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

function readEnvelope(value: unknown): Signed {
  const { payloadType, payload, signatures } = parseEnvelope(Buffer.from(JSON.stringify(value)));
  const [signature] = signatures;
  if (signature === undefined || signatures.length > 1) throw new TypeError('not exactly one signature');
  return { message: pae(payloadType, payload), signature: signature.sig };
}

function verify(vector: Vector, read: () => Signed): string {
  const end = attempt(() => verifyMessage(vector, read()));
  if (end.verdict === 'crashed') return describeAttempt(end);
  return end.verdict === 'accepted' ? end.value : 'does not verify';
}

function verifyMessage(vector: Vector, { message, signature }: Signed): string {
  if (!verifySignature(keyOf(vector), message, signature)) return 'does not verify';
  return equalBytes(message, paeOf(vector)) ? 'verifies' : 'verifies, but signs something else';
}
