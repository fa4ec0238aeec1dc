import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs, { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hashFile, hashFiles, hashPaths, listFiles, type HashAlgorithm } from '@danube/artifact';
import { artifactError, folderOf, hashOf, hashOfZeros, socketIn, writeSparse } from './folder.ts';

const MIB = 1024 * 1024;

describe('hashFiles', () => {
  it('gives name, path, size and digest of each file, in the order of the names', async () => {
    const folder = folderOf({ 'dir/a': 'a', b: 'bb', 'dir/c': '' });
    assert.deepEqual(await hashFiles(folder, ['dir/c', 'b', 'dir/a']), [
      { name: 'dir/c', path: join(folder, 'dir/c'), size: 0, digest: { sha256: hashOf('') } },
      { name: 'b', path: join(folder, 'b'), size: 2, digest: { sha256: hashOf('bb') } },
      { name: 'dir/a', path: join(folder, 'dir/a'), size: 1, digest: { sha256: hashOf('a') } },
    ]);
  });

  it('takes several digests in one pass, of small and large files', async () => {
    const content = Buffer.alloc(3 * MIB + 1, 'danube');
    const folder = folderOf({ small: 'x', large: content });
    const algorithms: HashAlgorithm[] = ['sha512', 'sha256', 'sha384'];
    const [large, small] = await hashFiles(folder, ['large', 'small'], { algorithms });
    for (const algorithm of algorithms) {
      assert.equal(small?.digest[algorithm], hashOf('x', algorithm));
      assert.equal(large?.digest[algorithm], hashOf(content, algorithm));
    }
    assert.deepEqual(Object.keys(small?.digest ?? {}), algorithms);
  });

  it('hashes files of every size around the parts that are read', async () => {
    const sizes = [0, 1, 262_143, 262_144, 262_145, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1, 5 * MIB];
    const folder = folderOf();
    for (const size of sizes) writeFileSync(join(folder, `${size}`), Buffer.alloc(size, 'danube'));
    const files = await hashFiles(folder, sizes.map(String));
    assert.deepEqual(
      files.map(({ size }) => size),
      sizes,
    );
    for (const { size, digest } of files)
      assert.equal(digest['sha256'], hashOf(Buffer.alloc(size, 'danube')));
  });

  it('agrees with openssl on what listFiles finds', async (context) => {
    const folder = folderOf({ 'a b': '1', 'x/y': '2', é: '3' });
    const names = listFiles(folder);
    const files = await hashFiles(folder, names);
    try {
      const output = execFileSync('openssl', ['dgst', '-sha256', '-r', ...names], {
        cwd: folder,
        encoding: 'utf8',
      });
      const digests = output
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 64));
      assert.deepEqual(
        files.map(({ digest }) => digest['sha256']),
        digests,
      );
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      context.skip('openssl is missing');
    }
  });

  it('reads through a root that is a symbolic link', async () => {
    const folder = folderOf({ 'real/a': 'a' });
    symlinkSync('real', join(folder, 'link'));
    const [file] = await hashFiles(join(folder, 'link'), ['a']);
    assert.equal(file?.path, join(folder, 'link/a'));
    assert.equal(file?.digest['sha256'], hashOf('a'));
  });

  it('is a programming error to ask for no algorithm, an unknown one, or one twice', async () => {
    const folder = folderOf({ a: '' });
    for (const algorithms of [[], ['md5'], ['sha256', 'sha256']]) {
      await assert.rejects(
        hashFiles(folder, ['a'], { algorithms: algorithms as HashAlgorithm[] }),
        TypeError,
      );
    }
  });
});

