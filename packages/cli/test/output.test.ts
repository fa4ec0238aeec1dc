import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { DANUBE, danube, folder, NO_TERMINAL } from './danube.ts';
import { attestationOf, jobRecord, statementOf, testKey, write, writeRelease } from './fixture.ts';
import { countCalls, struck } from './struck.ts';

const root = folder();
const VERIFY = ['provenance', 'verify', 'dist/app.tgz', '--public-key', 'keys/first.key.pub'];

before(() => writeRelease(root));

/** Runs the command by a shell, which connects it to others. */
function shell(script: string): {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', script], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE: process.execPath, DANUBE },
  });
  return { code: status, stdout, stderr };
}

describe('a reader that has gone', () => {
  const commands = [
    VERIFY.join(' '),
    `${VERIFY.join(' ')} --format json`,
    'provenance inspect dist/provenance.json',
    'provenance sign --append dist/provenance.json --key keys/second.key',
    'provenance convert dist/provenance.json --format jsonl',
    'keys show keys/first.key',
    'keys public keys/first.key',
    'completion bash',
    '--help',
    '--version',
  ];
  for (const command of commands) {
    it(`makes the exit code 3: danube ${command}`, () => {
      // The reader is gone before the command begins to write: it waits for the pipe to be closed.
      const { stdout, stderr } = shell(
        `exec 3> >(exec true); wait $!; "$NODE" "$DANUBE" ${command} >&3; echo "code $?"`,
      );
      assert.equal(stdout, 'code 3\n');
      assert.match(stderr, /^danube: error: the reader of the output has gone/);
    });
  }

  it('does not keep a wrong call from ending with 2', () => {
    const { stdout } = shell(
      `exec 3> >(exec true); wait $!; "$NODE" "$DANUBE" provenance verify 2>&3; echo "code $?"`,
    );
    assert.equal(stdout, 'code 2\n');
  });
});

describe('output', () => {
  it('is whole when the reader is slow and the pipe does not block', async () => {
    const subjects = Object.fromEntries(
      Array.from({ length: 4000 }, (_, i) => [`file-${i}`, `content ${i}`]),
    );
    write(join(root, 'many.json'), attestationOf(statementOf(subjects), await testKey(1)));
    const child = spawn(
      process.execPath,
      [DANUBE, 'provenance', 'inspect', 'many.json', '--format', 'json'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) {
      chunks.push(chunk);
      await new Promise(setImmediate);
    }
    const { files } = JSON.parse(Buffer.concat(chunks).toString());
    assert.equal(files[0].attestations[0].statement.subject.length, 4000);
  });

  it(
    'ends with 3 when the device is full',
    { skip: process.platform === 'linux' ? false : 'no /dev/full' },
    () => {
      const full = openSync('/dev/full', 'w');
      const { code, stderr } = danube(VERIFY, { cwd: root, stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      assert.equal(code, 3);
      assert.match(stderr, /^danube: error: .*ENOSPC/);
    },
  );

  it('can go to a device, which stays one', () => {
    const { code, stdout } = shell(
      '"$NODE" "$DANUBE" provenance convert dist/provenance.json --format jsonl --out /dev/stdout | cat',
    );
    assert.equal(code, 0);
    assert.deepEqual(
      JSON.parse(stdout),
      JSON.parse(readFileSync(join(root, 'dist/provenance.json'), 'utf8')),
    );
  });
});

describe('colour', { skip: NO_TERMINAL }, () => {
  function onTerminal(env: Record<string, string>): string {
    const command = [process.execPath, DANUBE, ...VERIFY].join(' ');
    return spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
    }).stdout;
  }

  it('is used on a terminal', () => {
    assert.ok(onTerminal({}).includes('\u001b[32maccepted\u001b[0m'));
  });

  it('is not used when NO_COLOR says so, or the terminal is dumb', () => {
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const stdout = onTerminal(env);
      assert.match(stdout, /accepted/);
      assert.ok(!stdout.includes('\u001b['));
    }
  });

  it('is not used anywhere else', () => {
    assert.ok(
      !danube(VERIFY, { cwd: root, env: { FORCE_COLOR: '1', TERM: 'xterm' } }).stdout.includes('\u001b'),
    );
  });
});

describe('an accident', () => {
  // It waits for the disk, so that accidents have their time.
  const ATTEST =
    'provenance attest --job-record job.json --artifacts dist --key keys/first.key --data-dir data'.split(
      ' ',
    );
  before(() => write(join(root, 'job.json'), jobRecord()));

  /** What is put before danube starts, in the same process. */
  const ACCIDENTS = {
    'an exception in a callback': `setTimeout(() => { throw new Error('boom'); }, 0)`,
    'a rejection nobody handles': `Promise.reject(new Error('boom'))`,
    'a rejection that is no error': `Promise.reject('boom')`,
    'an exception where nobody expects one': `Buffer.concat = () => { throw new Error('boom'); }`,
    'a promise that is never settled': `require('node:fs/promises').open = () => new Promise(() => {})`,
  };
  for (const [name, script] of Object.entries(ACCIDENTS)) {
    it(`makes the exit code 3: ${name}`, () => {
      const preload = write(join(root, 'accident.cjs'), `${script};`);
      const { status, stderr } = spawnSync(process.execPath, ['--require', preload, DANUBE, ...ATTEST], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(status, 3);
      assert.match(stderr, /^danube: error: .*(?:boom|stopped before it was done)/m);
    });
  }
});

describe('an interrupted command', () => {
  function attest(data: string): string[] {
    const job = ['--job-record', 'job.json', '--artifacts', 'dist', '--key', 'keys/first.key'];
    return ['provenance', 'attest', ...job, '--data-dir', data, '--out', join(data, 'copy.json')];
  }

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`ends by ${signal} and leaves no partial file`, () => {
      const calls = countCalls(attest(join(root, `data-${signal}`)), root);
      assert.ok(calls > 10);
      for (let run = 0; run < 12; run += 1) {
        const data = join(root, `data-${signal}-${run}`);
        const at = Math.floor((run * calls) / 12);
        // What is being written is finished first.
        assert.deepEqual(struck(attest(data), root, { signal, at }), { code, signal: null });
        const left = readdirSync(data, { recursive: true, encoding: 'utf8' });
        assert.deepEqual(
          left.filter((name) => name.endsWith('.tmp')),
          [],
        );
        assert.ok(left.includes('artifacts/abc123/provenance.json'));
      }
    });
  }
});
