import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PLACEHOLDER_SOURCE, sourceUri } from '../demo/job-record.ts';

describe('the source that the demo names', () => {
  it('is the remote as a download location, without credentials', () => {
    assert.equal(
      sourceUri('https://me:secret@git.example.com/a/b.git'),
      'git+https://git.example.com/a/b.git',
    );
    assert.equal(sourceUri('ssh://git@git.example.com/a/b'), 'git+ssh://git.example.com/a/b');
    assert.equal(sourceUri('git@git.example.com:a/b.git'), 'git+ssh://git.example.com/a/b.git');
  });

  it('is a placeholder where the remote is a folder, or where there is none', () => {
    for (const remote of ['', '/srv/git/a', '../a', 'file:///srv/git/a']) {
      assert.equal(sourceUri(remote), PLACEHOLDER_SOURCE);
    }
  });
});
