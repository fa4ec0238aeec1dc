/** How much room and work a key file may ask for before it is opened: it is not trusted yet. */
import { KeyError } from './errors.ts';
import type { ScryptCost } from './kdf.ts';

/** Longest key file that is looked at, in bytes; the longest real ones have a few hundred. */
export const MAX_KEY_BYTES = 16_384;

/** What we write: 128 MiB of memory, about half a second. */
export const SCRYPT_WRITTEN: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

/** 256 MiB of memory, and twice the time that it takes to fill it once. */
const MAX_SCRYPT_MEMORY = 2 ** 21;
const MAX_SCRYPT_WORK = 2 ** 22;
const MAX_PBKDF2_ITERATIONS = 10_000_000;
/** OpenSSH writes 16 or 24; each takes some hundredths of a second here. */
const MAX_BCRYPT_ROUNDS = 256;

/** Throws `KeyError` ERR_KEY_FORMAT for parameters that are none, ERR_KEY_LIMIT for too much work. */
export function checkScryptCost({ N, r, p }: ScryptCost): void {
  if (N < 2 || !Number.isInteger(Math.log2(N)) || r < 1 || p < 1) {
    throw new KeyError('ERR_KEY_FORMAT', 'the scrypt parameters of the encrypted key make no sense');
  }
  if (N * r > MAX_SCRYPT_MEMORY || N * r * p > MAX_SCRYPT_WORK)
    throw tooDear(`scrypt with N=${N}, r=${r}, p=${p}`);
}

/** Throws `KeyError` ERR_KEY_FORMAT for no iterations, ERR_KEY_LIMIT for more than ten million. */
export function checkIterations(iterations: number): void {
  if (iterations < 1) throw new KeyError('ERR_KEY_FORMAT', 'the encrypted key asks for no PBKDF2 iterations');
  if (iterations > MAX_PBKDF2_ITERATIONS) throw tooDear(`${iterations} PBKDF2 iterations`);
}

/** Throws `KeyError` ERR_KEY_FORMAT for no rounds, ERR_KEY_LIMIT for more than 256. */
export function checkBcryptRounds(rounds: number): void {
  if (rounds < 1) throw new KeyError('ERR_KEY_FORMAT', 'the encrypted OpenSSH key asks for no bcrypt rounds');
  if (rounds > MAX_BCRYPT_ROUNDS) throw tooDear(`${rounds} bcrypt rounds`);
}

function tooDear(what: string): KeyError {
  return new KeyError('ERR_KEY_LIMIT', `opening the key would take ${what}`, {
    hint: 'encrypt the key again with a cheaper setting, if it is one you trust',
  });
}
