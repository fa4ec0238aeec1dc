import { type Command } from 'commander';
import { encodePublicKeyPem } from '@danube/keys';
import type { TrustedKeyEntry } from '@danube/verifier/documents';
import { mandatory, single } from '../options.ts';
import { readPublicKey } from '../provenance/expectations.ts';
import { parseTime, writeTime } from './times.ts';

/** A new key of a trust root. */
export interface KeyEntryOptions {
  readonly keyName: string;
  readonly publicKey: string;
  readonly notBefore?: string;
  readonly notAfter: string;
}

export function addKeyEntryOptions(command: Command): Command {
  return command
    .addOption(mandatory(single('--key-name <NAME>', 'what the trust root calls the key')))
    .addOption(mandatory(single('--public-key <FILE>', 'the public key')))
    .addOption(single('--not-before <TIME>', 'it can sign from then on; default: now', parseTime))
    .addOption(mandatory(single('--not-after <TIME>', 'it can sign until then', parseTime)));
}

/** @throws CliError ERR_USAGE for a file that is no public key; ERR_IO */
export function readKeyEntry({ keyName, publicKey, notBefore, notAfter }: KeyEntryOptions): TrustedKeyEntry {
  return {
    name: keyName,
    publicKey: encodePublicKeyPem(readPublicKey(publicKey)),
    notBefore: notBefore ?? writeTime(new Date()),
    notAfter,
  };
}
