import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { build } from 'esbuild';
import { folderOf, hashOf, writeSparse } from './folder.ts';

const MIB = 1024 * 1024;

/** Hashes the folder of its argument; says digests, threads that were started and answered, and memory. */
const SCRIPT = `
import { hashFiles, listFiles } from '@danube/artifact';
const threads = process.getBuiltinModule('node:worker_threads');
const { Worker } = threads;
let answers = 0;
threads.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    this.once('message', () => (answers += 1));
  }
};
async function main() {
  const files = await hashFiles(process.argv[2], listFiles(process.argv[2]));
  const digests = files.map(({ digest }) => digest.sha256);
  console.log(JSON.stringify({ digests, answers, kilobytes: process.resourceUsage().maxRSS }));
}
void main();
`;

interface Result {
  readonly digests: readonly string[];
  readonly answers: number;
  readonly kilobytes: number;
}

describe('the package in a single CommonJS file, minified', async () => {
  const folder = folderOf();
  const bundle = join(folder, 'bundle.cjs');
  await build({
    stdin: { contents: SCRIPT, resolveDir: import.meta.dirname, loader: 'ts' },
    outfile: bundle,
    bundle: true,
    minify: true,
    keepNames: true, // wraps functions in calls to a helper: the hardest case for code that runs from its text
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    conditions: ['@danube/source'],
  });

  function run(files: string): Result {
    return JSON.parse(
      execFileSync(process.execPath, [bundle, files], { encoding: 'utf8', maxBuffer: 16 * MIB }),
    ) as Result;
  }

  it('hashes on several threads', () => {
    const files = folderOf();
    for (let index = 10_000; index < 30_500; index += 1) writeFileSync(join(files, `${index}`), `${index}`);
    const { digests, answers } = run(files);
    assert.deepEqual(
      digests,
      Array.from({ length: 20_500 }, (_, index) => hashOf(`${index + 10_000}`)),
    );
    assert.equal(answers, 1);
  });

  it('takes no more memory for larger files', () => {
    const sizes = [2, 256].map((mebibytes) => {
      const files = folderOf();
      writeSparse(join(files, 'file'), mebibytes * MIB);
      return run(files).kilobytes;
    });
    const [little = 0, much = 0] = sizes;
    assert.ok(much - little < 8 * 1024, `${little} kB for 2 MiB, ${much} kB for 256 MiB`);
  });
});
