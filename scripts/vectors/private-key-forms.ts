import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { createCipheriv, scryptSync } from 'node:crypto';
import { der, integer, octets, oid, sequence } from './der.ts';
import { base64 } from './dsse.ts';
import { base64url, ed25519Pkcs8, pem, sha256, sshEd25519, sshString, type FixedKey } from './fixed-keys.ts';

/*
 * Private keys in the forms that other tools write, with fixed salts and nonces. Costs are low: the vectors are about
 * formats, not about the strength of passphrases.
 */

const PBES2 = oid('2a864886f70d01050d');
const SCRYPT = oid('2b060104 01da47040b'.replace(' ', ''));
const AES_256_CBC = oid('60864801650304012a');

/** What every encrypted key of the vectors is opened with. */
export const PASSPHRASE = 'correct horse battery staple';

/** PKCS#8 version 2 (RFC 5958), which carries a public half. */
export function pkcs8WithPublicKey(key: FixedKey, publicKey: Uint8Array): string {
  const algorithm = sequence(oid('2b6570'));
  const content = sequence(
    integer(1),
    algorithm,
    octets(octets(key.seed)),
    der(0x81, Buffer.concat([Buffer.of(0), publicKey])),
  );
  return pem('PRIVATE KEY', content);
}

/** Encrypted PKCS#8: PBES2 with scrypt and AES-256-CBC. `cost` is what the file asks for, 2^14 is what it takes. */
export function encryptedPkcs8(key: FixedKey, cost: number = 2 ** 14): string {
  const salt = sha256('salt of the encrypted PKCS#8 vector');
  const iv = sha256('iv of the encrypted PKCS#8 vector').subarray(0, 16);
  const cipher = createCipheriv(
    'aes-256-cbc',
    scryptSync(PASSPHRASE, salt, 32, { N: 2 ** 14, r: 8, p: 1 }),
    iv,
  );
  const encrypted = Buffer.concat([cipher.update(ed25519Pkcs8(key.seed)), cipher.final()]);
  const derivation = sequence(SCRYPT, sequence(octets(salt), integer(cost), integer(8), integer(1)));
  const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))));
  return pem('ENCRYPTED PRIVATE KEY', sequence(scheme, octets(encrypted)));
}

/** OpenSSH's own form, not encrypted; `publicKey` stands in the file's public half. */
export function openSshPrivateKey(key: FixedKey, publicKey: Uint8Array = key.raw): string {
  const check = Buffer.of(1, 2, 3, 4);
  const fields = [
    check,
    check,
    sshString('ssh-ed25519'),
    sshString(key.raw),
    sshString(Buffer.concat([key.seed, key.raw])),
    sshString(`${key.name}@example.com`),
  ];
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (length % 8)) % 8));
  const content = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(sshString),
    Buffer.of(0, 0, 0, 1),
    sshString(sshEd25519(publicKey)),
    sshString(Buffer.concat([...fields, padding])),
  ]);
  return pem('OPENSSH PRIVATE KEY', content);
}

/** cosign's form: scrypt, and a NaCl secretbox of PKCS#8. */
export function sigstorePrivateKey(key: FixedKey): string {
  const cost = { N: 2 ** 15, r: 8, p: 1 };
  const salt = sha256('salt of the Sigstore vector');
  const nonce = sha256('nonce of the Sigstore vector').subarray(0, 24);
  const secret = scryptSync(PASSPHRASE, salt, 32, { ...cost, maxmem: 64 * 1024 * 1024 });
  const content = {
    kdf: { name: 'scrypt', params: cost, salt: base64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: base64(nonce) },
    ciphertext: base64(xsalsa20poly1305(secret, nonce).encrypt(ed25519Pkcs8(key.seed))),
  };
  return pem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(content)));
}

/** A private JWK (RFC 8037); `publicKey` is what it says of its public half. */
export function privateJwk(key: FixedKey, publicKey: Uint8Array = key.raw): string {
  return `${JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: base64url(key.seed), x: base64url(publicKey) })}\n`;
}
