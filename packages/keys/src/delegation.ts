/**
 * Delegated keys: a key in a service certifies an Ed25519 key in memory for minutes. The certificate is X.509 v3 (RFC
 * 5280) of one form only: who may sign with it, and for how long, is all it says. Its issuer is a key, not an authority.
 */
import { sha256 } from '#platform/sha256';
import {
  contentOf,
  type DerElement,
  encodeDer,
  encodeInteger,
  encodeOid,
  parseDer,
  parseDerList,
  sequenceOf,
  TAG,
} from './der.ts';
import { KeyError } from './errors.ts';
import { printableName } from './key-type.ts';
import { createPublicKey, type KeyAlgorithm, type PublicKey, verifySignature } from './public-key.ts';
import { equalBytes } from './secret.ts';
import { parseSpki } from './spki.ts';

/** What a certificate says. */
export interface Delegation {
  /** The key that may sign, always Ed25519. */
  readonly publicKey: PublicKey;
  /** From then on, whole seconds. */
  readonly notBefore: Date;
  /** Until then, included. */
  readonly notAfter: Date;
}

/** A certificate that a trusted key signed. */
export interface VerifiedDelegation extends Delegation {
  readonly issuer: PublicKey;
}

/** The longest delegation that is believed, in seconds: minutes are enough, and its key is not in a key service. */
export const MAX_DELEGATION_SECONDS = 3600;

const SERIAL_LENGTH = 16;
const MAX_CERTIFICATE_BYTES = 2048;
/** The extended key usage "in place of the issuer": 2.25 and a UUID (X.667), so that nobody else means anything by it. */
const IN_PLACE_OF_ISSUER = Uint8Array.from([
  0x06, 0x14, 0x69, 0x83, 0xe6, 0xf2, 0xd8, 0xdb, 0xd1, 0xe0, 0xba, 0xa8, 0x83, 0x9e, 0x83, 0x9a, 0xe0, 0xd2,
  0xb0, 0xf0, 0x9b, 0x2f,
]);

const TRUE = encodeDer(0x01, Uint8Array.of(0xff));
const VERSION_3 = encodeDer(0xa0, encodeInteger(2));
const KEY_USAGE = extension('2.5.29.15', true, encodeDer(TAG.bitString, Uint8Array.of(7, 0x80))); // digitalSignature
const NO_AUTHORITY = extension('2.5.29.19', true, encodeDer(TAG.sequence));
const USAGE = extension('2.5.29.37', true, encodeDer(TAG.sequence, IN_PLACE_OF_ISSUER));
const ALGORITHMS: Readonly<Record<KeyAlgorithm, Uint8Array>> = {
  ed25519: encodeDer(TAG.sequence, encodeOid('1.3.101.112')),
  'ecdsa-p256-sha256': encodeDer(TAG.sequence, encodeOid('1.2.840.10045.4.3.2')),
};

/**
 * What the issuer has to sign: the TBSCertificate, DER, of some 350 bytes.
 *
 * @throws {TypeError} for a delegate that is no Ed25519 key, times that are no whole seconds or more than
 * {@link MAX_DELEGATION_SECONDS} apart, or a serial that is not 16 random bytes.
 */
export function buildDelegation(
  issuer: PublicKey,
  { publicKey, notBefore, notAfter }: Delegation,
  serial: Uint8Array,
): Uint8Array {
  if (publicKey.algorithm !== 'ed25519') throw new TypeError('a key is delegated to an Ed25519 key');
  if (serial.length !== SERIAL_LENGTH) throw new TypeError(`a serial has ${SERIAL_LENGTH} bytes`);
  if (!isWindow(notBefore, notAfter)) throw new TypeError('a delegation lasts from a second to an hour');
  const algorithm = ALGORITHMS[issuer.algorithm];
  // The byte in front keeps the number positive and its encoding minimal.
  const number = encodeDer(TAG.integer, Uint8Array.of(1), serial);
  const keyIdentifier = encodeDer(0x80, sha256(issuer.spki).subarray(0, 20)); // RFC 7093
  const extensions = [
    extension('2.5.29.35', false, encodeDer(TAG.sequence, keyIdentifier)),
    NO_AUTHORITY,
    KEY_USAGE,
    USAGE,
  ];
  return encodeDer(
    TAG.sequence,
    VERSION_3,
    number,
    algorithm,
    encodeName(issuer.keyid),
    encodeDer(TAG.sequence, encodeTime(notBefore), encodeTime(notAfter)),
    encodeName(publicKey.keyid),
    publicKey.spki,
    encodeDer(0xa3, encodeDer(TAG.sequence, ...extensions)),
  );
}

/** The certificate, DER, of what the issuer signed. */
export function encodeDelegation(issuer: PublicKey, unsigned: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeDer(
    TAG.sequence,
    unsigned,
    ALGORITHMS[issuer.algorithm],
    encodeDer(TAG.bitString, Uint8Array.of(0), signature),
  );
}

