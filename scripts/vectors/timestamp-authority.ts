import { der, integer, octets, sequence } from './der.ts';
import { p256Key, pem, sha256, type FixedKey } from './fixed-keys.ts';
import { certificateBody, certificateOf, ECDSA_WITH_SHA256, extension, name, oid, TRUE } from './x509.ts';

/*
 * A timestamp authority (RFC 3161) whose keys come from fixed seeds: a root, and the key that signs timestamps. What it
 * issues is the same in every run, and is made without the code under test.
 */

const ROOT = p256Key('timestamp root');
const SIGNER = p256Key('timestamp signer');
/** Somebody with certificates of the same names, whom no trust root names. */
const FORGER = p256Key('timestamp forger');

const VALID: readonly [string, string] = ['2025-01-01T00:00:00Z', '2049-12-31T23:59:59Z'];
const ROOT_NAME = name('timestamp root');
/** Of the signer's certificate. */
const SERIAL = 2;

const OIDS = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  policy: '1.3.6.1.4.1.57264.2',
} as const;

/** What a chain differs in from a right one. */
export interface ChainMistakes {
  /** The extended key usage of the signer: of another kind, of two kinds, or not critical. */
  readonly usage?: 'code signing' | 'code signing as well' | 'not critical';
  /** The signer's certificate was issued by somebody else of the same name. */
  readonly forged?: true;
  /** When the root's certificate ends. */
  readonly rootEnds?: string;
  /** The signer's certificate alone. */
  readonly alone?: true;
  /** The last certificate was issued by somebody else, so that it is no root. */
  readonly rootless?: true;
  /** The serial number of the signer's certificate, where it is not the one that timestamps name. */
  readonly serial?: number;
}

function rootCertificate(key: FixedKey, ends: string, issuer: Buffer = ROOT_NAME): Buffer {
  const extensions = [
    extension(OIDS.basicConstraints, sequence(TRUE), true),
    extension(OIDS.keyUsage, der(0x03, Buffer.of(2, 0x04)), true),
  ];
  const parts = { serial: 1, issuer, subject: ROOT_NAME, spki: key.spki, extensions };
  return certificateOf(certificateBody({ ...parts, valid: [VALID[0], ends] }), key);
}

function signerCertificate(usage: ChainMistakes['usage'], issuer: FixedKey, serial: number = SERIAL): Buffer {
  const purposes = [
    ...(usage === 'code signing' ? [] : [oid(OIDS.timeStamping)]),
    ...(usage?.startsWith('code signing') === true ? [oid(OIDS.codeSigning)] : []),
  ];
  const extensions = [
    extension(OIDS.keyUsage, der(0x03, Buffer.of(7, 0x80)), true),
    extension(OIDS.extendedKeyUsage, sequence(...purposes), usage !== 'not critical'),
  ];
  const subject = name('timestamp signer');
  const parts = { serial, issuer: ROOT_NAME, subject, spki: SIGNER.spki, extensions };
  return certificateOf(certificateBody({ ...parts, valid: VALID }), issuer);
}

/** The certificates of the authority in PEM, the signer first. */
export function certificateChain(mistakes: ChainMistakes = {}): string {
  const { usage, forged, rootEnds = VALID[1], alone, rootless, serial } = mistakes;
  const signer = signerCertificate(usage, forged === true ? FORGER : ROOT, serial);
  const issuer = rootless === true ? name('another root') : ROOT_NAME;
  const root = alone === true ? [] : [rootCertificate(ROOT, rootEnds, issuer)];
  return [signer, ...root].map((certificate) => pem('CERTIFICATE', certificate)).join('');
}

/** What a timestamp differs in from a right one. */
export interface TimestampMistakes {
  /** The signature is by a key of a certificate of the same names, which the timestamp brings along. */
  readonly forged?: true;
  /** The time, changed after it was signed. */
  readonly editedTime?: string;
  /** The authority refuses. */
  readonly refused?: true;
  /** It states its accuracy as well, which is no mistake: RFC 3161 leaves it open. */
  readonly accuracy?: true;
}

function attribute(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), der(0x31, value));
}

function tstInfo(imprint: Uint8Array, time: string, others: readonly Buffer[]): Buffer {
  return sequence(
    integer(1),
    oid(OIDS.policy),
    sequence(sequence(oid(OIDS.sha256), der(0x05)), octets(imprint)),
    integer(7),
    der(0x18, Buffer.from(`${time.replaceAll(/[-T:]/g, '').replace('Z', '')}Z`)),
    ...others,
  );
}

/**
 * A timestamp (TimeStampResp).
 *
 * @param imprint SHA-256 of what it is about.
 * @param time in whole seconds of UTC.
 */
export function timestampOf(
  imprint: Uint8Array,
  time: string,
  mistakes: TimestampMistakes = {},
  nonce?: Uint8Array,
): Buffer {
  if (mistakes.refused === true) return sequence(sequence(integer(2)));
  const others = [
    ...(mistakes.accuracy === true ? [sequence(integer(1))] : []),
    ...(nonce === undefined ? [] : [der(0x02, nonce)]),
  ];
  const info = tstInfo(imprint, time, others);
  const shown = mistakes.editedTime === undefined ? info : tstInfo(imprint, mistakes.editedTime, others);
  const attributes = Buffer.concat([
    attribute(OIDS.contentType, oid(OIDS.tstInfo)),
    attribute(OIDS.messageDigest, octets(sha256(info))),
  ]);
  const key = mistakes.forged === true ? FORGER : SIGNER;
  const signerInfo = sequence(
    integer(1),
    sequence(ROOT_NAME, integer(SERIAL)),
    sequence(oid(OIDS.sha256)),
    der(0xa0, attributes),
    ECDSA_WITH_SHA256,
    octets(key.sign(der(0x31, attributes))),
  );
  const brought =
    mistakes.forged === true
      ? [der(0xa0, signerCertificate(undefined, FORGER), rootCertificate(FORGER, VALID[1]))]
      : [];
  const signedData = sequence(
    integer(3),
    der(0x31, sequence(oid(OIDS.sha256))),
    sequence(oid(OIDS.tstInfo), der(0xa0, octets(shown))),
    ...brought,
    der(0x31, signerInfo),
  );
  return sequence(sequence(integer(0)), sequence(oid(OIDS.signedData), der(0xa0, signedData)));
}
