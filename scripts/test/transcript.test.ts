import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { matchOutput, readBlocks, readCommands, replaceOutput, runDocument } from '../transcript.ts';

const PAGE = `# A page

\`\`\`text file=in/name.txt
one
\`\`\`

\`\`\`console
$ cat in/name.txt
one
$ cd in
$ printf '%s\\n' \\
> a b; false
a
wrong
$ echo $?
1
\`\`\`
`;

describe('a document with commands', () => {
  it('is read with files, continued commands and output', () => {
    const [file, block] = readBlocks(PAGE);
    assert.equal(file?.file, 'in/name.txt');
    assert.deepEqual(
      readCommands(block!).map(({ command }) => command),
      ['cat in/name.txt', 'cd in', "printf '%s\\n' \\\n a b; false".replace('\n ', '\n'), 'echo $?'],
    );
  });

  it('is run from top to bottom, keeping folder and exit code', () => {
    const home = mkdtempSync(join(tmpdir(), 'danube-transcript-test-'));
    try {
      const ran = runDocument(PAGE, home);
      assert.deepEqual(
        ran.map(({ actual }) => actual),
        [['one'], [], ['a', 'b'], ['1']],
      );
      const wrong = ran.filter(({ command, actual }) => !matchOutput(command.output, actual));
      assert.equal(wrong.length, 1);
      assert.equal(replaceOutput(PAGE, wrong), PAGE.replace('wrong', 'b'));
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('matchOutput', () => {
  it('takes key ids, digests and times for equal, and "..." for any lines', () => {
    assert.ok(matchOutput([`sha256:${'a'.repeat(64)}`], [`sha256:${'b'.repeat(64)}`]));
    assert.ok(matchOutput(['on 2026-01-02T03:04:05Z'], ['on 2027-01-02T03:04:05.678Z']));
    assert.ok(matchOutput(['first', '...', 'last'], ['first', 'x', 'y', 'last']));
  });

  it('refuses a missing, an additional and another line', () => {
    assert.ok(!matchOutput(['a', 'b'], ['a']));
    assert.ok(!matchOutput(['a'], ['a', 'b']));
    assert.ok(!matchOutput(['accepted'], ['rejected']));
  });
});