/**
 * Reads a certificate and verifies it with the one of the keys that it names as its issuer. Everything in it must be what
 * {@link buildDelegation} writes, byte for byte. Whether it is time for it is not judged here.
 *
 * @throws {KeyError} ERR_KEY_FORMAT when it is no delegation at all, ERR_KEY_DELEGATION when none of the keys made it.
 */
export function verifyDelegation(certificate: Uint8Array, issuers: readonly PublicKey[]): VerifiedDelegation {
  const { unsigned, signature, issuerKeyid, serial, ...delegation } = parseDelegation(certificate);
  const issuer = issuers.find(({ keyid }) => keyid === issuerKeyid);
  if (issuer === undefined)
    throw refused(`it is by ${printableName(issuerKeyid)}, which is none of the keys`);
  const again = encodeDelegation(issuer, buildDelegation(issuer, delegation, serial), signature);
  if (!equalBytes(certificate, again))
    throw new KeyError('ERR_KEY_FORMAT', 'the certificate is not written as a delegation is');
  if (!verifySignature(issuer, unsigned, signature)) throw refused(`${issuer.keyid} did not sign it`);
  return { ...delegation, issuer };
}

/** Whether a certificate has the form of a delegation, whoever made it: of any other kind are those of authorities. */
export function matchDelegation(certificate: Uint8Array): boolean {
  try {
    parseDelegation(certificate);
    return true;
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}

interface ParsedDelegation extends Delegation {
  readonly unsigned: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuerKeyid: string;
  readonly serial: Uint8Array;
}

/** Takes out what differs from one to the next; that the rest is as it must be shows when it is written again. */
function parseDelegation(certificate: Uint8Array): ParsedDelegation {
  if (certificate.length > MAX_CERTIFICATE_BYTES) throw notOne();
  const [unsigned, , bits] = sequenceOf(parseDer(certificate));
  const [, number, , issuer, validity, , spki] = sequenceOf(unsigned);
  const [notBefore, notAfter] = sequenceOf(validity).map(readTime);
  if (unsigned === undefined || spki === undefined || notBefore === undefined || notAfter === undefined)
    throw notOne();
  const key = parseSpki(encodeDer(spki.tag, spki.content));
  const serial = contentOf(number, TAG.integer).subarray(1);
  if (key.algorithm !== 'ed25519' || serial.length !== SERIAL_LENGTH || !isWindow(notBefore, notAfter))
    throw notOne();
  return {
    unsigned: encodeDer(unsigned.tag, unsigned.content),
    signature: contentOf(bits, TAG.bitString).subarray(1),
    issuerKeyid: readName(issuer),
    serial,
    publicKey: createPublicKey(key.algorithm, key.raw),
    notBefore,
    notAfter,
  };
}

function isWindow(notBefore: Date, notAfter: Date): boolean {
  const seconds = (notAfter.getTime() - notBefore.getTime()) / 1000;
  const isWhole = [notBefore, notAfter].every((time) => time.getTime() % 1000 === 0);
  return isWhole && seconds >= 1 && seconds <= MAX_DELEGATION_SECONDS;
}

function notOne(): KeyError {
  return new KeyError('ERR_KEY_FORMAT', 'the certificate is no delegation of a key');
}

function refused(reason: string): KeyError {
  return new KeyError(
    'ERR_KEY_DELEGATION',
    `the certificate of a delegated key is not to be believed: ${reason}`,
  );
}

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  const parts = [encodeOid(oid), ...(critical ? [TRUE] : []), encodeDer(TAG.octetString, value)];
  return encodeDer(TAG.sequence, ...parts);
}

const UTF8_STRING = 0x0c;
const SET = 0x31;

/** A name of nothing but a keyid. */
function encodeName(keyid: string): Uint8Array {
  const text = encodeDer(UTF8_STRING, new TextEncoder().encode(keyid));
  const commonName = encodeDer(TAG.sequence, encodeOid('2.5.4.3'), text);
  return encodeDer(TAG.sequence, encodeDer(SET, commonName));
}

function readName(name: DerElement | undefined): string {
  const [set] = sequenceOf(name);
  const [commonName] = parseDerList(contentOf(set, SET));
  const [, text] = sequenceOf(commonName);
  return new TextDecoder().decode(contentOf(text, UTF8_STRING));
}

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** RFC 5280, 4.1.2.5: two digits for the year until 2049. */
function encodeTime(time: Date): Uint8Array {
  const digits = time.toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  const isShort = time.getUTCFullYear() < 2050;
  return encodeDer(
    isShort ? UTC_TIME : GENERALIZED_TIME,
    new TextEncoder().encode(`${isShort ? digits.slice(2) : digits}Z`),
  );
}

function readTime({ tag, content }: DerElement): Date {
  const text = new TextDecoder().decode(content);
  const digits = tag === UTC_TIME ? `20${text}` : text;
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) throw notOne();
  return time;
}
