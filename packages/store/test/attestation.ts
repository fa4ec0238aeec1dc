import {
  encodeEnvelope,
  encodeSigstoreBundle,
  encodeStatement,
  type Envelope,
  PAYLOAD_TYPE,
  PROVENANCE_V1,
  publicKeyBundle,
  STATEMENT_V1,
} from 'in-toto-attestation';

/** An envelope about a digest. Its signature is none: this package verifies nothing. */
export function envelopeAbout(digest: string, marker: string = ''): Envelope {
  const [algorithm = '', hex = ''] = digest.split(':');
  const payload = encodeStatement({
    _type: STATEMENT_V1,
    subject: [{ name: 'app', digest: { [algorithm]: hex } }],
    predicateType: PROVENANCE_V1,
    predicate: { marker },
  });
  return {
    payloadType: PAYLOAD_TYPE,
    payload,
    signatures: [{ keyid: 'SHA256:test', sig: Buffer.alloc(64, 1) }],
  };
}

export function dsseAbout(digest: string, marker?: string): Uint8Array {
  return encodeEnvelope(envelopeAbout(digest, marker));
}

export function bundleAbout(digest: string, marker?: string): Uint8Array {
  return encodeSigstoreBundle(publicKeyBundle(envelopeAbout(digest, marker), 'SHA256:test'));
}

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
