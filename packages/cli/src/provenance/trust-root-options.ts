import { InvalidArgumentError } from 'commander';
import { usageError } from '../exit-code.ts';
import { parseCount, repeatable, single } from '../options.ts';
import type { Declaration } from '../plain-arguments.ts';

/** The options that name a trust root, as the parser hands them over. */
export interface TrustRootOptions {
  readonly trustRoot?: string;
  readonly trustRootKey?: readonly string[];
  readonly trustRootThreshold?: number;
  readonly plainTrustRoot?: string;
  readonly trustState?: string;
  readonly buildLevel?: number;
  /** With it, the level is that of a summary. */
  readonly verifierId?: string;
  readonly vsa?: string;
}

export function addTrustRootOptions<Command extends Declaration>(command: Command): Command {
  return command
    .addOption(single('--trust-root <FILE>', 'who may sign for which builder, signed by root keys'))
    .addOption(repeatable('--trust-root-key <FILE>', 'a root key that may have signed it'))
    .addOption(
      single('--trust-root-threshold <N>', 'how many root keys must have signed it (default: 1)', parseCount),
    )
    .addOption(single('--plain-trust-root <FILE>', 'a trust root that nobody signed; you vouch for the file'))
    .addOption(single('--trust-state <FILE>', 'remembers the trust root; an older one is refused'))
    .addOption(single('--build-level <1|2|3>', 'the lowest SLSA Build level that will do', parseLevel));
}

function parseLevel(text: string): number {
  if (!/^[123]$/.test(text)) throw new InvalidArgumentError('It must be 1, 2 or 3.');
  return Number(text);
}

/** Whether a trust root is named. @throws CliError ERR_USAGE for options that need one, or each other */
export function namesTrustRoot(options: TrustRootOptions): boolean {
  const { trustRoot, trustRootKey, trustRootThreshold, plainTrustRoot, trustState, buildLevel } = options;
  if (trustRoot !== undefined && plainTrustRoot !== undefined) {
    throw usageError('--trust-root and --plain-trust-root cannot both say who is trusted');
  }
  if (trustRoot !== undefined && trustRootKey === undefined) {
    throw usageError(
      '--trust-root needs --trust-root-key, the key of whoever keeps it',
      'a file that nobody signed is named by --plain-trust-root',
    );
  }
  refuseWithout(trustRoot, '--trust-root', { trustRootKey, trustRootThreshold });
  refuseWithout(trustRoot ?? plainTrustRoot, '--trust-root or --plain-trust-root', {
    trustState,
    ...(options.verifierId === undefined || options.vsa !== undefined ? { buildLevel } : {}),
  });
  return trustRoot !== undefined || plainTrustRoot !== undefined;
}

function refuseWithout(
  root: string | undefined,
  needed: string,
  options: Readonly<Record<string, unknown>>,
): void {
  const [given] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (root !== undefined || given === undefined) return;
  const flag = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usageError(`--${flag} needs ${needed}`);
}
