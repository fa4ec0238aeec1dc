import { createHash } from 'node:crypto';
import {
  base64,
  envelope,
  pae,
  signature,
  type EnvelopeJson,
  type SignatureJson,
  PAYLOAD_TYPE,
} from './dsse.ts';
import { AUDITOR, BUILDER, P256, STRANGER } from './fixed-keys.ts';
import { OTHER_COMMIT, SOURCE_COMMIT } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, KEYS, refuses, rejects } from './verify-case.ts';
import { addOrder } from './malleable.ts';
import { PAYLOAD, SIGNED } from './signed.ts';

const NOT_SIGNED = ['signature', 'key.threshold'] as const;
const TWO_OF_TWO = { publicKeys: [KEYS.builder, KEYS.auditor], threshold: 2 };
const [OWN = { sig: '' }] = SIGNED.signatures;

function signed(...signatures: SignatureJson[]): EnvelopeJson {
  return { ...SIGNED, signatures };
}

function flipped(sig: string): string {
  const bytes = Buffer.from(sig, 'base64');
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  return base64(bytes);
}

function digestOfPae(): Buffer {
  return createHash('sha256').update(pae(PAYLOAD_TYPE, PAYLOAD)).digest();
}

/** Both INTEGERs of a DER ECDSA signature, each on 32 bytes. */
function derToRaw(der: Buffer): Buffer {
  const length = der.readUInt8(3);
  const integers = [der.subarray(4, 4 + length), der.subarray(6 + length)];
  return Buffer.concat(
    integers.map((integer) =>
      Buffer.from(integer.toString('hex').replace(/^00/, '').padStart(64, '0'), 'hex'),
    ),
  );
}

const fails = (name: string, description: string, evidence: EnvelopeJson): Vector =>
  rejects(`signature-${name}`, { description, evidence: { 'provenance.json': evidence } }, NOT_SIGNED);

const SIGNATURES: readonly Vector[] = [
  rejects(
    'signature-of-another-key',
    {
      description: 'The evidence is signed, but by a key that is not the one expected.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { publicKeys: [KEYS.stranger] },
    },
    NOT_SIGNED,
  ),
  fails('payload-changed', 'The payload was changed after signing: another commit.', {
    ...SIGNED,
    payload: base64(PAYLOAD.replaceAll(SOURCE_COMMIT, OTHER_COMMIT)),
  }),
  fails('bit-flipped', 'One bit of the signature is flipped.', signed({ ...OWN, sig: flipped(OWN.sig) })),
  fails(
    'over-payload',
    'The signature is over the payload alone, without the PAE of DSSE.',
    signed({ keyid: BUILDER.keyid, sig: base64(BUILDER.sign(Buffer.from(PAYLOAD))) }),
  ),
  fails(
    'over-digest',
    'The signature is over the SHA-256 digest of the PAE, as some key services make it.',
    signed({ keyid: BUILDER.keyid, sig: base64(BUILDER.sign(digestOfPae())) }),
  ),
  fails(
    's-plus-order',
    'S of the signature is S + L: the same equation holds, but RFC 8032 demands S < L.',
    signed({ ...OWN, sig: base64(addOrder(Buffer.from(OWN.sig, 'base64'))) }),
  ),
  fails(
    'one-byte-more',
    'A 65th byte follows the signature.',
    signed({ ...OWN, sig: base64(Buffer.concat([Buffer.from(OWN.sig, 'base64'), Buffer.of(0)])) }),
  ),
  fails(
    'of-another-envelope',
    "The builder's signature of another statement, moved into this envelope.",
    signed(signature(BUILDER, '{}')),
  ),
];

const HINTS: readonly Vector[] = [
  accepts('keyid-absent', {
    description: 'No keyid: it is only a hint which key to try.',
    evidence: { 'provenance.json': signed({ sig: OWN.sig }) },
  }),
  accepts('keyid-of-another-key', {
    description:
      'The keyid names another key that is expected as well; the key that verifies is what counts.',
    evidence: { 'provenance.json': signed({ keyid: AUDITOR.keyid, sig: OWN.sig }) },
    expectations: { publicKeys: [KEYS.builder, KEYS.auditor] },
  }),
  rejects(
    'keyid-claimed',
    {
      description: "A stranger's signature under the builder's keyid.",
      evidence: { 'provenance.json': signed({ ...signature(STRANGER, PAYLOAD), keyid: BUILDER.keyid }) },
    },
    NOT_SIGNED,
  ),
  accepts('bad-signature-beside-good', {
    description: "A stranger's and a broken signature beside the builder's: they neither help nor harm.",
    evidence: {
      'provenance.json': signed(signature(STRANGER, PAYLOAD), { ...OWN, sig: flipped(OWN.sig) }, OWN),
    },
  }),
];

