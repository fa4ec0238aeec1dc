import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ARTIFACT_LIMITS, listFiles } from '@danube/artifact';
import { artifactError, folderOf, socketIn } from './folder.ts';

describe('listFiles', () => {
  it('lists regular files, hidden ones too, sorted by code unit', () => {
    const names = ['b', 'a', '.hidden', 'Z', 'dir/x', 'dir/.y/z', 'dir.txt', 'é', '\u{1f600}', '\uff5e'];
    const folder = folderOf(Object.fromEntries(names.map((name) => [name, ''])));
    mkdirSync(join(folder, 'empty'));
    assert.deepEqual(listFiles(folder), [
      '.hidden',
      'Z',
      'a',
      'b',
      'dir.txt',
      'dir/.y/z',
      'dir/x',
      'é',
      '\u{1f600}',
      '\uff5e',
    ]);
  });

  it('lists what the patterns match, each file once', () => {
    const folder = folderOf({
      'dist/a.tgz': '',
      'dist/b.tgz': '',
      'dist/c.txt': '',
      'x/dist/d.tgz': '',
      README: '',
    });
    assert.deepEqual(listFiles(folder, { include: ['dist/*.tgz', 'README'] }), [
      'README',
      'dist/a.tgz',
      'dist/b.tgz',
    ]);
    assert.deepEqual(listFiles(folder, { include: ['**/*.tgz', 'dist/a.tgz'] }), [
      'dist/a.tgz',
      'dist/b.tgz',
      'x/dist/d.tgz',
    ]);
    assert.deepEqual(listFiles(folder, { include: [] }), []);
  });

  it('rejects a pattern that matches nothing', () => {
    const folder = folderOf({ 'dist/a.tgz': '' });
    for (const pattern of ['*.tgz', 'dist/b.tgz', 'dist', 'dist/a.tgz/x', 'none/*', 'dist/*/a']) {
      assert.throws(
        () => listFiles(folder, { include: ['dist/*', pattern] }),
        artifactError('ERR_ARTIFACT_NO_MATCH'),
      );
    }
  });

  it('says how to name the files of a directory', () => {
    const folder = folderOf({ 'dist/a.tgz': '' });
    assert.throws(() => listFiles(folder, { include: ['dist'] }), {
      hint: 'it is a directory; for the files in it write "dist/**"',
    });
  });

  it('rejects a root that is missing or not a directory', () => {
    const folder = folderOf({ file: '' });
    assert.throws(() => listFiles(join(folder, 'none')), artifactError('ERR_ARTIFACT_NOT_FOUND'));
    assert.throws(
      () => listFiles(join(folder, 'file')),
      artifactError('ERR_ARTIFACT_NOT_FOUND', /not a directory/),
    );
  });

  it('rejects more nested folders than the limit', () => {
    const deepest = Array.from({ length: ARTIFACT_LIMITS.depth }, () => 'd').join('/');
    const folder = folderOf({ [`${deepest}/file`]: '' });
    assert.equal(listFiles(folder).length, 1);
    mkdirSync(join(folder, deepest, 'd'));
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_LIMIT'));
  });
});

