import type { FixedKey } from './fixed-keys.ts';
import type { Content } from './vector.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** DSSE v1: `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes. */
export function pae(payloadType: string, payload: Content): Buffer {
  const body = Buffer.from(payload);
  const header = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `;
  return Buffer.concat([Buffer.from(header), body]);
}

export interface SignatureJson {
  keyid?: string;
  sig: string;
}

export interface EnvelopeJson {
  payload: string;
  payloadType: string;
  signatures: SignatureJson[];
}

export const base64 = (data: Content): string => Buffer.from(data).toString('base64');

/** One signature of an envelope, with the key's own id as its hint. */
export function signature(
  key: FixedKey,
  payload: Content,
  payloadType: string = PAYLOAD_TYPE,
): SignatureJson {
  return { keyid: key.keyid, sig: base64(key.sign(pae(payloadType, payload))) };
}

/** An envelope signed by these keys, in their order. */
export function envelope(
  payload: Content,
  keys: readonly FixedKey[],
  payloadType: string = PAYLOAD_TYPE,
): EnvelopeJson {
  return {
    payload: base64(payload),
    payloadType,
    signatures: keys.map((key) => signature(key, payload, payloadType)),
  };
}

/** A Sigstore bundle v0.3 of an envelope, signed by a key that its readers know from elsewhere. */
export function sigstoreBundle(
  dsseEnvelope: EnvelopeJson,
  mediaType: string = 'application/vnd.dev.sigstore.bundle.v0.3+json',
): Record<string, unknown> {
  return {
    mediaType,
    verificationMaterial: {
      publicKey: { hint: dsseEnvelope.signatures[0]?.keyid ?? '' },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope,
  };
}
