/**
 * Reads the arguments of one command in their plain forms, by the same declarations of options as the parser: for a
 * command that is started so often that loading the parser is worth avoiding. It never says no. Whatever is not plain
 * (help, a mistake, an unusual form) is for the parser to judge.
 */
import { InvalidArgumentError, Option } from 'commander';

/** What a command declares its arguments with; commander's `Command` is one. */
export interface Declaration {
  description(text: string): this;
  argument(name: string, description: string): this;
  optionsGroup(heading: string): this;
  addOption(option: Option): this;
  option(flags: string, description: string): this;
  addHelpText(position: 'after', text: string): this;
}

/** The arguments of a command, read; commander's `Command` is one. */
export interface Arguments {
  readonly args: readonly string[];
  // eslint-disable-next-line typescript/no-unnecessary-type-parameters -- it is what commander has
  opts<Options extends object>(): Options;
}

/** The arguments, when the parser would read them in the same way; otherwise `undefined`. */
export function readPlainArguments(
  describe: (declaration: Declaration) => void,
  argv: readonly string[],
): Arguments | undefined {
  const options = new Map(declaredBy(describe).map((option) => [option.long, option]));
  const values: Record<string, unknown> = {};
  for (const option of options.values()) {
    if (!isPlain(option)) return undefined;
    const preset: unknown = option.negate ? true : option.defaultValue;
    if (preset !== undefined) values[option.attributeName()] = preset;
  }
  const args: string[] = [];
  const words = argv.values();
  for (const word of words) {
    if (!word.startsWith('-')) {
      args.push(word);
      continue;
    }
    const [, long, assigned] = /^(--[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = options.get(long);
    if (option === undefined) return undefined;
    const value = option.required ? readValue(option, assigned ?? words.next().value) : !option.negate;
    if (value === undefined || (!option.required && assigned !== undefined)) return undefined;
    values[option.attributeName()] = value;
  }
  // eslint-disable-next-line typescript/no-unnecessary-type-parameters, typescript/no-unsafe-type-assertion -- see there
  return { args, opts: <Options extends object>() => values as Options };
}

function declaredBy(describe: (declaration: Declaration) => void): Option[] {
  const options: Option[] = [];
  const declaration: Declaration = {
    description: () => declaration,
    argument: () => declaration,
    optionsGroup: () => declaration,
    addOption: (option) => (options.push(option), declaration),
    option: (flags, description) => declaration.addOption(new Option(flags, description)),
    addHelpText: () => declaration,
  };
  describe(declaration);
  return options;
}

/** A flag, or an option with exactly one value, by a long name alone. */
function isPlain({ long, short, optional, variadic, mandatory, envVar }: Option): boolean {
  return (
    long !== undefined && short === undefined && !(optional || variadic || mandatory || envVar !== undefined)
  );
}

function readValue({ parseArg }: Option, text: string | undefined): unknown {
  if (text === undefined || text.startsWith('-')) return undefined;
  try {
    return parseArg === undefined ? text : parseArg(text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}
