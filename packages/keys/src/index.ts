export {
  buildDelegation,
  type Delegation,
  encodeDelegation,
  matchDelegation,
  MAX_DELEGATION_SECONDS,
  type VerifiedDelegation,
  verifyDelegation,
} from './delegation.ts';
export { KEY_ERROR_CODES, KeyError, type KeyErrorCode } from './errors.ts';
export { parsePublicKey } from './parse-public-key.ts';
export {
  encodeOpenSshPublicKey,
  encodePublicKeyPem,
  isPublicKey,
  spkiSha256,
  verifySignature,
  type KeyAlgorithm,
  type PublicKey,
} from './public-key.ts';
export { encodePrivateKeyPem, type EncodePrivateKeyOptions } from './encode-private-key.ts';
export { parsePrivateKey } from './parse-private-key.ts';
export type { PassphraseOptions } from './passphrase.ts';
export type { KeyDerivation } from './pbes2.ts';
export { generatePrivateKey, type PrivateKey } from './private-key.ts';
