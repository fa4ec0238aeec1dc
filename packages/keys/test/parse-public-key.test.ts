import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { encodeOpenSshPublicKey, encodePublicKeyPem, KeyError, parsePublicKey } from '@danube/keys';
import { concatBytes } from '../src/secret.ts';
import { publicKeyFlaw } from '../src/ed25519-profile.ts';
import { encodePem } from '../src/pem.ts';
import { fixture } from './sample-files.ts';
import { hex, RFC8032_KEYID, RFC8032_PUBLIC, RFC8032_SEED, TORSION, utf8 } from './sample-keys.ts';

const HEX = Buffer.from(RFC8032_PUBLIC).toString('hex');
const BASE64 = Buffer.from(RFC8032_PUBLIC).toString('base64');

function refuses(bytes: Uint8Array, code: string, message = /./): void {
  assert.throws(() => parsePublicKey(bytes), { name: 'KeyError', code, message });
}

describe('parsePublicKey', () => {
  it('reads SPKI in PEM and DER, as openssl writes it', () => {
    const pem = fixture('ed25519.pub');
    assert.equal(parsePublicKey(pem).keyid, RFC8032_KEYID);
    assert.equal(parsePublicKey(parsePublicKey(pem).spki).keyid, RFC8032_KEYID);
  });

  it('reads 32 bytes raw, in hex of either case, and in base64, with one line end behind text', () => {
    for (const text of [HEX, HEX.toUpperCase(), BASE64]) {
      for (const end of ['', '\n', '\r\n'])
        assert.equal(parsePublicKey(utf8(text + end)).keyid, RFC8032_KEYID);
    }
    assert.equal(parsePublicKey(RFC8032_PUBLIC).keyid, RFC8032_KEYID);
  });

  it('reads raw keys whatever byte they begin with, also that of another format', () => {
    for (let first = 0; first < 256; first++) {
      const raw = Uint8Array.from(RFC8032_PUBLIC);
      raw[0] = first;
      while (publicKeyFlaw(raw) !== undefined) raw[1]! += 1;
      assert.deepEqual(parsePublicKey(raw).raw, raw);
    }
  });

  it('reads OpenSSH lines as ssh-keygen writes them, Ed25519 and P-256', () => {
    assert.equal(parsePublicKey(fixture('ssh-ed25519.pub')).algorithm, 'ed25519');
    assert.equal(parsePublicKey(fixture('ssh-ecdsa.pub')).algorithm, 'ecdsa-p256-sha256');
  });

  it('reads public JWKs, Ed25519 and P-256', () => {
    const jwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      x: Buffer.from(RFC8032_PUBLIC).toString('base64url'),
      kid: 'any',
    };
    assert.equal(parsePublicKey(utf8(JSON.stringify(jwk))).keyid, RFC8032_KEYID);
    const { raw } = parsePublicKey(fixture('prime256v1.pub'));
    const [x, y] = [raw.subarray(1, 33), raw.subarray(33)].map((half) =>
      Buffer.from(half).toString('base64url'),
    );
    assert.deepEqual(parsePublicKey(utf8(JSON.stringify({ kty: 'EC', crv: 'P-256', x, y }))).raw, raw);
  });

  it('writes again what it read', () => {
    for (const name of ['ed25519.pub', 'prime256v1.pub']) {
      assert.deepEqual(utf8(encodePublicKeyPem(parsePublicKey(fixture(name)))), fixture(name));
    }
    for (const name of ['ssh-ed25519.pub', 'ssh-ecdsa.pub']) {
      const line = encodeOpenSshPublicKey(parsePublicKey(fixture(name)), 'test key');
      assert.deepEqual(utf8(line), fixture(name));
    }
  });

  it('refuses a private key in any form (keys.md 8, threats 28)', () => {
    const names = [
      'ed25519.pem',
      'pbes2-scrypt.pem',
      'ssh-ed25519.ssh',
      'ssh-ed25519-encrypted.ssh',
      'rsa-traditional.pem',
    ];
    for (const name of names) refuses(fixture(name), 'ERR_KEY_SLOT');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'AA', d: Buffer.from(RFC8032_SEED).toString('base64url') };
    refuses(utf8(JSON.stringify(jwk)), 'ERR_KEY_SLOT');
    const both = concatBytes(RFC8032_SEED, RFC8032_PUBLIC);
    for (const bytes of [both, utf8(Buffer.from(both).toString('hex'))]) refuses(bytes, 'ERR_KEY_SLOT');
  });

  it('refuses keys of other algorithms and names them (keys.md 8, threats 28)', () => {
    refuses(fixture('rsa.pub'), 'ERR_KEY_ALGORITHM', /an RSA key/);
    refuses(fixture('rsa-pss.pub'), 'ERR_KEY_ALGORITHM', /an RSA-PSS key/);
    refuses(fixture('x25519.pub'), 'ERR_KEY_ALGORITHM', /an X25519 key/);
    refuses(fixture('ed448.pub'), 'ERR_KEY_ALGORITHM', /an Ed448 key/);
    refuses(fixture('secp384r1.pub'), 'ERR_KEY_ALGORITHM', /an ECDSA P-384 key/);
    refuses(fixture('prime256v1-explicit.pub'), 'ERR_KEY_ALGORITHM', /explicit curve/);
    refuses(fixture('ssh-rsa.pub'), 'ERR_KEY_ALGORITHM', /ssh-rsa/);
    refuses(utf8(`{"kty":"RSA","n":"${'AQAB'.repeat(9)}","e":"AQAB"}`), 'ERR_KEY_ALGORITHM', /RSA/);
    refuses(utf8(`{"kty":"OKP","crv":"X25519","x":"${'A'.repeat(43)}"}`), 'ERR_KEY_ALGORITHM', /X25519/);
    refuses(
      encodePem('PUBLIC KEY', hex('300e300606042a03040503040001020a')),
      'ERR_KEY_ALGORITHM',
      /unknown \(1\.2\.3/,
    );
  });

  it('refuses points of small order, off the curve, or not canonical, in every form (keys.md 11, threats 27)', () => {
    const prefix = parsePublicKey(RFC8032_PUBLIC).spki.subarray(0, 12);
    const bad = [
      ...TORSION.map((point) => point.toBytes()),
      hex('02'.padEnd(64, '0')),
      hex(`ee${'ff'.repeat(30)}7f`),
    ];
    for (const raw of bad) {
      for (const bytes of [
        raw,
        encodePem('PUBLIC KEY', concatBytes(prefix, raw)),
        utf8(Buffer.from(raw).toString('hex')),
      ]) {
        refuses(bytes, 'ERR_KEY_POINT');
      }
    }
    refuses(fixture('prime256v1-compressed.pub'), 'ERR_KEY_POINT', /uncompressed/);
  });

  it('refuses trailing bytes, in the DER and behind the PEM (keys.md 8)', () => {
    const { spki } = parsePublicKey(RFC8032_PUBLIC);
    refuses(encodePem('PUBLIC KEY', concatBytes(spki, hex('00'))), 'ERR_KEY_FORMAT');
    refuses(concatBytes(spki, hex('0500')), 'ERR_KEY_FORMAT');
    refuses(concatBytes(fixture('ed25519.pub'), utf8('x')), 'ERR_KEY_FORMAT');
    refuses(concatBytes(fixture('ed25519.pub'), fixture('ed25519.pub')), 'ERR_KEY_FORMAT', /more than one/);
    refuses(concatBytes(fixture('ssh-ed25519.pub'), fixture('ssh-ed25519.pub')), 'ERR_KEY_FORMAT');
  });

  it('refuses an Ed25519 SPKI with parameters, unused bits, or another length', () => {
    const key = HEX;
    refuses(hex(`302c300706032b65700500032100${key}`), 'ERR_KEY_FORMAT');
    refuses(hex(`302a300506032b6570032101${key}`), 'ERR_KEY_FORMAT');
    refuses(hex(`302b300506032b6570032200${key}00`), 'ERR_KEY_POINT');
  });

  it('refuses an OpenSSH line whose type is not the one inside, or that goes on', () => {
    const line = encodeOpenSshPublicKey(parsePublicKey(RFC8032_PUBLIC)).trimEnd();
    refuses(utf8(line.replace('ssh-ed25519', 'ecdsa-sha2-nistp256')), 'ERR_KEY_FORMAT');
    refuses(utf8(line.slice(0, -4)), 'ERR_KEY_FORMAT');
    refuses(utf8(`${line}AAAA`), 'ERR_KEY_FORMAT');
    refuses(utf8('ssh-ed25519 !!!!'), 'ERR_KEY_FORMAT');
  });

  it('refuses another PEM label, and names it', () => {
    refuses(encodePem('CERTIFICATE', hex('3000')), 'ERR_KEY_FORMAT', /CERTIFICATE/);
  });

  it('refuses 33 bytes with a line feed, and says what to do', () => {
    assert.throws(
      () => parsePublicKey(concatBytes(RFC8032_PUBLIC, utf8('\n'))),
      (error) =>
        error instanceof KeyError && error.code === 'ERR_KEY_FORMAT' && /line feed/.test(error.hint ?? ''),
    );
  });

  it('refuses JWKs that are for encryption, not 32 bytes, in the wrong base64, or not one JSON object', () => {
    const x = Buffer.from(RFC8032_PUBLIC).toString('base64url');
    refuses(utf8(JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, use: 'enc' })), 'ERR_KEY_ALGORITHM');
    refuses(utf8(JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, key_ops: ['sign'] })), 'ERR_KEY_ALGORITHM');
    refuses(utf8(JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: BASE64 })), 'ERR_KEY_FORMAT');
    refuses(utf8(JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' })), 'ERR_KEY_FORMAT');
    refuses(utf8(JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x }] })), 'ERR_KEY_FORMAT');
    refuses(utf8(`{"kty":"OKP","crv":"Ed25519","x":"${x}","x":"${x}"}`), 'ERR_KEY_FORMAT', /DUPLICATE/);
    refuses(utf8('{'.padEnd(100)), 'ERR_KEY_FORMAT');
  });

  it('refuses empty input, other text, and more than 16 KiB', () => {
    for (const text of ['', 'key', HEX.slice(2), `${HEX}\n\n`, `${BASE64} `])
      refuses(utf8(text), 'ERR_KEY_FORMAT');
    refuses(new Uint8Array(16_385), 'ERR_KEY_LIMIT');
  });

  it('throws KeyError and nothing else, whatever is done to a key file', () => {
    const files = ['ed25519.pub', 'prime256v1.pub', 'ssh-ed25519.pub', 'rsa.pub'].map(fixture);
    const edit = fc.record({ at: fc.nat(200), byte: fc.nat(255), remove: fc.nat(2) });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(edit, { maxLength: 3 }), (file, edits) => {
        const bytes = Array.from(file);
        for (const { at, byte, remove } of edits) bytes.splice(at, remove, byte);
        try {
          parsePublicKey(Uint8Array.from(bytes));
        } catch (error) {
          assert.ok(error instanceof KeyError, String(error));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
