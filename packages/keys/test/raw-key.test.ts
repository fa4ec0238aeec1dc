import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyError, parsePrivateKey } from '@danube/keys';
import { concatBytes } from '../src/secret.ts';
import { keyidOf, refuses } from './reading.ts';
import { RFC8032_KEYID, RFC8032_PUBLIC, RFC8032_SEED, sampleKey, utf8 } from './sample-keys.ts';

describe('raw keys', () => {
  const both = concatBytes(RFC8032_SEED, RFC8032_PUBLIC);

  it('reads a seed, and a seed with its public half, raw, in hex and in base64', async () => {
    for (const bytes of [RFC8032_SEED, both]) {
      const buffer = Buffer.from(bytes);
      const texts = [buffer.toString('hex'), buffer.toString('hex').toUpperCase(), buffer.toString('base64')];
      assert.equal(await keyidOf(bytes), RFC8032_KEYID);
      for (const text of texts) {
        for (const end of ['', '\n', '\r\n']) assert.equal(await keyidOf(utf8(text + end)), RFC8032_KEYID);
      }
    }
  });

  it('reads raw seeds whatever byte they begin with, also that of another format', async () => {
    for (let first = 0; first < 256; first++) {
      const seed = Uint8Array.from(RFC8032_SEED);
      seed[0] = first;
      const { publicKey } = await parsePrivateKey(seed);
      assert.equal(await keyidOf(concatBytes(seed, publicKey.raw)), publicKey.keyid);
    }
  });

  it('refuses 64 bytes whose second half is not the public key of the first (keys.md 8)', async () => {
    await refuses(concatBytes(RFC8032_SEED, sampleKey(1).publicKey.raw), 'ERR_KEY_MISMATCH');
  });

  it('refuses 33 and 65 bytes with a line feed, and says what to do', async () => {
    for (const bytes of [RFC8032_SEED, both]) {
      await assert.rejects(parsePrivateKey(concatBytes(bytes, utf8('\n'))), (error) => {
        return (
          error instanceof KeyError && error.code === 'ERR_KEY_FORMAT' && /line feed/.test(error.hint ?? '')
        );
      });
    }
  });

  it('refuses 32 printable characters, which are a password or 16 bytes in hex', async () => {
    await refuses(utf8('0123456789abcdef0123456789abcdef'), 'ERR_KEY_FORMAT');
    await refuses(utf8('correct horse battery staple !!!'), 'ERR_KEY_FORMAT');
  });

  it('refuses other lengths, mixed-case hex, several lines, and more than 16 KiB', async () => {
    for (const length of [0, 1, 31, 33, 48, 63, 65]) await refuses(new Uint8Array(length), 'ERR_KEY_FORMAT');
    await refuses(utf8(`aA${'00'.repeat(31)}`), 'ERR_KEY_MISMATCH');
    await refuses(utf8(`${'00'.repeat(32)}\n\n`), 'ERR_KEY_FORMAT');
    await refuses(new Uint8Array(16_385), 'ERR_KEY_LIMIT');
  });
});
