import { envelope, sigstoreBundle } from './dsse.ts';
import { AUDITOR, BUILDER } from './fixed-keys.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { statement } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';

function duplicatePayload(): string {
  const [open, ...rest] = JSON.stringify(SIGNED).split('"payload":');
  return `${open ?? ''}"payload":"e30=","payload":${rest.join('"payload":')}`;
}

const [own] = SIGNED.signatures;
const malformed = (
  name: string,
  description: string,
  content: string | object,
  code: string,
  pointer: string,
): Vector =>
  rejects(
    `envelope-${name}`,
    { description, evidence: { 'provenance.json': content } },
    ['envelope.format'],
    [
      { id: 'envelope.format', status: 'fail', code, pointer },
      { id: 'signature', status: 'not-run' },
    ],
  );

const MALFORMED: readonly Vector[] = [
  malformed(
    'no-signatures',
    'An envelope without any signature.',
    { ...SIGNED, signatures: [] },
    'ERR_VALUE',
    '/signatures',
  ),
  malformed(
    'empty-signature',
    'A signature of no bytes.',
    { ...SIGNED, signatures: [{ sig: '' }] },
    'ERR_VALUE',
    '/signatures/0/sig',
  ),
  malformed(
    'no-payload',
    'An envelope without payload.',
    { payloadType: SIGNED.payloadType, signatures: SIGNED.signatures },
    'ERR_MISSING',
    '/payload',
  ),
  malformed(
    'unsigned-statement',
    'A statement as it is, without an envelope: nobody signed it.',
    statement(),
    'ERR_TYPE',
    '',
  ),
  malformed(
    'base64-whitespace',
    'A line feed inside the base64 of the payload, which lenient decoders skip.',
    { ...SIGNED, payload: `${SIGNED.payload.slice(0, 64)}\n${SIGNED.payload.slice(64)}` },
    'ERR_BASE64',
    '/payload',
  ),
  malformed(
    'base64-trailing',
    'Text after the padding of the signature, which lenient decoders drop.',
    { ...SIGNED, signatures: [{ ...own, sig: `${own?.sig ?? ''}AAAA` }] },
    'ERR_BASE64',
    '/signatures/0/sig',
  ),
  malformed(
    'base64-unpadded',
    'The padding of the signature is cut off.',
    { ...SIGNED, signatures: [{ ...own, sig: own?.sig.replace(/=+$/, '') }] },
    'ERR_BASE64',
    '/signatures/0/sig',
  ),
  malformed(
    'base64-unused-bits',
    'The unused bits behind the last byte of the signature are set.',
    {
      ...SIGNED,
      signatures: [
        {
          ...own,
          sig: own?.sig.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`),
        },
      ],
    },
    'ERR_BASE64',
    '/signatures/0/sig',
  ),
  malformed(
    'base64-mixed',
    'Standard and URL-safe base64 in one text.',
    { ...SIGNED, payload: 'ew-/' },
    'ERR_BASE64',
    '/payload',
  ),
  malformed(
    'duplicate-payload',
    'Two members named payload: readers that take the first and readers that take the last see different statements.',
    duplicatePayload(),
    'ERR_JSON_DUPLICATE_KEY',
    '/payload',
  ),
  malformed(
    'byte-order-mark',
    'The file starts with a byte order mark.',
    Buffer.from(`\ufeff${JSON.stringify(SIGNED)}`),
    'ERR_JSON_BOM',
    '',
  ),
  malformed(
    'trailing-text',
    'Something follows the JSON value on the same line.',
    `${JSON.stringify(SIGNED)} true`,
    'ERR_JSON_SYNTAX',
    '',
  ),
  malformed(
    'bundle-two-signatures',
    'A Sigstore bundle whose envelope holds two signatures; the format allows exactly one.',
    sigstoreBundle(envelope(PAYLOAD, [BUILDER, AUDITOR])),
    'ERR_VALUE',
    '/dsseEnvelope/signatures',
  ),
  malformed(
    'bundle-unknown-version',
    'A Sigstore bundle of a version that nobody has defined.',
    sigstoreBundle(SIGNED, 'application/vnd.dev.sigstore.bundle.v0.9+json'),
    'ERR_VALUE',
    '/mediaType',
  ),
];

const twins = SIGNED.payloadType.replaceAll(/./g, (letter) =>
  String.fromCharCode(letter.charCodeAt(0) + 0x100),
);

const PAYLOAD_TYPES: readonly Vector[] = [
  accepts('payload-type-of-predicate', {
    description:
      'The payload type that in-toto allows for one predicate: application/vnd.in-toto.provenance+json.',
    evidence: {
      'provenance.json': envelope(PAYLOAD, [BUILDER], 'application/vnd.in-toto.provenance+json'),
    },
  }),
  rejects(
    'payload-type-text',
    {
      description: 'The right statement, signed as text/plain: nobody said that it is a statement.',
      evidence: { 'provenance.json': envelope(PAYLOAD, [BUILDER], 'text/plain') },
    },
    ['envelope.format'],
    [{ id: 'envelope.format', status: 'fail', code: 'ERR_VALUE', pointer: '/payloadType' }],
  ),
  rejects(
    'payload-type-twins',
    {
      description:
        'Each letter of the payload type is replaced by the one 256 code points on; a PAE in one-byte characters is the same for both.',
      evidence: { 'provenance.json': { ...SIGNED, payloadType: twins } },
    },
    ['envelope.format'],
  ),
  rejects(
    'payload-type-changed',
    {
      description: 'The payload type was changed after signing, to another one that is allowed.',
      evidence: {
        'provenance.json': { ...SIGNED, payloadType: 'application/vnd.in-toto.provenance+json' },
      },
    },
    ['signature', 'key.threshold'],
  ),
];

/** envelope.format: envelopes and bundles that are malformed, and payloads that are no statement. */
export const ENVELOPE_VECTORS: readonly Vector[] = [...MALFORMED, ...PAYLOAD_TYPES];
