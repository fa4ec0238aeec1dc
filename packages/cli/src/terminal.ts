/**
 * Everything danube prints goes through here: whole writes by `fs.writeSync`, so that nothing is lost when the process
 * ends, and no stream object, which costs milliseconds to make.
 */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { printable } from '@danube/verifier';

export { printable };

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
type Output = typeof STDOUT | typeof STDERR;

/**
 * Writes all of `data`, waiting where the other side of a pipe is slow.
 *
 * @throws NodeJS.ErrnoException, `EPIPE` when the reader has gone.
 */
export function writeAll(fd: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  for (let written = 0; written < bytes.length;) written += writeSome(fd, bytes, written);
}

function writeSome(fd: number, bytes: Uint8Array, offset: number): number {
  try {
    return writeSync(fd, bytes, offset);
  } catch (error) {
    if (!isErrno(error, 'EAGAIN')) throw error;
    // A pipe that another program made non-blocking is full: wait, or a fast writer would burn the reader's core.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    return 0;
  }
}

export function isErrno(error: unknown, code: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Data for the next program: text or one JSON value. */
export function print(text: string): void {
  writeAll(STDOUT, text.endsWith('\n') ? text : `${text}\n`);
}

/** Words for people. Lost without complaint when nobody can read them: stderr is where a complaint would go. */
export function say(line: string): void {
  try {
    writeAll(STDERR, `${line}\n`);
  } catch {
    // stderr is closed or full; the exit code still says how it ended.
  }
}

export function sayWarning(text: string): void {
  say(`${paint(STDERR, 'yellow', 'warning:')} ${printable(text)}`);
}

export function sayHint(text: string): void {
  say(`${paint(STDERR, 'cyan', 'hint:')} ${printable(text)}`);
}

export function sayError(text: string): void {
  say(`${paint(STDERR, 'red', 'danube: error:')} ${printable(text)}`);
}

/** One JSON value, indented. Characters that a terminal would obey are written as escapes, which mean the same in JSON. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value, null, 2);
  print(json.replace(/[^\n -~]/gu, (character) => (isPlain(character) ? character : escapeJson(character))));
}

function isPlain(character: string): boolean {
  return printable(character) === character;
}

function escapeJson(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;

/** The text in a colour where a person looks at it, and as it is everywhere else. */
export function paint(output: Output, colour: Colour, text: string): string {
  return hasColour(output) ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

const colourful = new Map<Output, boolean>();

/** https://no-color.org: any value but the empty one turns colour off. */
function hasColour(output: Output): boolean {
  let known = colourful.get(output);
  if (known === undefined) {
    known = (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb' && isTerminal(output);
    colourful.set(output, known);
  }
  return known;
}

/** Whether a person sits behind the descriptor. Loads `node:tty` only for what could be a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    if (!status.isCharacterDevice() || status.rdev === nullDevice()) return false;
  } catch {
    return false;
  }
  const tty: typeof import('node:tty') = process.getBuiltinModule('node:tty');
  return tty.isatty(fd);
}

function nullDevice(): number | undefined {
  return statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
}
