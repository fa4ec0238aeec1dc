import { type Command, InvalidArgumentError } from 'commander';
import type { TrustedBuilderEntry } from '@danube/verifier/documents';
import { usageError } from '../exit-code.ts';
import { mandatory, parseCount, repeatable, single } from '../options.ts';

/** A new builder of a trust root. */
export interface BuilderEntryOptions {
  readonly builderId: string;
  readonly threshold?: number;
  readonly maxLevel: number;
  readonly buildType?: readonly string[];
  readonly source?: readonly string[];
}

export function addBuilderEntryOptions(command: Command): Command {
  return command
    .addOption(mandatory(single('--builder-id <URI>', 'runDetails.builder.id, compared exactly')))
    .addOption(
      mandatory(single('--max-level <1|2|3>', 'the highest SLSA Build level it can reach', parseLevel)),
    )
    .addOption(single('--threshold <N>', 'how many different signers there must be (default: 1)', parseCount))
    .addOption(repeatable('--build-type <URI>', 'a build type it is trusted with; default: any'))
    .addOption(repeatable('--source <PATTERN>', 'a source it is trusted with; default: any'));
}

function parseLevel(text: string): number {
  if (!/^[123]$/.test(text)) throw new InvalidArgumentError('It must be 1, 2 or 3.');
  return Number(text);
}

/** The entry, without who signs for it. */
export function readBuilderEntry(options: BuilderEntryOptions): TrustedBuilderEntry {
  const { builderId, threshold = 1, maxLevel, buildType, source } = options;
  return {
    id: builderId,
    threshold,
    maxLevel,
    ...(buildType !== undefined && { buildTypes: buildType }),
    ...(source !== undefined && { sources: source }),
  };
}

/** Who signs by certificate: three options, of which none means anything alone. */
export interface CertificateEntryOptions {
  readonly sigstore?: string;
  readonly certificateIdentity?: string;
  readonly certificateIssuer?: string;
}

/** @throws CliError ERR_USAGE for some of them without the others */
export function readCertificates({
  sigstore,
  certificateIdentity: identity,
  certificateIssuer: issuer,
}: CertificateEntryOptions): Pick<TrustedBuilderEntry, 'certificates'> {
  if (sigstore === undefined && identity === undefined && issuer === undefined) return {};
  if (sigstore === undefined || identity === undefined || issuer === undefined)
    throw usageError('--sigstore, --certificate-identity and --certificate-issuer go together');
  return { certificates: [{ sigstore, identity, issuer }] };
}
