import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as formats from '../src/index.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code ?? '');

/** Runs the code as a user's module would run, beside this package. */
function run(code: string): string {
  const options = ['--conditions=@danube/source', '--input-type=module', '--eval', code];
  return execFileSync(process.execPath, options, { cwd: folder, encoding: 'utf8' });
}

describe('the README', () => {
  it('has examples that run', () => {
    const [tenLines = '', refusal = ''] = examples;
    assert.equal(run(tenLines), 'app.tgz was built by https://ci.example/builder\n');
    assert.equal(run(refusal), 'ERR_VALUE /subject\n');
    assert.equal(examples.length, 2);
  });

  it('names functions that there are', () => {
    const named = [...readme.matchAll(/`((?:parse|encode|read|match)[A-Z]\w+)`/g)].map(
      ([, name]) => name ?? '',
    );
    assert.ok(named.length > 25);
    for (const name of named) assert.ok(name in formats, name);
  });

  it('has a table of every reader and writer of a format', () => {
    const functions = Object.keys(formats).filter((name) => /^(?:parse|encode)[A-Z]/.test(name));
    const notOfAFormat = ['parseJson', 'encodeJson', 'encodeBase64', 'encodeHex'];
    for (const name of functions) {
      if (!notOfAFormat.includes(name)) assert.ok(readme.includes(`\`${name}\``), name);
    }
  });
});