describe('hashFiles and names it is given', () => {
  it('rejects names that lead elsewhere (threats 17, 49)', async () => {
    const folder = folderOf({ 'root/a': '', secret: 'x' });
    for (const name of ['../secret', '/etc/passwd', './a', 'a/', '', 'a\\b']) {
      await assert.rejects(
        hashFiles(join(folder, 'root'), [name]),
        artifactError('ERR_ARTIFACT_NAME_PATH'),
        name,
      );
    }
    await assert.rejects(
      hashFiles(join(folder, 'root'), ['a\0']),
      artifactError('ERR_ARTIFACT_NAME_CONTROL'),
    );
  });

  it('rejects names equal but for case (threat 18)', async () => {
    await assert.rejects(
      hashFiles(folderOf({ a: '' }), ['a', 'A']),
      artifactError('ERR_ARTIFACT_NAME_CLASH'),
    );
  });

  it('rejects what is not there, and what is behind a file', async () => {
    const folder = folderOf({ a: '' });
    await assert.rejects(hashFiles(folder, ['a', 'none']), artifactError('ERR_ARTIFACT_NOT_FOUND', /none/));
    await assert.rejects(hashFiles(folder, ['none/none']), artifactError('ERR_ARTIFACT_NOT_FOUND'));
    await assert.rejects(hashFiles(folder, ['a/b']), artifactError('ERR_ARTIFACT_NOT_FOUND'));
    await assert.rejects(hashFiles(join(folder, 'none'), ['a']), artifactError('ERR_ARTIFACT_NOT_FOUND'));
  });

  it('rejects directories, FIFOs and sockets without waiting for them (threat 18)', async () => {
    const folder = folderOf({ 'dir/a': '' });
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const server = await socketIn(folder);
    await assert.rejects(hashFiles(folder, ['dir']), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a directory/));
    await assert.rejects(hashFiles(folder, ['fifo']), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a FIFO/));
    await assert.rejects(hashFiles(folder, ['socket']), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a socket/));
    await new Promise((resolve) => void server.close(resolve));
  });

  it('says which of several files is at fault', async () => {
    const folder = folderOf({ a: '', b: '', d: '' });
    await assert.rejects(hashFiles(folder, ['a', 'b', 'c', 'd']), {
      code: 'ERR_ARTIFACT_NOT_FOUND',
      path: join(folder, 'c'),
    });
  });
});

