import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';

import {
  type Envelope,
  LIMITS,
  PAYLOAD_TYPE,
  encodeEnvelope,
  matchStatementPayloadType,
  pae,
  parseEnvelope,
} from '../src/index.ts';
import { assertMalformed, bytes, envelope, json, text } from './documents.ts';

function parse(changes: Readonly<Record<string, unknown>>): Envelope {
  return parseEnvelope(bytes({ ...envelope, ...changes }));
}

describe('pae', () => {
  it('encodes the example of the DSSE protocol', () => {
    const encoded = pae('http://example.com/HelloWorld', bytes('hello world'));
    assert.equal(text(encoded), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    assert.equal(text(pae('', new Uint8Array())), 'DSSEv1 0  0 ');
  });

  it('CVE-2026-48758: counts bytes, and tells a letter from its twin with the same low byte', () => {
    const twin = pae('\u0174ext', bytes('x'));
    assert.deepEqual(twin, bytes('DSSEv1 5 \u0174ext 1 x'));
    assert.notDeepEqual(twin, pae('text', bytes('x')));
  });

  it('never encodes two different pairs alike', () => {
    const pair = fc.tuple(fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(pair, pair, ([type, payload], [otherType, other]) => {
        const same = type === otherType && Buffer.compare(payload, other) === 0;
        assert.equal(Buffer.compare(pae(type, payload), pae(otherType, other)) === 0, same);
      }),
    );
    assert.notDeepEqual(pae('a 1', bytes('b')), pae('a', bytes('1 b')));
  });

  it('is the same for a payload that was read, which lies behind its header, and for a copy', () => {
    const types = [PAYLOAD_TYPE, '', '\u0174ext', '\u00e9', 'x'.repeat(300), '~ !'];
    for (const payloadType of types) {
      for (const payload of [new Uint8Array(), bytes('x'), new Uint8Array(100_000).fill(7)]) {
        const read = parse({ payloadType, payload: Buffer.from(payload).toString('base64') }).payload;
        assert.deepEqual(pae(payloadType, read), pae(payloadType, payload.slice()), payloadType);
        assert.deepEqual(pae('other', read), pae('other', payload.slice()));
        assert.deepEqual(pae(payloadType, read.subarray(0, 1)), pae(payloadType, read.slice(0, 1)));
      }
    }
  });

  it('takes nothing in front of the payload for its header that only looks like it in Latin-1', () => {
    const memory = Uint8Array.from(Buffer.from('DSSEv1 2 \u00e9 1 x', 'latin1'));
    assert.deepEqual(pae('\u00e9', memory.subarray(-1)), bytes('DSSEv1 2 \u00e9 1 x'));
  });

  it('has no encoding for half of a surrogate pair', () => {
    assert.throws(() => pae('\ud800', new Uint8Array()), TypeError);
  });
});

describe('matchStatementPayloadType', () => {
  it('takes the plain type and those of predicates, and nothing near them', () => {
    const taken = [
      PAYLOAD_TYPE,
      'application/vnd.in-toto.provenance+json',
      'application/vnd.in-toto.test-result+json',
    ];
    for (const type of taken) assert.ok(matchStatementPayloadType(type), type);
    const refused = [
      'text/plain',
      '',
      'application/json',
      'application/vnd.in-toto',
      'application/vnd.in-toto+JSON',
      'Application/vnd.in-toto+json',
      'application/vnd.in-toto.+json',
      'application/vnd.in-toto.a b+json',
      'application/vnd.in-toto+json ',
      'application/vnd.in-toto+json\n',
      'xapplication/vnd.in-toto+json',
      'application/vnd.in-toto+json;charset=utf-8',
      'application/vnd.in-toto.provenance+dsse',
    ];
    for (const type of refused) assert.equal(matchStatementPayloadType(type), false, type);
  });
});

describe('parseEnvelope', () => {
  it('reads an envelope, and writes it equal', () => {
    const read = parse({});
    assert.equal(read.signatures[0]?.keyid, 'SHA256:key');
    assert.equal(text(read.signatures[0]?.sig ?? new Uint8Array()), 'sig');
    assert.deepEqual(json(encodeEnvelope(read)), envelope);
  });

  it('carries any payloadType and an empty payload', () => {
    const read = parse({ payloadType: 'text/plain', payload: '' });
    assert.equal(read.payloadType, 'text/plain');
    assert.equal(read.payload.length, 0);
    assert.equal(parse({ payloadType: '' }).payloadType, '');
  });

  it('reads an empty keyid as none', () => {
    for (const keyid of ['', null, undefined]) {
      assert.equal('keyid' in (parse({ signatures: [{ sig: 'AA==', keyid }] }).signatures[0] ?? {}), false);
    }
  });

  it('reads URL-safe base64 and writes standard', () => {
    const read = parse({ payload: '-_-_', signatures: [{ sig: '_w==' }] });
    assert.deepEqual(json(encodeEnvelope(read)), {
      payload: '+/+/',
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: '/w==' }],
    });
  });

  it('GHSA-fx35-mq7g-6g98: keeps a cert beside a signature apart, and never writes it', () => {
    const read = parse({ signatures: [{ sig: 'AA==', cert: 'PEM' }], extra: 1 });
    assert.deepEqual(read.signatures[0], { sig: Uint8Array.of(0), unknownFields: { cert: 'PEM' } });
    assert.deepEqual(read.unknownFields, { extra: 1 });
    assert.doesNotMatch(text(encodeEnvelope(read)), /cert|extra/);
  });

  it('GHSA-72c7-4g63-hpw5: rejects no signature, an empty one, an absent one', () => {
    assertMalformed(() => parse({ signatures: [] }), 'ERR_VALUE', '/signatures');
    assertMalformed(() => parse({ signatures: undefined }), 'ERR_MISSING', '/signatures');
    assertMalformed(
      () => parse({ signatures: [{ sig: 'AA==' }, { sig: '' }] }),
      'ERR_VALUE',
      '/signatures/1/sig',
    );
    assertMalformed(() => parse({ signatures: [{ keyid: 'a' }] }), 'ERR_MISSING', '/signatures/0/sig');
  });

  it('rejects base64 that is not exactly one of the two alphabets', () => {
    for (const payload of ['aGk=!!garbage', ' aGk=', 'aGk', 'aGk=aGk=', '+-AA', 'aGl=']) {
      assertMalformed(() => parse({ payload }), 'ERR_BASE64', '/payload');
      assertMalformed(() => parse({ signatures: [{ sig: payload }] }), 'ERR_BASE64', '/signatures/0/sig');
    }
  });

  it('rejects fields of another type', () => {
    assertMalformed(() => parse({ payload: {} }), 'ERR_TYPE', '/payload');
    assertMalformed(() => parse({ payload: undefined }), 'ERR_MISSING', '/payload');
    assertMalformed(() => parse({ payloadType: 1 }), 'ERR_TYPE', '/payloadType');
    assertMalformed(() => parse({ signatures: {} }), 'ERR_TYPE', '/signatures');
    assertMalformed(() => parse({ signatures: [null] }), 'ERR_TYPE', '/signatures/0');
    assertMalformed(
      () => parse({ signatures: [{ sig: 'AA==', keyid: 1 }] }),
      'ERR_TYPE',
      '/signatures/0/keyid',
    );
  });

  it('CVE-2023-46737: rejects one signature more than the limit', () => {
    const signatures = Array.from({ length: LIMITS.signatures }, () => ({ sig: 'AA==' }));
    assert.equal(parse({ signatures }).signatures.length, LIMITS.signatures);
    assertMalformed(
      () => parse({ signatures: [...signatures, { sig: 'AA==' }] }),
      'ERR_LIMIT',
      '/signatures',
    );
  });
});

describe('encodeEnvelope', () => {
  it('refuses what parseEnvelope would refuse', () => {
    const valid = parse({});
    assertMalformed(() => encodeEnvelope({ ...valid, signatures: [] }), 'ERR_VALUE', '/signatures');
    const unsigned = { sig: new Uint8Array() };
    assertMalformed(
      () => encodeEnvelope({ ...valid, signatures: [unsigned] }),
      'ERR_VALUE',
      '/signatures/0/sig',
    );
  });
});
