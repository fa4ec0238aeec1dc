import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';
import { declareVerification, type VerifyOptions } from './verify.ts';

export interface LockOptions extends VerifyOptions {
  readonly lockfile: string;
  readonly acceptWeaker?: true;
}

export function describe(command: Command): void {
  declareVerification(
    command.description(
      'Verify artifacts, and remember of what kind they are, so that nothing weaker or older is accepted later.',
    ),
  );
  command
    .optionsGroup('What is remembered:')
    .addOption(mandatory(single('--lockfile <FILE>', 'where; made when it is not there')))
    .option('--accept-weaker', 'also what is weaker or older than what is locked')
    .addHelpText('after', HELP);
}

const HELP = `
The artifacts are verified as danube provenance verify does. Of each that is accepted, the lockfile gets builder, source
repository, Build level (with a trust root), signers and the time of the build, under its name without its version:
app-1.2.0.tgz is locked as app-*.tgz. Nothing is written when an artifact is rejected, or is weaker or older than what
is locked already.

Exit codes: 0 all are locked; 1 an artifact is rejected, or weaker; 2 wrong use; 3 a file could not be read or written.

Examples:
  danube provenance lock dist/app-1.2.0.tgz --lockfile provenance.lock --public-key danube.pub
  danube provenance verify dist/app-1.3.0.tgz --lockfile provenance.lock --public-key danube.pub`;

export async function run(command: Command): Promise<ExitCode> {
  const { lockArtifacts } = await import('./locking.ts');
  return lockArtifacts(command.args, command.opts<LockOptions>());
}
