import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openJobDirectory, STORE_LIMITS, type AttestationFiles } from '@danube/store';
import { createJobDirectory } from '../src/job-directory.ts';
import { Crash, faultyDisk, systemError, type Fault } from './faulty-disk.ts';
import { bytesOf } from './files.ts';
import { leftovers, storeError, temporaryFolder } from './folder.ts';

const FILE = 'provenance.json';
const ONE: AttestationFiles = new Map([[FILE, bytesOf(1)]]);
const TWO: AttestationFiles = new Map([...ONE, ['release.jsonl', bytesOf(2)]]);
const OTHER: AttestationFiles = new Map([[FILE, bytesOf(3)]]);

/** A data directory as it may be found. */
const SITUATIONS: readonly (readonly [what: string, prepare: (dataDir: string) => void])[] = [
  ['no data directory', (dataDir) => rmSync(dataDir, { recursive: true })],
  ['an empty data directory', () => undefined],
  ['other jobs', (dataDir) => mkdirSync(join(dataDir, 'artifacts/other'), { recursive: true })],
  [
    'a directory of the job with its artifacts',
    (dataDir) => {
      mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
      writeFileSync(join(dataDir, 'artifacts/job/app.tgz'), 'app');
    },
  ],
];

describe('put', () => {
  for (const [what, prepare] of SITUATIONS) {
    it(`stores files where there is ${what}`, async () => {
      const dataDir = temporaryFolder();
      prepare(dataDir);
      const store = openJobDirectory(dataDir);
      assert.deepEqual(await store.put('job', TWO), { written: [...TWO.keys()] });
      assert.deepEqual(await store.read('job'), TWO);
      assert.deepEqual(leftovers(dataDir), []);
      const { mode } = statSync(join(dataDir, 'artifacts/job', FILE));
      assert.equal(mode & 0o777, 0o644 & ~process.umask());
      rmSync(dataDir, { recursive: true });
      mkdirSync(dataDir);
    });
  }

  it('changes nothing when the same bytes are there', async () => {
    const dataDir = temporaryFolder();
    const store = openJobDirectory(dataDir);
    await store.put('job', TWO);
    const before = statSync(join(dataDir, 'artifacts/job', FILE), { bigint: true });
    assert.deepEqual(await store.put('job', TWO), { written: [] });
    assert.deepEqual(await store.put('job', ONE), { written: [] });
    const after = statSync(join(dataDir, 'artifacts/job', FILE), { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs, after.ctimeNs], [before.ino, before.mtimeNs, before.ctimeNs]);
  });

  it('rejects other bytes, and then adds none of the files', async () => {
    const store = openJobDirectory(temporaryFolder());
    await store.put('job', ONE);
    await assert.rejects(store.put('job', OTHER), storeError('ERR_STORE_CONFLICT'));
    await assert.rejects(
      store.put('job', new Map([['new.json', bytesOf(4)], ...OTHER])),
      storeError('ERR_STORE_CONFLICT'),
    );
    assert.deepEqual(await store.read('job'), ONE);
  });

  it('adds what is missing', async () => {
    const store = openJobDirectory(temporaryFolder());
    await store.put('job', ONE);
    assert.deepEqual(await store.put('job', TWO), { written: ['release.jsonl'] });
    assert.deepEqual(await store.read('job'), TWO);
  });

  it('stores the artifacts of several jobs at once', async () => {
    const store = openJobDirectory(temporaryFolder());
    const ids = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    await Promise.all([...ids, ...ids].map(async (id) => store.put(id, TWO)));
    assert.deepEqual(await store.list(), ids.sort());
  });

  it('stores files as large as the limit says, and not larger (threat 47)', async () => {
    const store = openJobDirectory(temporaryFolder());
    await store.put('job', new Map([[FILE, new Uint8Array(STORE_LIMITS.fileBytes)]]));
    const larger = new Map([[FILE, new Uint8Array(STORE_LIMITS.fileBytes + 1)]]);
    await assert.rejects(store.put('other', larger), storeError('ERR_STORE_LIMIT'));
  });

  it('stores no more files than the limit says (threat 47)', async () => {
    const store = openJobDirectory(temporaryFolder());
    const files = new Map(
      Array.from({ length: STORE_LIMITS.files + 1 }, (_, index) => [`${index}.json`, bytesOf(1, 4)]),
    );
    await assert.rejects(store.put('job', files), storeError('ERR_STORE_LIMIT'));
  });

  it('is a programming error to put nothing', async () => {
    await assert.rejects(openJobDirectory(temporaryFolder()).put('job', new Map()), TypeError);
  });
});

