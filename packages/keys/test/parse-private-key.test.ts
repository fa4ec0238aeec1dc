import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { KeyError, parsePrivateKey } from '@danube/keys';
import { encodePem } from '../src/pem.ts';
import { encodePkcs8 } from '../src/pkcs8.ts';
import { concatBytes } from '../src/secret.ts';
import { fixture } from './sample-files.ts';
import { hex, jwk, RFC8032_PUBLIC, RFC8032_SEED, secretForms, utf8 } from './sample-keys.ts';

describe('errors about private keys', () => {
  it('are KeyError and hold no key material, whatever is done to a key file (keys.md 21)', async () => {
    const secrets = [...secretForms(RFC8032_SEED), ...secretForms(RFC8032_SEED.subarray(0, 12))];
    const files = [
      fixture('ed25519.pem'),
      jwk({}),
      utf8(Buffer.from(RFC8032_SEED).toString('hex')),
      utf8(Buffer.from(RFC8032_SEED).toString('base64')),
      concatBytes(RFC8032_SEED, RFC8032_PUBLIC),
      encodePem('PRIVATE KEY', concatBytes(encodePkcs8(RFC8032_SEED), hex('00'))),
    ];
    const edit = fc.record({ at: fc.nat(150), byte: fc.nat(255), remove: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.array(edit, { maxLength: 2 }), async (file, edits) => {
        const bytes = Array.from(file);
        for (const { at, byte, remove } of edits) bytes.splice(at, remove, byte);
        const error: unknown = await parsePrivateKey(Uint8Array.from(bytes)).then(
          () => undefined,
          (caught: unknown) => caught,
        );
        if (error === undefined) return;
        assert.ok(error instanceof KeyError, inspect(error));
        const text = inspect(error, { depth: 9, showHidden: true });
        for (const secret of secrets) assert.ok(!text.includes(secret), text);
      }),
      { numRuns: 1500 },
    );
  });
});
