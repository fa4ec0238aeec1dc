import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { danube, folder } from './danube.ts';
import { write } from './fixture.ts';

const root = folder();

function script(shell: string): string {
  return write(join(root, shell), danube(['completion', shell]).stdout);
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

const SHELLS = {
  bash: (line: string, path: string) => `
    source ${path}
    COMP_WORDS=(${line.endsWith(' ') ? `${line} ''` : line})
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _danube
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line: string, path: string) => `source ${path}; complete -C '${line}' | string split -f1 \\t`,
};

for (const [shell, complete] of Object.entries(SHELLS)) {
  describe(`completion in ${shell}`, { skip: has(shell) ? false : `${shell} is not installed` }, () => {
    const path = script(shell);
    const complete_ = (line: string): string[] =>
      spawnSync(shell, ['-c', complete(line, path)], { encoding: 'utf8', cwd: folder() })
        .stdout.split('\n')
        .filter((word) => word !== '');

    it('completes commands', () => {
      assert.deepEqual(complete_('danube prov'), ['provenance']);
      assert.deepEqual(complete_('danube provenance ve'), ['verify']);
      assert.deepEqual(complete_('danube keys s'), ['show']);
    });

    it('completes the options of the command', () => {
      assert.deepEqual(complete_('danube provenance verify --public'), ['--public-key']);
      assert.deepEqual(complete_('danube provenance verify a.tgz --no-m'), ['--no-missing']);
      assert.deepEqual(complete_('danube keys generate --job'), []);
    });

    it('completes the values of an option', () => {
      assert.deepEqual(complete_('danube provenance sign --format b'), ['bundle']);
    });

    it('completes shells', () => {
      assert.deepEqual(complete_('danube completion f'), ['fish']);
    });
  });
}

describe('completion in zsh', { skip: has('zsh') ? false : 'zsh is not installed' }, () => {
  it('is a script that zsh can read', () => {
    assert.equal(spawnSync('zsh', ['-n', script('zsh')], { encoding: 'utf8' }).stderr, '');
  });
});

it('completion names every command and option', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = danube(['completion', shell]).stdout;
    for (const word of ['verify', 'attest', 'public-key', 'no-missing', 'job-record', 'passphrase-file']) {
      assert.ok(text.includes(word), `${shell}: ${word}`);
    }
  }
});
