/** Signatures of evidence that other threads verify, ahead of the engine. Node.js only; the engine itself stays pure. */
import type { PublicKey } from '@danube/keys';
import { SignatureWorkers, type SignatureWorkersOptions, type Ticket } from '@danube/keys/parallel';
import { type Envelope, MalformedError, pae } from 'in-toto-attestation';
import type { Evidence, EvidenceItem } from '../evidence.ts';
import type { SignatureProofs } from '../signature-proofs.ts';

export interface ParallelSignaturesOptions extends SignatureWorkersOptions {
  /** Who is asked for what no worker has said, before the engine verifies it: `LibsodiumSignatures`, for example. */
  readonly otherwise?: SignatureProofs;
}

/**
 * Verifies the signatures of much evidence on all processors: worker threads begin as soon as evidence is added, and the
 * engine, which is given this as `signatures`, asks for what they have found and verifies the rest itself. Nothing waits
 * for a worker; one that breaks, or answers what was not asked, makes the verification slower and no verdict another.
 *
 * Below a thousand signatures no thread is started, unless {@link start} says so. Call {@link end} when the last report is there. The evidence must not
 * be changed after it was added.
 */
export class ParallelSignatures implements SignatureProofs {
  readonly #workers: SignatureWorkers;
  readonly #otherwise: SignatureProofs | undefined;
  readonly #tickets = new WeakMap<EvidenceItem, readonly (Ticket | undefined)[]>();

  /** The keys that are expected, as the very objects that `expectations` or its trust root will hold. */
  constructor(publicKeys: readonly PublicKey[], { otherwise, ...options }: ParallelSignaturesOptions = {}) {
    this.#workers = new SignatureWorkers(publicKeys, options);
    this.#otherwise = otherwise;
  }

  /** Starts the threads now, for a caller who knows that there will be thousands of signatures: they take a while to begin. */
  start(): void {
    this.#workers.start();
  }

  /** Hands the signatures of the evidence to the workers. */
  add({ items }: Evidence): void {
    for (const item of items) {
      if (!(item.envelope instanceof MalformedError)) this.#addItem(item, item.envelope);
    }
  }

  keyOf(item: EvidenceItem, position: number): PublicKey | undefined {
    const ticket = this.#tickets.get(item)?.[position];
    const key = ticket === undefined ? undefined : this.#workers.keyOf(ticket);
    return key ?? this.#otherwise?.keyOf(item, position);
  }

  /** Ends the threads. */
  end(): void {
    this.#workers.end();
  }

  #addItem(item: EvidenceItem, { payloadType, payload, signatures }: Envelope): void {
    const message = pae(payloadType, payload);
    const tickets = signatures.map(({ keyid, sig }) => this.#workers.add(message, sig, keyid));
    this.#tickets.set(item, tickets);
  }
}
