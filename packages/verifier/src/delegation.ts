import type { Envelope } from 'in-toto-attestation';
import { pae } from 'in-toto-attestation';
import {
  KeyError,
  type PublicKey,
  type VerifiedDelegation,
  verifyDelegation,
  verifySignature,
} from '@danube/keys';
import type { EvidenceItem } from './evidence.ts';
import type { ProvenTime } from './signing-time.ts';

/** A key that signed in place of a trusted one, by a certificate in the bundle; or why it does not count. */
export type DelegatedSigner =
  | {
      readonly delegation: VerifiedDelegation;
      readonly at: Date;
      readonly by: string | undefined;
      readonly reason?: undefined;
    }
  | { readonly reason: string };

/**
 * Judges the certificate of a bundle as a delegation: by one of the keys, for the key that signed these very bytes, and
 * valid when it signed (if that is proven, else now). `undefined` when there is no certificate, or one of another kind.
 */
export function judgeDelegation(
  { bundle }: EvidenceItem,
  { payloadType, payload, signatures }: Envelope,
  keys: readonly PublicKey[],
  signedAt: ProvenTime | undefined,
  now: Date,
): DelegatedSigner | undefined {
  const certificate = bundle?.verificationMaterial.certificate;
  if (certificate === undefined) return undefined;
  try {
    const delegation = verifyDelegation(certificate, keys);
    const message = pae(payloadType, payload);
    if (!signatures.some(({ sig }) => verifySignature(delegation.publicKey, message, sig)))
      return { reason: `the delegated key ${delegation.publicKey.keyid} did not sign this` };
    const at = signedAt?.time ?? now;
    if (at >= delegation.notBefore && at <= delegation.notAfter) return { delegation, at, by: signedAt?.by };
    return { reason: outsideOf(delegation, at, signedAt) };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return error.code === 'ERR_KEY_DELEGATION' ? { reason: error.message } : undefined;
  }
}

function outsideOf(
  { notBefore, notAfter }: VerifiedDelegation,
  at: Date,
  signedAt: ProvenTime | undefined,
): string {
  const when = signedAt === undefined ? 'nothing proves when it signed, and it is' : `it signed by`;
  return `the delegated key could sign from ${notBefore.toISOString()} to ${notAfter.toISOString()}; ${when} ${at.toISOString()}`;
}