describe('put and what is in its way', () => {
  it('rejects a job directory that is a symbolic link (threat 49)', async () => {
    const dataDir = temporaryFolder();
    const outside = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts'));
    symlinkSync(outside, join(dataDir, 'artifacts/job'));
    await assert.rejects(
      openJobDirectory(dataDir).put('job', ONE),
      storeError('ERR_STORE_IO', /not a directory/),
    );
    assert.deepEqual(readdirSync(outside), []);
  });

  it('does not write through a symbolic link in place of a file (threat 49)', async () => {
    const dataDir = temporaryFolder();
    const target = join(temporaryFolder(), 'target');
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    symlinkSync(target, join(dataDir, 'artifacts/job', FILE));
    await assert.rejects(
      openJobDirectory(dataDir).put('job', ONE),
      storeError('ERR_STORE_IO', /symbolic link/),
    );
    assert.equal(existsSync(target), false);
  });

  it('names the path when a part of it is a file', async () => {
    const dataDir = join(temporaryFolder(), 'file');
    writeFileSync(dataDir, '');
    await assert.rejects(
      openJobDirectory(dataDir).put('job', ONE),
      storeError('ERR_STORE_IO', /file.*not a directory/),
    );
    const other = temporaryFolder();
    writeFileSync(join(other, 'artifacts'), '');
    await assert.rejects(
      openJobDirectory(other).put('job', ONE),
      storeError('ERR_STORE_IO', /not a directory/),
    );
  });

  it('rejects a directory in place of the file', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts/job', FILE), { recursive: true });
    await assert.rejects(
      openJobDirectory(dataDir).put('job', ONE),
      storeError('ERR_STORE_IO', /not a regular file/),
    );
  });

  it('names the reason when it has no right', async (context) => {
    if (process.geteuid?.() === 0) return context.skip('root may write everywhere');
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts'));
    chmodSync(join(dataDir, 'artifacts'), 0o500);
    await assert.rejects(
      openJobDirectory(dataDir).put('job', ONE),
      storeError('ERR_STORE_IO', /permission denied/),
    );
    chmodSync(join(dataDir, 'artifacts'), 0o700);
  });
});

/** How many calls a put makes when nothing happens. */
async function countCalls(prepare: (dataDir: string) => void): Promise<number> {
  const dataDir = temporaryFolder();
  prepare(dataDir);
  const { disk, calls } = faultyDisk({ at: -1, when: 'before', happen: () => undefined });
  await createJobDirectory(dataDir, disk).put('job', TWO);
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir);
  return calls.length;
}

function stored(dataDir: string): string[] {
  const job = join(dataDir, 'artifacts/job');
  if (!existsSync(job)) return [];
  const names = readdirSync(job).filter((name) => TWO.has(name));
  for (const name of names)
    assert.ok(readFileSync(join(job, name)).equals(TWO.get(name) ?? Buffer.of()), `${name} is torn`);
  return names;
}

describe('put, killed at any call', () => {
  for (const [what, prepare] of SITUATIONS) {
    it(`leaves whole files or none, and goes through when it is run again, with ${what}`, async () => {
      const count = await countCalls(prepare);
      assert.ok(count > 10);
      for (const when of ['before', 'half', 'after'] as const) {
        for (let at = 0; at < count; at += 1) {
          const dataDir = temporaryFolder();
          prepare(dataDir);
          const { disk } = faultyDisk({ at, when, happen: die });
          await assert.rejects(createJobDirectory(dataDir, disk).put('job', TWO), Crash, `${when} ${at}`);
          stored(dataDir);
          const store = openJobDirectory(dataDir);
          const names = existsSync(join(dataDir, 'artifacts/job'))
            ? [...(await store.read('job')).keys()]
            : [];
          assert.ok(names.length === 0 || names.length === 2, `${when} ${at}: one of two files is there`);
          const { written } = await store.put('job', TWO);
          assert.deepEqual([...names, ...written].sort(), [...TWO.keys()]);
          assert.deepEqual(stored(dataDir), [...TWO.keys()]);
          assert.deepEqual(await store.read('job'), TWO);
          rmSync(dataDir, { recursive: true });
          mkdirSync(dataDir);
        }
      }
    });
  }

  function die(): never {
    throw new Crash();
  }
});

