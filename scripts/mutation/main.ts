// npm run mutation [-- FILE...]   Changes each comparison of the verifier, one after the other, and lists the changes that
// no test notices. FILE is the name of a module of packages/verifier/src; without any, all of them. Exit 1 when a change
// is unnoticed and not explained in explained.ts.
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
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

/** A copy of the package that one worker may change, with all that its tests and the test vectors read beside it. */
function copyPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'danube-mutation-'));
  const copy = join(folder, 'packages', 'verifier');
  cpSync(VERIFIER, copy, { recursive: true, filter: (path) => !/(?:dist|node_modules|\.turbo)$/.test(path) });
  for (const name of ['docs', 'test-vectors', 'package.json', 'packages/verifier/node_modules']) {
    const original = join(ROOT, name);
    if (existsSync(original)) symlinkSync(original, join(folder, name));
  }
  for (const name of readdirSync(join(ROOT, 'packages'))) {
    if (name !== 'verifier') symlinkSync(join(ROOT, 'packages', name), join(folder, 'packages', name));
  }
  cpSync(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  linkModules(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  rmSync(join(folder, 'node_modules', '@danube', 'verifier'));
  symlinkSync(copy, join(folder, 'node_modules', '@danube', 'verifier'));
  return copy;
}

/** The same modules, each by a link, so that one of them can be another. */
function linkModules(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === '@danube') linkModules(join(from, name), join(to, name));
    else symlinkSync(join(from, name), join(to, name));
  }
}

const tests = readdirSync(join(VERIFIER, 'test')).filter(
  (name) => name.endsWith('.test.ts') && !RANDOM.includes(name),
);

/** Whether all tests pass: those of the module of the same name first, which mostly is enough to notice. */
async function isUnnoticed(copy: string, file: string): Promise<boolean> {
  const own = file.replace(/\.ts$/, '.test.ts');
  if (tests.includes(own) && !(await passes(copy, [own]))) return false;
  return (await passes(copy, tests)) && (await passesVectors(copy));
}

function passes(copy: string, names: readonly string[]): Promise<boolean> {
  return succeeds(
    copy,
    names.map((name) => join(copy, 'test', name)),
  );
}

/** The cases of `test-vectors/verify`, by the library. */
function passesVectors(copy: string): Promise<boolean> {
  const file = resolve(copy, '../../scripts/test/vectors.test.ts');
  return succeeds(copy, ['--test-name-pattern=^test-vectors/verify$', file]);
}

function succeeds(copy: string, what: readonly string[]): Promise<boolean> {
  const args = ['--conditions=@danube/source', '--test', '--test-isolation=none'];
  return new Promise((done) => {
    const child = spawn(process.execPath, [...args, ...what], {
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
  const [copy = ''] = copies;
  if (!(await passes(copy, tests)) || !(await passesVectors(copy)))
    throw new Error('the tests fail without any change');
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