describe('listFiles and links (threat 18)', () => {
  it('lists a link to a file inside under its own name, and hard links', () => {
    const folder = folderOf({ 'lib/libx.so.1': 'x' });
    symlinkSync('libx.so.1', join(folder, 'lib/libx.so'));
    symlinkSync(join(folder, 'lib/libx.so'), join(folder, 'absolute'));
    linkSync(join(folder, 'lib/libx.so.1'), join(folder, 'hard'));
    assert.deepEqual(listFiles(folder), ['absolute', 'hard', 'lib/libx.so', 'lib/libx.so.1']);
  });

  it('rejects a link that leaves the directory', () => {
    const outside = folderOf({ secret: 'x' });
    for (const target of [join(outside, 'secret'), '/etc/passwd', outside, '..']) {
      const folder = folderOf({ a: '' });
      symlinkSync(target, join(folder, 'link'));
      assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'), target);
      assert.throws(
        () => listFiles(folder, { include: ['link'] }),
        artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'),
      );
    }
  });

  it('rejects a link to a folder whose name begins like the directory', () => {
    const parent = folderOf({ 'root/a': '', 'root-evil/b': '' });
    symlinkSync('../root-evil/b', join(parent, 'root/link'));
    assert.throws(() => listFiles(join(parent, 'root')), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
  });

  it('rejects links that lead back to themselves', () => {
    const folder = folderOf();
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_SYMLINK_LOOP'));
  });

  it('rejects a link to a directory, also to one above', () => {
    const folder = folderOf({ 'real/file': '' });
    symlinkSync('.', join(folder, 'real/again'));
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_SYMLINK_DIRECTORY'));
  });

  it('rejects a link that leads to nothing', () => {
    const folder = folderOf();
    symlinkSync('none', join(folder, 'dangling'));
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_NOT_FOUND', /leads to nothing/));
  });

  it('rejects a link to a device', () => {
    const folder = folderOf();
    symlinkSync('/dev/null', join(folder, 'null'));
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
  });

  it('rejects a file that lies behind a link to a directory', () => {
    const folder = folderOf({ 'real/file': '' });
    symlinkSync('real', join(folder, 'inside'));
    for (const include of ['inside/file', 'inside/*', '**/file']) {
      const check = artifactError('ERR_ARTIFACT_SYMLINK_DIRECTORY');
      assert.throws(() => listFiles(folder, { include: [include] }), check, include);
    }
  });

  it('rejects a file that lies behind a link out of the directory', () => {
    const outside = folderOf({ secret: '' });
    const folder = folderOf({ 'real/file': '' });
    symlinkSync(outside, join(folder, 'outside'));
    for (const include of ['outside/secret', 'outside/*', '**/file']) {
      const check = artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE');
      assert.throws(() => listFiles(folder, { include: [include] }), check, include);
    }
  });

  it('does not look at links that no pattern matches', () => {
    const folder = folderOf({ 'dist/a': '' });
    symlinkSync('/etc', join(folder, 'etc'));
    symlinkSync('none', join(folder, 'dist/x.tmp'));
    assert.deepEqual(listFiles(folder, { include: ['dist/a*'] }), ['dist/a']);
  });
});

describe('listFiles and special files (threat 18)', () => {
  it('rejects a FIFO', () => {
    const folder = folderOf();
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a FIFO/));
    assert.throws(
      () => listFiles(folder, { include: ['fifo'] }),
      artifactError('ERR_ARTIFACT_NOT_A_FILE', /a FIFO/),
    );
  });

  it('rejects a socket', async () => {
    const folder = folderOf();
    const server = await socketIn(folder);
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a socket/));
    await new Promise((resolve) => void server.close(resolve));
  });

  it('rejects a device', (context) => {
    const folder = folderOf();
    try {
      execFileSync('mknod', [join(folder, 'null'), 'c', '1', '3'], { stdio: 'ignore' });
    } catch {
      context.skip('no right to make a device');
      return;
    }
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a device/));
  });

  it('rejects a folder that may not be read', (context) => {
    const folder = folderOf({ 'closed/file': '' });
    if (process.geteuid?.() === 0) {
      context.skip('root may read everything');
      return;
    }
    chmodSync(join(folder, 'closed'), 0o000);
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_IO', /permission denied/));
    chmodSync(join(folder, 'closed'), 0o700);
  });
});

describe('listFiles and names (threats 17, 18)', () => {
  it('rejects names that are not UTF-8, of files and of folders', () => {
    const folder = folderOf({ good: '', dir: '' });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.of(0xff)]), '');
    assert.throws(() => listFiles(folder), artifactError('ERR_ARTIFACT_NAME_UTF8', /bad-/));
    assert.deepEqual(listFiles(folder, { include: ['g*'] }), ['good']);
    const other = folderOf({ 'dir/file': '' });
    renameSync(join(other, 'dir'), Buffer.concat([Buffer.from(`${other}/`), Buffer.of(0xc3, 0x28)]));
    assert.throws(() => listFiles(other), artifactError('ERR_ARTIFACT_NAME_UTF8'));
  });

  it('takes a name that holds the replacement character itself', () => {
    assert.deepEqual(listFiles(folderOf({ 'a\ufffd': '' })), ['a\ufffd']);
  });

  it('rejects control characters and backslashes', () => {
    assert.throws(() => listFiles(folderOf({ 'a\nb': '' })), artifactError('ERR_ARTIFACT_NAME_CONTROL'));
    assert.throws(() => listFiles(folderOf({ 'a\u202eb': '' })), artifactError('ERR_ARTIFACT_NAME_CONTROL'));
    assert.throws(() => listFiles(folderOf({ 'a\\b': '' })), artifactError('ERR_ARTIFACT_NAME_PATH'));
    assert.throws(() => listFiles(folderOf({ 'dir\\/b': '' })), artifactError('ERR_ARTIFACT_NAME_PATH'));
  });

  it('rejects names equal but for case or normalisation', () => {
    assert.throws(
      () => listFiles(folderOf({ 'dir/README': '', 'dir/readme': '' })),
      artifactError('ERR_ARTIFACT_NAME_CLASH'),
    );
    assert.throws(
      () => listFiles(folderOf({ 'caf\u00e9': '', 'cafe\u0301': '' })),
      artifactError('ERR_ARTIFACT_NAME_CLASH'),
    );
  });

  it('rejects a plain path that holds a zero byte', () => {
    assert.throws(
      () => listFiles(folderOf(), { include: ['a\0b'] }),
      artifactError('ERR_ARTIFACT_NAME_CONTROL'),
    );
  });
});