describe('what is decided and has no name yet', () => {
  /** A job whose writer was killed as soon as it had decided. */
  async function interrupted(): Promise<string> {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    const { disk: first, calls } = faultyDisk({ at: -1, when: 'before', happen: () => undefined });
    await createJobDirectory(dataDir, first).put('job', TWO);
    rmSync(join(dataDir, 'artifacts/job'), { recursive: true });
    mkdirSync(join(dataDir, 'artifacts/job'));
    const { disk } = faultyDisk({
      at: calls.findIndex((call) => call.startsWith('rename') && call.endsWith('.decided')),
      when: 'after',
      happen: () => {
        throw new Crash();
      },
    });
    await assert.rejects(createJobDirectory(dataDir, disk).put('job', TWO), Crash);
    assert.deepEqual(stored(dataDir), []);
    return dataDir;
  }

  it('is read', async () => {
    assert.deepEqual(await openJobDirectory(await interrupted()).read('job'), TWO);
    assert.deepEqual(await openJobDirectory(await interrupted()).read('job', [FILE]), ONE);
  });

  it('gets its name from whoever writes next, and is not replaced', async () => {
    const dataDir = await interrupted();
    const store = openJobDirectory(dataDir);
    await assert.rejects(store.put('job', OTHER), storeError('ERR_STORE_CONFLICT'));
    assert.deepEqual(stored(dataDir), [...TWO.keys()]);
    assert.deepEqual(await store.read('job'), TWO);
    assert.deepEqual(leftovers(dataDir), []);
    assert.ok(!existsSync(join(dataDir, 'artifacts/job/.decided')));
  });

  it('does not count, none of it, when one of the names was taken before', async () => {
    const dataDir = await interrupted();
    for (const [name, bytes] of OTHER) writeFileSync(join(dataDir, 'artifacts/job', name), bytes);
    const store = openJobDirectory(dataDir);
    assert.deepEqual(await store.read('job'), OTHER);
    assert.deepEqual(await store.put('job', OTHER), { written: [] });
    assert.deepEqual(await store.read('job'), OTHER);
  });

  it('is not looked for behind a symbolic link (threat 49)', async () => {
    const dataDir = temporaryFolder();
    const outside = temporaryFolder();
    mkdirSync(join(outside, 'x'));
    writeFileSync(join(outside, 'x', FILE), '{}');
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    symlinkSync(outside, join(dataDir, 'artifacts/job/.decided'));
    const store = openJobDirectory(dataDir);
    await assert.rejects(store.read('job'), storeError('ERR_STORE_IO', /not a directory/));
    await assert.rejects(store.put('job', ONE), storeError('ERR_STORE_IO', /not a directory/));
  });
});

describe('put on a disk that fails', () => {
  for (const [code, reason] of [
    ['ENOSPC', /no space left/],
    ['EIO', /input\/output/],
    ['EDQUOT', /quota/],
    ['EROFS', /read-only/],
  ] as const) {
    it(`reports ${code} with path and reason, and leaves whole files or none`, async () => {
      for (const [, prepare] of SITUATIONS) {
        const count = await countCalls(prepare);
        for (let at = 0; at < count; at += 1) {
          const dataDir = temporaryFolder();
          prepare(dataDir);
          const { disk } = faultyDisk({ at, when: 'half', happen: fail(code) });
          await assert.rejects(createJobDirectory(dataDir, disk).put('job', TWO), (error: unknown) => {
            storeError('ERR_STORE_IO', reason)(error);
            return storeError('ERR_STORE_IO', new RegExp(dataDir))(error);
          });
          stored(dataDir);
          await openJobDirectory(dataDir).put('job', TWO);
          assert.equal(stored(dataDir).length, 2);
          rmSync(dataDir, { recursive: true });
          mkdirSync(dataDir);
        }
      }
    });
  }

  it('says what a file system without hard links lacks', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    const disk = {
      ...promises,
      link: async () => Promise.reject(Object.assign(systemError('EPERM'), { syscall: 'link' })),
    };
    await assert.rejects(createJobDirectory(dataDir, disk).put('job', ONE), {
      code: 'ERR_STORE_IO',
      hint: /hard links/,
    });
    // A new job needs none.
    assert.deepEqual(await createJobDirectory(dataDir, disk).put('new', ONE), { written: [FILE] });
  });

  it('takes a file system that cannot sync directories', async () => {
    const { disk, calls } = faultyDisk({ at: -1, when: 'before', happen: () => undefined });
    const open: typeof disk.open = async (path, flags, mode) => {
      const file = await disk.open(path, flags, mode);
      const isDirectory = statSync(path).isDirectory();
      return isDirectory
        ? Object.assign(file, { sync: async () => Promise.reject(systemError('EINVAL')) })
        : file;
    };
    await createJobDirectory(temporaryFolder(), { ...disk, open }).put('job', ONE);
    assert.ok(calls.length > 0);
  });

  function fail(code: string): () => never {
    return () => {
      throw systemError(code);
    };
  }
});

