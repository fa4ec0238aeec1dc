/** Keys in memory that sign for minutes in place of one in a service, which certifies them once. */
import { randomBytes } from 'node:crypto';
import { buildDelegation, encodeDelegation, generatePrivateKey, verifySignature } from '@danube/keys';
import { SignError } from './errors.ts';
import type { KeyBackend } from './key-backend.ts';

/** How a key is delegated. */
export interface DelegateOptions {
  /** How long the delegated key can sign, in seconds: 60 to 3,540; 600 when left out. */
  readonly seconds?: number;
  /** The time; the clock's when left out. */
  readonly now?: Date;
  readonly signal?: AbortSignal;
}

const SECONDS = 600;
/** Other clocks may be behind. */
const BACKDATE_SECONDS = 60;

/**
 * Makes an Ed25519 key in memory and has it certified by a key, which signs once, some 400 bytes: afterwards statements of
 * any length are signed without it, as long as the certificate lasts. The certificate must travel with each signature
 * (`certificateBundle` of in-toto-attestation); verifiers hold it against the key they trust. They need a proven time once
 * the certificate has expired.
 *
 * The key given is not closed with the delegated one, and may be closed before.
 *
 * @throws {SignError} what signing with the key throws; ERR_SIGN_SELF_CHECK when its signature is not its own.
 * @throws {TypeError} for other seconds than 60 to 3,540.
 */
export async function delegateKey(
  backend: KeyBackend,
  { seconds = SECONDS, now = new Date(), signal }: DelegateOptions = {},
): Promise<KeyBackend> {
  if (!Number.isInteger(seconds) || seconds < 60 || seconds > 3_540)
    throw new TypeError('a key is delegated for 60 to 3,540 seconds');
  const issuer = backend.publicKey;
  const key = generatePrivateKey();
  const from = Math.floor(now.getTime() / 1000) - BACKDATE_SECONDS;
  const notAfter = new Date((from + BACKDATE_SECONDS + seconds) * 1000);
  const delegation = { publicKey: key.publicKey, notBefore: new Date(from * 1000), notAfter };
  const unsigned = buildDelegation(issuer, delegation, randomBytes(16));
  const signature = Uint8Array.from(await backend.sign(unsigned, signal === undefined ? {} : { signal }));
  if (!verifySignature(issuer, unsigned, signature)) {
    key.destroy();
    throw new SignError(
      'ERR_SIGN_SELF_CHECK',
      `${backend.uri} returned no valid signature of ${issuer.keyid}`,
      {
        hint: 'nothing was written; the service may use another key or version, or sign a digest instead',
      },
    );
  }
  return {
    uri: backend.uri,
    publicKey: key.publicKey,
    algorithm: 'ed25519',
    maxMessageBytes: Infinity,
    certificate: encodeDelegation(issuer, unsigned, signature),
    sign: async (message) => {
      if (Date.now() > notAfter.getTime()) {
        throw new SignError(
          'ERR_SIGN_KEY',
          `the key that ${backend.uri} delegated to expired at ${notAfter.toISOString()}`,
          {
            hint: 'delegate again',
          },
        );
      }
      return key.sign(message);
    },
    close: async () => key.destroy(),
  };
}
