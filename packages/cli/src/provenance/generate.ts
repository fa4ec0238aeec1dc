import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { single } from '../options.ts';
import { addJobOptions, JOB_HELP, type JobOptions } from './job-options.ts';

export interface GenerateOptions extends JobOptions {
  readonly out?: string;
}

export function describe(command: Command): void {
  addJobOptions(command)
    .description(
      'Build the SLSA provenance statement of a job. It is not signed yet: nobody should trust it as it is.',
    )
    .optionsGroup('Output:')
    .addOption(single('--out <FILE>', 'write the statement there instead of stdout'))
    .addHelpText(
      'after',
      `${JOB_HELP}

Examples:
  danube provenance generate --job-record job.json --artifacts dist/
  danube provenance generate --job-record job.json --artifacts dist/ --digest sha512 --out statement.json
  danube provenance generate --job-record job.json --artifacts dist/ | danube provenance sign --key signing.key`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { generateStatement } = await import('./generation.ts');
  await generateStatement(command.opts<GenerateOptions>());
  return EXIT.ok;
}
