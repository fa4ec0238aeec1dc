import type { Command } from 'commander';
import { single } from './options.ts';
import type { Declaration } from './plain-arguments.ts';

/** How the file of a private key is opened. */
export interface KeyFileOptions {
  readonly passphraseFile?: string;
  readonly allowMountedKey?: true;
  readonly keyConfig?: string;
}

/** Which key signs. */
export interface KeyOptions extends KeyFileOptions {
  readonly key?: string;
  readonly dataDir?: string;
  /** Signatures a second, at most. */
  readonly rate?: number;
}

/** Which key signs, or lets one in memory sign. */
export interface DelegatingOptions extends KeyOptions {
  readonly delegate?: true;
}

/** For commands that can write a bundle. */
export function addDelegateOption(command: Command): Command {
  return command.option(
    '--delegate',
    'let the key certify one in memory for 10 minutes, which signs (--format bundle): for statements too long for the key',
  );
}

export function addKeyOptions(command: Command): Command {
  command
    .optionsGroup('The key:')
    .addOption(
      single('--key <KEY>', 'a key file or key URI; default: keys/signing.key in the data directory'),
    );
  return addKeyFileOptions(command);
}

export function addKeyFileOptions<Target extends Declaration>(command: Target): Target {
  return command
    .addOption(single('--passphrase-file <FILE>', 'the passphrase of an encrypted key; - is stdin'))
    .addOption(single('--key-config <FILE>', 'how a key service is called, and where its secrets are (JSON)'))
    .option('--allow-mounted-key', 'take a key from a Kubernetes mount: a link, readable by its group');
}

/** The data directory is told last: it gives the defaults of the others. */
export function addDataDirOption(command: Command): Command {
  return command.addOption(single('--data-dir <DIR>', 'default: $DANUBE_DATA_DIR, or /var/lib/danube'));
}
