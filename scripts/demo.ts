/**
 * The main job on real input: packs this repository's own packages, attests them as a CI would when the job ends, and
 * checks them as a stranger would, who has the packages, the provenance and a public key. Then three things that must
 * be refused. Exits 0 only when everything went as the text says.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobRecord, readCommit, type Commit } from './demo/job-record.ts';
import { cleanEnvironment, ROOT } from './repository.ts';

const BUILDER_ID = 'https://ci.example.com/danube';
const FORK = 'git+https://git.example.com/somebody/fork';

/** Runs a command line, shows it and what it prints, and holds it to its exit code and to a word in its output. */
class Stage {
  readonly folder: string;
  #surprises = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  get surprises(): number {
    return this.#surprises;
  }

  say(text: string): void {
    console.log(`\n${text}`);
  }

  run(
    room: string,
    args: readonly string[],
    expected: { status: number; word?: string } = { status: 0 },
  ): string {
    console.log(`\n[${room}] $ ${wrap(args.map(quote))}`);
    const [program = '', ...rest] = args;
    const cwd = join(this.folder, room);
    const options = { cwd, env: cleanEnvironment(), encoding: 'utf8' } as const;
    const { status, stdout, stderr, error } = spawnSync(program, rest, options);
    const output = `${stdout}${stderr}${error === undefined ? '' : error.message}`.trimEnd();
    if (output !== '') console.log(output.replaceAll(/^/gm, '    '));
    this.#judge(status, output, expected);
    return output;
  }

  #judge(status: number | null, output: string, expected: { status: number; word?: string }): void {
    const right =
      status === expected.status && (expected.word === undefined || output.includes(expected.word));
    const wanted = `exit code ${expected.status}${expected.word === undefined ? '' : `, saying "${expected.word}"`}`;
    if (!right) this.#surprises += 1;
    if (!right) console.log(`    UNEXPECTED: exit code ${status}; this should have been ${wanted}`);
    else if (status !== 0) console.log(`    (${wanted}: as it should be)`);
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A long command line breaks before its options, as one types it. */
function wrap(words: readonly string[]): string {
  const line = words.join(' ');
  return line.length <= 100 ? line : line.replaceAll(' --', ' \\\n      --');
}

function runJob(stage: Stage, commit: Commit): void {
  stage.say("1. The job. A CI runs it in the folder 'ci': it packs the packages of this repository.");
  const pack = [
    'npm',
    'pack',
    '--workspaces',
    '--silent',
    '--pack-destination',
    join(stage.folder, 'ci', 'artifacts'),
  ];
  const startedOn = new Date().toISOString();
  const log = spawnSync('npm', pack.slice(1), { cwd: ROOT, env: cleanEnvironment(), encoding: 'utf8' });
  const finishedOn = new Date().toISOString();
  if (log.status !== 0) throw new Error(`npm pack failed: ${log.stderr}`);
  console.log(
    `\n[this repository] $ npm pack --workspaces\n${log.stdout.trimEnd().replaceAll(/^/gm, '    ')}`,
  );

  stage.say(`   It was built from ${commit.uri}\n   at ${commit.ref}, commit ${commit.id}.`);
  if (commit.dirty)
    console.log('   (Your working tree differs from that commit; a CI would build a clean one.)');
  writeFileSync(join(stage.folder, 'ci', 'logs', 'pack.log'), log.stdout);
  const step = {
    name: 'pack',
    command: ['npm', 'pack', '--workspaces'],
    log: 'pack.log',
    startedOn,
    finishedOn,
  };
  writeFileSync(
    join(stage.folder, 'ci', 'job.json'),
    `${JSON.stringify(jobRecord(commit, step), null, 2)}\n`,
  );
  stage.say('   What the CI knows about the job is its job record, job.json:');
  stage.run('ci', ['cat', 'job.json']);
}

function attest(stage: Stage): void {
  stage.say('2. Once per installation: a signing key. Only its public half ever leaves the CI.');
  stage.run('ci', ['danube', 'keys', 'generate', '--out', 'signing.key']);

  stage.say(
    '3. When the job ends: one call hashes what it made, writes the provenance, signs and stores it.',
  );
  const facts = ['--job-record', 'job.json', '--artifacts', 'artifacts', '--logs', 'logs'];
  stage.run('ci', ['danube', 'provenance', 'attest', ...facts, '--key', 'signing.key', '--data-dir', 'data']);
}

/** Hands the stranger what strangers get, and nothing else. */
function publish(stage: Stage): string {
  const [ci, consumer] = [join(stage.folder, 'ci'), join(stage.folder, 'consumer')];
  mkdirSync(consumer);
  cpSync(join(ci, 'artifacts'), join(consumer, 'packages'), { recursive: true });
  copyFileSync(join(ci, 'data', 'artifacts', 'demo-1', 'provenance.json'), join(consumer, 'provenance.json'));
  copyFileSync(join(ci, 'signing.key.pub'), join(consumer, 'ci.pub'));
  const [first] = readdirSync(join(consumer, 'packages'));
  if (first === undefined) throw new Error('the job made no package');
  return join('packages', first);
}

function verify(stage: Stage, commit: Commit, artifact: string): void {
  const verify = ['danube', 'provenance', 'verify', '--provenance', 'provenance.json'];
  const trusted = [...verify, '--public-key', 'ci.pub', '--builder-id', BUILDER_ID];
  const expected = [...trusted, '--source-uri', commit.uri];

  stage.say("4. A stranger, in the folder 'consumer', has the packages, the provenance and the public key:");
  stage.run('consumer', [...expected, '--source-commit', commit.id, '--no-missing', 'packages'], {
    status: 0,
    word: '0 rejected',
  });

  stage.say('5. Refused: one byte of a package is flipped.');
  const intact = readFileSync(join(stage.folder, 'consumer', artifact));
  const flipped = Buffer.from(intact);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  writeFileSync(join(stage.folder, 'consumer', artifact), flipped);
  stage.run('consumer', [...expected, artifact], { status: 1, word: 'subject.digest failed' });
  writeFileSync(join(stage.folder, 'consumer', artifact), intact);

  stage.say('6. Refused: it was built from another source than the stranger expects.');
  stage.run('consumer', [...trusted, '--source-uri', FORK, artifact], {
    status: 1,
    word: 'source.uri failed',
  });

  stage.say("7. Refused: somebody else's key.");
  stage.run('consumer', ['danube', 'keys', 'generate', '--out', 'other.key']);
  stage.run('consumer', [...verify, '--public-key', 'other.key.pub', artifact], {
    status: 1,
    word: 'signature failed',
  });
}

function main(): number {
  const commit = readCommit();
  if (commit === undefined) {
    console.error(
      'demo: error: the demo attests a real commit, and this folder is not a git clone (or git is missing)',
    );
    console.error('hint: git clone the repository, then run: npm ci && npm run demo');
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'danube-demo-'));
  try {
    for (const room of ['artifacts', 'logs']) mkdirSync(join(folder, 'ci', room), { recursive: true });
    const stage = new Stage(folder);
    runJob(stage, commit);
    attest(stage);
    verify(stage, commit, publish(stage));
    stage.say(
      stage.surprises === 0
        ? 'Everything went as it should.'
        : `${stage.surprises} steps did not go as they should.`,
    );
    return stage.surprises === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main();
