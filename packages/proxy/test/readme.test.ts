import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

describe('README', () => {
  it('has an example that prints what it says', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    const [, printed = ''] = /console\.log\(.*\); \/\/ (.*)/.exec(code) ?? [];
    const options = ['--conditions=@danube/source', '--input-type=module-typescript', '-'];
    const output = execFileSync(process.execPath, options, {
      cwd: import.meta.dirname,
      input: code,
      encoding: 'utf8',
    });
    assert.equal(output, `${printed}\n`);
  });
});
