/** Whole releases: as many attestations as artifacts, in one call. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { DANUBE, danube, folder, NO_TERMINAL, type Outcome } from './danube.ts';
import { attestationOf, BUILDER_ID, statementOf, testKey, write, writeKey } from './fixture.ts';

const COUNT = 1200;
/** Without a proven time, keys are judged now, and the report says when that was. */
const TIMES = /20\d\d-\d\d-\d\dT[\d:.]+Z/g;
const root = folder();
const nameOf = (number: number): string => `part-${String(number).padStart(4, '0')}.tgz`;

/** Loaded before the command: tells how many threads it started and how many attestations it had opened then, and which files it opened how often. */
const WATCH = `
const fs = require('node:fs');
const threads = process.getBuiltinModule('node:worker_threads');
const { Worker } = threads;
let started = 0;
let before = 0;
const opened = {};
threads.Worker = class extends Worker {
  constructor(code, options) {
    super(process.env.TEST_WORKER ?? code, options);
    started += 1;
    before = Object.keys(opened).filter((name) => name.endsWith('.intoto.jsonl')).length;
  }
};
const { openSync } = fs;
fs.openSync = (path, ...rest) => {
  const name = String(path).split('/').at(-1);
  opened[name] = (opened[name] ?? 0) + 1;
  return openSync(path, ...rest);
};
process.on('exit', () => fs.writeFileSync(process.env.TEST_WATCH, JSON.stringify({ started, before, opened })));
`;

interface Watched extends Outcome {
  readonly started: number;
  readonly before: number;
  readonly opened: Readonly<Record<string, number>>;
}

function verify(args: readonly string[], worker?: string): Watched {
  const seen = join(root, 'seen.json');
  const env = {
    NODE_OPTIONS: `--require=${join(root, 'watch.cjs')}`,
    TEST_WATCH: seen,
    ...(worker !== undefined && { TEST_WORKER: worker }),
  };
  rmSync(seen, { force: true });
  const trusted = args.some((arg) => arg.startsWith('--plain-trust-root'))
    ? []
    : ['--public-key', 'a.pub', '--public-key', 'b.pub'];
  const outcome = danube(['provenance', 'verify', ...args, ...trusted], { cwd: root, env });
  return { ...outcome, ...JSON.parse(readFileSync(seen, 'utf8')) };
}

before(async () => {
  const [a, b, stranger] = await Promise.all([1, 2, 3].map(testKey));
  await writeKey(join(root, 'a'), a!);
  await writeKey(join(root, 'b'), b!);
  write(join(root, 'watch.cjs'), WATCH);
  const lines: string[] = [];
  for (let number = 0; number < COUNT; number += 1) {
    const name = nameOf(number);
    const statement = statementOf({ [name]: name });
    const envelope = attestationOf(statement, number % 2 === 0 ? a! : b!);
    write(join(root, 'good', name), name);
    write(join(root, 'good-attestations', `${name}.intoto.jsonl`), envelope);
    lines.push(Buffer.from(envelope).toString());
    write(join(root, 'bad', name), number === 700 ? 'changed' : name);
    const bad = number === 1100 ? attestationOf(statement, stranger!) : envelope;
    write(join(root, 'bad', `${name}.intoto.jsonl`), bad);
  }
  write(join(root, 'good.jsonl'), `${lines.join('\n')}\n`);
});

const THREADS = availableParallelism() > 1 ? availableParallelism() - 1 : 0;

