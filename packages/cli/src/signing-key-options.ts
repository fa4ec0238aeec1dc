import type { Command } from 'commander';
import { single } from './options.ts';

/** Which key signs, and how its file is opened. */
export interface KeyOptions {
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly allowMountedKey?: true;
  readonly dataDir?: string;
}

export function addKeyOptions(command: Command): Command {
  return command
    .optionsGroup('The key:')
    .addOption(single('--key <FILE>', 'the private key; default: keys/signing.key in the data directory'))
    .addOption(single('--passphrase-file <FILE>', 'the passphrase of an encrypted key; - is stdin'))
    .option('--allow-mounted-key', 'take a key from a Kubernetes mount: a link, readable by its group');
}

/** The data directory is told last: it gives the defaults of the others. */
export function addDataDirOption(command: Command): Command {
  return command.addOption(single('--data-dir <DIR>', 'default: $DANUBE_DATA_DIR, or /var/lib/danube'));
}