describe('put, and what is on the disk when it says so', () => {
  async function trace(prepare: (dataDir: string) => void): Promise<string[]> {
    const dataDir = temporaryFolder();
    prepare(dataDir);
    const { disk, calls } = faultyDisk({ at: -1, when: 'before', happen: () => undefined });
    await createJobDirectory(dataDir, disk).put('job', ONE);
    return calls
      .filter((call) => /^(?:mkdir|writeFile|sync|rename|link) /.test(call))
      .map((call) =>
        call
          .replace(dataDir, '')
          .replace(/\d+-[0-9a-f]{16}/g, 'X')
          .replace(/\b[0-9a-f]{16}\b/g, 'Y')
          .trim(),
      );
  }

  it('has every part of a new job written before its name, and its name before it ends', async () => {
    assert.deepEqual(await trace(() => undefined), [
      'mkdir /artifacts/.staging',
      'mkdir /artifacts',
      'sync',
      'mkdir /artifacts/.staging',
      'sync /artifacts',
      'mkdir /artifacts/.staging/.job.X.tmp',
      `writeFile /artifacts/.staging/.job.X.tmp/${FILE}`,
      `sync /artifacts/.staging/.job.X.tmp/${FILE}`,
      'sync /artifacts/.staging/.job.X.tmp',
      'rename /artifacts/job',
      'sync /artifacts',
      'sync',
    ]);
  });

  it('has a file written before its name, and its name before it ends', async () => {
    assert.deepEqual(
      await trace((dataDir) => mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true })),
      [
        'mkdir /artifacts/job/.attestations.X.tmp',
        'mkdir /artifacts/job/.attestations.X.tmp/Y',
        `writeFile /artifacts/job/.attestations.X.tmp/Y/${FILE}`,
        `sync /artifacts/job/.attestations.X.tmp/Y/${FILE}`,
        'link /artifacts/job/.attestations.X.tmp/Y/.link',
        'sync /artifacts/job/.attestations.X.tmp/Y',
        'sync /artifacts/job/.attestations.X.tmp',
        'rename /artifacts/job/.decided',
        'sync /artifacts/job',
        `link /artifacts/job/${FILE}`,
        'sync /artifacts/job',
        'rename /artifacts/job/.removed.X.tmp',
        `sync /artifacts/job/${FILE}`,
        'sync /artifacts/job',
        'sync /artifacts',
        'sync',
      ],
    );
  });

  it('also when the file was there: the run that wrote it may have been killed', async () => {
    const calls = await trace((dataDir) => {
      mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
      writeFileSync(join(dataDir, 'artifacts/job', FILE), ONE.get(FILE) ?? '');
    });
    assert.deepEqual(calls, [
      `sync /artifacts/job/${FILE}`,
      'sync /artifacts/job',
      'sync /artifacts',
      'sync',
    ]);
  });
});

