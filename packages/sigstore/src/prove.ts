import { matchDelegation } from '@danube/keys';
import { type Envelope, MalformedError, type SigstoreBundle } from 'in-toto-attestation';
import { SigstoreError, type SigstoreErrorCode } from './errors.ts';
import { type LogRoot, verifyLogTimes } from './log-time.ts';
import type { CertificateSigner, ProvenTime } from './signer.ts';
import type { TimestampRoot } from './timestamp-authority.ts';
import { type TimestampFindings, verifyTimestamps } from './timestamp.ts';
import type { NamedRoot, SigstoreRoot } from './trusted-root.ts';
import { hasCertificate, verifyUnloggedEnvelope } from './unlogged-envelope.ts';
import { verifySigstoreBundle } from './verify-bundle.ts';

/** An attestation as far as a proof needs it: an `EvidenceItem` of `@danube/verifier` is one. */
export interface Provable {
  readonly envelope: Envelope | MalformedError;
  readonly bundle?: SigstoreBundle;
}

/** Who signed, as `@danube/verifier` takes it. */
export interface ProvenSigner extends Omit<CertificateSigner, 'certificateSha256'> {
  /** `sha256:` and the digest of the certificate. */
  readonly fingerprint: string;
  /** The names of the instances that prove it. */
  readonly sigstore?: readonly string[];
}

/** What is proven of a certificate, or what could not be and why. */
export type CertificateProof =
  | { readonly signer: ProvenSigner }
  | {
      readonly signer?: undefined;
      readonly unproven: 'signature' | 'transparency';
      readonly reason: string;
    };

/** What is proven of the times of a signature. */
export interface TimeProof {
  readonly times: readonly { readonly by: string; readonly time: Date }[];
  readonly problems: readonly string[];
}

/** Who is believed to say when keys signed. */
export interface TimeRoot {
  readonly timestamps?: TimestampRoot;
  readonly logs?: LogRoot;
}

/** The proof of one attestation; `undefined` when a key signed it, or when it cannot be read. */
export function proveCertificate(
  { envelope, bundle }: Provable,
  root: SigstoreRoot,
): CertificateProof | undefined {
  if (envelope instanceof MalformedError) return undefined;
  try {
    if (bundle === undefined) {
      return hasCertificate(envelope) ? proofOf(verifyUnloggedEnvelope(envelope, root)) : undefined;
    }
    if (bundle.verificationMaterial.publicKey !== undefined) return undefined;
    const signer = verifySigstoreBundle(bundle, root);
    return signer.kind === 'certificate' ? proofOf(signer) : undefined;
  } catch (error) {
    if (!(error instanceof SigstoreError)) throw error;
    return {
      unproven: LOG_ERRORS.includes(error.code) ? 'transparency' : 'signature',
      reason: error.message,
    };
  }
}

const LOG_ERRORS: readonly SigstoreErrorCode[] = ['ERR_SIGSTORE_TRANSPARENCY', 'ERR_SIGSTORE_TIME'];

function proofOf({ certificateSha256, ...signer }: CertificateSigner): CertificateProof {
  return { signer: { ...signer, fingerprint: `sha256:${certificateSha256}` } };
}

/** The same by several instances, with the names of those that prove it. */
export function proveByInstances(
  item: Provable,
  instances: readonly NamedRoot[],
): CertificateProof | undefined {
  const proofs = instances.map(({ name, root }) => ({ name, proof: proveCertificate(item, root) }));
  const proven = proofs.filter(({ proof }) => proof?.signer !== undefined);
  const signer = proven[0]?.proof?.signer;
  if (signer === undefined) return proofs[0]?.proof;
  return { signer: { ...signer, sigstore: proven.map(({ name }) => name) } };
}

/**
 * What timestamp authorities prove of an attestation that a key signed, or one that it delegated to, and what logs prove of one
 * that a key signed; `undefined` when it has nothing of the kind. Times of Sigstore's certificates are proven with them.
 */
export function proveTimes({ bundle }: Provable, { timestamps, logs }: TimeRoot): TimeProof | undefined {
  if (bundle === undefined) return undefined;
  const stamped =
    timestamps !== undefined && hasTimestamps(bundle) ? verifyTimestamps(bundle, timestamps) : NOTHING;
  const logged = logs === undefined ? NOTHING : verifyLogTimes(bundle, logs);
  const times = [...stamped.times, ...logged.times];
  const problems = [...stamped.problems, ...logged.problems];
  if (times.length === 0 && problems.length === 0) return undefined;
  return { times: times.map(({ by, name, time }) => ({ by: `${VOUCHERS[by]} ${name}`, time })), problems };
}

const NOTHING: TimestampFindings = { times: [], problems: [] };

const VOUCHERS: Readonly<Record<ProvenTime['by'], string>> = {
  'timestamp-authority': 'timestamp authority',
  'transparency-log': 'a log of Sigstore',
};

function hasTimestamps({ verificationMaterial }: SigstoreBundle): boolean {
  const { rfc3161Timestamps, publicKey, certificate } = verificationMaterial;
  if (rfc3161Timestamps.length === 0) return false;
  return publicKey !== undefined || (certificate !== undefined && matchDelegation(certificate));
}

/** The proofs of all items that have one. */
export function proveEach<Item, Proof>(
  items: readonly Item[],
  prove: (item: Item) => Proof | undefined,
): Map<Item, Proof> {
  const proofs = new Map<Item, Proof>();
  for (const item of items) {
    const proof = prove(item);
    if (proof !== undefined) proofs.set(item, proof);
  }
  return proofs;
}
