import type { PublicKey } from '@danube/keys';
import type { SigstoreBundle } from 'in-toto-attestation';
import type { SignedEntity, Signer } from '@sigstore/verify';
import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, VerificationError, Verifier } from '@sigstore/verify';
import { readSignerCertificate, requireNoRoot } from './certificate.ts';
import { readClaims, readIssuer, type Extension } from './claims.ts';
import { SigstoreError, type SigstoreErrorCode } from './errors.ts';
import { requireLoggedSigner } from './log-entry.ts';
import type { CertificateSigner, KeySigner, ProvenTime } from './signer.ts';
import type { SigstoreInstance, SigstoreRoot, Thresholds } from './trusted-root.ts';

/** What a bundle may need besides itself. */
export interface BundleContext {
  /** The signed bytes, for a bundle that signs an artifact instead of an envelope. */
  readonly artifact?: Uint8Array;
  /** The key of a bundle that was signed by a key of the caller's. */
  readonly publicKey?: PublicKey;
}

/**
 * Verifies a Sigstore bundle against a trusted root (Sigstore client-spec.md): the certificate's chain and its log, the
 * entry in the transparency log and that it is about this signature, signer and content, the time, the signature. Whether
 * the signer is one that the caller wants is not decided here.
 *
 * No network, no clock, no file. Synchronous.
 *
 * @throws {SigstoreError} unless an instance of the root proves all of it; with several, the error of the one that came
 * furthest is not known, so it is that of the last.
 */
export function verifySigstoreBundle(
  bundle: SigstoreBundle,
  root: SigstoreRoot,
  context: BundleContext = {},
): CertificateSigner | KeySigner {
  const entity = toEntity(bundle, context);
  const certificate = readMaterial(bundle);
  return byAnyInstance(root, (instance) => {
    requireTime(entity, instance.thresholds);
    const signer = verifyEntity(entity, instance, instance.thresholds, context.publicKey);
    const spki = signer.key.export({ type: 'spki', format: 'der' });
    const times = timesOf(entity);
    const logEntries = entity.tlogEntries.length;
    if (certificate === undefined) {
      requireLoggedSigner(bundle, { spki });
      return { kind: 'key', times, logEntries };
    }
    requireLoggedSigner(bundle, { spki, certificate: certificate.raw });
    return describeSigner(signer, certificate, times, logEntries);
  });
}

/** The library would only say how many it counted. */
function requireTime({ timestamps }: SignedEntity, { timestampThreshold }: Thresholds): void {
  if (timestamps.length > 0 || timestampThreshold === 0) return;
  throw new SigstoreError('ERR_SIGSTORE_TIME', UNTIMED);
}

const UNTIMED =
  'nothing proves when it was signed: the bundle holds no log entry with a time, and no timestamp';

/** The first instance that proves it. */
export function byAnyInstance<Proof>(
  { instances }: SigstoreRoot,
  prove: (instance: SigstoreInstance) => Proof,
): Proof {
  let last: unknown;
  for (const instance of instances) {
    try {
      return prove(instance);
    } catch (error) {
      last = error;
    }
  }
  throw toSigstoreError(last);
}

/** The bundle as the library takes it. @throws {SigstoreError} `ERR_SIGSTORE_BUNDLE` */
export function toEntity(bundle: SigstoreBundle, { artifact }: BundleContext): SignedEntity {
  if (bundle.messageSignature !== undefined && artifact === undefined) {
    throw new SigstoreError('ERR_SIGSTORE_BUNDLE', 'the bundle signs an artifact, which was not given');
  }
  try {
    return toSignedEntity(
      bundleFromJSON(bundle.json),
      artifact === undefined ? undefined : Buffer.from(artifact),
    );
  } catch (error) {
    throw toSigstoreError(error);
  }
}

