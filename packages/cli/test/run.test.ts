import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { before, beforeEach, describe, it } from 'node:test';
import { parseEnvelope, parseStatement, type JsonObject } from 'in-toto-attestation';
import { DANUBE, danube, folder, type Outcome, type RunOptions } from './danube.ts';
import { sha256, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const keys = folder();
const KEY = ['--key', join(keys, 'first.key'), '--out', join(keys, 'out.json')];
const SH = ['--', 'sh', '-c'];
const GIT_ENV = { GIT_CONFIG_NOSYSTEM: '1', HOME: keys };
/** A job of GitLab as it documents itself. */
const GITLAB = {
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_SHA: '5b7d2e9f0c1a4836b7d2e9f0c1a4836b7d2e9f0c',
  CI_JOB_ID: '8102',
  CI_JOB_NAME: 'build-app',
  CI_JOB_URL: 'https://gitlab.example.com/acme/app/-/jobs/8102',
  CI_PROJECT_URL: 'https://gitlab.example.com/acme/app',
  CI_RUNNER_ID: '42',
};
/** In the shape of a GitHub token, and put together here, so that nobody takes this file for a leak. */
const TOKEN = ['gh', 'p_', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('');

function run(args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['provenance', 'run', ...KEY, ...args], { cwd: root, env: GIT_ENV, ...options });
}

// eslint-disable-next-line typescript/no-explicit-any -- documents that are looked into by the tests alone
type Predicate = any;

function predicate(): Predicate {
  const { payload } = parseEnvelope(readFileSync(join(keys, 'out.json')));
  return parseStatement(payload).predicate;
}

function subjects(): (string | undefined)[] {
  const { payload } = parseEnvelope(readFileSync(join(keys, 'out.json')));
  return parseStatement(payload).subject.map(({ name }) => name);
}

function git(...args: readonly string[]): string {
  const config = ['-c', 'user.name=Sam', '-c', 'user.email=sam@example.com'];
  // By no configuration of the machine or its user: it may sign, run hooks, or name branches otherwise.
  const env = { PATH: process.env['PATH'], ...GIT_ENV };
  const { status, stdout, stderr } = spawnSync('git', [...config, ...args], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

function hasLeftovers(): boolean {
  return existsSync(join(keys, 'out.json'));
}

before(async () => {
  await writeKey(join(keys, 'first.key'), await testKey(1));
  write(join(root, '.gitignore'), 'dist\n');
  write(join(root, 'src/a.txt'), 'a');
  git('init', '--quiet', '--initial-branch', 'main');
  git('remote', 'add', 'origin', 'https://bot:hunter2@git.example.com/acme/app');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
});

beforeEach(() => {
  rmSync(join(keys, 'out.json'), { force: true });
  rmSync(join(root, 'dist'), { recursive: true, force: true });
});

describe('danube provenance run', () => {
  it('keeps what only danube is told from the command, and hands on the rest', () => {
    const env = { ...GIT_ENV, DANUBE_SIGNING_PASSPHRASE: 'correct horse', CHANNEL: 'stable' };
    const command = 'mkdir dist; echo x > dist/x; echo "<$DANUBE_SIGNING_PASSPHRASE> <$CHANNEL>"';
    const { code, stdout } = run([...SH, command], { env });
    assert.deepEqual([code, stdout], [0, '<> <stable>\n']);
  });

  it('runs a command and attests what the patterns find', () => {
    const { code, stdout, stderr } = run([
      '--artifacts',
      'dist/*.txt',
      ...SH,
      'mkdir dist && cp src/a.txt dist && echo done',
    ]);
    assert.deepEqual([code, stdout], [0, 'done\n']);
    assert.match(stderr, /^attested: .*out\.json\n$/);
    assert.deepEqual(subjects(), ['dist/a.txt']);
    const verify = ['provenance', 'verify', 'dist/a.txt', '--provenance', join(keys, 'out.json')];
    const expected = ['--source-uri', 'git+https://git.example.com/acme/app', '--source-branch', 'main'];
    const key = ['--public-key', join(keys, 'first.key.pub')];
    assert.equal(danube([...verify, ...key, ...expected], { cwd: root }).code, 0);
  });

  it('records command, log, source, platform and what is asked for', () => {
    const logs = join(keys, 'logs');
    const args = ['--input', 'src/*', '--tool', 'git', '--logs', logs, '--require-clean'];
    assert.equal(run([...args, ...SH, 'echo out; echo err >&2; mkdir dist; echo x > dist/x']).code, 0);
    const { buildDefinition, runDetails } = predicate();
    assert.equal(buildDefinition.buildType, 'https://danube.dev/buildtypes/run/v1');
    assert.equal(buildDefinition.externalParameters.command[0], 'sh');
    assert.equal(
      buildDefinition.externalParameters.source,
      'git+https://git.example.com/acme/app@refs/heads/main',
    );
    assert.deepEqual(buildDefinition.externalParameters.inputs, ['src/*']);
    assert.equal(buildDefinition.internalParameters.platform.os, process.platform);
    assert.match(buildDefinition.internalParameters.tools.git, /^git version/);
    assert.equal(buildDefinition.internalParameters.workingTree, 'clean');
    const [source, input] = buildDefinition.resolvedDependencies;
    assert.deepEqual(source.digest, { gitCommit: git('rev-parse', 'HEAD') });
    assert.deepEqual([input.name, input.digest], ['src/a.txt', { sha256: sha256('a') }]);
    const [log] = runDetails.byproducts;
    const text = readFileSync(join(logs, 'run.log'));
    assert.deepEqual(text.toString().split('\n').sort(), ['', 'err', 'out']);
    assert.deepEqual(log.digest, { sha256: sha256(text) });
    assert.equal(log.annotations.exitCode, 0);
    assert.deepEqual(buildDefinition.internalParameters.danube_vouching, { tenant: [''] });
    assert.doesNotMatch(JSON.stringify(predicate()), /hunter2/);
  });

  it('takes what is new or changed for what was made, when no pattern says it', () => {
    write(join(root, 'dist/old.txt'), 'old');
    write(join(root, 'dist/changed.txt'), 'before');
    const command =
      'echo after > dist/changed.txt; mkdir -p dist/sub node_modules/x; echo y > dist/sub/new; echo z > node_modules/x/y';
    assert.equal(run([...SH, command]).code, 0);
    assert.deepEqual(subjects(), ['dist/changed.txt', 'dist/sub/new']);
    rmSync(join(root, 'node_modules'), { recursive: true });
    assert.equal(run([...SH, 'true']).code, 2);
  });

  it('passes input, exit code and arguments through, and attests nothing of a command that failed', () => {
    const { code, stdout, stderr } = run([...SH, 'cat; exit 7'], { input: 'hello' });
    assert.deepEqual([code, stdout], [7, 'hello']);
    assert.match(stderr, /ended with 7: there is no provenance/);
    assert.equal(hasLeftovers(), false);
    assert.equal(run(['--allow-failed', ...SH, 'mkdir dist; echo x > dist/x; exit 7']).code, 7);
    assert.equal(predicate().buildDefinition.internalParameters.danube_status, 'failed');
    assert.equal(run([...SH, 'kill -TERM $$']).code, 143);
    assert.equal(
      run(['--artifacts', 'dist/*', '--', 'printf', '%s|', '--flag', 'a b']).stdout,
      '--flag|a b|',
    );
  });

  it('forwards signals, and waits for what the command makes of them', async () => {
    const script =
      'trap "echo caught; mkdir dist; echo x > dist/x; exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const child = spawn(process.execPath, [DANUBE, 'provenance', 'run', ...KEY, ...SH, script], {
      cwd: root,
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    const [code] = await once(child, 'close');
    assert.deepEqual([code, output], [0, 'ready\ncaught\n']);
    assert.deepEqual(subjects(), ['dist/x']);
  });

  it('does not name the commit of a tree with changes as the source, and refuses it when told to', () => {
    write(join(root, 'src/b.txt'), 'b');
    const make = [...SH, 'mkdir dist; echo x > dist/x'];
    const refused = run(['--require-clean', ...make]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--require-clean: the Git tree has 1 changes: src\/b\.txt/);
    assert.equal(existsSync(join(root, 'dist')), false);
    const { code, stderr } = run(make);
    assert.equal(code, 0);
    assert.match(stderr, /warning: the Git tree has 1 changes/);
    const { externalParameters, internalParameters, resolvedDependencies } = predicate().buildDefinition;
    assert.equal(externalParameters.source, undefined);
    assert.equal(internalParameters.workingTree, 'dirty');
    assert.equal(resolvedDependencies[0].annotations.workingTree, 'dirty');
    rmSync(join(root, 'src/b.txt'));
  });

  it('runs where there is no Git', () => {
    const elsewhere = folder();
    const env = { ...GIT_ENV, GIT_CEILING_DIRECTORIES: '/' };
    assert.equal(run([...SH, 'echo x > x'], { cwd: elsewhere, env }).code, 0);
    assert.equal(predicate().buildDefinition.internalParameters.workingTree, undefined);
    assert.equal(run(['--require-clean', ...SH, 'echo x > x'], { cwd: elsewhere, env }).code, 2);
  });

  it('refuses a log with a secret, redacts it, or leaves it', () => {
    const logs = join(keys, 'secret-logs');
    const make = ['--logs', logs, ...SH, `mkdir -p dist; date > dist/x; echo token ${TOKEN}`];
    // The command's own line goes into the provenance as well, so it is kept out of it.
    const script = write(join(root, 'dist/leak.sh'), `echo token ${TOKEN}; echo x > dist/x\n`);
    const leak = ['--logs', logs, '--artifacts', 'dist/x', '--', 'sh', script];
    const refused = run(leak);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /\/logs\/run\.log: github-token, ghp_\.\.\. \(40 characters\)/);
    assert.equal(hasLeftovers(), false);
    assert.equal(run(['--on-secret', 'redact', ...leak]).code, 0);
    assert.equal(readFileSync(join(logs, 'run.log'), 'utf8'), 'token [redacted: github-token]\n');
    const text = readFileSync(join(logs, 'run.log'));
    assert.deepEqual(predicate().runDetails.byproducts[0].digest, { sha256: sha256(text) });
    assert.equal(run(['--on-secret', 'allow', ...leak]).code, 0);
    assert.equal(run(make).code, 2);
  });

  it('adds lock files and what they pin', () => {
    const h1 = Buffer.alloc(32, 7).toString('base64');
    write(join(root, 'dist/go.sum'), `example.com/a v1.0.0 h1:${h1}\n`);
    assert.equal(run(['--lock-file', 'dist/go.sum', ...SH, 'echo x > dist/x']).code, 0);
    const uris = predicate().buildDefinition.resolvedDependencies.map(
      ({ uri, name }: JsonObject) => uri ?? name,
    );
    assert.deepEqual(uris.slice(1), ['dist/go.sum', 'pkg:golang/example.com/a@v1.0.0']);
  });

  it('describes the job by its platform, and refuses another commit than the job is of', () => {
    const make = ['--from', 'gitlab-ci', ...SH, 'mkdir -p dist; date > dist/x'];
    const env = { ...GIT_ENV, ...GITLAB, CI_COMMIT_SHA: git('rev-parse', 'HEAD') };
    assert.equal(run(make, { env }).code, 0);
    const { buildDefinition, runDetails } = predicate();
    assert.equal(buildDefinition.buildType, 'https://danube.dev/buildtypes/pipeline/v1');
    assert.match(runDetails.builder.id, /#job-environment\/unknown-runner$/);
    assert.equal(runDetails.byproducts[0].annotations.platform.os, process.platform);
    assert.equal(runDetails.metadata.danube_status, 'running');
    const other = run(make, { env: { ...GIT_ENV, ...GITLAB } });
    assert.equal(other.code, 2);
    assert.match(other.stderr, /is checked out/);
  });

  it('stores like attest where a data directory is named', () => {
    const args = [
      '--data-dir',
      join(keys, 'data'),
      '--job-id',
      'local-1',
      ...SH,
      'mkdir dist; echo x > dist/x',
    ];
    const { code, stderr } = run(args);
    assert.equal(code, 0);
    assert.ok(stderr.includes(join(keys, 'data/artifacts/local-1/provenance.json')));
  });

  it('says before the command runs what would keep it from being attested', () => {
    const mark = join(keys, 'ran');
    chmodSync(keys, 0o755);
    for (const [code, args] of [
      [3, ['--key', join(keys, 'missing.key')]],
      [3, ['--lock-file', 'missing/go.sum']],
      [2, ['--input', 'missing*']],
      [2, ['--builder-id', 'https://example.com/#x']],
    ] as const) {
      const all = ['provenance', 'run', ...(args[0] === '--key' ? args : [...KEY, ...args])];
      const outcome = danube([...all, '--', 'touch', mark], { cwd: root, env: GIT_ENV });
      assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stderr}`);
      assert.equal(existsSync(mark), false);
    }
    assert.equal(run(['--', 'no-such-program']).code, 3);
    assert.equal(run([]).code, 2);
  });

  it('says that strace or unshare is not available, before anything runs', () => {
    const bin = folder();
    const env = { ...GIT_ENV, PATH: bin };
    for (const [flag, program] of [
      ['--trace', 'strace'],
      ['--hermetic', 'unshare'],
    ] as const) {
      const { code, stderr } = run([flag, '--', '/bin/sh', '-c', 'echo ran'], { env });
      assert.equal(code, 3);
      assert.match(stderr, new RegExp(`${flag} is not available: ${program}`));
    }
  });
});
