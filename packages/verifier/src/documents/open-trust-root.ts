import { type PublicKey, verifySignature } from '@danube/keys';
import { MalformedError, pae, parseEnvelope, type Envelope } from 'in-toto-attestation';
import type { OpenedTrustRoot } from '../trust-root.ts';
import { DocumentError } from './errors.ts';
import { TRUST_ROOT_PAYLOAD_TYPE } from './trust-root-schema.ts';
import { parseTrustRoot } from './trust-root.ts';

/** What was trusted before: an older trust root is a replay, another one of the same version a fork. */
export interface RememberedTrustRoot {
  readonly version: number;
  /** Lower-case hex of the SHA-256 of its document. */
  readonly sha256: string;
}

/**
 * Opens a trust root that root keys signed. Its content is read only when at least `threshold` different of them
 * verified the very bytes (DSSE v1.0.2, protocol.md); until then it is refused, and nobody knows what it says.
 *
 * @throws {DocumentError} `ERR_TRUST_ROOT` when it is no envelope of a trust root, or is signed and contradicts itself.
 * @throws {TypeError} for no keys, or a threshold below 1 or above the number of keys.
 */
export function openSignedTrustRoot(
  bytes: Uint8Array,
  rootKeys: readonly PublicKey[],
  threshold: number = 1,
): OpenedTrustRoot {
  const keys = distinct(rootKeys);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new TypeError(`a threshold of ${threshold} cannot be met by ${keys.length} distinct root key(s)`);
  }
  const envelope = readTrustRootEnvelope(bytes);
  const signers = keys.filter((key) => hasSigned(key, envelope));
  if (signers.length >= threshold) {
    const names = signers.map(({ keyid }) => keyid).join(', ');
    return { root: parseTrustRoot(envelope.payload), by: `signed by ${names}` };
  }
  return {
    reason: `${signers.length} of the ${threshold} root key(s) needed signed it`,
    hint: 'Either the trust root was changed, or other keys signed it. Are these the keys of whoever keeps it?',
  };
}

/** Opens a trust root that nobody signed; the caller vouches for the file. @throws {DocumentError} `ERR_TRUST_ROOT` */
export function openPlainTrustRoot(bytes: Uint8Array): OpenedTrustRoot {
  return { root: parseTrustRoot(bytes), by: 'vouched for by the caller alone' };
}

/** The envelope around a trust root; its signatures are not looked at. @throws {DocumentError} `ERR_TRUST_ROOT` */
export function readTrustRootEnvelope(bytes: Uint8Array): Envelope {
  const envelope = parseTrustRootEnvelope(bytes);
  if (envelope.payloadType === TRUST_ROOT_PAYLOAD_TYPE) return envelope;
  throw new DocumentError('ERR_TRUST_ROOT', '/payloadType', `${envelope.payloadType} is no trust root`);
}

function parseTrustRootEnvelope(bytes: Uint8Array): Envelope {
  try {
    return parseEnvelope(bytes);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new DocumentError('ERR_TRUST_ROOT', cause.pointer, `is no signed envelope: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Holds an opened trust root against the one that was trusted before.
 *
 * @param sha256 of the document inside.
 */
export function refuseRollback(
  opened: OpenedTrustRoot,
  sha256: string,
  remembered: RememberedTrustRoot,
): OpenedTrustRoot {
  if (opened.root === undefined) return opened;
  const { version } = opened.root;
  if (version < remembered.version) {
    return {
      reason: `version ${version} is older than version ${remembered.version}, which was trusted before`,
    };
  }
  if (version === remembered.version && sha256 !== remembered.sha256) {
    return {
      reason: `version ${version} is another document than the version ${version} that was trusted before`,
    };
  }
  return opened;
}

function hasSigned(key: PublicKey, { payloadType, payload, signatures }: Envelope): boolean {
  const message = pae(payloadType, payload);
  return signatures.some(({ sig }) => verifySignature(key, message, sig));
}

/** Two keys are one when their SubjectPublicKeyInfo is, whatever they are called. */
function distinct(keys: readonly PublicKey[]): PublicKey[] {
  return keys.filter((key, index) => keys.findIndex(({ keyid }) => keyid === key.keyid) === index);
}
