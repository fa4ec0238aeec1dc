/** OpenSSH's private key file (PROTOCOL.key of OpenSSH): one Ed25519 key, plain or by aes256-ctr and bcrypt. */
import { asciiText } from './encoding.ts';
import { KeyError } from './errors.ts';
import { printableName } from './key-type.ts';
import { parseSshPublicKey, SSH_KEY_TYPE } from './openssh-public.ts';
import { requirePassphrase, wrongPassphrase, type PassphraseOptions } from './passphrase.ts';
import { createPrivateKey, type PrivateKey } from './private-key.ts';
import { equalBytes, wipe } from './secret.ts';
import { SshReader } from './ssh-wire.ts';

const ENCRYPTIONS: readonly string[] = ['none none', 'aes256-ctr bcrypt'];
const MAGIC = 'openssh-key-v1\0';
/** Padding is to the block of the cipher, and to 8 bytes without one. */
const PLAIN_BLOCK = 8;
const AES_BLOCK = 16;

interface Container {
  readonly encrypted: boolean;
  readonly kdfOptions: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly privatePart: Uint8Array;
}

/**
 * Reads what is inside the PEM label `OPENSSH PRIVATE KEY`. All three copies of the public half must be the derived one.
 *
 * @throws {KeyError} as `parsePrivateKey`.
 */
export async function parseOpenSshPrivateKey(
  blob: Uint8Array,
  options: PassphraseOptions,
): Promise<PrivateKey> {
  const container = parseContainer(blob);
  if (!container.encrypted) return parsePrivatePart(container, container.privatePart, PLAIN_BLOCK);
  const { decryptOpenSsh } = await import('./openssh-encryption.ts');
  const plain = decryptOpenSsh(container, requirePassphrase(options));
  try {
    return parsePrivatePart(container, plain, AES_BLOCK);
  } finally {
    wipe(plain);
  }
}

function parseContainer(blob: Uint8Array): Container {
  const reader = new SshReader(blob);
  if (asciiText(reader.take(MAGIC.length)) !== MAGIC)
    throw malformed('it does not begin with openssh-key-v1');
  const cipher = asciiText(reader.string());
  const kdf = asciiText(reader.string());
  if (!ENCRYPTIONS.includes(`${cipher} ${kdf}`)) throw unsupported(cipher, kdf);
  const kdfOptions = reader.string();
  if (reader.uint32() !== 1) throw malformed('it holds another number of keys than one');
  const publicKey = parsePublicPart(reader.string());
  const privatePart = reader.string();
  if (reader.rest.length > 0) throw malformed('something follows the key');
  return { encrypted: cipher !== 'none', kdfOptions, publicKey, privatePart };
}

/** The type is known before any passphrase is asked for. */
function parsePublicPart(blob: Uint8Array): Uint8Array {
  const type = asciiText(new SshReader(blob).string());
  if (type === SSH_KEY_TYPE.ed25519) return parseSshPublicKey(blob, type).raw;
  throw new KeyError(
    'ERR_KEY_ALGORITHM',
    type === SSH_KEY_TYPE['ecdsa-p256-sha256']
      ? 'this is an ECDSA P-256 private key: Danube can only verify with P-256 keys'
      : `this is an OpenSSH ${printableName(type)} private key, and only Ed25519 keys sign`,
    { hint: 'make an Ed25519 key: danube keys generate --out PATH' },
  );
}

function parsePrivatePart(container: Container, plain: Uint8Array, block: number): PrivateKey {
  const reader = new SshReader(plain);
  if (plain.length % block !== 0) throw malformed('it is not padded');
  // Two equal numbers are all that tells a right passphrase from a wrong one.
  if (!equalBytes(reader.take(4), reader.take(4))) throw wrongPassphrase();
  if (asciiText(reader.string()) !== SSH_KEY_TYPE.ed25519)
    throw malformed('its two halves are of different types');
  const publicKey = reader.string();
  const seedAndPublic = reader.string();
  reader.string(); // the comment
  if (seedAndPublic.length !== 64) throw malformed('its private half has not 64 bytes');
  if (reader.rest.length >= block || reader.rest.some((byte, i) => byte !== i + 1)) {
    throw malformed('its padding is wrong');
  }
  const claimed = seedAndPublic.subarray(32);
  if (!equalBytes(publicKey, claimed) || !equalBytes(container.publicKey, claimed)) {
    throw new KeyError('ERR_KEY_MISMATCH', 'the OpenSSH key names different public halves');
  }
  return createPrivateKey(seedAndPublic.subarray(0, 32), claimed);
}

function unsupported(cipher: string, kdf: string): KeyError {
  return new KeyError(
    'ERR_KEY_FORMAT',
    `the OpenSSH key is encrypted by ${printableName(cipher)} with ${printableName(kdf)}`,
    {
      hint: 'encrypt it again: ssh-keygen -p -Z aes256-ctr -f FILE',
    },
  );
}

function malformed(what: string): KeyError {
  return new KeyError('ERR_KEY_FORMAT', `the OpenSSH private key cannot be read: ${what}`);
}