describe('put and other writers', () => {
  /** What another writer does at every moment of a put. */
  async function atEveryCall(
    prepare: (dataDir: string) => void,
    act: (dataDir: string, call: string) => void,
    check: (dataDir: string, put: Promise<unknown>) => Promise<void>,
  ): Promise<void> {
    const count = await countCalls(prepare);
    for (let at = 0; at < count; at += 1) {
      const dataDir = temporaryFolder();
      prepare(dataDir);
      const fault: Fault = { at, when: 'before', happen: (call) => act(dataDir, call) };
      const { disk } = faultyDisk(fault);
      await check(dataDir, createJobDirectory(dataDir, disk).put('job', TWO));
      rmSync(dataDir, { recursive: true });
      mkdirSync(dataDir);
    }
  }

  function write(dataDir: string, files: AttestationFiles): void {
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    for (const [name, bytes] of files) {
      const path = join(dataDir, 'artifacts/job', name);
      if (!existsSync(path)) writeFileSync(path, bytes);
    }
  }

  for (const [what, prepare] of SITUATIONS) {
    it(`agrees with one that stores the same bytes at any moment, with ${what}`, async () => {
      await atEveryCall(
        prepare,
        (dataDir) => write(dataDir, TWO),
        async (dataDir, put) => {
          await put;
          assert.deepEqual(stored(dataDir), [...TWO.keys()]);
          assert.deepEqual(leftovers(dataDir), []);
        },
      );
    });

    it(`never replaces what one stores at any moment, with ${what}`, async () => {
      await atEveryCall(
        prepare,
        (dataDir) => write(dataDir, OTHER),
        async (dataDir, put) => {
          const isOurs = await put.then(
            () => true,
            (error: unknown) => !storeError('ERR_STORE_CONFLICT')(error),
          );
          const bytes = readFileSync(join(dataDir, 'artifacts/job', FILE));
          assert.ok(bytes.equals((isOurs ? TWO : OTHER).get(FILE) ?? Buffer.of()));
        },
      );
    });

    it(`starts again when one clears its temporary files away at any moment, with ${what}`, async () => {
      const clear = (dataDir: string): void => {
        for (const name of leftovers(dataDir)) rmSync(join(dataDir, name), { recursive: true, force: true });
      };
      await atEveryCall(prepare, clear, async (dataDir, put) => {
        await put;
        assert.deepEqual(stored(dataDir), [...TWO.keys()]);
      });
    });
  }
});

describe('put and what killed runs left behind', () => {
  const DEAD = 2 ** 22 + 1; // beyond the largest process id

  function leave(dataDir: string, pid: number): string[] {
    const names = [
      `artifacts/.staging/.job.${pid}-0123456789abcdef.tmp/${FILE}`,
      `artifacts/job/.${FILE}.${pid}-0123456789abcdef.tmp`,
    ];
    for (const name of names) {
      mkdirSync(join(dataDir, name, '..'), { recursive: true });
      writeFileSync(join(dataDir, name), 'half');
    }
    return names.map((name) => join(dataDir, name));
  }

  it('removes temporary files whose process is gone', async () => {
    const dataDir = temporaryFolder();
    leave(dataDir, DEAD);
    const store = openJobDirectory(dataDir);
    await store.put('job', ONE);
    await store.put('new', ONE);
    assert.deepEqual(leftovers(dataDir), []);
  });

  it('leaves those of a living process, until they are an hour old', async () => {
    const dataDir = temporaryFolder();
    const paths = leave(dataDir, process.ppid);
    const store = openJobDirectory(dataDir);
    await store.put('job', ONE);
    await store.put('new', ONE);
    for (const path of paths) assert.ok(existsSync(path));
    const old = new Date(Date.now() - 3_700_000);
    for (const path of [...paths, join(paths[0] ?? '', '..')]) utimesSync(path, old, old);
    await store.put('job', ONE);
    await store.put('newer', ONE);
    assert.deepEqual(leftovers(dataDir), []);
  });

  it('leaves files alone that only look similar', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'artifacts/job'), { recursive: true });
    const names = ['.hidden', 'a.tmp', `.${FILE}.${DEAD}.tmp`, `${FILE}.${DEAD}-0123456789abcdef.tmp`];
    for (const name of names) writeFileSync(join(dataDir, 'artifacts/job', name), '');
    await openJobDirectory(dataDir).put('job', ONE);
    assert.deepEqual(readdirSync(join(dataDir, 'artifacts/job')).sort(), [...names, FILE].sort());
  });
});
