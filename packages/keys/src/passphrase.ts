import { KeyError } from './errors.ts';

/** What opens an encrypted key. */
export interface PassphraseOptions {
  /** Bytes, because a string cannot be wiped; wiping them stays with the caller. Ignored by keys that are not encrypted. */
  readonly passphrase?: Uint8Array;
}

/** The passphrase, or the error that asks for one. */
export function requirePassphrase({ passphrase }: PassphraseOptions): Uint8Array {
  if (passphrase !== undefined) return passphrase;
  throw new KeyError('ERR_KEY_PASSPHRASE_REQUIRED', 'the private key is encrypted', {
    hint: 'give its passphrase: --passphrase-file FILE',
  });
}

/** One error for all that a wrong passphrase causes, so that none of it tells how near the guess was. */
export function wrongPassphrase(): KeyError {
  return new KeyError('ERR_KEY_PASSPHRASE', 'the passphrase does not open the key, or the file is damaged');
}
