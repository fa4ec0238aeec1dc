import { parseCount, repeatable, single } from '../options.ts';
import type { Declaration } from '../plain-arguments.ts';

/** The options about dependencies, as the parser hands them over. */
export interface FollowOptions {
  readonly follow?: number;
  readonly followAll?: true;
  readonly followPolicy?: readonly string[];
  readonly dependencyEvidence?: readonly string[];
}

export function addFollowOptions<Command extends Declaration>(command: Command): Command {
  return command
    .optionsGroup('What it was made of:')
    .addOption(single('--follow <DEPTH>', 'verify dependencies as well, 1 to 16 levels of them', parseCount))
    .option('--follow-all', 'a dependency that nothing speaks for fails')
    .addOption(repeatable('--follow-policy <LEVEL=FILE>', 'what dependencies of this level must satisfy'))
    .addOption(
      repeatable('--dependency-evidence <FILE|DIR>', 'attestations of dependencies, and of nothing else'),
    );
}