const both = envelope(PAYLOAD, [BUILDER, AUDITOR]);
const oneKey = { publicKeys: [KEYS.builder, KEYS.builderOpenSsh, KEYS.builderRaw], threshold: 2 };

const THRESHOLDS: readonly Vector[] = [
  accepts('one-of-two-keys', {
    description: 'One of the two expected keys signed, and one is enough.',
    evidence: { 'provenance.json': SIGNED },
    expectations: { publicKeys: [KEYS.builder, KEYS.auditor] },
  }),
  accepts(
    'threshold-two',
    {
      description: 'Two different keys signed, and two are demanded.',
      evidence: { 'provenance.json': both },
      expectations: TWO_OF_TWO,
    },
    [{ id: 'key.threshold', status: 'pass' }],
  ),
  rejects(
    'threshold-not-reached',
    {
      description: 'Two keys are demanded, one signed.',
      evidence: { 'provenance.json': SIGNED },
      expectations: TWO_OF_TWO,
    },
    ['key.threshold'],
    [
      { id: 'signature', status: 'pass' },
      { id: 'statement.format', status: 'not-run' },
    ],
  ),
  rejects(
    'threshold-one-key-twice',
    {
      description: 'One key signed twice, under two keyids: keys are counted, not signatures.',
      evidence: { 'provenance.json': signed(OWN, { keyid: AUDITOR.keyid, sig: OWN.sig }) },
      expectations: TWO_OF_TWO,
    },
    ['key.threshold'],
  ),
  rejects(
    'threshold-stranger',
    {
      description: 'One expected key and one stranger signed, and two expected keys are demanded.',
      evidence: { 'provenance.json': envelope(PAYLOAD, [BUILDER, STRANGER]) },
      expectations: TWO_OF_TWO,
    },
    ['key.threshold'],
  ),
  refuses(
    'threshold-one-key-three-encodings',
    {
      description: 'One key as PEM, OpenSSH and raw bytes is one key; two can never be reached.',
      evidence: { 'provenance.json': both },
      expectations: oneKey,
    },
    'threshold',
  ),
  refuses(
    'threshold-zero',
    {
      description: 'A threshold of 0 would switch signatures off.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { threshold: 0 },
    },
    'threshold',
  ),
  refuses(
    'threshold-negative',
    {
      description: 'A negative threshold.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { threshold: -1 },
    },
    'threshold',
  ),
  refuses(
    'threshold-fraction',
    {
      description: 'A threshold that is no whole number.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { publicKeys: [KEYS.builder, KEYS.auditor], threshold: 1.5 },
    },
    'threshold',
  ),
  refuses(
    'threshold-above-keys',
    {
      description: 'More keys are demanded than were given.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { threshold: 2 },
    },
    'threshold',
  ),
  refuses(
    'no-public-key',
    {
      description: 'Without a key nothing can be trusted; no key is never "any key".',
      evidence: { 'provenance.json': SIGNED },
      expectations: { publicKeys: [] },
    },
    'publicKeys',
  ),
];

const der = signature(P256, PAYLOAD);
const expectations = { publicKeys: [KEYS.p256] };

const P256_SIGNATURES: readonly Vector[] = [
  accepts('p256-der', {
    description: 'An ECDSA P-256 signature in DER.',
    evidence: { 'provenance.json': signed(der) },
    expectations,
  }),
  accepts('p256-raw', {
    description: 'The same signature as raw r and s (IEEE P1363), which other writers of DSSE use.',
    evidence: {
      'provenance.json': signed({ ...der, sig: base64(derToRaw(Buffer.from(der.sig, 'base64'))) }),
    },
    expectations,
  }),
  rejects(
    'p256-payload-changed',
    {
      description: 'A P-256 signature over another payload.',
      evidence: {
        'provenance.json': {
          ...signed(der),
          payload: base64(PAYLOAD.replaceAll(SOURCE_COMMIT, OTHER_COMMIT)),
        },
      },
      expectations,
    },
    NOT_SIGNED,
  ),
  rejects(
    'p256-key-for-ed25519-signature',
    {
      description: 'An Ed25519 signature under the keyid of a P-256 key: the key decides the algorithm.',
      evidence: { 'provenance.json': signed({ keyid: P256.keyid, sig: OWN.sig }) },
      expectations,
    },
    NOT_SIGNED,
  ),
];

/** signature and key.threshold: whose signatures count, and how often. */
export const SIGNATURE_CHECK_VECTORS: readonly Vector[] = [
  ...SIGNATURES,
  ...HINTS,
  ...THRESHOLDS,
  ...P256_SIGNATURES,
];
