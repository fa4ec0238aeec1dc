/** What cosign 2 writes beside an envelope in `.att`: the signer's certificate and the log entry, as annotations. */
import type { Descriptor } from '@danube/artifact/oci-manifest';
import {
  asObject,
  encodeSigstoreBundle,
  type JsonObject,
  type JsonValue,
  MalformedError,
  member,
  parseJson,
  readSigstoreBundle,
  requiredObject,
  requiredString,
} from 'in-toto-attestation';
import { StoreError } from '../errors.ts';

const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const LOG_ENTRY = 'dev.sigstore.cosign/bundle';
/** The version whose log entries need a promise alone, which is all that the annotation has. */
const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
const ONE_CERTIFICATE = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/**
 * The attestation that a layer of `.att` is: for one that was signed with a certificate, the Sigstore bundle of the
 * same envelope, certificate and log entry; any other, as it is.
 *
 * Two annotations are not read. The chain, because authorities come from a trusted root alone. And the timestamp,
 * because cosign has the bytes of the envelope stamped, where a bundle's timestamp is over the signature.
 *
 * @throws {StoreError} `ERR_STORE_PROTOCOL` when an annotation is not what cosign writes
 */
export function attestationOf({ annotations = {} }: Descriptor, envelope: Uint8Array): Uint8Array {
  const { [CERTIFICATE]: pem = '', [LOG_ENTRY]: entry = '' } = annotations;
  if (pem === '') return envelope;
  const [, certificate] = ONE_CERTIFICATE.exec(pem) ?? [];
  if (certificate === undefined) throw unlikeCosign(`${CERTIFICATE} is no single certificate (PEM)`);
  try {
    const bundle = readSigstoreBundle({
      mediaType: MEDIA_TYPE,
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: certificate.replaceAll(/\s/g, '') }] },
        tlogEntries: entry === '' ? [] : [readLogEntry(Buffer.from(entry))],
      },
      dsseEnvelope: parseJson(envelope),
    });
    return encodeSigstoreBundle(bundle);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw unlikeCosign(`with ${CERTIFICATE} and ${LOG_ENTRY} it makes no Sigstore bundle: ${error.message}`);
  }
}

/** Rekor's answer as cosign keeps it: `{ SignedEntryTimestamp, Payload: { body, integratedTime, logIndex, logID } }`. */
function readLogEntry(annotation: Uint8Array): JsonObject {
  const bundle = asObject(parseJson(annotation), '');
  const payload = requiredObject(bundle, 'Payload', '');
  const body = requiredString(payload, 'body', '/Payload');
  const { kind, apiVersion } = asObject(parseJson(Buffer.from(body, 'base64')), '/Payload/body');
  const keyId = Buffer.from(requiredString(payload, 'logID', '/Payload'), 'hex').toString('base64');
  return {
    ...numberIn(payload, 'logIndex'),
    ...numberIn(payload, 'integratedTime'),
    logId: { keyId },
    kindVersion: { kind: kind ?? null, version: apiVersion ?? null },
    inclusionPromise: { signedEntryTimestamp: member(bundle, 'SignedEntryTimestamp') ?? null },
    canonicalizedBody: body,
  };
}

function numberIn(payload: JsonObject, name: string): JsonObject {
  const value: JsonValue | undefined = member(payload, name);
  return value === undefined ? {} : { [name]: typeof value === 'number' ? String(value) : value };
}

function unlikeCosign(reason: string): StoreError {
  return new StoreError('ERR_STORE_PROTOCOL', `is not as cosign writes it: ${reason}`);
}
