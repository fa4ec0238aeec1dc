import { der, integer, sequence } from './der.ts';
import { base64, envelope, type EnvelopeJson } from './dsse.ts';
import { BUILDER, ed25519Key, P256, pem, sha256, STRANGER, type FixedKey } from './fixed-keys.ts';
import { PAYLOAD } from './signed.ts';
import { APP } from './statements.ts';
import { certificateChain, timestampOf } from './timestamp-authority.ts';
import { trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, KEYS, rejects, type Verification } from './verify-case.ts';
import { bits, ECDSA_WITH_SHA256, extension, name, oid, time, TRUE } from './x509.ts';

/** The key in memory that the builder's key certifies. */
const DELEGATE = ed25519Key('delegate');
const FROM = '2026-02-01T12:00:00Z';
const UNTIL = '2026-02-01T12:10:00Z';
const WITHIN = '2026-02-01T12:05:00Z';
const SECOND_LATER = '2026-02-01T12:10:01Z';
const SECOND_BEFORE = '2026-02-01T11:59:59Z';

/** 2.25.323597923563160933740341451151275462063 */
const IN_PLACE_OF_ISSUER = Buffer.from('06146983e6f2d8dbd1e0baa8839e839ae0d2b0f09b2f', 'hex');
const CODE_SIGNING = oid('1.3.6.1.5.5.7.3.3');

interface Mistakes {
  /** Whose key is certified, by whom, and whose name is under it. */
  readonly subject?: FixedKey;
  readonly issuer?: FixedKey;
  readonly forger?: FixedKey;
  readonly until?: string;
  readonly usage?: Buffer;
  readonly authority?: true;
}

function certificate({
  subject = DELEGATE,
  issuer = BUILDER,
  forger = issuer,
  until = UNTIL,
  usage = IN_PLACE_OF_ISSUER,
  authority,
}: Mistakes = {}): Buffer {
  const algorithm = issuer === P256 ? ECDSA_WITH_SHA256 : sequence(oid('1.3.101.112'));
  const keyIdentifier = der(0x80, sha256(issuer.spki).subarray(0, 20));
  const body = sequence(
    der(0xa0, integer(2)),
    der(0x02, Buffer.of(1), sha256('serial').subarray(0, 16)),
    algorithm,
    name(issuer.keyid),
    sequence(time(FROM), time(until)),
    name(subject.keyid),
    subject.spki,
    der(
      0xa3,
      sequence(
        extension('2.5.29.35', sequence(keyIdentifier)),
        extension('2.5.29.19', sequence(...(authority === true ? [TRUE] : [])), true),
        extension('2.5.29.15', der(0x03, Buffer.of(7, 0x80)), true),
        extension('2.5.29.37', sequence(usage), true),
      ),
    ),
  );
  return sequence(body, algorithm, bits(forger.sign(body)));
}

interface Parts extends Mistakes {
  readonly signer?: FixedKey;
  /** When a timestamp authority saw the signature. */
  readonly seen?: string;
}

function bundle({ signer = DELEGATE, seen, ...mistakes }: Parts): object {
  const signed: EnvelopeJson = envelope(PAYLOAD, [signer]);
  const sig = Buffer.from(signed.signatures[0]?.sig ?? '', 'base64');
  const timestamps = seen === undefined ? [] : [{ signedTimestamp: base64(timestampOf(sha256(sig), seen)) }];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate(mistakes)) },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: timestamps },
    },
    dsseEnvelope: signed,
  };
}

function delegated(description: string, parts: Parts = {}, more: Partial<Verification> = {}): Verification {
  return {
    description,
    evidence: { [`${APP.name}.sigstore.json`]: bundle(parts) },
    now: WITHIN,
    ...more,
  };
}