describe('a release of many artifacts, each with an attestation', () => {
  it('is verified by all processors, and each file is read once', () => {
    const { code, started, before, opened, stdout } = verify(['good', '--provenance', 'good-attestations']);
    assert.equal(code, 0);
    assert.equal(started, Math.min(THREADS, 15));
    assert.equal(before, 0);
    assert.match(stdout, /^1200 accepted, 0 rejected$/m);
    for (let number = 0; number < COUNT; number += 1) {
      assert.equal(opened[nameOf(number)], 1, nameOf(number));
      assert.equal(opened[`${nameOf(number)}.intoto.jsonl`], 1);
    }
  });

  it('may have all its attestations in one file of JSON Lines', () => {
    const { code, started, stdout } = verify(['good', '--provenance', 'good.jsonl']);
    assert.equal(code, 0);
    assert.equal(started, Math.min(THREADS, 15));
    assert.match(stdout, /^1200 accepted, 0 rejected$/m);
  });

  it('says first what failed, and last how many', () => {
    const { code, stdout } = verify(['bad']);
    assert.equal(code, 1);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(
      lines.filter((line) => line.startsWith('rejected')),
      [`rejected  ${nameOf(700)}`, `rejected  ${nameOf(1100)}`],
    );
    assert.equal(lines[0], `rejected  ${nameOf(700)}`);
    const accepted = lines.findIndex((line) => line.startsWith('accepted'));
    assert.ok(accepted > lines.indexOf(`rejected  ${nameOf(1100)}`));
    assert.equal(lines.filter((line) => line.startsWith('accepted')).length, COUNT - 2);
    assert.ok(lines.findIndex((line) => line.startsWith('reproduce: danube ')) < accepted);
    assert.equal(lines.at(-1), `1198 accepted, 2 rejected (${nameOf(700)}, ${nameOf(1100)})`);
  });

  it('shows on a terminal how far it is, in one row that is gone at the end', { skip: NO_TERMINAL }, () => {
    // A clock by which each look at it takes a while.
    write(join(root, 'slow.cjs'), 'let now = 0; Date.now = () => (now += 200);');
    const verifyBad = `provenance verify bad --public-key a.pub --public-key b.pub`;
    const command = `stty cols 60; ${process.execPath} --require ./slow.cjs ${DANUBE} ${verifyBad}`;
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], NO_COLOR: '1', TERM: 'xterm' },
      maxBuffer: 2 ** 28,
    });
    const rows = stdout.split('\r\u001b[K').slice(1);
    const report = rows.pop();
    const verifying = rows.filter((row) => row.startsWith('verifying '));
    assert.match(verifying[0] ?? '', /^verifying ░+ {3}\d % of 1200 attestatio$/);
    assert.match(verifying.at(-1) ?? '', /^verifying █{23,24}░? +\d+ % of 1200 attestatio$/);
    assert.ok(rows.some((row) => row.startsWith('hashing ')));
    assert.ok(rows.every((row) => row.length < 60));
    assert.match(report ?? '', /^rejected {2}part-0700\.tgz\r?\n/);
  });

  it('gets the same answer when the threads break, or claim that every signature is good', () => {
    const usual = verify(['bad', '--format', 'json']);
    const yes = `require('node:worker_threads').parentPort.on('message', (shared) => {
      new Uint32Array(shared, 8, new Uint32Array(shared, 0, 1)[0]).fill(0x80000000);
    });`;
    for (const worker of ["throw new Error('broken');", yes]) {
      const { code, stdout, stderr } = verify(['bad', '--format', 'json'], worker);
      assert.deepEqual({ code, stderr }, { code: usual.code, stderr: usual.stderr });
      assert.equal(stdout, usual.stdout);
    }
  });

  it('is judged by a trust root as well, whose keys the threads know, though only one of them is of the builder', () => {
    const key = (name: string): string[] => [
      `--key-name=${name}`,
      `--public-key=${name}.pub`,
      '--not-before=2026-01-01T00:00:00Z',
      '--not-after=2056-01-01T00:00:00Z',
    ];
    const builder = [`--builder-id=${BUILDER_ID}`, '--max-level=2', '--expires=2056-06-01T00:00:00Z'];
    for (const words of [
      ['init', 'root.json', ...key('a'), ...builder],
      ['add-key', 'root.json', ...key('b')],
    ]) {
      const { code, stderr } = danube(['trust', ...words], { cwd: root });
      assert.equal(code, 0, stderr);
    }
    const args = ['good', '--provenance', 'good.jsonl', '--plain-trust-root=root.json', '--format=json'];
    const { code, started, stdout } = verify(args);
    assert.equal(code, 1);
    assert.equal(started, Math.min(THREADS, 15));
    const { artifacts } = JSON.parse(stdout) as { artifacts: { name: string; verdict: string }[] };
    for (const [number, { name, verdict }] of artifacts.entries()) {
      assert.equal(name, nameOf(number));
      assert.equal(verdict, number % 2 === 0 ? 'accepted' : 'rejected', name);
    }
    assert.equal(
      verify(args, "throw new Error('broken');").stdout.replaceAll(TIMES, ''),
      stdout.replaceAll(TIMES, ''),
    );
  });

  it('starts no thread for a few', () => {
    const few = Array.from({ length: 20 }, (_, number) => join('good', nameOf(number)));
    assert.equal(verify([...few, '--provenance', 'good-attestations']).started, 0);
  });
});
