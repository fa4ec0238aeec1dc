import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createLane, type Lane, type Outcome } from '../src/lane.ts';
import { newWork } from '../src/work.ts';
import { folderOf, hashOf } from './folder.ts';

/** A lane over this folder, whose calls to the system are these where they are given. */
function laneOver(folder: string, calls: Partial<typeof fs> = {}, bufferBytes: number = 1024): Lane {
  const work = newWork({
    base: `${folder}/`,
    names: [],
    algorithms: ['sha256'],
    maxBytes: Infinity,
    bufferBytes,
    batch: 1,
  });
  return createLane({ ...fs, ...calls }, crypto, work.shared);
}

/** `readSync`, and before its first call something else. */
function beforeRead(something: () => void): Partial<typeof fs> {
  let isFirst = true;
  const readSync = (...args: Parameters<typeof fs.readSync>): number => {
    if (isFirst) something();
    isFirst = false;
    return fs.readSync(...args);
  };
  return { readSync: readSync as typeof fs.readSync };
}

function touch(folder: string): string {
  const path = join(folder, 'clock');
  fs.writeFileSync(path, '');
  return path;
}

const lie = (size: bigint): Partial<typeof fs> => ({
  fstatSync: ((fd: number) =>
    Object.assign(fs.fstatSync(fd, { bigint: true }), { size })) as typeof fs.fstatSync,
});
const failing = (errno: string) => (): never => {
  throw Object.assign(new Error(errno), { code: errno, syscall: 'test' });
};

const CHANGES: readonly (readonly [what: string, change: (path: string) => void])[] = [
  ['grows', (path) => fs.appendFileSync(path, 'x')],
  ['shrinks', (path) => fs.truncateSync(path, 10)],
  [
    'gets other bytes of the same length',
    (path) => fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size, 'y')),
  ],
  [
    'gets other bytes and its old times',
    (path) => {
      const { atime, mtime, size } = fs.statSync(path);
      fs.writeFileSync(path, Buffer.alloc(size, 'y'));
      fs.utimesSync(path, atime, mtime);
    },
  ],
  [
    'is replaced',
    (path) => {
      fs.writeFileSync(`${path}.new`, 'new');
      fs.renameSync(`${path}.new`, path);
    },
  ],
];

describe('a lane, and a file that changes while it is read', () => {
  for (const [what, change] of CHANGES) {
    for (const size of [100, 5000]) {
      it(`says so when a file of ${size} bytes ${what}`, () => {
        const folder = folderOf({ file: Buffer.alloc(size, 'x') });
        const path = join(folder, 'file');
        // Times have the resolution of the kernel's clock; they must differ from those of the file's creation.
        fs.utimesSync(path, 1, 1);
        const ctime = fs.statSync(path, { bigint: true }).ctimeNs;
        const wait = (): void => {
          while (fs.statSync(touch(folder), { bigint: true }).ctimeNs === ctime);
        };
        const lane = laneOver(
          folder,
          beforeRead(() => (wait(), change(path))),
        );
        assert.deepEqual(lane.hash('file'), { kind: 'changed' });
        lane.end();
      });
    }
  }

  it('says so when the size that the system gave was wrong', () => {
    const folder = folderOf({ file: 'abc' });
    for (const size of [0n, 2n, 4n]) {
      const lane = laneOver(folder, lie(size));
      assert.deepEqual(lane.hash('file'), { kind: 'changed' });
      lane.end();
    }
  });
});

describe('a lane, and someone who swaps folders and links (threat 18)', () => {
  const expected: Outcome = { kind: 'hashed', size: 4, hex: [hashOf('good')] };

  it('goes on reading the folder that it checked', (context) => {
    if (process.platform !== 'linux') return context.skip('needs /proc');
    const folder = folderOf({ 'root/dir/a': 'good', 'root/dir/b': 'good', 'evil/b': 'evil' });
    const lane = laneOver(join(folder, 'root'));
    assert.deepEqual(lane.hash('dir/a'), expected);
    fs.renameSync(join(folder, 'root/dir'), join(folder, 'root/moved'));
    fs.symlinkSync('../evil', join(folder, 'root/dir'));
    assert.deepEqual(lane.hash('dir/b'), expected);
    lane.end();
    assert.deepEqual(lane.hash('dir/b'), { kind: 'elsewhere', real: join(folder, 'evil') });
    lane.end();
  });

  it('does not follow a link that was put in place of a file', () => {
    const folder = folderOf({ 'root/a': 'good', evil: 'evil' });
    const lane = laneOver(join(folder, 'root'));
    assert.deepEqual(lane.hash('a'), expected);
    fs.rmSync(join(folder, 'root/a'));
    fs.symlinkSync('../evil', join(folder, 'root/a'));
    assert.deepEqual(lane.hash('a'), { kind: 'link' });
    lane.end();
  });

  it('checks the real path where there is no /proc', () => {
    const folder = folderOf({ 'root/dir/a': 'good', 'evil/a': 'evil' });
    const lane = laneOver(join(folder, 'root'), { existsSync: () => false });
    assert.deepEqual(lane.hash('dir/a'), expected);
    fs.symlinkSync('../evil', join(folder, 'root/link'));
    assert.deepEqual(lane.hash('link/a'), { kind: 'elsewhere', real: join(folder, 'evil') });
    lane.end();
  });
});

describe('a lane, and a system that refuses', () => {
  it('passes the reason on, whichever call it is', () => {
    const folder = folderOf({ file: 'abc' });
    for (const call of ['openSync', 'fstatSync', 'readSync'] as const) {
      const lane = laneOver(folder, { [call]: failing('EIO') });
      assert.deepEqual(lane.hash('file'), { kind: 'error', errno: 'EIO' }, call);
      lane.end();
    }
  });

  it('leaves no file open', () => {
    const folder = folderOf({ file: 'abc', other: 'x' });
    const open = new Set<number>();
    const counting: Partial<typeof fs> = {
      openSync: (...args) => {
        const fd = fs.openSync(...args);
        open.add(fd);
        return fd;
      },
      closeSync: (fd) => {
        open.delete(fd);
        fs.closeSync(fd);
      },
    };
    for (const extra of [{}, { readSync: failing('EIO') }, { fstatSync: failing('EIO') }]) {
      const lane = laneOver(folder, { ...counting, ...extra });
      for (const name of ['file', 'other', 'none', 'none/none', 'file/x']) lane.hash(name);
      lane.end();
      assert.equal(open.size, 0);
    }
  });
});
