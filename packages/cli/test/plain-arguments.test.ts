import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command, CommanderError, Option } from 'commander';
import { choice, parseCount, repeatable, single } from '../src/options.ts';
import { type Declaration, readPlainArguments } from '../src/plain-arguments.ts';
import { describe as describeVerify } from '../src/provenance/verify.ts';

/** What the parser itself reads; `undefined` when it refuses. */
function parse(declare: (declaration: Declaration) => void, argv: readonly string[]): object | undefined {
  const command = new Command('test')
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
  declare(command);
  command.action(() => {});
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return undefined;
    throw error;
  }
  return { args: command.args, opts: { ...command.opts() } };
}

function read(declare: (declaration: Declaration) => void, argv: readonly string[]): object | undefined {
  const found = readPlainArguments(declare, argv);
  return found === undefined ? undefined : { args: found.args, opts: found.opts() };
}

const VALUES: Readonly<Record<string, string>> = {
  '--threshold': '2',
  '--trust-root-threshold': '2',
  '--max-age': '30d',
  '--build-level': '3',
  '--format': 'json',
};

function verifyOptions(): Option[] {
  const command = new Command();
  describeVerify(command);
  return [...command.options];
}

describe('the plain reader of arguments', () => {
  it('reads every option of verify as the parser does, in every plain form', () => {
    for (const { long = '', required } of verifyOptions()) {
      const value = VALUES[long] ?? 'a=b c';
      const forms = required ? [[long, value], [`${long}=${value}`]] : [[long]];
      for (const form of forms) {
        for (const argv of [form, ['one', ...form, 'two'], [...form, ...form]]) {
          const parsed = parse(describeVerify, argv);
          assert.deepEqual(read(describeVerify, argv), parsed, argv.join(' '));
        }
      }
    }
  });

  it('leaves what is not plain to the parser', () => {
    const lines = [
      ['--no-such-option'],
      ['-h'],
      ['--help'],
      ['--', 'file'],
      ['-'],
      ['--job'],
      ['--job='],
      ['--job', '-x'],
      ['--strict=yes'],
      ['--threshold', '0'],
      ['--format', 'xml'],
      ['--job', 'a', '--job', 'b'],
    ];
    for (const argv of lines) assert.equal(read(describeVerify, argv), undefined, argv.join(' '));
  });

  it('leaves options that are declared in other ways to the parser', () => {
    for (const option of [
      new Option('-s, --short <TEXT>'),
      new Option('--optional [TEXT]'),
      new Option('--variadic <TEXT...>'),
      new Option('--mandatory <TEXT>').makeOptionMandatory(),
      new Option('--from-environment <TEXT>').env('SOME_VARIABLE'),
    ]) {
      assert.equal(
        read((declaration) => void declaration.addOption(option), []),
        undefined,
        option.flags,
      );
    }
  });

  it('agrees with the parser on random lines of a small command', () => {
    const declare = (declaration: Declaration): void => {
      declaration
        .argument('[FILE...]', 'files')
        .addOption(single('--one <TEXT>', 'once'))
        .addOption(repeatable('--many <N>', 'often', parseCount))
        .addOption(choice('--choice <WORD>', 'a word', ['a', 'b'], 'a'))
        .option('--flag', 'a flag')
        .option('--no-default', 'a flag that is on');
    };
    const words = [
      '--one',
      '--many',
      '--choice',
      '--flag',
      '--no-default',
      '--one=x',
      '--many=3',
      'a',
      '7',
      '',
    ];
    let seed = 1;
    let agreed = 0;
    for (let round = 0; round < 5_000; round += 1) {
      const argv = Array.from({ length: round % 6 }, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return words[seed % words.length] ?? '';
      });
      const found = read(declare, argv);
      if (found === undefined) continue;
      agreed += 1;
      assert.deepEqual(found, parse(declare, argv), JSON.stringify(argv));
    }
    assert.ok(agreed > 500);
  });
});
