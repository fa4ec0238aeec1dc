import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { KNOWN_FOLDERS } from '../../conformance/known.ts';
import { ROOT } from '../../repository.ts';

describe('docs/conformance.md', () => {
  const page = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8').replaceAll(/\s+/g, ' ');

  for (const { name, exceptions } of KNOWN_FOLDERS) {
    it(`tells of ${name} and of every reason to leave a case of it out`, () => {
      assert.ok(page.includes(`\`${name}\``));
      for (const reason of exceptions) assert.ok(page.includes(reason), reason);
    });
  }
});
