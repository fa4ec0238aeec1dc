import { createHash } from 'node:crypto';
import { SigstoreError } from './errors.ts';
import { readTimestamp } from './timestamp.ts';

/** Octets of a nonce. */
export const NONCE_BYTES = 16;

/** TimeStampReq (RFC 3161, section 2.4.1): version 1, SHA-256; the lengths are always these. */
const HEAD = Buffer.from('3048020101', 'hex');
const IMPRINT = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const NONCE = Buffer.from('0210', 'hex');

/**
 * The request (DER) for a timestamp over a signature. It asks for no certificates: whoever verifies has them already.
 *
 * @param nonce {@link NONCE_BYTES} random octets.
 */
export function buildTimestampRequest(signature: Uint8Array, nonce: Uint8Array): Uint8Array {
  return Buffer.concat([HEAD, IMPRINT, digestOf(signature), NONCE, positive(nonce)]);
}

/**
 * Requires a response to be of the very request: granted, over this signature, with this nonce. Who signed it is judged
 * by those who verify.
 *
 * @returns the time that it states.
 * @throws {SigstoreError} `ERR_SIGSTORE_TIME`
 */
export function checkTimestampResponse(der: Uint8Array, signature: Uint8Array, nonce: Uint8Array): Date {
  const timestamp = readTimestamp(der);
  try {
    const { tstInfo } = timestamp;
    tstInfo.verify(Buffer.from(signature));
    // After the five fields that every TSTInfo has, the only whole number is the nonce.
    const stated = tstInfo.root.subs.slice(5).find(({ tag }) => tag.isUniversal() && tag.isInteger());
    if (stated?.value.equals(positive(nonce)) !== true) throw new Error('it has another nonce');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new SigstoreError('ERR_SIGSTORE_TIME', `the timestamp is not of this request: ${reason}`, {
      cause,
    });
  }
  return timestamp.signingTime;
}

function digestOf(signature: Uint8Array): Buffer {
  return createHash('sha256').update(signature).digest();
}

/** As the content of a DER INTEGER: positive, and without an octet that could be left out. */
function positive(nonce: Uint8Array): Buffer {
  if (nonce.length !== NONCE_BYTES) throw new TypeError(`a nonce has ${NONCE_BYTES} octets`);
  const content = Buffer.from(nonce);
  content[0] = ((content[0] ?? 0) & 0x7f) | 0x40;
  return content;
}
