import { randomBytes } from 'node:crypto';
import { buildTimestampRequest, checkTimestampResponse, NONCE_BYTES, SigstoreError } from '@danube/sigstore';
import type { Envelope } from 'in-toto-attestation';
import { download } from './download.ts';
import { CliError, usageError } from './exit-code.ts';

/** More than any timestamp has, with all its certificates. */
const REPLY_BYTES = 65_536;

/**
 * Asks a timestamp authority to prove that the only signature of an envelope is there. Whether the authority can be
 * trusted is judged by those who verify; here its answer must be one to this very question.
 *
 * @returns the timestamp, DER.
 * @throws CliError ERR_SERVICE
 */
export async function requestTimestamp({ signatures }: Envelope, url: URL): Promise<Uint8Array> {
  const [signature, ...others] = signatures;
  if (signature === undefined || others.length > 0)
    throw usageError('a Sigstore bundle, which holds the timestamp, has exactly one signature');
  const nonce = randomBytes(NONCE_BYTES);
  const reply = await download({
    method: 'POST',
    url,
    maxBytes: REPLY_BYTES,
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: Buffer.from(buildTimestampRequest(signature.sig, nonce)),
  });
  try {
    checkTimestampResponse(reply, signature.sig, nonce);
  } catch (cause) {
    if (!(cause instanceof SigstoreError)) throw cause;
    throw new CliError('ERR_SERVICE', `${url.host}: ${cause.message}`, {
      hint: 'is this the URL of a timestamp authority (RFC 3161)? Nothing was written.',
      cause,
    });
  }
  return reply;
}
