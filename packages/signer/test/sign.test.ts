import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign as nodeSign } from 'node:crypto';
import { describe, it } from 'node:test';
import { ed25519ph } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { KeyError, parsePublicKey, verifySignature } from '@danube/keys';
import {
  appendSignature,
  signPayload,
  signStatement,
  type KeyBackend,
  type SignErrorCode,
} from '@danube/signer';
import {
  encodeEnvelope,
  encodeStatement,
  LIMITS,
  MalformedError,
  pae,
  parseEnvelope,
  PAYLOAD_TYPE,
  STATEMENT_V1,
  type Statement,
} from 'in-toto-attestation';
import { backendOf, sampleKey, sampleSeed } from './backends.ts';

const key = await sampleKey(1);
const other = await sampleKey(2);
const honest = backendOf(key);

const statement: Statement = {
  _type: STATEMENT_V1,
  subject: [{ name: 'app.tar', digest: { sha256: 'ab'.repeat(32) } }],
  predicateType: 'https://example.com/predicate/v1',
  predicate: { builder: 'über', n: 1 },
};

async function refuses(backend: KeyBackend, code: SignErrorCode): Promise<void> {
  await assert.rejects(signStatement(statement, backend), { name: 'SignError', code });
}

describe('signStatement', () => {
  it('signs the bytes that the envelope carries, under the SSH fingerprint as keyid', async () => {
    const envelope = await signStatement(statement, honest);
    assert.equal(envelope.payloadType, PAYLOAD_TYPE);
    assert.deepEqual(envelope.payload, encodeStatement(statement));
    assert.deepEqual(envelope.signatures, [
      { keyid: key.publicKey.keyid, sig: key.sign(pae(PAYLOAD_TYPE, envelope.payload)) },
    ]);
  });

  it('makes an envelope that survives the wire and verifies there', async () => {
    const envelope = parseEnvelope(encodeEnvelope(await signStatement(statement, honest)));
    const [signature] = envelope.signatures;
    assert.ok(verifySignature(key.publicKey, pae(envelope.payloadType, envelope.payload), signature!.sig));
  });

  it('encodes the statement once, and those very bytes go to the backend', async () => {
    const messages: Uint8Array[] = [];
    const backend = backendOf(key, {
      sign: async (message) => {
        messages.push(message);
        return key.sign(message);
      },
    });
    const envelope = await signStatement(statement, backend);
    assert.equal(messages.length, 1);
    assert.deepEqual(messages[0], pae(PAYLOAD_TYPE, envelope.payload));
  });

  it('signs no statement that nobody would accept', async () => {
    await assert.rejects(signStatement({ ...statement, subject: [] }, honest), MalformedError);
  });

  it('verifies every payload that it signs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.uint8Array({ maxLength: 200 }), async (payloadType, payload) => {
        if (!payloadType.isWellFormed()) return;
        const envelope = await signPayload(payloadType, payload, honest);
        assert.ok(verifySignature(key.publicKey, pae(payloadType, payload), envelope.signatures[0]!.sig));
      }),
    );
  });
});

