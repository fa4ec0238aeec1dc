import { openSync } from 'node:fs';
import { usageError } from './exit-code.ts';
import { readInput } from './file.ts';
import { isTerminal, say, STDERR, writeAll } from './terminal.ts';

const MAX_BYTES = 4096;
const TERMINAL = '/dev/tty';

/**
 * The passphrase in a file: all of its bytes but one line break at the end.
 *
 * @throws CliError ERR_IO, ERR_USAGE when it is empty.
 */
export function readPassphraseFile(path: string): Uint8Array {
  const bytes = readInput(path, MAX_BYTES);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const passphrase = bytes.slice(0, end);
  if (passphrase.length === 0) throw usageError(`the passphrase file ${path} is empty`);
  return passphrase;
}

/** Whether somebody is there to ask. */
export function canPrompt(): boolean {
  return isTerminal(STDERR);
}

/**
 * Asks for a passphrase twice, as a typing mistake would lock the key for good.
 *
 * @throws CliError ERR_USAGE when the answers differ or are empty.
 */
export async function promptNewPassphrase(): Promise<Uint8Array> {
  const [first, second] = await ask('new passphrase: ', 'the same again: ');
  if (!Buffer.from(first ?? '').equals(second ?? Buffer.of())) throw usageError('the two passphrases differ');
  return first ?? Buffer.of();
}

/**
 * Asks on the terminal, whatever standard input is connected to. Nothing of the answer is shown.
 *
 * @throws CliError ERR_USAGE for an empty answer.
 */
export async function promptPassphrase(question: string): Promise<Uint8Array> {
  const [answer] = await ask(question);
  return answer ?? Buffer.of();
}

/** The answers to all questions; the terminal is opened once, as what is typed ahead answers the next one. */
async function ask(...questions: readonly string[]): Promise<Uint8Array[]> {
  const { ReadStream } = await import('node:tty');
  const terminal = new ReadStream(openSync(TERMINAL, 'r'));
  terminal.setRawMode(true);
  const answers: Uint8Array[] = [];
  try {
    const lines = readLines(terminal);
    for (const question of questions) {
      writeAll(STDERR, question);
      const { value = Buffer.of() } = await lines.next();
      say('');
      if (value.length === 0) throw usageError('the passphrase is empty');
      answers.push(value);
    }
    return answers;
  } finally {
    terminal.setRawMode(false);
    terminal.destroy();
  }
}

const ENTER = new Set([0x0a, 0x0d, 0x04]);
const ERASE = new Set([0x08, 0x7f]);
const INTERRUPT = 0x03;

/** A raw terminal leaves line editing to us: Enter and Ctrl-D end, Backspace takes a character back. */
async function* readLines(terminal: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, undefined> {
  let typed: number[] = [];
  for await (const chunk of terminal) {
    for (const byte of Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk))) {
      if (byte === INTERRUPT) process.exit(130);
      if (ENTER.has(byte)) {
        yield Uint8Array.from(typed);
        typed = [];
      } else if (ERASE.has(byte)) eraseCharacter(typed);
      else typed.push(byte);
    }
  }
  return undefined;
}

/** A character of UTF-8 is its first byte and the bytes 10xxxxxx that follow. */
function eraseCharacter(typed: number[]): void {
  while (typed.length > 0 && ((typed.pop() ?? 0) & 0xc0) === 0x80);
}
