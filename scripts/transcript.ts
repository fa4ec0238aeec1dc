import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanEnvironment } from './repository.ts';

/** A fenced block of a Markdown document. */
export interface Block {
  readonly language: string;
  /** `file=NAME` behind the language: the block is a file of that name. */
  readonly file: string | undefined;
  /** 1-based line of the opening fence. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** One command of a `console` block, and what the document says it prints. */
export interface Command {
  readonly line: number;
  readonly command: string;
  readonly output: readonly string[];
}

/** The fenced blocks of a document, in order. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; file: string | undefined; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)(?: file=(\S+))?/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined)
      open = { language: fence[1] ?? '', file: fence[2], line: index + 1, lines: [] };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/** The commands of a `console` block: `$ ` begins one, `> ` continues it, other lines are output. */
export function readCommands(block: Block): Command[] {
  const commands: { line: number; command: string; output: string[] }[] = [];
  for (const [index, text] of block.lines.entries()) {
    const last = commands.at(-1);
    if (text.startsWith('$ '))
      commands.push({ line: block.line + 1 + index, command: text.slice(2), output: [] });
    else if (last === undefined)
      throw new Error(`line ${block.line + 1 + index}: output before the first command`);
    else if (text.startsWith('> ') && last.output.length === 0) last.command += `\n${text.slice(2)}`;
    else last.output.push(text);
  }
  return commands;
}

/** A folder in which the commands of one document run, one after the other. */
export class Shell {
  readonly #home: string;
  #folder: string;
  #status = 0;

  constructor(home: string) {
    this.#home = home;
    this.#folder = home;
  }

  writeFile(name: string, lines: readonly string[]): void {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`);
  }

  /** What a terminal would show: stdout and stderr as they come. `cd` and `$?` work from command to command. */
  run(command: string): string[] {
    const script = `(exit ${this.#status})\n${command}\nstatus=$?; pwd >"$HOME/.folder"; exit $status`;
    const result = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
      cwd: this.#folder,
      env: cleanEnvironment({
        HOME: this.#home,
        XDG_CACHE_HOME: join(this.#home, '.cache'),
        LC_ALL: 'C.UTF-8',
      }),
      encoding: 'utf8',
    });
    if (result.error !== undefined) throw result.error;
    this.#status = result.status ?? 255;
    this.#folder = spawnSync('cat', [join(this.#home, '.folder')], { encoding: 'utf8' }).stdout.trim();
    return withoutLastNewline(result.stdout.replaceAll(this.#home, '~'));
  }
}

function withoutLastNewline(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** What differs from run to run: key ids, digests, times; replaced by their kind. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/SHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:<keyid>'],
  [/\b[0-9a-f]{64}\b/g, '<sha256>'],
  [/\b[0-9a-f]{40}\b/g, '<commit>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/[A-Za-z0-9+/_-]{60,}={0,2}/g, '<base64>'],
];

function maskLine(line: string): string {
  return CHANGING.reduce((text, [pattern, kind]) => text.replaceAll(pattern, kind), line);
}

/** Whether a command printed what the document says; a line `...` stands for any lines. */
export function matchOutput(expected: readonly string[], actual: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0;
  if (first === '...') {
    return Array.from({ length: actual.length + 1 }, (_, skip) => skip).some((skip) =>
      matchOutput(rest, actual.slice(skip)),
    );
  }
  const [line, ...more] = actual;
  return line !== undefined && maskLine(first) === maskLine(line) && matchOutput(rest, more);
}

/** The documents whose commands are run, from the top of the repository. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'docs/verification.md',
  'docs/trust.md',
  'docs/chains.md',
];

/** A command of a document, and what it printed now. */
export interface Ran {
  readonly command: Command;
  readonly actual: readonly string[];
}

/**
 * Runs a document from top to bottom in an empty folder: blocks with `file=NAME` are written, `console` blocks are typed.
 */
export function runDocument(markdown: string, home: string): Ran[] {
  const shell = new Shell(home);
  const ran: Ran[] = [];
  for (const block of readBlocks(markdown)) {
    if (block.file !== undefined) shell.writeFile(block.file, block.lines);
    if (block.language !== 'console') continue;
    for (const command of readCommands(block)) ran.push({ command, actual: shell.run(command.command) });
  }
  return ran;
}

/** The document with other output under some of its commands. */
export function replaceOutput(markdown: string, changes: readonly Ran[]): string {
  const lines = markdown.split('\n');
  for (const { command, actual } of changes.toReversed()) {
    const first = command.line - 1 + command.command.split('\n').length;
    lines.splice(first, command.output.length, ...actual);
  }
  return lines.join('\n');
}
