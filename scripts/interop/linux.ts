import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvelope, parseStatement } from 'in-toto-attestation';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, runProgram, same, type Peer } from './case.ts';
import type { Material } from './material.ts';

interface Descriptor {
  readonly name?: string;
  readonly digest?: Readonly<Record<string, string>>;
}

interface Predicate {
  readonly buildDefinition: {
    readonly internalParameters: { readonly danube_environment?: { readonly network?: string } };
    readonly resolvedDependencies: readonly Descriptor[];
  };
  readonly runDetails: { readonly byproducts: readonly Descriptor[] };
}

interface Run {
  readonly folder: string;
  readonly words: readonly string[];
  readonly predicate: () => Predicate;
}

/** The words of `danube provenance run` in a folder of its own, up to the command. */
function prepare(m: Material, ...options: readonly string[]): Run {
  const folder = mkdtempSync(join(m.folder, 'run-'));
  const out = join(folder, 'provenance.json');
  const files = ['--key', m.key, '--out', out, '--logs', join(folder, 'logs')];
  return {
    folder,
    words: [DANUBE, 'provenance', 'run', ...files, '--artifacts', 'made', ...options, '--'],
    predicate: () =>
      parseStatement(parseEnvelope(readFileSync(out)).payload).predicate as unknown as Predicate,
  };
}

function runIn({ folder, words }: Run, script: string): string {
  const command = `cd ${folder} && exec "$0" "$@"`;
  return accepts('sh', ['-c', command, process.execPath, ...words, 'sh', '-c', script]);
}

/** What `danube provenance run` asks of the system it runs on. */
export const linuxTools: Peer = {
  name: 'util-linux, strace',
  source: 'the system',
  version() {
    if (['unshare', 'script', 'strace'].some((name) => findProgram(name) === undefined)) return undefined;
    const [unshare, strace] = [runProgram('unshare', ['--version']), runProgram('strace', ['--version'])];
    return `${/util-linux ([\d.]+)/.exec(unshare.output)?.[1]}, ${/version ([\d.]+)/.exec(strace.output)?.[1]}`;
  },
  cases: [
    {
      what: 'unshare: a command under run --hermetic finds no network but its own loopback, and the provenance says so',
      run(m) {
        const run = prepare(m, '--hermetic');
        const found = runIn(run, 'echo x > made; cat /proc/net/dev').matchAll(/^\s*(\w+):/gm);
        same('lo', [...found].map(([, name = '']) => name).join());
        same('none', run.predicate().buildDefinition.internalParameters.danube_environment?.network ?? '');
      },
    },
    {
      what: 'strace: run --trace lists the files that a command and its children read, and none that they wrote',
      run(m) {
        const run = prepare(m, '--trace');
        writeFileSync(join(run.folder, 'in.txt'), 'in');
        runIn(run, 'cat in.txt > made; (cat made > between; cat between) >/dev/null');
        const dependencies = run.predicate().buildDefinition.resolvedDependencies;
        const sha256 = createHash('sha256').update('in').digest('hex');
        same(sha256, dependencies.find(({ name }) => name === 'in.txt')?.digest?.['sha256'] ?? 'nothing');
        const names = dependencies.map(({ name = '' }) => name);
        if (!names.some((name) => name.endsWith('/cat'))) throw new Error('the program is missing');
        if (names.some((name) => name === 'made' || name === 'between')) throw new Error(names.join());
      },
    },
    {
      what: 'script: behind a terminal the command of run has a terminal, its exit code, and a log',
      run(m) {
        const run = prepare(m);
        const words = [
          process.execPath,
          ...run.words,
          'sh',
          '-c',
          'test -t 0 && test -t 1 && echo a terminal > made; cat made; exit 5',
        ];
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        const { status, output } = runProgram('script', [
          '-q',
          '-e',
          '-c',
          `cd ${run.folder} && ${line}`,
          '/dev/null',
        ]);
        if (status !== 5 || !output.includes('a terminal')) throw new Error(`${status}: ${output}`);
        // The terminal itself echoes the end of our empty input, before it or behind it.
        const log = readFileSync(join(run.folder, 'logs', 'run.log'), 'utf8');
        if (!log.includes('a terminal\r\n')) throw new Error(log);
        if (existsSync(join(run.folder, 'provenance.json')))
          throw new Error('a command that failed was attested');
      },
    },
  ],
};