/** By a trust root that knows the builder's key and a timestamp authority. */
function stamped(description: string, parts: Parts, key: Record<string, unknown> = {}): Verification {
  const root = trustRoot({
    keys: [trustedKey(BUILDER, key)],
    timestampAuthorities: [
      {
        name: 'tsa',
        certificateChain: certificateChain(),
        notBefore: '2026-01-01T00:00:00Z',
        notAfter: '2049-01-01T00:00:00Z',
      },
    ],
  });
  return delegated(description, parts, {
    files: { [APP.name]: APP.content, 'root.json': encodeText(root) },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json' },
    now: '2026-06-01T00:00:00Z',
  });
}

const PASSED = [
  { id: 'signature', status: 'pass' },
  { id: 'key.delegation', status: 'pass' },
] as const;
const FAILED = ['signature', 'key.delegation', 'key.threshold'];
/** It is nobody's delegation: then it is a certificate like any other, which is not expected here. */
const NO_DELEGATION = ['signature', 'key.threshold'];

/** key.delegation: a key in memory signs for minutes, by a certificate of a trusted key. */
export const DELEGATION_VECTORS: readonly Vector[] = [
  accepts(
    'delegation',
    delegated('A trusted key certified another one for ten minutes, which signed; they are not over.'),
    PASSED,
  ),
  accepts(
    'delegation-by-p256',
    delegated(
      'The trusted key is a P-256 one.',
      { issuer: P256 },
      { expectations: { publicKeys: [KEYS.p256] } },
    ),
    PASSED,
  ),
  accepts('delegation-first-moment', delegated('They begin now.', {}, { now: FROM }), PASSED),
  accepts('delegation-last-moment', delegated('They end now.', {}, { now: UNTIL }), PASSED),
  rejects('delegation-early', delegated('They begin in a second.', {}, { now: SECOND_BEFORE }), FAILED),
  rejects('delegation-expired', delegated('They are over for a second.', {}, { now: SECOND_LATER }), FAILED),
  accepts(
    'delegation-proven',
    stamped('They are long over, and a timestamp proves that it was signed in time.', { seen: UNTIL }),
    [...PASSED, { id: 'time.proof', status: 'pass' }, { id: 'build.level', status: 'pass' }],
  ),
  rejects(
    'delegation-proven-late',
    stamped('A timestamp proves nothing better than that it was there a second later.', {
      seen: SECOND_LATER,
    }),
    FAILED,
  ),
  rejects(
    'delegation-unproven',
    stamped('They are long over, and nothing proves when it was signed.', {}),
    FAILED,
  ),
  rejects(
    'delegation-issuer-revoked',
    stamped(
      'The trusted key was revoked before.',
      { seen: WITHIN },
      { revoked: { since: FROM, reason: 'lost' } },
    ),
    ['key.revoked', 'build.level'],
  ),
  rejects(
    'delegation-by-stranger',
    delegated('A key that nobody trusts certified it.', { issuer: STRANGER }),
    FAILED,
  ),
  rejects(
    'delegation-forged',
    delegated("A stranger certified it in the trusted key's name.", { forger: STRANGER }),
    FAILED,
  ),
  rejects(
    'delegation-other-signer',
    delegated('The certificate is a right one, and another key signed.', { signer: STRANGER }),
    FAILED,
  ),
  rejects(
    'delegation-too-long',
    delegated('It would last an hour and a second.', { until: '2026-02-01T13:00:01Z' }),
    NO_DELEGATION,
  ),
  rejects(
    'delegation-other-usage',
    delegated('The trusted key certified it for something else: to sign code.', { usage: CODE_SIGNING }),
    NO_DELEGATION,
  ),
  rejects(
    'delegation-authority',
    delegated('The certified key calls itself an authority.', { authority: true }),
    NO_DELEGATION,
  ),
  rejects(
    'delegation-counts-once',
    delegated(
      'The delegated key is trusted itself: its one signature counts for one key.',
      {},
      {
        files: {
          [APP.name]: APP.content,
          'delegate.pub': pem('PUBLIC KEY', DELEGATE.spki),
        },
        expectations: { publicKeys: [KEYS.builder, 'delegate.pub'], threshold: 2 },
      },
    ),
    ['key.threshold'],
  ),
];
