/**
 * Options that fail closed: an empty value is what an unset shell variable leaves behind, and an option given twice
 * has one value nobody looks at. Both are errors instead of a check less.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from './exit-code.ts';

type Parse<T> = (value: string) => T;

/** An option with one value. */
export function single<T = string>(flags: string, description: string, parse?: Parse<T>): Option {
  let given = false;
  return new Option(flags, description).argParser((value: string) => {
    if (given) throw new InvalidArgumentError('It is given twice.');
    given = true;
    return parse === undefined ? nonEmpty(value) : parse(nonEmpty(value));
  });
}

/** An option that may be repeated; its value is the list, in order. */
export function repeatable<T = string>(flags: string, description: string, parse?: Parse<T>): Option {
  const values: (T | string)[] = [];
  return new Option(flags, `${description} (repeatable)`).argParser((value: string) => {
    values.push(parse === undefined ? nonEmpty(value) : parse(nonEmpty(value)));
    return values;
  });
}

/** An option whose value is one of a few words. */
export function choice(
  flags: string,
  description: string,
  words: readonly string[],
  preset?: string,
): Option {
  const option = single(flags, description, (value) => {
    if (!words.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return value;
  });
  option.argChoices = [...words];
  return preset === undefined ? option : option.default(preset);
}

const required = new WeakSet<Option>();

/** An option that must be given. The parser's own such check comes before its check for misspelt ones, which explain more. */
export function mandatory(option: Option): Option {
  required.add(option);
  return option;
}

/** @throws CliError ERR_USAGE when a mandatory option is not given */
export function checkMandatory(command: Command): void {
  for (const option of command.options) {
    if (required.has(option) && command.getOptionValue(option.attributeName()) === undefined) {
      throw usageError(`the option ${option.flags} is missing`);
    }
  }
}

function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty; was a variable not set?');
  return value;
}

/** @throws InvalidArgumentError unless the text is a whole number from 1 on. */
export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/**
 * Reads `30d`, `12h`, `90m`, `45s` or `2w` into seconds.
 *
 * @throws InvalidArgumentError for anything else, a bare number included: nobody knows its unit.
 */
export function parseDuration(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,8})([smhdw])$/.exec(text) ?? [];
  if (count === undefined || !isUnit(unit)) {
    throw new InvalidArgumentError('It must be a number with a unit: 45s, 90m, 12h, 30d or 2w.');
  }
  return Number(count) * SECONDS[unit];
}

function isUnit(text: string | undefined): text is keyof typeof SECONDS {
  return text !== undefined && Object.hasOwn(SECONDS, text);
}