describe('a backend that lies gets nothing written (keys.md 10)', () => {
  const message = pae(PAYLOAD_TYPE, encodeStatement(statement));

  it('rejects 64 random bytes', async () => {
    await refuses(
      backendOf(key, { sign: async () => crypto.getRandomValues(new Uint8Array(64)) }),
      'ERR_SIGN_SELF_CHECK',
    );
  });

  it('rejects 0, 63 and 65 bytes', async () => {
    for (const length of [0, 63, 65]) {
      const cut = new Uint8Array(length);
      cut.set(key.sign(message).subarray(0, length));
      await refuses(backendOf(key, { sign: async () => cut }), 'ERR_SIGN_SELF_CHECK');
    }
  });

  it('rejects something that is no byte array', async () => {
    for (const value of [undefined, null, 'signature', {}, Array.from(key.sign(message))]) {
      await refuses(backendOf(key, { sign: async () => value as never }), 'ERR_SIGN_SELF_CHECK');
    }
  });

  it('rejects a signature over the digest of the message instead of the message', async () => {
    for (const hash of ['sha256', 'sha512']) {
      const prehashed: KeyBackend['sign'] = async (bytes) =>
        key.sign(createHash(hash).update(bytes).digest());
      await refuses(backendOf(key, { sign: prehashed }), 'ERR_SIGN_SELF_CHECK');
    }
  });

  it('rejects an Ed25519ph signature', async () => {
    const prehashing = backendOf(key, { sign: async (bytes) => ed25519ph.sign(bytes, sampleSeed(1)) });
    await refuses(prehashing, 'ERR_SIGN_SELF_CHECK');
  });

  it('rejects a signature by another key or version (keys.md 9)', async () => {
    await refuses(backendOf(key, { sign: async (bytes) => other.sign(bytes) }), 'ERR_SIGN_SELF_CHECK');
  });

  it('rejects a signature that is merely right but encoded as DER', async () => {
    const der: KeyBackend['sign'] = async (bytes) => Uint8Array.from([0x04, 0x40, ...key.sign(bytes)]);
    await refuses(backendOf(key, { sign: der }), 'ERR_SIGN_SELF_CHECK');
  });

  it('rejects a backend that changes the message and signs that', async () => {
    const tamper: KeyBackend['sign'] = async (bytes) => {
      bytes[bytes.length - 1]! ^= 1;
      return key.sign(bytes);
    };
    await refuses(backendOf(key, { sign: tamper }), 'ERR_SIGN_SELF_CHECK');
  });

  it('rejects a backend that changes its public key while it signs', async () => {
    let current = key;
    const backend: KeyBackend = {
      ...backendOf(key),
      get publicKey() {
        return current.publicKey;
      },
      sign: async (bytes) => {
        current = other;
        return other.sign(bytes);
      },
    };
    await refuses(backend, 'ERR_SIGN_SELF_CHECK');
  });

  it('keeps a signature that the backend overwrites afterwards', async () => {
    const mine = key.sign(message);
    const pending = signStatement(statement, backendOf(key, { sign: async () => mine }));
    const envelope = await pending;
    mine.fill(0);
    assert.ok(verifySignature(key.publicKey, message, envelope.signatures[0]!.sig));
  });

  it('rejects a payload that the caller changes while it is signed', async () => {
    const payload = new Uint8Array(10);
    const slow: KeyBackend['sign'] = async (bytes) => {
      payload[0] = 1;
      return key.sign(bytes);
    };
    await assert.rejects(signPayload('text/plain', payload, backendOf(key, { sign: slow })), {
      name: 'SignError',
      code: 'ERR_SIGN_SELF_CHECK',
    });
  });

  it('cannot have a public key of small order to hide behind (threats 27, 29)', () => {
    const identity = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));
    assert.throws(() => parsePublicKey(identity), KeyError);
  });
});

describe('a backend that signs with P-256', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p256 = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));
  const backend: KeyBackend = {
    ...honest,
    publicKey: p256,
    algorithm: 'ecdsa-p256-sha256',
    sign: async (message) => nodeSign('sha256', message, privateKey),
  };

  it('fits the interface as it is', async () => {
    const envelope = await signStatement(statement, backend);
    assert.ok(verifySignature(p256, pae(PAYLOAD_TYPE, envelope.payload), envelope.signatures[0]!.sig));
  });

  it('is not believed when it returns an Ed25519 signature (keys.md 13)', async () => {
    await refuses({ ...backend, sign: async (message) => key.sign(message) }, 'ERR_SIGN_SELF_CHECK');
  });
});

describe('the longest message of a backend (keys.md 12)', () => {
  it('is signed, and one byte more is refused before the backend is asked', async () => {
    const { length } = pae(PAYLOAD_TYPE, encodeStatement(statement));
    let calls = 0;
    const limited = (maxMessageBytes: number): KeyBackend =>
      backendOf(key, {
        maxMessageBytes,
        sign: async (message) => {
          calls += 1;
          return key.sign(message);
        },
      });
    await signStatement(statement, limited(length));
    await assert.rejects(signStatement(statement, limited(length - 1)), {
      name: 'SignError',
      code: 'ERR_SIGN_LIMIT',
      message: `PAE is ${length} bytes; test:key signs at most ${length - 1}`,
    });
    assert.equal(calls, 1);
  });

  it('refuses a payload whose envelope nobody would read', async () => {
    const largest = Math.floor((LIMITS.envelopeBytes - 65_536) / 4) * 3;
    const envelope = await signPayload('text/plain', new Uint8Array(largest), honest);
    assert.ok(encodeEnvelope(envelope).length <= LIMITS.envelopeBytes);
    await assert.rejects(signPayload('text/plain', new Uint8Array(largest + 1), honest), {
      code: 'ERR_SIGN_LIMIT',
    });
  });
});

describe('a backend that fails', () => {
  it('is wrapped, with the cause', async () => {
    const cause = new Error('connection reset');
    await assert.rejects(
      signStatement(statement, backendOf(key, { sign: async () => Promise.reject(cause) })),
      {
        name: 'SignError',
        code: 'ERR_SIGN_BACKEND',
        cause,
      },
    );
  });

  it('keeps its own error when that has a code already', async () => {
    const error = new KeyError('ERR_KEY_FILE_READ', 'gone');
    await assert.rejects(
      signStatement(statement, backendOf(key, { sign: async () => Promise.reject(error) })),
      error,
    );
  });

  it('is wrapped as well when it throws at once', async () => {
    const notReady = new TypeError('not ready');
    const backend = backendOf(key, {
      sign: () => {
        throw notReady;
      },
    });
    await refuses(backend, 'ERR_SIGN_BACKEND');
  });
});