/** Version 0.1 was written with the whole chain, root and all: npm's first attestations are. Only the signer is read of it. */
function readMaterial({ verificationMaterial, version }: SigstoreBundle): X509Certificate | undefined {
  const { certificate, x509CertificateChain = [] } = verificationMaterial;
  if (version !== '0.1') requireNoRoot(x509CertificateChain);
  const der = certificate ?? x509CertificateChain[0];
  return der === undefined ? undefined : readSignerCertificate(der);
}

/** The library's own verification, with the caller's key where the bundle asks for one. */
export function verifyEntity(
  entity: SignedEntity,
  { material }: SigstoreInstance,
  thresholds: Thresholds,
  publicKey?: PublicKey,
): Signer {
  const key = publicKey === undefined ? undefined : toKeyObject(publicKey);
  const trust =
    key === undefined
      ? material
      : { ...material, publicKey: () => ({ publicKey: key, validFor: () => true }) };
  return new Verifier(trust, thresholds).verify(entity);
}

function toKeyObject({ spki }: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

/** What the library proved, in our words. */
export function describeSigner(
  { identity }: Signer,
  certificate: X509Certificate,
  times: readonly ProvenTime[],
  logEntries: number,
): CertificateSigner {
  const extensions: readonly Extension[] = (identity?.oids ?? []).map(({ oid, value }) => ({
    oid: oid?.id.join('.') ?? '',
    value,
  }));
  const name = identity?.subjectAlternativeName;
  const issuer = readIssuer(extensions);
  if (name === undefined || name === '' || issuer === undefined || issuer === '') {
    throw new SigstoreError('ERR_SIGSTORE_CERTIFICATE', 'the certificate names no identity or no issuer');
  }
  return {
    kind: 'certificate',
    identity: name,
    issuer,
    claims: readClaims(extensions),
    certificateSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    times,
    logEntries,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** A log vouches for its time only by a signed promise; a proof of inclusion has no time. */
function timesOf({ timestamps }: SignedEntity): ProvenTime[] {
  return timestamps.flatMap((timestamp): ProvenTime[] => {
    if (timestamp.$case === 'timestamp-authority') {
      return [{ by: 'timestamp-authority', time: timestamp.timestamp.signingTime }];
    }
    const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
    if (inclusionPromise === undefined) return [];
    return [{ by: 'transparency-log', time: new Date(Number(integratedTime) * 1000) }];
  });
}

const CODES: Readonly<Record<string, SigstoreErrorCode>> = {
  TLOG_ERROR: 'ERR_SIGSTORE_TRANSPARENCY',
  TLOG_INCLUSION_PROOF_ERROR: 'ERR_SIGSTORE_TRANSPARENCY',
  TLOG_INCLUSION_PROMISE_ERROR: 'ERR_SIGSTORE_TRANSPARENCY',
  TLOG_MISSING_INCLUSION_ERROR: 'ERR_SIGSTORE_TRANSPARENCY',
  TLOG_BODY_ERROR: 'ERR_SIGSTORE_TRANSPARENCY',
  CERTIFICATE_ERROR: 'ERR_SIGSTORE_CERTIFICATE',
  PUBLIC_KEY_ERROR: 'ERR_SIGSTORE_KEY',
  SIGNATURE_ERROR: 'ERR_SIGSTORE_SIGNATURE',
  TIMESTAMP_ERROR: 'ERR_SIGSTORE_TIME',
};

/**
 * The library's errors by our codes. It reads untrusted bytes and throws whatever comes out of that; all of it means that
 * nothing is proven.
 */
export function toSigstoreError(error: unknown): SigstoreError {
  if (error instanceof SigstoreError) return error;
  if (error instanceof VerificationError) {
    const { cause } = error as { cause?: unknown };
    const detail = cause instanceof Error ? ` (${cause.message})` : '';
    return new SigstoreError(CODES[error.code] ?? 'ERR_SIGSTORE_BUNDLE', error.message + detail, {
      cause: error,
    });
  }
  const reason = error instanceof Error ? error.message : 'it cannot be read';
  return new SigstoreError('ERR_SIGSTORE_BUNDLE', `the bundle cannot be verified: ${reason}`, {
    cause: error,
  });
}
