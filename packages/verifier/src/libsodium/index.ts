/** Signatures of evidence, verified by libsodium, which the caller brings; the engine itself stays as it is. */
import type { PublicKey } from '@danube/keys';
import { createLibsodiumVerifier, type Libsodium } from '@danube/keys/libsodium';
import { MalformedError, pae } from 'in-toto-attestation';
import type { EvidenceItem } from '../evidence.ts';
import type { SignatureProofs } from '../signature-proofs.ts';

export type { Libsodium } from '@danube/keys/libsodium';

interface Candidate {
  readonly key: PublicKey;
  readonly verify: (message: Uint8Array, signature: Uint8Array) => boolean;
}

/**
 * Has Ed25519 signatures verified by libsodium, under the same strict profile as everywhere else. It can only say yes: a
 * signature that libsodium does not verify, and any of P-256, is left to the engine.
 *
 * A verification believes the library that it is given: choose it and pin it as you do with what you verify by.
 */
export class LibsodiumSignatures implements SignatureProofs {
  readonly #candidates: readonly Candidate[];
  readonly #byKeyid: ReadonlyMap<string, Candidate>;

  /**
   * @param publicKeys The keys that are expected, as the very objects that the expectations or their trust root hold.
   * @throws {TypeError} for what is no libsodium, or a key that `parsePublicKey` did not make.
   */
  constructor(libsodium: Libsodium, publicKeys: readonly PublicKey[]) {
    this.#candidates = publicKeys
      .filter(({ algorithm }) => algorithm === 'ed25519')
      .map((key) => ({ key, verify: createLibsodiumVerifier(libsodium, key) }));
    this.#byKeyid = new Map(this.#candidates.map((candidate) => [candidate.key.keyid, candidate]));
  }

  /** The key of the signature's `keyid` when that verifies it, else the first other one that does. */
  keyOf({ envelope }: EvidenceItem, position: number): PublicKey | undefined {
    if (envelope instanceof MalformedError) return undefined;
    const signature = envelope.signatures[position];
    if (signature === undefined) return undefined;
    const { keyid = '', sig } = signature;
    const message = pae(envelope.payloadType, envelope.payload);
    const named = this.#byKeyid.get(keyid);
    if (named?.verify(message, sig) === true) return named.key;
    return this.#candidates.find((one) => one !== named && one.verify(message, sig))?.key;
  }
}
