import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  explainPolicy,
  parsePolicy,
  parsePolicyDocument,
  parsePolicyTest,
} from '../../src/documents/index.ts';

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8');
const [policy = '', test = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('docs/policy.md', () => {
  it('shows a policy that is one, and explains every check of it', () => {
    const { checkIds } = parsePolicy(bytes(policy));
    const explained = explainPolicy(parsePolicyDocument(bytes(policy))).map(({ id }) => id);
    assert.deepEqual([...explained].sort(), ['policy.match', ...checkIds].sort());
  });

  it('shows a test of a policy that is one', () => {
    assert.equal(parsePolicyTest(bytes(test)).cases.length, 2);
  });

  it('names every field of a policy that the example leaves out', () => {
    for (const field of ['signatures', 'roles', 'isolation', 'signedBy', 'commits', 'refs', 'branches'])
      assert.ok(page.includes(`\`${field}\``), field);
  });
});
