import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { encodeResourceDescriptor, readResourceDescriptor } from '../src/index.ts';
import { SHA256, assertMalformed, descriptor, replace } from './documents.ts';

describe('readResourceDescriptor', () => {
  it('reads every field, content as bytes, and writes them equal', () => {
    const read = readResourceDescriptor(descriptor, '');
    assert.deepEqual(read, { ...descriptor, content: Uint8Array.of(0, 1, 2) });
    assert.deepEqual(encodeResourceDescriptor(read), descriptor);
  });

  it('keeps unknown fields apart and writes them back inside a predicate', () => {
    const extended = { uri: 'x:y', vendor_field: [1] };
    const read = readResourceDescriptor(extended, '');
    assert.deepEqual(read, { uri: 'x:y', unknownFields: { vendor_field: [1] } });
    assert.deepEqual(encodeResourceDescriptor(read), extended);
  });

  it('reads null as absent', () => {
    const unset = { name: null, digest: null, content: null, annotations: null, uri: 'x:y', mediaType: null };
    assert.deepEqual(readResourceDescriptor(unset, ''), { uri: 'x:y' });
  });

  it('rejects one without uri, digest and content', () => {
    assertMalformed(
      () => readResourceDescriptor({ name: 'a', downloadLocation: 'b' }, '/r'),
      'ERR_MISSING',
      '/r',
    );
    for (const enough of [{ uri: 'x:y' }, { digest: { sha256: SHA256 } }, { content: '' }]) {
      assert.ok(readResourceDescriptor(enough, ''));
    }
  });

  it('rejects fields of another type, with their pointer', () => {
    for (const field of ['name', 'uri', 'content', 'downloadLocation', 'mediaType']) {
      assertMalformed(
        () => readResourceDescriptor(replace(descriptor, field, 1), '/r'),
        'ERR_TYPE',
        `/r/${field}`,
      );
    }
    for (const field of ['digest', 'annotations']) {
      assertMalformed(
        () => readResourceDescriptor(replace(descriptor, field, []), '/r'),
        'ERR_TYPE',
        `/r/${field}`,
      );
    }
    assertMalformed(
      () => readResourceDescriptor(replace(descriptor, 'content', 'a b='), ''),
      'ERR_BASE64',
      '/content',
    );
    for (const value of [null, 1, [], 'x'])
      assertMalformed(() => readResourceDescriptor(value, '/r'), 'ERR_TYPE', '/r');
  });
});
