import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { single } from '../options.ts';
import { addRegistryOptions, REGISTRY_HELP, type RegistryOptions } from '../registry-options.ts';

export interface PullOptions extends RegistryOptions {
  readonly out?: string;
}

export function describe(command: Command): void {
  command
    .description('Fetch the attestations of an image from its OCI registry. Nothing is verified.')
    .argument('<IMAGE>', 'by tag or by digest')
    .addOption(single('--out <FILE>', 'write them there instead of stdout'))
    .optionsGroup('Registry:');
  addRegistryOptions(command).addHelpText(
    'after',
    `
Writes JSON Lines: every Sigstore bundle and DSSE envelope that refers to this very image, and those of cosign's .att
tag, as they are. A tag is resolved once; the digest is told on stderr. Attestations of the images in an index are found
by their own digests.

${REGISTRY_HELP}

Examples:
  danube provenance pull registry.example.com/shop/app:v1.2.0 --out app.intoto.jsonl
  danube provenance pull registry.example.com/shop/app@sha256:9f86… | danube provenance inspect -`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { pullAttestations } = await import('./pulling.ts');
  await pullAttestations(command.args[0] ?? '', command.opts<PullOptions>());
  return EXIT.ok;
}
