import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseChallenges } from '../src/oci/challenge.ts';

const BEARER = { scheme: 'bearer', realm: 'https://auth.example.com/token', service: 'r.example.com' };

describe('parseChallenges', () => {
  for (const [header, expected] of [
    [
      'Bearer realm="https://auth.example.com/token",service="r.example.com",scope="repository:a:pull,push"',
      BEARER,
    ],
    ['bearer REALM="https://auth.example.com/token" , service=r.example.com', BEARER],
    [
      'Basic realm="x, Bearer y", Bearer realm="https://auth.example.com/token",service="r.example.com"',
      BEARER,
    ],
    ['Bearer service="r.example.com",realm="https://auth.example.com/token", Basic realm="x"', BEARER],
    [
      'Bearer realm="https://auth.example.com/\\"token"',
      { scheme: 'bearer', realm: 'https://auth.example.com/"token' },
    ],
    ['Basic realm="a registry"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    ['Negotiate, Basic realm=x', { scheme: 'basic' }],
    ['Bearer service="x", Basic', { scheme: 'basic' }],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer realm="https://one.example",realm="https://two.example"', undefined],
    ['Bearer realm="unfinished', undefined],
    ['Digest realm="x"', undefined],
    ['"', undefined],
    [`Bearer realm="${'x'.repeat(9000)}"`, undefined],
  ] as const) {
    it(`reads ${header.slice(0, 70)}`, () => assert.deepEqual(parseChallenges(header), expected));
  }

  it('reads any header in time proportional to its length', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (header) => void parseChallenges(header)));
    for (const unit of ['a=', '"', '\\"', ', ', 'a="', 'Bearer ']) parseChallenges(unit.repeat(4000));
  });
});
