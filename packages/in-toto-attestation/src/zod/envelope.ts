import * as z from 'zod';

import { LIMITS } from '../limits.ts';
import { SIGSTORE_BUNDLE_VERSIONS } from '../sigstore-bundle.ts';
import { matchInt64 } from '../transparency-log-entry.ts';
import { type Unset, type WireObject, base64, countSet } from './wire.ts';

/** A DSSE envelope on the wire. */
export interface EnvelopeWire extends WireObject {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly ({ readonly sig: string; readonly keyid?: Unset<string> } & WireObject)[];
}

/** A Sigstore bundle on the wire. */
export interface SigstoreBundleWire extends WireObject {
  readonly mediaType: string;
  readonly verificationMaterial: WireObject;
  readonly dsseEnvelope?: Unset<EnvelopeWire>;
  readonly messageSignature?: Unset<WireObject>;
}

const signature = z.looseObject({
  sig: base64.refine((text) => text !== '').meta({ minLength: 1 }),
  keyid: z.string().nullish(),
});

/** A DSSE envelope with a payload of any type. */
export const envelopeSchema: z.ZodType<EnvelopeWire> = z
  .looseObject({
    payload: base64,
    payloadType: z.string(),
    signatures: z.array(signature).min(1).max(LIMITS.signatures),
  })
  .meta({ title: 'Envelope' });

const int64 = z
  .union([z.string().refine(matchInt64).meta({ pattern: '^(?:0|[1-9][0-9]{0,18})$' }), z.int().min(0)])
  .meta({
    title: 'Int64',
    description: 'A 64-bit integer, as a string where JSON numbers would not hold it',
  });
const certificate = z
  .looseObject({ rawBytes: base64 })
  .meta({ title: 'Certificate', description: 'X.509, DER' });

const inclusionProof = z.looseObject({
  logIndex: int64.nullish(),
  rootHash: base64,
  treeSize: int64.nullish(),
  hashes: z.array(base64).max(LIMITS.proofHashes).nullish(),
  checkpoint: z.looseObject({ envelope: z.string() }).nullish(),
});

const logEntry = z.looseObject({
  logIndex: int64.nullish(),
  logId: z.looseObject({ keyId: base64 }).nullish(),
  kindVersion: z.looseObject({ kind: z.string(), version: z.string() }).nullish(),
  integratedTime: int64.nullish(),
  inclusionPromise: z.looseObject({ signedEntryTimestamp: base64 }).nullish(),
  inclusionProof: inclusionProof.nullish(),
  canonicalizedBody: base64.nullish(),
});

const verificationMaterial = z
  .looseObject({
    publicKey: z.looseObject({ hint: z.string().nullish() }).nullish(),
    certificate: certificate.nullish(),
    x509CertificateChain: z
      .looseObject({ certificates: z.array(certificate).min(1).max(LIMITS.certificates) })
      .nullish(),
    tlogEntries: z.array(logEntry).max(LIMITS.tlogEntries).nullish(),
    timestampVerificationData: z
      .looseObject({
        rfc3161Timestamps: z
          .array(z.looseObject({ signedTimestamp: base64 }))
          .max(LIMITS.timestamps)
          .nullish(),
      })
      .nullish(),
  })
  .refine((material) => countSet(material, ['publicKey', 'certificate', 'x509CertificateChain']) === 1);

const messageSignature = z.looseObject({
  signature: base64,
  messageDigest: z.looseObject({ algorithm: z.string(), digest: base64 }).nullish(),
});

/** A Sigstore bundle of version 0.1 to 0.3, with the proofs that its version demands of a log entry. */
export const sigstoreBundleSchema: z.ZodType<SigstoreBundleWire> = z
  .looseObject({
    mediaType: z.enum([...SIGSTORE_BUNDLE_VERSIONS.keys()]),
    verificationMaterial,
    dsseEnvelope: envelopeSchema.refine((envelope) => envelope.signatures.length === 1).nullish(),
    messageSignature: messageSignature.nullish(),
  })
  .refine((bundle) => countSet(bundle, ['dsseEnvelope', 'messageSignature']) === 1)
  .refine((bundle) => {
    const version = SIGSTORE_BUNDLE_VERSIONS.get(bundle.mediaType);
    const { tlogEntries, x509CertificateChain } = bundle.verificationMaterial;
    if (version === '0.3' && x509CertificateChain) return false;
    return (tlogEntries ?? []).every((entry) =>
      version === '0.1' ? entry.inclusionPromise : entry.inclusionProof?.checkpoint,
    );
  });