describe('hashFiles and links (threat 18)', () => {
  it('hashes a link to a file inside under its own name, and hard links', async () => {
    const folder = folderOf({ 'lib/real': 'x', large: Buffer.alloc(2 * MIB) });
    symlinkSync('real', join(folder, 'lib/link'));
    symlinkSync('../large', join(folder, 'lib/large'));
    linkSync(join(folder, 'lib/real'), join(folder, 'hard'));
    const files = await hashFiles(folder, ['lib/link', 'lib/large', 'hard']);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['lib/link', 'lib/large', 'hard'],
    );
    assert.deepEqual(
      files.map(({ digest }) => digest['sha256']),
      [hashOf('x'), hashOfZeros(2 * MIB), hashOf('x')],
    );
  });

  it('rejects links that leave the directory, lead in a circle, to a directory or to nothing', async () => {
    const folder = folderOf({ 'root/a': '', 'outside/secret': '', 'root/dir/b': '' });
    const root = join(folder, 'root');
    symlinkSync('../outside/secret', join(root, 'out'));
    symlinkSync('/dev/null', join(root, 'device'));
    symlinkSync('loop', join(root, 'loop'));
    symlinkSync('dir', join(root, 'folder'));
    symlinkSync('none', join(root, 'dangling'));
    await assert.rejects(hashFiles(root, ['out']), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
    await assert.rejects(hashFiles(root, ['device']), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
    await assert.rejects(hashFiles(root, ['loop']), artifactError('ERR_ARTIFACT_SYMLINK_LOOP'));
    await assert.rejects(hashFiles(root, ['folder']), artifactError('ERR_ARTIFACT_SYMLINK_DIRECTORY'));
    await assert.rejects(hashFiles(root, ['dangling']), artifactError('ERR_ARTIFACT_NOT_FOUND'));
  });

  it('rejects a file behind a link to a directory, inside and outside', async () => {
    const folder = folderOf({ 'root/dir/a': '', 'outside/secret': '' });
    const root = join(folder, 'root');
    symlinkSync('../outside', join(root, 'out'));
    symlinkSync('dir', join(root, 'in'));
    await assert.rejects(hashFiles(root, ['out/secret']), artifactError('ERR_ARTIFACT_SYMLINK_ESCAPE'));
    await assert.rejects(hashFiles(root, ['in/a']), artifactError('ERR_ARTIFACT_SYMLINK_DIRECTORY'));
  });
});

describe('hashFiles and files that change', () => {
  it('rejects a large file that grows while it is read', async (context) => {
    const folder = folderOf();
    writeSparse(join(folder, 'a'), 32 * MIB);
    const { read } = fs;
    const reading = context.mock.method(fs, 'read', ((...args: Parameters<typeof read>) => {
      if (reading.mock.callCount() === 1) fs.appendFileSync(join(folder, 'a'), 'x');
      read(...args);
    }) as typeof read);
    syncBuiltinESMExports();
    await assert.rejects(hashFiles(folder, ['a']), artifactError('ERR_ARTIFACT_CHANGED'));
    assert.ok(reading.mock.callCount() > 2);
    reading.mock.restore();
    syncBuiltinESMExports();
  });

  it('rejects a file that the kernel makes up while it is read', async (context) => {
    if (process.platform !== 'linux') context.skip('there is no /proc');
    else await assert.rejects(hashFile('/proc/self/status'), artifactError('ERR_ARTIFACT_CHANGED'));
  });
});

describe('hashFiles, its progress and its end', () => {
  it('tells bytes done and in all, at last all', async () => {
    const folder = folderOf({ 'dir/b': 'xyz' });
    writeSparse(join(folder, 'a'), 3 * MIB);
    const calls: [number, number, string][] = [];
    const onProgress = (...call: [number, number, string]): void => void calls.push(call);
    await hashFiles(folder, ['a', 'dir/b'], { onProgress });
    const total = 3 * MIB + 3;
    assert.deepEqual(calls.at(-1), [total, total, 'dir/b']);
    for (const [index, [done]] of calls.entries())
      assert.ok(done >= (calls[index - 1]?.[0] ?? 0) && done <= total);
  });

  it('ends with the reason of a signal, before and while it works', async () => {
    const folder = folderOf();
    writeSparse(join(folder, 'a'), 64 * MIB);
    const reason = new Error('enough');
    await assert.rejects(hashFiles(folder, ['a'], { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const hashing = hashFiles(folder, ['a'], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(hashing, reason);
  });
});

describe('hashFile and hashPaths', () => {
  it('follow links, and call files by the last part of their paths', async () => {
    const folder = folderOf({ 'dir/a': 'a' });
    symlinkSync('dir/a', join(folder, 'link'));
    mkdirSync(join(folder, 'other'));
    const expected = { size: 1, digest: { sha256: hashOf('a') } };
    const paths = [join(folder, 'link'), join(folder, 'other/../dir/a')];
    assert.deepEqual(await hashPaths(paths), [
      { name: 'link', path: paths[0], ...expected },
      { name: 'a', path: paths[1], ...expected },
    ]);
    assert.deepEqual(await hashFile(paths[0] ?? ''), { name: 'link', path: paths[0], ...expected });
  });

  it('reject what is no regular file', async () => {
    const folder = folderOf();
    symlinkSync('loop', join(folder, 'loop'));
    await assert.rejects(hashFile('/dev/null'), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a device/));
    await assert.rejects(hashFile(folder), artifactError('ERR_ARTIFACT_NOT_A_FILE', /a directory/));
    await assert.rejects(hashFile(join(folder, 'none')), artifactError('ERR_ARTIFACT_NOT_FOUND'));
    await assert.rejects(hashFile(join(folder, 'loop')), artifactError('ERR_ARTIFACT_SYMLINK_LOOP'));
  });
});
