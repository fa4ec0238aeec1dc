import { verifySignature } from '@danube/keys';
import {
  DanubeError,
  encodeStatement,
  LIMITS,
  pae,
  PAYLOAD_TYPE,
  type Envelope,
  type Signature,
  type Statement,
} from 'in-toto-attestation';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';

/** How a signature is made. */
export interface SignOptions {
  /** Stops signing: the promise rejects with its reason, and there is no envelope. */
  readonly signal?: AbortSignal;
}

/** Longest payload whose envelope, with room for all its signatures, stays within what is read back. */
const MAX_PAYLOAD_BYTES = Math.floor((LIMITS.envelopeBytes - 65_536) / 4) * 3;

/**
 * Encodes a statement once and signs those bytes; the envelope carries the same ones (DSSE v1).
 *
 * @throws {MalformedError} for a statement that nobody would accept; see {@link signPayload} for the rest.
 */
export async function signStatement(
  statement: Statement,
  backend: KeyBackend,
  options: SignOptions = {},
): Promise<Envelope> {
  return signPayload(PAYLOAD_TYPE, encodeStatement(statement), backend, options);
}

/**
 * Signs a payload as it is. The signature is verified with the pinned public key before there is an envelope; its
 * keyid is the key's OpenSSH fingerprint.
 *
 * @throws {SignError} ERR_SIGN_LIMIT (before the backend is asked), ERR_SIGN_BACKEND, ERR_SIGN_SELF_CHECK.
 * @throws the signal's reason, when it was aborted.
 */
export async function signPayload(
  payloadType: string,
  payload: Uint8Array,
  backend: KeyBackend,
  options: SignOptions = {},
): Promise<Envelope> {
  return {
    payloadType,
    payload,
    signatures: [await createSignature(payloadType, payload, backend, options)],
  };
}

/**
 * Adds a signature by another key; payload and earlier signatures stay as they are. Whether the payload deserves it is
 * for the caller to judge. Earlier signatures are looked at only to find this very key, never by keyid.
 *
 * @throws {SignError} ERR_SIGN_DUPLICATE_KEY when this key has signed already, ERR_SIGN_LIMIT when the envelope is
 * full, and as {@link signPayload}.
 */
export async function appendSignature(
  envelope: Envelope,
  backend: KeyBackend,
  options: SignOptions = {},
): Promise<Envelope> {
  const { payloadType, payload, signatures } = envelope;
  if (signatures.length >= LIMITS.signatures) {
    throw new SignError('ERR_SIGN_LIMIT', `the envelope has ${signatures.length} signatures already`);
  }
  const message = pae(payloadType, payload);
  if (signatures.some(({ sig }) => verifySignature(backend.publicKey, message, sig))) {
    throw new SignError(
      'ERR_SIGN_DUPLICATE_KEY',
      `${backend.publicKey.keyid} has signed this envelope already`,
      {
        hint: 'a threshold counts keys, not signatures: sign with another key',
      },
    );
  }
  const added = await createSignature(payloadType, payload, backend, options);
  return { ...envelope, signatures: [...signatures, added] };
}

/** Length check, sign, verify: the only place where a signature comes from. */
async function createSignature(
  payloadType: string,
  payload: Uint8Array,
  backend: KeyBackend,
  { signal }: SignOptions,
): Promise<Signature> {
  signal?.throwIfAborted();
  const { publicKey } = backend; // read once: what is pinned must not change while the backend works
  const message = pae(payloadType, payload);
  checkLength(payload, message, backend);
  const returned = await untilAborted(callBackend(backend, message, signal), signal);
  const sig = returned instanceof Uint8Array ? Uint8Array.from(returned) : new Uint8Array();
  // Encoded again, in case backend or caller touched the bytes meanwhile: this is what the envelope will say.
  if (!verifySignature(publicKey, pae(payloadType, payload), sig)) {
    throw new SignError(
      'ERR_SIGN_SELF_CHECK',
      `${backend.uri} returned no valid signature of ${publicKey.keyid}`,
      {
        hint: 'nothing was written; the service may use another key or version, or sign a digest instead',
      },
    );
  }
  return { keyid: publicKey.keyid, sig };
}

function checkLength(payload: Uint8Array, message: Uint8Array, backend: KeyBackend): void {
  if (message.length > backend.maxMessageBytes) {
    throw new SignError(
      'ERR_SIGN_LIMIT',
      `PAE is ${message.length} bytes; ${backend.limitName ?? `${backend.uri} signs at most ${backend.maxMessageBytes}`}`,
      backend.limitHint === undefined ? {} : { hint: backend.limitHint },
    );
  }
  if (payload.length > MAX_PAYLOAD_BYTES) {
    throw new SignError(
      'ERR_SIGN_LIMIT',
      `the payload has ${payload.length} bytes, at most ${MAX_PAYLOAD_BYTES} fit`,
    );
  }
}

async function callBackend(
  backend: KeyBackend,
  message: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await backend.sign(message, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DanubeError) throw error;
    throw new SignError('ERR_SIGN_BACKEND', `${backend.uri} failed to sign`, { cause: error });
  }
}

/** Does not wait for a backend that ignores its signal. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await Promise.race([work, aborted]);
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
