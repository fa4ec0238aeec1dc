import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  asArray,
  asObject,
  asString,
  isJsonObject,
  member,
  optionalString,
  parseJson,
  readStringMap,
  readTypeUri,
  required,
  requiredString,
  unknownFields,
  withDefined,
} from '../src/index.ts';
import { withExtensions } from '../src/fields.ts';
import { assertMalformed, bytes } from './documents.ts';

describe('member', () => {
  it('takes null for absent', () => {
    assert.equal(member({ a: null }, 'a'), undefined);
    assert.equal(member({}, 'a'), undefined);
    assert.equal(member({ a: 0 }, 'a'), 0);
  });

  it('sees own members alone, whatever the prototype holds', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      assert.equal(member({}, name), undefined);
      assertMalformed(() => requiredString({}, name, ''), 'ERR_MISSING', `/${name}`);
    }
    const inherited: { a?: string } = Object.create({ a: 'x' });
    assert.equal(member(inherited as {}, 'a'), undefined);
  });
});

describe('the readers', () => {
  it('say what they expected and what they found', () => {
    assert.throws(() => asObject([], '/a'), /^MalformedError: \/a: expected object, found array$/);
    assert.throws(() => asString(null, '/a'), /expected string, found null/);
    assert.throws(() => asArray(true, '/a'), /expected array, found boolean/);
    assertMalformed(() => asArray([1, 2, 3], '/a', 2), 'ERR_LIMIT', '/a');
    assertMalformed(() => optionalString({ a: 1 }, 'a', '/o'), 'ERR_TYPE', '/o/a');
    assertMalformed(() => required({ a: null }, 'a', '/o', asString), 'ERR_MISSING', '/o/a');
    assertMalformed(() => readStringMap({ 'a/b': 1 }, '/m'), 'ERR_TYPE', '/m/a~1b');
  });

  it('take the characters of a URI for a TypeURI', () => {
    assert.equal(readTypeUri('https://slsa.dev/provenance/v1', ''), 'https://slsa.dev/provenance/v1');
    for (const uri of ['', 'a b', 'https://x/\n', 'https://x/é', '\u202ehttps://x']) {
      assertMalformed(() => readTypeUri(uri, '/u'), 'ERR_VALUE', '/u');
    }
  });
});

describe('unknownFields', () => {
  it('keeps what is not known apart, __proto__ as a plain member', () => {
    const value = parseJson(bytes('{"known":1,"x_more":2,"__proto__":{"polluted":true}}'));
    assert.ok(isJsonObject(value));
    const unknown = unknownFields(value, new Set(['known']));
    assert.deepEqual(Object.entries(unknown ?? {}), [
      ['x_more', 2],
      ['__proto__', { polluted: true }],
    ]);
    assert.equal(unknown?.['polluted'], undefined);
    assert.equal(unknownFields({ known: 1 }, new Set(['known'])), undefined);
  });
});

describe('withDefined and withExtensions', () => {
  it('leave out what is not there', () => {
    assert.deepEqual(withDefined<{ a?: number; b?: number }>({}, { a: 1, b: undefined }), { a: 1 });
  });

  it('let no extension take the place of a field, nor change the prototype', () => {
    const extensions = parseJson(bytes('{"id":"evil","__proto__":{"polluted":true},"x_y":1}'));
    assert.ok(isJsonObject(extensions));
    const written = withExtensions({ id: 'good' }, extensions);
    assert.equal(written['id'], 'good');
    assert.equal(written['polluted'], undefined);
    assert.equal(Object.getPrototypeOf(written), Object.prototype);
    assert.deepEqual(Object.keys(written).toSorted(), ['__proto__', 'id', 'x_y']);
  });
});
