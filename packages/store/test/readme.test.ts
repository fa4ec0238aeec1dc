import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

describe('README', () => {
  it('has an example that prints what it says', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    const [, printed = ''] = /console\.log\(.*\); \/\/ (.*)/.exec(code) ?? [];
    // Below this folder, so that the packages are found.
    const cwd = mkdtempSync(join(import.meta.dirname, 'readme-'));
    after(() => rmSync(cwd, { recursive: true }));
    const options = ['--conditions=@danube/source', '--input-type=module-typescript', '-'];
    const output = execFileSync(process.execPath, options, { cwd, input: code, encoding: 'utf8' });
    assert.equal(output, `${printed}\n`);
  });
});
