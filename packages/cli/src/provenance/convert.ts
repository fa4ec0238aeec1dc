import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, mandatory, single } from '../options.ts';
import { FILE_FORMATS, type FileFormat } from './file-formats.ts';

export interface ConvertOptions {
  readonly format: FileFormat;
  readonly out?: string;
}

export function describe(command: Command): void {
  command
    .description(
      'Change the file format of attestations. Payload and signatures stay as they are; nothing is verified.',
    )
    .argument('<FILE...>', 'DSSE envelopes, Sigstore bundles or JSON Lines; - is stdin')
    .addOption(mandatory(choice('--format <FORMAT>', 'of the file', FILE_FORMATS)))
    .addOption(single('--out <FILE>', 'write the file there instead of stdout'))
    .addHelpText(
      'after',
      `
jsonl takes any number of attestations, dsse and bundle exactly one, and a bundle takes exactly one signature. A bundle
that holds a certificate, log entries or timestamps is not taken apart: they would be lost.

Examples:
  danube provenance convert provenance.json --format bundle --out app.tgz.sigstore.json
  danube provenance convert a.json b.json --format jsonl > release.intoto.jsonl`,
    );
}

export async function run(command: Command): Promise<ExitCode> {
  const { convertFiles } = await import('./conversion.ts');
  convertFiles(command.args, command.opts<ConvertOptions>());
  return EXIT.ok;
}
