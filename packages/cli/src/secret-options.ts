import type { Command } from 'commander';
import { choice, single } from './options.ts';

/** What is done when a statement would publish a credential. */
export interface SecretOptions {
  readonly onSecret: 'refuse' | 'redact' | 'allow';
  readonly secretAllowlist?: string;
}

export function addSecretOptions(command: Command): Command {
  return command
    .optionsGroup('Secrets:')
    .addOption(
      choice(
        '--on-secret <ACTION>',
        'when the statement holds what looks like a credential',
        ['refuse', 'redact', 'allow'],
        'refuse',
      ),
    )
    .addOption(single('--secret-allowlist <FILE>', 'findings that may stay, each with its reason (JSON)'));
}
