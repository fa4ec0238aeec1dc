import { isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import type { Rule } from './rule.ts';

/** What may stand between the words of a PEM label that was split, escaped or taken out of a list. */
const GAP = String.raw`(?:[ \t\r\n_+"',\]\[]|\\[nrt"]){1,8}`;

/**
 * Private keys as text: every format that danube reads, and those of the tools beside it. The label alone counts: who
 * prints it has the rest at hand, and the rest may be encoded in ways that nobody has thought of.
 */
export const PRIVATE_KEY_RULES: readonly Rule[] = [
  {
    id: 'private-key',
    what: 'private key (PEM: PKCS#8, encrypted PKCS#8, PKCS#1, SEC 1, OpenSSH, PGP, cosign)',
    anchors: ['KEY'],
    pattern: new RegExp(
      String.raw`--[ \r\n\\t"',]{0,4}BEGIN${GAP}(?:[A-Z0-9]{1,12}${GAP}){0,3}(?:PRIVATE|SECRET)${GAP}KEY(?:${GAP}BLOCK)?[ \r\n\\t"',]{0,4}--`,
      'g',
    ),
  },
  {
    id: 'openssh-private-key',
    what: 'OpenSSH private key without its label',
    anchors: ['b3BlbnNzaC1rZXktdjE'],
    pattern: /b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/=]{16,8192}/g,
  },
  {
    id: 'pkcs8-hex',
    what: 'PKCS#8 private key in hex',
    anchors: ['302e020100300506032b65', '302E020100300506032B65', '0201003013060'],
    pattern:
      /(?:302e020100300506032b65(?:70|71|6e|6f)0422|3081[0-9a-f]{2}020100301306072a8648ce3d0201)[0-9a-f]{2,400}/gi,
  },
  {
    id: 'age-key',
    what: 'age identity',
    anchors: ['AGE-SECRET-KEY-', 'age-secret-key-', 'AGE-PLUGIN-'],
    pattern: /AGE-(?:SECRET-KEY-(?:PQ-)?1|PLUGIN-[A-Z0-9+._-]{1,32}-1)[02-9AC-HJ-NP-Z]{50,200}/gi,
  },
  {
    id: 'minisign-key',
    what: 'minisign or signify secret key',
    anchors: ['RWRTY0Iy', 'RWQAAEIy', 'RWRCSw', 'minisign encrypted secret key', 'minisign secret key'],
    pattern:
      /(?:RWRTY0Iy|RWQAAEIy)[A-Za-z0-9+/]{80,300}={0,2}|RWRCSw[A-Za-z0-9+/]{80,300}={0,2}|minisign (?:encrypted )?secret key/g,
  },
  {
    id: 'putty-key',
    what: 'PuTTY private key',
    anchors: ['PuTTY-User-Key-File-'],
    pattern: /PuTTY-User-Key-File-[0-9]/g,
  },
  {
    id: 'jwk-private-key',
    what: 'private JSON Web Key',
    anchors: ['"kty', "'kty"],
    pattern: /["']d\\{0,3}["'][ \t\r\n]{0,4}:[ \t\r\n]{0,4}\\{0,3}["'][\w-]{20,1024}/g,
  },
  {
    id: 'cosign-key',
    what: 'encrypted cosign key',
    anchors: ['nacl/secretbox'],
    pattern: /nacl\/secretbox/g,
  },
];

/** Whether the object is a private JSON Web Key: RFC 8037 and 7518 keep the private part in `d`, symmetric keys in `k`. */
export function privatePartOfJwk(object: JsonObject): 'd' | 'k' | undefined {
  const { kty, d, k } = object;
  if (typeof kty !== 'string') return undefined;
  if (isKeyPart(d)) return 'd';
  return kty === 'oct' && isKeyPart(k) ? 'k' : undefined;
}

function isKeyPart(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && /^[\w+/=-]{16,}$/.test(value);
}

/** Whether the object is the JSON inside of an encrypted cosign key. */
export function isSecretbox(object: JsonObject): boolean {
  const { cipher, ciphertext } = object;
  return typeof ciphertext === 'string' && cipher !== undefined && isJsonObject(cipher) && 'nonce' in cipher;
}

/** Beginnings of the DER of private keys, behind the outermost SEQUENCE. */
const DER_BODIES: readonly (readonly [body: string, what: string])[] = [
  ['0201003005', 'pkcs8'], // version 0, AlgorithmIdentifier: Ed25519, Ed448, X25519
  ['0201013005', 'pkcs8'], // version 1, with the public key
  ['020100300d', 'pkcs8'], // RSA
  ['0201003010', 'pkcs8'],
  ['0201003013', 'pkcs8'], // EC
  ['0201003014', 'pkcs8'],
  ['0201003082', 'pkcs8'], // DSA, DH
  ['0201003081', 'pkcs8'],
  ['020101042', 'sec1'],
  ['020101043', 'sec1'],
  ['020101044', 'sec1'],
  ['02010002', 'pkcs1'],
  ['0201033082', 'pkcs12'],
  ['0201033080', 'pkcs12'],
];

/** SEQUENCE { SEQUENCE { PBES1, PBES2 or PKCS#12 PBE ...: the encrypted PKCS#8 of RFC 5958. */
const ENCRYPTED_PKCS8 =
  /^30(?:[0-7][0-9a-f]|81[0-9a-f]{2}|82[0-9a-f]{4})(?:0609|060a|060b)2a864886f70d01(?:05|0c01)/;

/** Whether the bytes begin as the DER of a private key does, PKCS#12 files included, or are OpenSSH's or Java's. */
export function isPrivateKeyBytes(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x30 && bytes[0] !== 0xfe && bytes[0] !== 0x6f) return false;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 40));
  if (head.toString('latin1').startsWith('openssh-key-v1\0')) return true;
  const hex = head.toString('hex');
  if (hex.startsWith('feedfeed0000000')) return true;
  const body = derBody(hex, bytes.length);
  return (
    body !== undefined && (DER_BODIES.some(([start]) => body.startsWith(start)) || ENCRYPTED_PKCS8.test(body))
  );
}

/** What is inside of an outermost SEQUENCE that is as long as it says. */
function derBody(hex: string, length: number): string | undefined {
  const [header, short, long1, long2] =
    /^30(?:([0-7][0-9a-f])|81([0-9a-f]{2})|82([0-9a-f]{4}))/.exec(hex) ?? [];
  if (header === undefined) return undefined;
  const stated = Number.parseInt(short ?? long1 ?? long2 ?? '', 16);
  // A key that was cut off, or that goes on, is one still.
  return stated >= 30 && length >= 15 ? hex.slice(header.length) : undefined;
}
