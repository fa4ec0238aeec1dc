/** How tests call key services on this machine, and what they look for afterwards. */
import assert from 'node:assert/strict';
import { verifySignature } from '@danube/keys';
import { type KeyBackend, SignError, type SignErrorCode, signStatement } from '@danube/signer';
import { type Envelope, pae, type Statement, STATEMENT_V1 } from 'in-toto-attestation';

export const statement: Statement = statementOf('x');

/** A statement whose predicate holds this text. */
export function statementOf(text: string): Statement {
  return {
    _type: STATEMENT_V1,
    subject: [{ name: 'app.tar', digest: { sha256: 'ab'.repeat(32) } }],
    predicateType: 'https://example.com/predicate/v1',
    predicate: { text },
  };
}

/** A statement whose PAE has exactly this many bytes. */
export async function statementWithPae(length: number): Promise<Statement> {
  const { encodeStatement, PAYLOAD_TYPE } = await import('in-toto-attestation');
  const size = (n: number): number => pae(PAYLOAD_TYPE, encodeStatement(statementOf('x'.repeat(n)))).length;
  for (let n = length; n > 0; n--) if (size(n) === length) return statementOf('x'.repeat(n));
  throw new Error('too short');
}

/** Signs, and verifies as a stranger would. */
export async function signs(backend: KeyBackend, what: Statement = statement): Promise<Envelope> {
  const envelope = await signStatement(what, backend);
  const [signature] = envelope.signatures;
  assert.ok(signature !== undefined);
  assert.ok(verifySignature(backend.publicKey, pae(envelope.payloadType, envelope.payload), signature.sig));
  return envelope;
}

/** The error of a promise that must be rejected with this code; its message holds no canary. */
export async function refusal(work: Promise<unknown>, code: SignErrorCode): Promise<SignError> {
  const error = await work.then(
    () => assert.fail(`no ${code}`),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof SignError, String(error));
  assert.equal(error.code, code, error.message);
  assertClean(`${error.message} ${error.hint ?? ''} ${String(error.cause)}`);
  return error;
}

/** No canary, in no spelling. */
export function assertClean(text: string): void {
  assert.doesNotMatch(text, /CANARY/);
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    assert.ok(!text.includes(Buffer.from('CANARY').toString(encoding)), text);
  }
}
