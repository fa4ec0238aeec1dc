import { encodeBase64 } from './base64.ts';
import { type Envelope, envelopeJson, readEnvelope } from './envelope.ts';
import { MalformedError } from './errors.ts';
import {
  asObject,
  optional,
  optionalList,
  optionalString,
  readBytes,
  required,
  requiredList,
  requiredObject,
  requiredString,
  withDefined,
} from './fields.ts';
import { type JsonObject, type JsonValue, encodeJson, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';
import { type TransparencyLogEntry, readLogEntry } from './transparency-log-entry.ts';

/** mediaType of the Sigstore bundle that is written. */
export const SIGSTORE_BUNDLE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** The versions of the Sigstore bundle that are read. */
export type SigstoreBundleVersion = '0.1' | '0.2' | '0.3';

/** Every mediaType that is read, with the version that it stands for. */
export const SIGSTORE_BUNDLE_VERSIONS: ReadonlyMap<string, SigstoreBundleVersion> = new Map([
  [SIGSTORE_BUNDLE_V03, '0.3'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
]);

/** What a bundle says about who signed it; trust never comes from here. Exactly one of the first three is there. */
export interface VerificationMaterial {
  /** A hint which key to use, like a keyid; may be empty. */
  readonly publicKey?: { readonly hint: string };
  /** The signer's certificate alone, DER. */
  readonly certificate?: Uint8Array;
  /** The signer's certificate first, DER; versions 0.1 and 0.2 only. */
  readonly x509CertificateChain?: readonly Uint8Array[];
  readonly tlogEntries: readonly TransparencyLogEntry[];
  /** Time-stamp responses, DER. */
  readonly rfc3161Timestamps: readonly Uint8Array[];
}

/** A signature over an artifact's bytes instead of an envelope. */
export interface MessageSignature {
  /** A hint alone; never used to verify. */
  readonly messageDigest?: { readonly algorithm: string; readonly digest: Uint8Array };
  readonly signature: Uint8Array;
}

/** A Sigstore bundle (protobuf-specs sigstore_bundle.proto). Exactly one of the two contents is there. */
export interface SigstoreBundle {
  readonly mediaType: string;
  readonly version: SigstoreBundleVersion;
  readonly verificationMaterial: VerificationMaterial;
  /** Holds exactly one signature. */
  readonly dsseEnvelope?: Envelope;
  readonly messageSignature?: MessageSignature;
  /** The JSON that was read, unknown fields and all. */
  readonly json: JsonObject;
}

/** @throws {MalformedError} when the bytes are not a Sigstore bundle of version 0.1 to 0.3 */
export function parseSigstoreBundle(bytes: Uint8Array): SigstoreBundle {
  return readSigstoreBundle(parseJson(bytes), '');
}

/** Reads a Sigstore bundle from a JSON value; nothing in it is verified. */
export function readSigstoreBundle(value: JsonValue, pointer: string = ''): SigstoreBundle {
  const json = asObject(value, pointer);
  const mediaType = requiredString(json, 'mediaType', pointer);
  const version = SIGSTORE_BUNDLE_VERSIONS.get(mediaType);
  if (version === undefined)
    throw new MalformedError('ERR_VALUE', `${pointer}/mediaType`, 'not a known bundle version');
  const verificationMaterial = readMaterial(
    requiredObject(json, 'verificationMaterial', pointer),
    version,
    pointer,
  );
  const content = {
    dsseEnvelope: optional(json, 'dsseEnvelope', pointer, readSingleSignatureEnvelope),
    messageSignature: optional(json, 'messageSignature', pointer, readMessageSignature),
  };
  requireOne(content, pointer);
  return withDefined<SigstoreBundle>({ mediaType, version, verificationMaterial, json }, content);
}

function requireOne(choices: Readonly<Record<string, unknown>>, pointer: string): void {
  const names = Object.keys(choices);
  const count = names.filter((name) => choices[name] !== undefined).length;
  if (count === 1) return;
  const code = count === 0 ? 'ERR_MISSING' : 'ERR_DUPLICATE';
  throw new MalformedError(code, pointer, `needs exactly one of ${names.join(', ')}`);
}

function readSingleSignatureEnvelope(value: JsonValue, pointer: string): Envelope {
  const envelope = readEnvelope(value, pointer);
  if (envelope.signatures.length === 1) return envelope;
  throw new MalformedError(
    'ERR_VALUE',
    `${pointer}/signatures`,
    'a Sigstore bundle holds exactly one signature',
  );
}

function readMessageSignature(value: JsonValue, pointer: string): MessageSignature {
  const object = asObject(value, pointer);
  return withDefined<MessageSignature>(
    { signature: required(object, 'signature', pointer, readBytes) },
    { messageDigest: optional(object, 'messageDigest', pointer, readMessageDigest) },
  );
}

function readMessageDigest(value: JsonValue, pointer: string): { algorithm: string; digest: Uint8Array } {
  const object = asObject(value, pointer);
  return {
    algorithm: requiredString(object, 'algorithm', pointer),
    digest: required(object, 'digest', pointer, readBytes),
  };
}

function readMaterial(
  object: JsonObject,
  version: SigstoreBundleVersion,
  parent: string,
): VerificationMaterial {
  const pointer = `${parent}/verificationMaterial`;
  const identity = {
    publicKey: optional(object, 'publicKey', pointer, readPublicKeyHint),
    certificate: optional(object, 'certificate', pointer, readCertificate),
    x509CertificateChain: optional(object, 'x509CertificateChain', pointer, readChain),
  };
  requireOne(identity, pointer);
  if (version === '0.3' && identity.x509CertificateChain !== undefined) {
    throw new MalformedError(
      'ERR_VALUE',
      `${pointer}/x509CertificateChain`,
      'version 0.3 has a certificate instead',
    );
  }
  const tlogEntries = optionalList(object, 'tlogEntries', pointer, readLogEntry, LIMITS.tlogEntries) ?? [];
  requireProofs(tlogEntries, version, pointer);
  const rfc3161Timestamps = optional(object, 'timestampVerificationData', pointer, readTimestamps) ?? [];
  return withDefined<VerificationMaterial>({ tlogEntries, rfc3161Timestamps }, identity);
}

function requireProofs(
  entries: readonly TransparencyLogEntry[],
  version: SigstoreBundleVersion,
  pointer: string,
): void {
  const needed = version === '0.1' ? 'inclusionPromise' : 'inclusionProof';
  entries.forEach((entry, index) => {
    const at = `${pointer}/tlogEntries/${index}/${needed}`;
    if (entry[needed] === undefined)
      throw new MalformedError('ERR_MISSING', at, `version ${version} needs it`);
    if (needed === 'inclusionProof' && entry.inclusionProof?.checkpoint === undefined) {
      throw new MalformedError('ERR_MISSING', `${at}/checkpoint`, `version ${version} needs it`);
    }
  });
}

function readPublicKeyHint(value: JsonValue, pointer: string): { hint: string } {
  return { hint: optionalString(asObject(value, pointer), 'hint', pointer) ?? '' };
}

function readCertificate(value: JsonValue, pointer: string): Uint8Array {
  return required(asObject(value, pointer), 'rawBytes', pointer, readBytes);
}

function readChain(value: JsonValue, pointer: string): readonly Uint8Array[] {
  const object = asObject(value, pointer);
  const chain = requiredList(object, 'certificates', pointer, readCertificate, LIMITS.certificates);
  if (chain.length === 0)
    throw new MalformedError('ERR_VALUE', `${pointer}/certificates`, 'holds no certificate');
  return chain;
}

function readTimestamps(value: JsonValue, pointer: string): readonly Uint8Array[] {
  const object = asObject(value, pointer);
  return optionalList(object, 'rfc3161Timestamps', pointer, readSignedTimestamp, LIMITS.timestamps) ?? [];
}

function readSignedTimestamp(value: JsonValue, pointer: string): Uint8Array {
  return required(asObject(value, pointer), 'signedTimestamp', pointer, readBytes);
}

/**
 * The version 0.3 bundle of an envelope that was signed by a key which its verifiers know from elsewhere.
 *
 * @param hint the keyid; a bundle's hint and its signature's keyid must be the same.
 * @param timestamps over its signature: TimeStampResp (RFC 3161), DER.
 * @throws {MalformedError} unless the envelope has exactly one signature.
 */
export function publicKeyBundle(
  envelope: Envelope,
  hint: string,
  timestamps: readonly Uint8Array[] = [],
): SigstoreBundle {
  return buildBundle(envelope, { publicKey: { hint } }, timestamps);
}

/**
 * The version 0.3 bundle of an envelope that was signed by the key in a certificate.
 *
 * @param certificate DER.
 * @param timestamps over its signature: TimeStampResp (RFC 3161), DER.
 * @throws {MalformedError} unless the envelope has exactly one signature.
 */
export function certificateBundle(
  envelope: Envelope,
  certificate: Uint8Array,
  timestamps: readonly Uint8Array[] = [],
): SigstoreBundle {
  return buildBundle(envelope, { certificate: { rawBytes: encodeBase64(certificate) } }, timestamps);
}

function buildBundle(
  envelope: Envelope,
  identity: JsonObject,
  timestamps: readonly Uint8Array[],
): SigstoreBundle {
  return readSigstoreBundle({
    mediaType: SIGSTORE_BUNDLE_V03,
    verificationMaterial: {
      ...identity,
      tlogEntries: [],
      timestampVerificationData: {
        rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: encodeBase64(der) })),
      },
    },
    dsseEnvelope: envelopeJson(envelope),
  });
}

/** A bundle as compact JSON: the JSON that it was read from or built as. */
export function encodeSigstoreBundle(bundle: SigstoreBundle): Uint8Array {
  return encodeJson(bundle.json);
}
