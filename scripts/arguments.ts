import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What a script was called with. Anything else than it takes ends it. */
export function readArguments<const Config extends ParseArgsConfig>(
  script: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error;
    const options = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    const known = options.length === 0 ? 'there are no options' : `the options are ${options.join(', ')}`;
    return refuseArguments(script, `${error.message.replace(/\. .*$/s, '')}; ${known}`);
  }
}

/** Ends a script that was called as it cannot be: one line, and exit code 2. */
export function refuseArguments(script: string, reason: string): never {
  process.stderr.write(`${script}: error: ${reason}\n`);
  process.exit(2);
}
