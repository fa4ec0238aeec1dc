import { type Command, InvalidArgumentError } from 'commander';
import { type ExitCode, usageError } from '../exit-code.ts';
import { mandatory, single } from '../options.ts';

export interface UpdateTrustRootOptions {
  readonly tuf: string;
  readonly tufRoot: string;
  readonly tufTarget?: string;
  readonly tufCache?: string;
  readonly sigstore?: boolean;
}

export function describe(command: Command): void {
  command
    .description('Get the current trust root from a TUF repository, and put it in the place of the old one.')
    .argument('<FILE>', 'the trust root to write')
    .addOption(
      mandatory(single('--tuf <URL>', 'the metadata of the repository; targets are below it', parseBase)),
    )
    .addOption(mandatory(single('--tuf-root <FILE>', 'the root metadata that you trust, any version of it')))
    .addOption(
      single(
        '--tuf-target <NAME>',
        'what the repository calls it (default: trust-root.json, or trusted_root.json)',
      ),
    )
    .addOption(single('--tuf-cache <DIR>', 'metadata that was seen before; default: FILE.tuf'))
    .option('--sigstore', 'FILE is the trusted root of a Sigstore instance, for --sigstore-root')
    .addHelpText(
      'after',
      `
TUF refuses metadata that is older than what was seen, that expired, or that too few keys signed. The cache is believed
no more than the network: all of it is verified again, from --tuf-root on. Nothing is written unless everything holds.

Exit codes: 0 the trust root is the current one, 1 the repository is not to be trusted, 2 wrong use, 3 it could not be
reached.

Examples:
  danube trust update trust-root.signed.json --tuf https://trust.example.com/ --tuf-root root.json
  danube trust update trusted_root.json --sigstore --tuf https://tuf-repo-cdn.sigstore.dev/ --tuf-root root.json`,
    );
}

function parseBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new InvalidArgumentError('It must be a URL with http: or https:.');
  // The parser quotes what it refuses, and a password must not be quoted.
  if (url.username !== '' || url.password !== '')
    throw usageError('--tuf holds a user or a password, which everybody on this machine can read');
  if (url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('It must be scheme, host and path alone.');
  return url.href;
}

export async function run(command: Command): Promise<ExitCode> {
  const { updateTrustRoot } = await import('./updating.ts');
  return updateTrustRoot(command.args[0] ?? '', command.opts<UpdateTrustRootOptions>());
}
