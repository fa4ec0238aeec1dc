/** OpenSSH public keys: the line of a `.pub` file, and the fingerprint that is this toolchain's key id. */
import { sha256 } from '#platform/sha256';
import { asciiText, decodeBase64, encodeBase64 } from './encoding.ts';
import { KeyError } from './errors.ts';
import { LONGEST_RAW_KEY } from './raw-key.ts';
import { printableName } from './key-type.ts';
import type { KeyAlgorithm } from './public-key.ts';
import { concatBytes, equalBytes } from './secret.ts';
import { encodeSshString, SshReader } from './ssh-wire.ts';

/** Names of the SSH key types (RFC 8709, RFC 5656) for the two algorithms. */
export const SSH_KEY_TYPE: Readonly<Record<KeyAlgorithm, string>> = {
  ed25519: 'ssh-ed25519',
  'ecdsa-p256-sha256': 'ecdsa-sha2-nistp256',
};
const SSH_CURVE = 'nistp256';

/** The SSH wire form of a public key: what fingerprints are taken of. */
export function encodeSshPublicKey(algorithm: KeyAlgorithm, raw: Uint8Array): Uint8Array {
  const type = encodeSshString(SSH_KEY_TYPE[algorithm]);
  return algorithm === 'ed25519'
    ? concatBytes(type, encodeSshString(raw))
    : concatBytes(type, encodeSshString(SSH_CURVE), encodeSshString(raw));
}

/** `SHA256:` and the unpadded base64 of the SHA-256 of the wire form, as `ssh-keygen -l` prints it. */
export function sshFingerprint(algorithm: KeyAlgorithm, raw: Uint8Array): string {
  const digest = sha256(encodeSshPublicKey(algorithm, raw));
  return `SHA256:${asciiText(encodeBase64(digest)).replace(/=+$/, '')}`;
}

/** Whether bytes mean to be an OpenSSH public key line; longer than any raw key, and a raw key never becomes a string. */
export function isOpenSshLine(bytes: Uint8Array): boolean {
  return bytes.length > LONGEST_RAW_KEY && /^(?:ssh|sk|ecdsa)-/.test(asciiText(bytes.subarray(0, 6)));
}

/** Reads one line: type, base64, and a comment that is ignored. Options in front, as in authorized_keys, are refused. */
export function parseOpenSshLine(bytes: Uint8Array): {
  readonly algorithm: KeyAlgorithm;
  readonly raw: Uint8Array;
} {
  const [line = '', ...others] = asciiText(bytes).split(/\r?\n/);
  if (others.some((other) => other !== '')) {
    throw new KeyError('ERR_KEY_FORMAT', 'the OpenSSH public key file holds more than one line');
  }
  const [type = '', base64 = ''] = line.split(' ');
  const blob = decodeBase64(new TextEncoder().encode(base64));
  if (blob === undefined) throw new KeyError('ERR_KEY_FORMAT', 'the OpenSSH public key is not base64');
  return parseSshPublicKey(blob, type);
}

/** Reads the wire form, whose type must be the one that was announced. */
export function parseSshPublicKey(
  blob: Uint8Array,
  announcedType: string,
): { readonly algorithm: KeyAlgorithm; readonly raw: Uint8Array } {
  const reader = new SshReader(blob);
  const type = asciiText(reader.string());
  if (type !== announcedType)
    throw new KeyError('ERR_KEY_FORMAT', 'the OpenSSH key names two different types');
  const algorithm = algorithmOf(type);
  if (algorithm === 'ecdsa-p256-sha256') reader.string();
  const raw = Uint8Array.from(reader.string());
  if (!equalBytes(blob, encodeSshPublicKey(algorithm, raw))) {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'the OpenSSH key is followed by something, or not encoded as it should be',
    );
  }
  return { algorithm, raw };
}

function algorithmOf(type: string): KeyAlgorithm {
  if (type === SSH_KEY_TYPE.ed25519) return 'ed25519';
  if (type === SSH_KEY_TYPE['ecdsa-p256-sha256']) return 'ecdsa-p256-sha256';
  throw new KeyError(
    'ERR_KEY_ALGORITHM',
    `this is an OpenSSH ${printableName(type)} key; Ed25519 and ECDSA P-256 keys are used here`,
  );
}
