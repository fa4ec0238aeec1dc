import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type JsonObject,
  PROVENANCE_V1,
  type Provenance,
  encodeProvenance,
  parseProvenance,
} from '../src/index.ts';
import { assertMalformed, descriptor, provenance } from './documents.ts';

/** The sample with one value, at a pointer of plain names, replaced or taken out. */
function edit(pointer: string, value: unknown): JsonObject {
  const copy: Record<string, unknown> = structuredClone(provenance);
  const path = pointer.split('/').slice(1);
  const last = path.pop() ?? '';
  const parent = path.reduce<Record<string, unknown>>(
    (at, name) => at[name] as Record<string, unknown>,
    copy,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as JsonObject;
}

function parse(pointer: string, value: unknown): Provenance {
  return parseProvenance(PROVENANCE_V1, edit(pointer, value));
}

describe('parseProvenance', () => {
  it('reads every field of v1 and writes it equal', () => {
    const read = parseProvenance(PROVENANCE_V1, provenance);
    assert.equal(read.version, '1');
    assert.equal(read.source, undefined);
    assert.deepEqual(read.buildDefinition.resolvedDependencies?.[0]?.content, Uint8Array.of(0, 1, 2));
    assert.deepEqual(encodeProvenance(read), provenance);
  });

  it('compares the predicateType exactly: near misses are no provenance', () => {
    const near = ['/', '.0', '.0?draft', '#x', '?draft', ' '].map((end) => PROVENANCE_V1 + end);
    const others = [
      'https://slsa.dev/provenance/V1',
      'http://slsa.dev/provenance/v1',
      'https://slsa.dev/provenance/v0.1',
    ];
    for (const type of [...near, ...others, '']) {
      assertMalformed(() => parseProvenance(type, provenance), 'ERR_VALUE', '/predicateType');
    }
  });

  it('rejects what is required and absent, null or of another type', () => {
    const required = [
      '/buildDefinition',
      '/buildDefinition/buildType',
      '/buildDefinition/externalParameters',
      '/runDetails',
      '/runDetails/builder',
      '/runDetails/builder/id',
    ];
    for (const pointer of required) {
      for (const value of [undefined, null]) {
        assertMalformed(() => parse(pointer, value), 'ERR_MISSING', `/predicate${pointer}`);
      }
      for (const value of [1, []])
        assertMalformed(() => parse(pointer, value), 'ERR_TYPE', `/predicate${pointer}`);
    }
  });

  it('takes empty externalParameters for absent', () => {
    const pointer = '/buildDefinition/externalParameters';
    assertMalformed(() => parse(pointer, {}), 'ERR_MISSING', `/predicate${pointer}`);
  });

  it('carries externalParameters whole, what it does not know too', () => {
    const parameters = { a: null, vendor_x: [{ y: 1 }], source: '', ['__proto__']: 1 };
    assert.deepEqual(
      parse('/buildDefinition/externalParameters', parameters).buildDefinition.externalParameters,
      parameters,
    );
  });

  it('rejects types and ids that are no URI', () => {
    for (const pointer of ['/buildDefinition/buildType', '/runDetails/builder/id']) {
      for (const uri of ['', 'a b', 'https://x\n', 'https://\u202ex']) {
        assertMalformed(() => parse(pointer, uri), 'ERR_VALUE', `/predicate${pointer}`);
      }
    }
  });

  it('rejects times that are not in UTC with Z', () => {
    for (const field of ['startedOn', 'finishedOn']) {
      const pointer = `/runDetails/metadata/${field}`;
      for (const time of ['2026-01-01T00:00:00+00:00', '2026-02-30T00:00:00Z', 'now', '']) {
        assertMalformed(() => parse(pointer, time), 'ERR_VALUE', `/predicate${pointer}`);
      }
      assertMalformed(() => parse(pointer, 0), 'ERR_TYPE', `/predicate${pointer}`);
    }
  });

  it('checks each dependency and byproduct', () => {
    for (const list of [
      '/buildDefinition/resolvedDependencies',
      '/runDetails/byproducts',
      '/runDetails/builder/builderDependencies',
    ]) {
      const at = `/predicate${list}/1`;
      assertMalformed(() => parse(list, [descriptor, null]), 'ERR_TYPE', at);
      assertMalformed(() => parse(list, [descriptor, { name: 'x' }]), 'ERR_MISSING', at);
      assertMalformed(
        () => parse(list, [descriptor, { digest: { sha1: 'A' } }]),
        'ERR_HEX',
        `${at}/digest/sha1`,
      );
    }
  });

  it('reads null as absent and keeps unknown fields apart, at every level', () => {
    const read = parseProvenance(PROVENANCE_V1, {
      buildDefinition: { buildType: 'a:b', externalParameters: { x: 1 }, internalParameters: null, v_d: 1 },
      runDetails: {
        builder: { id: 'c:d', version: null, v_b: 2 },
        metadata: { v_m: 3 },
        byproducts: null,
        v_r: 4,
      },
      v_p: 5,
    });
    assert.deepEqual(read, {
      version: '1',
      buildDefinition: { buildType: 'a:b', externalParameters: { x: 1 }, unknownFields: { v_d: 1 } },
      runDetails: {
        builder: { id: 'c:d', unknownFields: { v_b: 2 } },
        metadata: { unknownFields: { v_m: 3 } },
        unknownFields: { v_r: 4 },
      },
      unknownFields: { v_p: 5 },
    });
    assert.deepEqual(encodeProvenance(read), {
      buildDefinition: { buildType: 'a:b', externalParameters: { x: 1 }, v_d: 1 },
      runDetails: { builder: { id: 'c:d', v_b: 2 }, metadata: { v_m: 3 }, v_r: 4 },
      v_p: 5,
    });
  });
});

describe('encodeProvenance', () => {
  it('refuses what parseProvenance would refuse, and a builder id or build type without scheme', () => {
    const valid = parseProvenance(PROVENANCE_V1, provenance);
    const { buildDefinition, runDetails } = valid;
    const noParameters = { ...valid, buildDefinition: { ...buildDefinition, externalParameters: {} } };
    assertMalformed(
      () => encodeProvenance(noParameters),
      'ERR_MISSING',
      '/predicate/buildDefinition/externalParameters',
    );
    const noScheme = { ...valid, runDetails: { ...runDetails, builder: { id: 'theId' } } };
    assertMalformed(() => encodeProvenance(noScheme), 'ERR_VALUE', '/predicate/runDetails/builder/id');
    const noType = { ...valid, buildDefinition: { ...buildDefinition, buildType: 'HTTPS://x' } };
    assertMalformed(() => encodeProvenance(noType), 'ERR_VALUE', '/predicate/buildDefinition/buildType');
  });
});
