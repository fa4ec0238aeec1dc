import { base64, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, sha256, STRANGER } from './fixed-keys.ts';
import { refusesParsing, parses } from './parse-case.ts';
import { SIGNED } from './signed.ts';
import { keyedBundle, trustedRoot, type Mistakes } from './sigstore-instance.ts';
import { APP, DOCS, statement, subject } from './statements.ts';
import {
  certificateChain,
  timestampOf,
  type ChainMistakes,
  type TimestampMistakes,
} from './timestamp-authority.ts';
import { trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, rejects, type Verification } from './verify-case.ts';

type Json = Record<string, unknown>;

const SIGNED_AT = '2026-02-01T12:00:00Z';
const NEXT_SECOND = '2026-02-01T12:00:01Z';
const BEFORE = '2026-02-01T11:59:59Z';

function authority(parts: Json = {}, mistakes: ChainMistakes = {}): Json {
  return {
    name: 'tsa',
    certificateChain: certificateChain(mistakes),
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2049-01-01T00:00:00Z',
    ...parts,
  };
}

interface Stamp extends TimestampMistakes {
  readonly at?: string;
  /** What it is about, instead of the signature. */
  readonly over?: Uint8Array;
}

/** A Sigstore bundle of the envelope, with timestamps over its signature. */
function bundle(envelope: EnvelopeJson, stamps: readonly Stamp[]): object {
  const [signature] = envelope.signatures;
  const sig = Buffer.from(signature?.sig ?? '', 'base64');
  const timestamps = stamps.map(({ at = SIGNED_AT, over = sig, ...mistakes }) => ({
    signedTimestamp: base64(timestampOf(sha256(over), at, mistakes)),
  }));
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: signature?.keyid ?? '' },
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: timestamps },
    },
    dsseEnvelope: envelope,
  };
}

function stamped(
  description: string,
  { key = {}, tsa = authority(), stamps = [{}] }: { key?: Json; tsa?: Json; stamps?: readonly Stamp[] } = {},
): Verification {
  const root = trustRoot({
    keys: [trustedKey(BUILDER, key)],
    ...(tsa['name'] === undefined ? {} : { timestampAuthorities: [tsa] }),
  });
  return {
    description,
    evidence: { [`${APP.name}.sigstore.json`]: bundle(SIGNED, stamps) },
    files: { [APP.name]: APP.content, 'root.json': encodeText(root) },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json' },
  };
}

const revoked = (since: string): Json => ({ revoked: { since, reason: 'the key was found in a log' } });
const EXPIRED = ['key.validity', 'build.level'];
const REVOKED = ['key.revoked', 'build.level'];
const PROVEN = [{ id: 'time.proof', status: 'pass' }] as const;
const UNPROVEN = [{ id: 'time.proof', status: 'warn' }] as const;

