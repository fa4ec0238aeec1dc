import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { asciiText } from '../src/encoding.ts';
import { encodePem, isPem, parsePem } from '../src/pem.ts';
import { utf8 } from './sample-keys.ts';

const format = { name: 'KeyError', code: 'ERR_KEY_FORMAT' };
const BLOCK = '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n';

function refuses(text: string): void {
  assert.throws(() => parsePem(utf8(text)), format, text);
}

describe('PEM', () => {
  it('reads what it writes, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (der) => {
        assert.deepEqual(parsePem(encodePem('PRIVATE KEY', der)), { label: 'PRIVATE KEY', der });
      }),
    );
  });

  it('writes lines of 64 characters', () => {
    const lines = asciiText(encodePem('X', new Uint8Array(100))).split('\n');
    assert.deepEqual(
      lines.map((line) => line.length),
      [17, 64, 64, 8, 15, 0],
    );
  });

  it('reads CRLF, lines of other lengths, no line end at the end, and empty lines behind the block', () => {
    for (const text of [
      BLOCK.replaceAll('\n', '\r\n'),
      BLOCK.replace('MCow', 'MC\now'),
      BLOCK.trimEnd(),
      `${BLOCK}\n\r\n`,
    ]) {
      assert.deepEqual(parsePem(utf8(text)).der, Uint8Array.from([0x30, 0x2a, 0x30]));
    }
  });

  it('refuses two blocks (keys.md 8)', () => {
    assert.throws(() => parsePem(utf8(BLOCK + BLOCK)), { ...format, message: /more than one/ });
  });

  it('refuses bytes behind the block and in front of it (keys.md 8)', () => {
    for (const text of [`${BLOCK}x`, `${BLOCK} `, `${BLOCK}\n\0`, `\n${BLOCK}`, ` ${BLOCK}`, `x\n${BLOCK}`])
      refuses(text);
  });

  it('refuses labels that differ, lower-case labels, and headers that do not end', () => {
    refuses(BLOCK.replace('END PUBLIC', 'END PRIVATE'));
    refuses(BLOCK.replaceAll('PUBLIC KEY', 'public key'));
    refuses(BLOCK.replace('KEY-----\nMCow', 'KEY----\nMCow'));
    refuses(BLOCK.replace('-----END PUBLIC KEY-----\n', ''));
    refuses('-----BEGIN PUBLIC KEY-----');
  });

  it('refuses a body that is not base64, or empty', () => {
    for (const body of ['MCo', 'MCow!', 'MCow=', 'MC ow', '-_-_', '']) refuses(BLOCK.replace('MCow', body));
  });

  it('names the old encryption by headers', () => {
    const text = BLOCK.replace('MCow', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMCow');
    assert.throws(() => parsePem(utf8(text)), { ...format, message: /old OpenSSL/ });
  });

  it('recognises PEM by its first bytes', () => {
    assert.equal(isPem(utf8(BLOCK)), true);
    assert.equal(isPem(utf8('---- BEGIN SSH2 PUBLIC KEY ----')), false);
  });
});
