import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pae } from 'in-toto-attestation';
import { findProgram } from '../peers.ts';
import { accepts, refuses, runProgram, same, type Peer } from './case.ts';
import { danube, signAndVerify, type Material } from './material.ts';

function openssl(...args: readonly string[]): string {
  return accepts(program(), args);
}

function program(): string {
  const found = findProgram('openssl');
  if (found === undefined) throw new Error('openssl is missing');
  return found;
}

/** What our signature covers, and the signature, as files. */
function signedMessage(m: Material): [message: string, signature: string] {
  const [message, signature] = [join(m.folder, 'message'), join(m.folder, 'signature')];
  writeFileSync(message, pae(m.envelope.payloadType, m.envelope.payload));
  writeFileSync(signature, m.envelope.signatures[0]?.sig ?? '');
  return [message, signature];
}

function verifyArguments(key: string, [message, signature]: readonly [string, string]): string[] {
  return ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', message, '-sigfile', signature];
}

export const opensslPeer: Peer = {
  name: 'openssl',
  source: 'the system',
  version() {
    const found = findProgram('openssl');
    return found === undefined
      ? undefined
      : /^OpenSSL (\S+)/.exec(runProgram(found, ['version']).stdout)?.[1];
  },
  cases: [
    {
      what: 'verifies our signature with our public key',
      run: (m) => void openssl(...verifyArguments(m.publicKey, signedMessage(m))),
    },
    {
      what: 'refuses our signature with another public key',
      run: (m) =>
        refuses(program(), verifyArguments(m.otherPublicKey, signedMessage(m)), /Verification Failure/),
    },
    {
      what: 'reads our private key',
      run: (m) => void openssl('pkey', '-in', m.key, '-noout', '-check'),
    },
    {
      what: 'cannot read our encrypted private key: scrypt takes 128 MiB, and its limit is 32 MiB',
      run: (m) => {
        const args = ['pkey', '-in', m.encryptedKey, '-passin', `file:${m.passphrase}`, '-noout'];
        refuses(program(), args, /scrypt_alg:memory limit exceeded/);
      },
    },
    {
      what: 'reads our encrypted private key when we derived its key by PBKDF2 (--derivation pbkdf2)',
      run: (m) => {
        const key = join(m.folder, 'pbkdf2.key');
        const how = ['--passphrase-file', m.passphrase, '--derivation', 'pbkdf2'];
        danube('keys', 'generate', '--out', key, ...how);
        const shown = openssl('pkey', '-in', key, '-passin', `file:${m.passphrase}`, '-pubout');
        same(readFileSync(`${key}.pub`, 'utf8').trim(), shown.trim());
        signAndVerify(m, key, `${key}.pub`, '--passphrase-file', m.passphrase);
      },
    },
    {
      what: 'generates a private key that we sign with',
      run: (m) => {
        const [key, publicKey] = [join(m.folder, 'openssl.key'), join(m.folder, 'openssl.pub')];
        openssl('genpkey', '-algorithm', 'ed25519', '-out', key);
        chmodSync(key, 0o600);
        openssl('pkey', '-in', key, '-pubout', '-out', publicKey);
        signAndVerify(m, key, publicKey);
      },
    },
    ...(['-scrypt', '-v2=aes-256-cbc'] as const).map((how) => ({
      what: `encrypts a private key (${how === '-scrypt' ? 'scrypt' : 'PBKDF2, AES-256-CBC'}) that we sign with`,
      run: (m: Material) => {
        const name = how === '-scrypt' ? 'scrypt' : 'pbkdf2';
        const key = join(m.folder, `openssl-${name}.key`);
        const files = ['-in', m.key, '-out', key, '-passout', `file:${m.passphrase}`];
        openssl('pkcs8', '-topk8', ...how.split('='), ...files);
        chmodSync(key, 0o600);
        signAndVerify(m, key, m.publicKey, '--passphrase-file', m.passphrase);
      },
    })),
  ],
};
