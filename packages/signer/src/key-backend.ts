import type { KeyAlgorithm, PublicKey } from '@danube/keys';
import type { KeyDescription, KeyFinding, KeyRotation, ServiceCall } from './key-service.ts';

/**
 * One key that can sign, wherever it lives: a file, a KMS, an HSM, an agent. Key, version and public key are resolved
 * and pinned before a backend exists, and never change while it does. {@link signPayload} verifies every signature
 * with the pinned public key, so a backend is not trusted to tell the truth, only to keep the key.
 */
export interface KeyBackend {
  /** How the user named the key, for messages: without PINs, tokens or other secrets. */
  readonly uri: string;
  /** The pinned public key; its `keyid` goes into the envelope. */
  readonly publicKey: PublicKey;
  /** What `sign` makes; the public key's algorithm. */
  readonly algorithm: KeyAlgorithm;
  /** Longest message that `sign` takes, in bytes; `Infinity` when only memory limits it. Checked before `sign` is called. */
  readonly maxMessageBytes: number;
  /** By which another key lets this one sign, DER; it has to travel with every signature. See `delegateKey`. */
  readonly certificate?: Uint8Array;
  /** What the user should know about this key, such as a folder that others can write to. */
  readonly warnings?: readonly KeyWarning[];
  /**
   * Signs exactly these bytes: for Ed25519 the message itself (pure, never a digest, never Ed25519ph), for P-256 its
   * SHA-256. Resolves to the 64 bytes of RFC 8032, or to a DER ECDSA signature; the array is the caller's from then on.
   * May be called again, also while a call is under way. Must not change or keep `message`.
   *
   * @param options.signal stops the call as soon as the service allows; the promise then rejects with its reason.
   * @throws when the key cannot be reached or refuses. Any error will do; one that is no `DanubeError` is wrapped as
   * `SignError` ERR_SIGN_BACKEND. Its message must hold no credential.
   */
  sign(message: Uint8Array, options: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** The limit in words, for its error: `AWS KMS signs at most 4096 with Ed25519`. */
  readonly limitName?: string;
  /** What to try when the message is too long for this key; the error's hint. */
  readonly limitHint?: string;
  /** What the service says about the key. For people; nothing is decided by it. */
  describe?(options: ServiceCall): Promise<KeyDescription>;
  /** Looks for what would keep the key from signing, without signing anything. A failed check is a finding, no error. */
  doctor?(options: ServiceCall): Promise<readonly KeyFinding[]>;
  /** Makes a new version of the key, where the service can. This backend stays with the old one. */
  rotate?(options: ServiceCall): Promise<KeyRotation>;
  /** Lets go of the key, session or connection. `sign` is not called afterwards. */
  close?(): Promise<void>;
}

/** Something worth telling about a key that can still be used. */
export interface KeyWarning {
  readonly message: string;
  readonly hint: string;
}
