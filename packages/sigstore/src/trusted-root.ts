import type { JsonObject, JsonValue } from 'in-toto-attestation';
import { isJsonObject, MalformedError, parseJson, parseJsonLines } from 'in-toto-attestation';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { SigstoreError } from './errors.ts';

type TrustMaterial = ReturnType<typeof toTrustMaterial>;

/** How many proofs of each kind a bundle must have under a root. */
export interface Thresholds {
  /** Entries of the root's transparency logs: 1 where the root names a log, else 0. */
  readonly tlogThreshold: number;
  /** Signed certificate timestamps: 1 where the root names a certificate log, else 0. */
  readonly ctlogThreshold: number;
  /** Proven times, by a log's promise or a timestamp authority: always 1. */
  readonly timestampThreshold: number;
}

/** One instance of Sigstore: its authorities, and what they demand. */
export interface SigstoreInstance {
  readonly material: TrustMaterial;
  readonly thresholds: Thresholds;
}

/** What the caller trusts: the instances of a trusted root file, any of which may prove a bundle. */
export interface SigstoreRoot {
  readonly instances: readonly SigstoreInstance[];
}

/** A Sigstore instance by the name that a trust root has for it. */
export interface NamedRoot {
  readonly name: string;
  readonly root: SigstoreRoot;
}

const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]);

/**
 * Reads `trusted_root.json` (protobuf-specs sigstore_trustroot.proto), or JSON Lines of several, which is what
 * `gh attestation trusted-root` prints. Trust comes from here alone, never from a bundle.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_ROOT` for anything else, for a root without certificate authorities, and for a
 * certificate or key that cannot be read.
 */
export function parseTrustedRoot(bytes: Uint8Array): SigstoreRoot {
  const instances = readDocuments(bytes).map(readInstance);
  if (instances.length === 0) throw rootError('the file holds no trusted root');
  return { instances };
}

function readDocuments(bytes: Uint8Array): readonly JsonValue[] {
  try {
    return [parseJson(bytes)];
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const lines = parseJsonLines(bytes);
    const broken = lines.find((line) => 'error' in line);
    if (broken !== undefined || lines.length < 2) throw rootError(error.message, error);
    return lines.flatMap((line) => ('value' in line ? [line.value] : []));
  }
}

function readInstance(document: JsonValue): SigstoreInstance {
  const root = asRoot(document);
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(root), noKey);
    return { material, thresholds: thresholdsOf(material) };
  } catch (error) {
    // Certificates and keys are read by the library, whose errors are of many classes.
    throw rootError('it holds a certificate or key that cannot be read', error);
  }
}

function asRoot(document: JsonValue): JsonObject {
  if (!isJsonObject(document)) throw rootError('not a JSON object');
  const { mediaType } = document;
  if (typeof mediaType !== 'string' || !MEDIA_TYPES.has(mediaType)) {
    throw rootError('its mediaType is not one of a Sigstore trusted root');
  }
  if (!hasCertificates(document['certificateAuthorities'])) {
    throw rootError('it names no certificate authority with a certificate');
  }
  return document;
}

function hasCertificates(authorities: JsonValue | undefined): boolean {
  if (!Array.isArray(authorities) || authorities.length === 0) return false;
  return authorities.every((authority: JsonValue) => {
    const chain = isJsonObject(authority) ? authority['certChain'] : undefined;
    const certificates = chain !== undefined && isJsonObject(chain) ? chain['certificates'] : undefined;
    return Array.isArray(certificates) && certificates.length > 0;
  });
}

/** What the root knows is demanded: an instance that runs no log (GitHub's own) proves time by its authority alone. */
function thresholdsOf({ tlogs, ctlogs }: TrustMaterial): Thresholds {
  return {
    tlogThreshold: tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  };
}

/** A root of certificate authorities knows no key of its own; {@link verifySigstoreBundle} gives the caller's. */
function noKey(): never {
  throw new SigstoreError('ERR_SIGSTORE_KEY', 'the bundle is signed by a key, and no such key was given');
}

function rootError(message: string, cause?: unknown): SigstoreError {
  return new SigstoreError('ERR_SIGSTORE_ROOT', `the Sigstore trusted root: ${message}`, {
    hint: 'give the file trusted_root.json of the Sigstore instance that you trust',
    cause,
  });
}