describe('a signal', () => {
  it('that was aborted before keeps the backend from being asked', async () => {
    let asked = false;
    const backend = backendOf(key, {
      sign: async (message) => {
        asked = true;
        return key.sign(message);
      },
    });
    const reason = new Error('stop');
    await assert.rejects(signStatement(statement, backend, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(asked, false);
  });

  it('stops waiting for a backend that never answers', async () => {
    const controller = new AbortController();
    const backend = backendOf(key, { sign: async () => new Promise<never>(() => {}) });
    const pending = signStatement(statement, backend, { signal: controller.signal });
    controller.abort();
    await assert.rejects(pending, { name: 'AbortError' });
  });

  it('is handed to the backend, whose own error then gives way to the reason', async () => {
    const controller = new AbortController();
    const backend = backendOf(key, {
      sign: async (_message, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('socket closed')));
        }),
    });
    const pending = signStatement(statement, backend, { signal: controller.signal });
    controller.abort(new Error('stop'));
    await assert.rejects(pending, { message: 'stop' });
  });

  it('leaves no envelope even when the backend answers after all', async () => {
    const controller = new AbortController();
    const backend = backendOf(key, {
      sign: async (message) => {
        controller.abort(new Error('stop'));
        return key.sign(message);
      },
    });
    await assert.rejects(signStatement(statement, backend, { signal: controller.signal }), {
      message: 'stop',
    });
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener') listeners += 1;
        if (name === 'removeEventListener') listeners -= 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await signStatement(statement, honest, { signal: counted });
    assert.equal(listeners, 0);
  });
});

describe('appendSignature', () => {
  it('adds a signature by another key, and changes nothing else', async () => {
    const first = await signStatement(statement, honest);
    const second = await appendSignature(first, backendOf(other));
    assert.equal(second.payload, first.payload);
    assert.deepEqual(second.signatures[0], first.signatures[0]);
    assert.deepEqual(
      second.signatures.map(({ keyid }) => keyid),
      [key.publicKey.keyid, other.publicKey.keyid],
    );
    assert.equal(first.signatures.length, 1);
  });

  it('signs the payload as it is, whatever its JSON looks like', async () => {
    const payload = new TextEncoder().encode('{ "b": 1,\n "a": 2 }');
    const envelope = await appendSignature(
      await signPayload(PAYLOAD_TYPE, payload, honest),
      backendOf(other),
    );
    assert.equal(envelope.payload, payload);
    assert.ok(verifySignature(other.publicKey, pae(PAYLOAD_TYPE, payload), envelope.signatures[1]!.sig));
  });

  it('refuses a key that has signed already, under whatever keyid (threats 21)', async () => {
    const { payloadType, payload, signatures } = await signStatement(statement, honest);
    const [signature] = signatures;
    for (const entry of [
      signature!,
      { sig: signature!.sig },
      { sig: signature!.sig, keyid: other.publicKey.keyid },
    ]) {
      await assert.rejects(appendSignature({ payloadType, payload, signatures: [entry] }, honest), {
        name: 'SignError',
        code: 'ERR_SIGN_DUPLICATE_KEY',
      });
    }
  });

  it('is not kept from signing by somebody else’s signature under its keyid (threats 22)', async () => {
    const { payloadType, payload, signatures } = await signStatement(statement, backendOf(other));
    const disguised = signatures.map(({ sig }) => ({ sig, keyid: key.publicKey.keyid }));
    const envelope = await appendSignature({ payloadType, payload, signatures: disguised }, honest);
    assert.equal(envelope.signatures.length, 2);
  });

  it('refuses the 65th signature', async () => {
    const { payloadType, payload, signatures } = await signStatement(statement, backendOf(other));
    const full = Array.from({ length: LIMITS.signatures }, () => signatures[0]!);
    await assert.rejects(appendSignature({ payloadType, payload, signatures: full }, honest), {
      name: 'SignError',
      code: 'ERR_SIGN_LIMIT',
    });
  });

  it('adds nothing when the backend lies', async () => {
    const envelope = await signStatement(statement, honest);
    const lying = backendOf(other, { sign: async () => new Uint8Array(64) });
    await assert.rejects(appendSignature(envelope, lying), { code: 'ERR_SIGN_SELF_CHECK' });
    assert.equal(envelope.signatures.length, 1);
  });
});
