import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { choice, mandatory, single } from '../options.ts';
import { addRegistryOptions, REGISTRY_HELP, type RegistryOptions } from '../registry-options.ts';

export interface PushOptions extends RegistryOptions {
  readonly provenance: string;
  readonly store?: string;
  readonly compat?: 'att';
}

export function describe(command: Command): void {
  command
    .description('Store attestations beside their image in an OCI registry, or in another store.')
    .argument('[IMAGE@DIGEST]', 'the image or index that they are about')
    .addOption(mandatory(single('--provenance <FILE>', 'the attestations, in any format; - is stdin')))
    .addOption(single('--store <PLACE>', 'store them there instead: a data directory or s3://BUCKET/PREFIX'))
    .addOption(
      choice('--compat <TAG>', "as cosign's .att tag as well, for those who read nothing else", ['att']),
    )
    .optionsGroup('Registry:');
  addRegistryOptions(command).addHelpText(
    'after',
    `
Each attestation becomes a Sigstore bundle in a manifest that refers to the image (OCI 1.1), or stays a DSSE envelope
when it has several signatures. Where a registry does not list such manifests itself, they are listed under the tag that
stands in for that. The digests of the manifests are printed. The same again changes nothing. Nothing is verified, but
an attestation that does not name the image is refused.

With --store the file is stored as it is, under its digest and those of its subjects, for verify --store to find.
Nothing is written over. Its digest is printed.

--compat att is for cosign 2 and for policy-controller with keys. It holds no certificates.

${REGISTRY_HELP}

Examples:
  danube provenance push registry.example.com/shop/app@sha256:9f86… --provenance provenance.json
  danube provenance push --store s3://attestations/shop --provenance provenance.json
  danube provenance push localhost:5000/app@sha256:9f86… --provenance app.sigstore.json --plain-http localhost:5000`,
  );
}

export async function run(command: Command): Promise<ExitCode> {
  const { pushAttestations } = await import('./pushing.ts');
  await pushAttestations(command.args[0], command.opts<PushOptions>());
  return EXIT.ok;
}
