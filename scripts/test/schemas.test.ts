import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

import {
  envelope,
  provenance,
  replace,
  statement,
} from '../../packages/in-toto-attestation/test/documents.ts';

const script = fileURLToPath(new URL('../schemas.ts', import.meta.url));
const folder = fileURLToPath(new URL('../../docs/schemas/', import.meta.url));

function load(name: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(readFileSync(`${folder}${name}.schema.json`, 'utf8')));
}

describe('docs/schemas', () => {
  it('is what the script writes', () => {
    const options = ['--conditions=@danube/source', script, '--check'];
    assert.equal(execFileSync(process.execPath, options, { encoding: 'utf8' }), '');
  });

  it('holds JSON Schemas of draft 2020-12 with their own address', () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const schema = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as Record<string, unknown>;
      assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema', file);
      assert.equal(schema['$id'], `https://danube.dev/schemas/${file}`);
      assert.equal(typeof schema['title'], 'string', file);
    }
  });

  it('takes what the parsers take, and refuses plain mistakes', () => {
    for (const [name, sample, field] of [
      ['statement', statement, 'subject'],
      ['envelope', envelope, 'payload'],
      ['provenance-v1', provenance, 'runDetails'],
    ] as const) {
      const schema = load(name);
      assert.ok(schema.safeParse(sample).success, name);
      assert.equal(schema.safeParse(replace(sample, field, undefined)).success, false, name);
      assert.equal(schema.safeParse(replace(sample, field, 1)).success, false, name);
    }
  });
});
