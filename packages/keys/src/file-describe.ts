import { KeyError } from './errors.ts';
import {
  fileFlaws,
  fileWarnings,
  formatMode,
  readKeyFile,
  type KeyFileFlaw,
  type KeyFileWarning,
} from './file-open.ts';
import { parsePrivateKey } from './parse-private-key.ts';
import { parsePublicKey } from './parse-public-key.ts';
import type { PassphraseOptions } from './passphrase.ts';
import { spkiSha256, type KeyAlgorithm, type PublicKey } from './public-key.ts';
import { decodeRawKey } from './raw-key.ts';
import { wipe } from './secret.ts';

/** What there is to know about a key file, without its secret. */
export interface KeyFileDescription {
  readonly path: string;
  readonly kind: 'private' | 'public';
  /** Whether the key is under a passphrase. Without it, nothing is known about the key itself. */
  readonly encrypted: boolean;
  /** OpenSSH fingerprint, `SHA256:…`. */
  readonly keyid?: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly spkiSha256?: string;
  readonly algorithm?: KeyAlgorithm;
  /** Permission bits in octal, such as `0600`. */
  readonly mode: string;
  /** Why no private key would be taken from this file; empty for a public key. */
  readonly flaws: readonly KeyFileFlaw[];
  readonly warnings: readonly KeyFileWarning[];
}

interface Identity {
  readonly kind: 'private' | 'public';
  readonly encrypted: boolean;
  readonly publicKey?: PublicKey;
}

/**
 * Describes a key file, private or public, also one that would be refused for its permissions: that is what people
 * look for. The private key is in memory only while its public half is derived.
 *
 * @throws {KeyError} as `readPublicKeyFile` and `parsePrivateKey`, but never ERR_KEY_PASSPHRASE_REQUIRED.
 */
export async function describeKeyFile(
  path: string,
  options: PassphraseOptions = {},
): Promise<KeyFileDescription> {
  const { bytes, stats } = readKeyFile(path, { followLinks: true });
  try {
    const { kind, encrypted, publicKey } = await identify(bytes, options);
    return {
      path,
      kind,
      encrypted,
      ...(publicKey !== undefined && {
        keyid: publicKey.keyid,
        spkiSha256: spkiSha256(publicKey),
        algorithm: publicKey.algorithm,
      }),
      mode: formatMode(stats.mode),
      flaws: kind === 'private' ? fileFlaws(path, stats) : [],
      warnings: kind === 'private' ? fileWarnings(path, stats) : [],
    };
  } finally {
    wipe(bytes);
  }
}

async function identify(bytes: Uint8Array, options: PassphraseOptions): Promise<Identity> {
  refuseAmbiguous(bytes);
  try {
    return { kind: 'public', encrypted: false, publicKey: parsePublicKey(bytes) };
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'ERR_KEY_SLOT') throw error;
  }
  const plain = await derivePublicKey(bytes, {});
  if (plain !== undefined) return { kind: 'private', encrypted: false, publicKey: plain };
  const decrypted = await derivePublicKey(bytes, options);
  return { kind: 'private', encrypted: true, ...(decrypted !== undefined && { publicKey: decrypted }) };
}

/** `undefined` when it takes a passphrase to know. */
async function derivePublicKey(
  bytes: Uint8Array,
  options: PassphraseOptions,
): Promise<PublicKey | undefined> {
  try {
    const key = await parsePrivateKey(bytes, options);
    key.destroy();
    return key.publicKey;
  } catch (error) {
    if (error instanceof KeyError && error.code === 'ERR_KEY_PASSPHRASE_REQUIRED') return undefined;
    throw error;
  }
}

/** A seed and a public key look the same; guessing wrong would print the id of a key that does not exist. */
function refuseAmbiguous(bytes: Uint8Array): void {
  const raw = decodeRawKey(bytes);
  wipe(raw);
  if (raw?.length !== 32) return;
  throw new KeyError('ERR_KEY_FORMAT', 'these 32 bytes may be a private or a public key', {
    hint: 'keep the key as PEM, which says what it is',
  });
}
