// npm run mutation [-- FILE...]   Changes each comparison of the verifier, one after the other, and lists the changes that
// no test notices. FILE is the name of a module of packages/verifier/src; without any, all of them. Exit 1 when a change
// is unnoticed and not explained in explained.ts.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from '../repository.ts';
import { EXPLAINED } from './explained.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

const VERIFIER = join(ROOT, 'packages', 'verifier');
/** Not among the tests that have to notice: they try at random, and take long. */
const RANDOM = ['property.test.ts', 'purity.test.ts', 'readme.test.ts'];
/** A change can make a loop endless. */
const PATIENCE_MS = 120_000;

interface Job {
  readonly file: string;
  readonly mutant: Mutant;
}

/** A copy of the package that one worker may change, with all that its tests read beside it. */
function copyPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'danube-mutation-'));
  const copy = join(folder, 'packages', 'verifier');
  cpSync(VERIFIER, copy, { recursive: true, filter: (path) => !/(?:dist|node_modules|\.turbo)$/.test(path) });
  for (const name of ['docs', 'node_modules', 'packages/verifier/node_modules']) {
    const original = join(ROOT, name);
    if (existsSync(original)) symlinkSync(original, join(folder, name));
  }
  return copy;
}

const tests = readdirSync(join(VERIFIER, 'test')).filter(
  (name) => name.endsWith('.test.ts') && !RANDOM.includes(name),
);

/** Whether the tests pass: of the module of the same name first, which mostly is enough to notice. */
async function isUnnoticed(copy: string, file: string): Promise<boolean> {
  const own = file.replace(/\.ts$/, '.test.ts');
  if (tests.includes(own) && !(await passes(copy, [own]))) return false;
  return passes(copy, tests);
}

function passes(copy: string, names: readonly string[]): Promise<boolean> {
  const args = ['--conditions=@danube/source', '--test', '--test-isolation=none'];
  return new Promise((done) => {
    const child = spawn(process.execPath, [...args, ...names.map((name) => join(copy, 'test', name))], {
      cwd: copy,
      stdio: 'ignore',
      timeout: PATIENCE_MS,
    });
    child.once('exit', (code) => {
      done(code === 0);
    });
  });
}

async function work(copy: string, jobs: Job[], unnoticed: Job[]): Promise<void> {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const path = join(copy, 'src', job.file);
    const source = readFileSync(path, 'utf8');
    const { start, end, replacement } = job.mutant;
    writeFileSync(path, source.slice(0, start) + replacement + source.slice(end));
    if (await isUnnoticed(copy, job.file)) unnoticed.push(job);
    writeFileSync(path, source);
  }
}

const files = readdirSync(join(VERIFIER, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !files.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`not modules of the verifier: ${unknown.join(', ')}\n`);
  process.exit(2);
}
const jobs = (chosen.length === 0 ? files : chosen).flatMap((file) =>
  mutantsOf(readFileSync(join(VERIFIER, 'src', file), 'utf8')).map((mutant) => ({ file, mutant })),
);
const total = jobs.length;
const copies = Array.from({ length: availableParallelism() }, copyPackage);
const unnoticed: Job[] = [];
try {
  if (!(await passes(copies[0] ?? '', tests))) throw new Error('the tests fail without any change');
  await Promise.all(copies.map((copy) => work(copy, jobs, unnoticed)));
} finally {
  for (const copy of copies) rmSync(resolve(copy, '../..'), { recursive: true, force: true });
}

const explanations = new Map(EXPLAINED.map(({ file, what, why }) => [`${file} ${what}`, why]));
let unexplained = 0;
for (const { file, mutant } of unnoticed) {
  const why = explanations.get(`${file} ${mutant.what}`);
  if (why === undefined) unexplained += 1;
  process.stdout.write(`${file}:${mutant.line}: ${mutant.what}\n    ${why ?? 'NOT EXPLAINED'}\n`);
}
process.stdout.write(
  `${total} changes: ${total - unnoticed.length} noticed, ${unnoticed.length - unexplained} explained, ${unexplained} unexplained\n`,
);
if (unexplained > 0) process.exitCode = 1;
