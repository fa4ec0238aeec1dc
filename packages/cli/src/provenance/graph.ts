import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import { choice } from '../options.ts';
import { declareVerification, type VerifyOptions } from './verify.ts';

export interface GraphOptions extends Omit<VerifyOptions, 'format'> {
  readonly format: 'svg' | 'mermaid' | 'json' | 'html';
}

export function describe(command: Command): void {
  declareVerification(
    command.description(
      'Verify artifacts and what they were made of, and draw the chain: source, build, artifact, dependency.',
    ),
  )
    .optionsGroup('Output:')
    .addOption(choice('--format <FORMAT>', 'a picture, or data', FORMATS, 'svg'))
    .addHelpText('after', HELP);
}

const FORMATS = ['svg', 'mermaid', 'json', 'html'] as const;

const HELP = `
Everything is verified as danube provenance verify does, dependencies as by its --follow (without it 1 level), and drawn
with what became of it: verified, rejected, or not verified, in words as well as in colour. What is not believed of an
attestation is not drawn. The picture is one file without script; HTML has a table of the same beside it.

Exit codes: 0 every artifact is accepted; 1 one is rejected; 2 wrong use; 3 a file could not be read.

Examples:
  danube provenance graph app.tgz --public-key danube.pub > chain.svg
  danube provenance graph dist/ --trust-root trust-root.json --trust-root-key root.pub --follow 3 \\
      --dependency-evidence attestations/ --format html > chain.html`;

export async function run(command: Command): Promise<ExitCode> {
  const { drawArtifacts } = await import('./graphing.ts');
  return drawArtifacts(command.args, command.opts<GraphOptions>());
}