/** time.proof, and what it changes about key.validity and key.revoked. */
const CHECK_VECTORS: readonly Vector[] = [
  accepts('time-proof', stamped('A timestamp authority of the trust root proves when it was signed.'), [
    ...PROVEN,
    { id: 'key.validity', status: 'pass' },
  ]),
  accepts(
    'time-proof-none',
    stamped('Nothing proves it: the key is judged now, and the report says so.', { stamps: [] }),
    UNPROVEN,
  ),
  accepts(
    'time-proof-expired-since',
    stamped('The key expired since; it signed in its last moment.', { key: { notAfter: SIGNED_AT } }),
    PROVEN,
  ),
  rejects(
    'time-proof-expired',
    stamped('The key had expired a second before it signed.', { key: { notAfter: BEFORE } }),
    EXPIRED,
    PROVEN,
  ),
  accepts(
    'time-proof-first-moment',
    stamped('The key signed in its first moment.', { key: { notBefore: SIGNED_AT } }),
    PROVEN,
  ),
  rejects(
    'time-proof-too-early',
    stamped('The key signed a second before it could.', { key: { notBefore: NEXT_SECOND } }),
    EXPIRED,
    PROVEN,
  ),
  accepts(
    'time-proof-revoked-since',
    stamped('The key is revoked from a second after it signed.', { key: revoked(NEXT_SECOND) }),
    PROVEN,
  ),
  rejects(
    'time-proof-revoked',
    stamped('The key is revoked from the moment on in which it signed.', { key: revoked(SIGNED_AT) }),
    REVOKED,
    PROVEN,
  ),
  rejects(
    'time-proof-revoked-unproven',
    stamped('The key is revoked, and nothing proves that it signed before.', {
      key: revoked(NEXT_SECOND),
      stamps: [],
    }),
    REVOKED,
    UNPROVEN,
  ),
  rejects(
    'time-proof-edited',
    stamped('The time was changed after the authority signed it.', {
      key: revoked(SIGNED_AT),
      stamps: [{ editedTime: BEFORE }],
    }),
    ['time.proof', ...REVOKED],
  ),
  rejects(
    'time-proof-spliced',
    stamped('The timestamp is a right one, of another signature.', {
      stamps: [{ over: Buffer.from('other') }],
    }),
    ['time.proof'],
  ),
  rejects(
    'time-proof-forged',
    stamped('The timestamp brings certificates of the same names along, with keys of its own.', {
      stamps: [{ forged: true }],
    }),
    ['time.proof'],
  ),
  rejects('time-proof-refused', stamped('The authority refused it.', { stamps: [{ refused: true }] }), [
    'time.proof',
  ]),
  rejects(
    'time-proof-authority-ended',
    stamped('The trust root trusts the authority until a second before.', {
      tsa: authority({ notAfter: BEFORE }),
    }),
    ['time.proof'],
  ),
  accepts(
    'time-proof-authority-last-moment',
    stamped('The trust root trusts the authority until that very moment.', {
      tsa: authority({ notAfter: SIGNED_AT }),
    }),
    PROVEN,
  ),
  rejects(
    'time-proof-authority-not-yet',
    stamped('The trust root trusts the authority from a second later on.', {
      tsa: authority({ notBefore: NEXT_SECOND }),
    }),
    ['time.proof'],
  ),
  rejects(
    'time-proof-root-expired',
    stamped('The certificate of its root had expired by then.', { tsa: authority({}, { rootEnds: BEFORE }) }),
    ['time.proof'],
  ),
  accepts(
    'time-proof-one-of-two',
    stamped('One timestamp proves nothing, the other one does.', { stamps: [{ forged: true }, {}] }),
    PROVEN,
  ),
  accepts(
    'time-proof-earliest',
    stamped('Of two proven times the earlier one counts: it was signed by then.', {
      key: revoked(NEXT_SECOND),
      stamps: [{ at: '2026-03-01T00:00:00Z' }, {}],
    }),
    PROVEN,
  ),
  accepts(
    'time-proof-not-constrained',
    stamped('The trust root names no authority: the timestamp is not looked at.', {
      tsa: {},
      stamps: [{ forged: true }],
    }),
    [{ id: 'time.proof', status: 'not-run' }],
  ),
];

const LOGGED_AT = '2026-02-01T10:05:00Z';
const AFTER_LOGGED = '2026-02-01T10:05:01Z';

interface Logged {
  readonly key?: Json;
  readonly mistakes?: Mistakes;
  /** The statement that the log entry is about, instead of the one that is signed. */
  readonly entryOf?: object;
  /** The trust root's instance has another log. */
  readonly otherLog?: true;
}

/** A bundle of the builder's key with an entry of the instance's log, and a trust root that names the instance. */
function logged(
  description: string,
  { key = {}, mistakes = {}, entryOf, otherLog }: Logged = {},
): Verification {
  const signed = keyedBundle(statement(), BUILDER, mistakes) as LoggedBundle;
  const other = entryOf === undefined ? signed : (keyedBundle(entryOf, BUILDER) as LoggedBundle);
  const { tlogEntries } = other.verificationMaterial;
  const instance = trustedRoot() as { ctlogs: unknown };
  const trusted = otherLog ? { ...instance, tlogs: instance.ctlogs } : instance;
  const root = trustRoot({
    keys: [trustedKey(BUILDER, key), trustedKey(AUDITOR)],
    sigstore: [{ name: 'vectors', trustedRoot: trusted }],
  });
  return {
    description,
    evidence: {
      [`${APP.name}.sigstore.json`]: {
        ...signed,
        verificationMaterial: { ...signed.verificationMaterial, tlogEntries },
      },
    },
    files: { [APP.name]: APP.content, 'root.json': encodeText(root) },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json' },
  };
}

