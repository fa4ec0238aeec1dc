import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePublicKey } from '@danube/keys';
import { encodePem, parsePem } from '../src/pem.ts';
import { concatBytes } from '../src/secret.ts';
import { keyidOf, refuses, WITH_PASSPHRASE } from './reading.ts';
import { fixture } from './sample-files.ts';
import { hex, sampleKey, seed, utf8 } from './sample-keys.ts';

function fingerprint(name: string): string {
  return parsePublicKey(fixture(name)).keyid;
}

/** The plain key with bytes of its blob replaced at an offset. */
function edited(offset: number, bytes: string): Uint8Array {
  const der = Uint8Array.from(parsePem(fixture('ssh-ed25519.ssh')).der);
  der.set(hex(bytes), offset);
  return encodePem('OPENSSH PRIVATE KEY', der);
}

describe('OpenSSH private keys', () => {
  it('reads what ssh-keygen makes, plain and encrypted', async () => {
    assert.equal(await keyidOf(fixture('ssh-ed25519.ssh')), fingerprint('ssh-ed25519.pub'));
    const encrypted = fixture('ssh-ed25519-encrypted.ssh');
    assert.equal(await keyidOf(encrypted, WITH_PASSPHRASE), fingerprint('ssh-ed25519-encrypted.pub'));
  });

  it('asks for a passphrase, and refuses a wrong or empty one', async () => {
    const encrypted = fixture('ssh-ed25519-encrypted.ssh');
    await refuses(encrypted, 'ERR_KEY_PASSPHRASE_REQUIRED');
    for (const text of ['', 'wrong'])
      await refuses(encrypted, 'ERR_KEY_PASSPHRASE', /./, { passphrase: utf8(text) });
  });

  it('names keys of other types without asking for a passphrase', async () => {
    await refuses(fixture('ssh-rsa.ssh'), 'ERR_KEY_ALGORITHM', /ssh-rsa/);
    await refuses(fixture('ssh-ecdsa.ssh'), 'ERR_KEY_ALGORITHM', /only verify with P-256/);
  });

  it('names the cipher when it is another one', async () => {
    await refuses(fixture('ssh-ed25519-gcm.ssh'), 'ERR_KEY_FORMAT', /aes256-gcm/, WITH_PASSPHRASE);
  });

  it('refuses two keys, bytes behind, a broken magic, and a cut', async () => {
    const { der } = parsePem(fixture('ssh-ed25519.ssh'));
    await refuses(edited(38, '02'), 'ERR_KEY_FORMAT', /number of keys/);
    await refuses(edited(0, '00'), 'ERR_KEY_FORMAT', /openssh-key-v1/);
    await refuses(encodePem('OPENSSH PRIVATE KEY', concatBytes(der, hex('00'))), 'ERR_KEY_FORMAT', /follows/);
    for (let length = 1; length < der.length; length += 5) {
      await refuses(encodePem('OPENSSH PRIVATE KEY', der.subarray(0, length)), 'ERR_KEY_FORMAT');
    }
  });

  it('refuses halves that do not agree, wherever they stand (keys.md 8, threats 29)', async () => {
    const blob = parsePem(fixture('ssh-ed25519.ssh')).der;
    const other = Buffer.from(sampleKey(1).publicKey.raw).toString('hex');
    const otherSeed = Buffer.from(seed(1)).toString('hex');
    const publicKey = blob.subarray(62, 94);
    const copies = [...blob.keys()].filter((at) => Buffer.from(blob.subarray(at, at + 32)).equals(publicKey));
    assert.equal(copies.length, 3);
    for (const at of copies) await refuses(edited(at, other), 'ERR_KEY_MISMATCH');
    await refuses(edited(copies[2]! - 32, otherSeed), 'ERR_KEY_MISMATCH');
  });

  it('refuses check numbers that differ and wrong padding', async () => {
    const { der } = parsePem(fixture('ssh-ed25519.ssh'));
    await refuses(edited(98, '00000000'), 'ERR_KEY_PASSPHRASE');
    await refuses(edited(der.length - 1, 'ff'), 'ERR_KEY_FORMAT', /padding/);
  });

  it('refuses to pay for more than 256 bcrypt rounds', async () => {
    const blob = Uint8Array.from(parsePem(fixture('ssh-ed25519-encrypted.ssh')).der);
    const roundsAt = Buffer.from(blob).indexOf('bcrypt') + 6 + 4 + 4 + 16; // behind the salt
    for (const [rounds, code] of [
      ['00000101', 'ERR_KEY_LIMIT'],
      ['00000000', 'ERR_KEY_FORMAT'],
    ] as const) {
      blob.set(hex(rounds), roundsAt);
      await refuses(encodePem('OPENSSH PRIVATE KEY', blob), code, /bcrypt/, WITH_PASSPHRASE);
    }
  });
});