interface LoggedBundle {
  readonly verificationMaterial: { readonly tlogEntries: readonly unknown[] };
}

/** time.proof by a log of a Sigstore instance that the trust root names. */
const LOG_VECTORS: readonly Vector[] = [
  accepts(
    'time-proof-log',
    logged('A log of the trust root promised the entry: the key signed before it was revoked.', {
      key: revoked(AFTER_LOGGED),
    }),
    PROVEN,
  ),
  rejects(
    'time-proof-log-revoked',
    logged('The key is revoked from the very second on that the log says.', { key: revoked(LOGGED_AT) }),
    REVOKED,
    PROVEN,
  ),
  rejects(
    'time-proof-log-unpromised',
    logged('The log holds the entry, and promised no time.', {
      key: revoked(AFTER_LOGGED),
      mistakes: { unpromised: true },
    }),
    REVOKED,
    UNPROVEN,
  ),
  rejects(
    'time-proof-log-other',
    logged('The entry is in a log that the trust root does not name.', {
      key: revoked(AFTER_LOGGED),
      otherLog: true,
    }),
    REVOKED,
    UNPROVEN,
  ),
  rejects(
    'time-proof-log-edited',
    logged('The time was changed after the log promised it.', {
      mistakes: { editedTime: '2026-01-15T00:00:00Z' },
    }),
    ['time.proof'],
  ),
  rejects(
    'time-proof-log-spliced',
    logged('The entry is a right one, of another statement by the same key.', {
      entryOf: statement({ subject: [subject(DOCS)] }),
    }),
    ['time.proof'],
  ),
  rejects(
    'time-proof-log-signer',
    logged('The entry holds the same bytes and signature, for a key that nobody trusts.', {
      mistakes: { loggedFor: STRANGER },
    }),
    ['time.proof'],
  ),
  rejects(
    'time-proof-log-signer-trusted',
    logged('The entry holds the same bytes and signature, for another key of the trust root.', {
      mistakes: { loggedFor: AUDITOR },
    }),
    ['time.proof'],
  ),
];

function refusesAuthorities(
  name: string,
  description: string,
  authorities: readonly Json[],
  pointer: string,
): Vector {
  const root = trustRoot({ timestampAuthorities: authorities });
  return refusesParsing('trust-root', name, description, root, 'ERR_TRUST_ROOT', pointer);
}

const FIRST = '/timestampAuthorities/0';

const DOCUMENT_VECTORS: readonly Vector[] = [
  parses(
    'trust-root',
    'timestamp-authority',
    'A timestamp authority.',
    trustRoot({ timestampAuthorities: [authority()] }),
  ),
  refusesAuthorities(
    'timestamp-authorities-empty',
    'An empty list could mean none or any.',
    [],
    '/timestampAuthorities',
  ),
  refusesAuthorities(
    'timestamp-authority-twice',
    'Two authorities of one name.',
    [authority(), authority()],
    '/timestampAuthorities/1',
  ),
  refusesAuthorities(
    'timestamp-authority-backwards',
    'It ends before it begins.',
    [authority({ notAfter: '2025-01-01T00:00:00Z' })],
    `${FIRST}/notAfter`,
  ),
  refusesAuthorities(
    'timestamp-authority-no-pem',
    'What should be certificates is something else.',
    [authority({ certificateChain: 'tsa.pem' })],
    `${FIRST}/certificateChain`,
  ),
  refusesAuthorities(
    'timestamp-authority-key',
    'A key is no certificate.',
    [authority({ certificateChain: trustedKey(BUILDER)['publicKey'] })],
    `${FIRST}/certificateChain`,
  ),
];

export const TIME_PROOF_VECTORS: readonly Vector[] = [...CHECK_VECTORS, ...LOG_VECTORS, ...DOCUMENT_VECTORS];
