/** Attestations written beside their image. */
import {
  type Attestation,
  encodeEnvelope,
  encodeJson,
  parseAttestations,
  parseStatement,
} from 'in-toto-attestation';
import { appendAtt } from './att-tag.ts';
import { digestOf, expectStatus, pathOf, type Repository } from './content.ts';
import { DSSE_ENVELOPE } from './find.ts';
import { addToFallback, hasReferrersApi } from './fallback.ts';
import { fallbackTag } from './referrers.ts';
import type { Attached, Image } from './registry-client.ts';
import { OCI_MANIFEST, putBlob, type Stored } from './upload.ts';
import { StoreError } from '../errors.ts';

/** The blob `{}`, which stands for "no configuration" (image-spec manifest.md). */
const EMPTY = Buffer.from('{}');
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

export async function attachTo(
  repository: Repository,
  image: Image,
  bytes: Uint8Array,
  compatAtt: boolean,
): Promise<Attached> {
  const attestation = readOne(bytes);
  if (compatAtt) checkForAtt(attestation);
  const referrer = await putReferrer(repository, image, bytes, attestation);
  const fallback = referrer.isListed ? {} : { fallbackTag: fallbackTag(image.digest) };
  if (!referrer.isListed) await addToFallback(repository, image.digest, referrer.descriptor);
  const att = compatAtt ? { attTag: await appendAtt(repository, image.digest, layerOf(attestation)) } : {};
  return { referrer: referrer.descriptor.digest, ...fallback, ...att };
}

function readOne(bytes: Uint8Array): Attestation {
  const [only, ...others] = parseAttestations(bytes).attestations;
  if (only === undefined || others.length > 0) throw new TypeError('expected exactly one attestation');
  if ('error' in only) throw only.error;
  return only;
}

/** The annotations that cosign writes and others filter by. */
function annotationsOf({ envelope }: Attestation): Record<string, string> {
  return {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateTypeOf(envelope.payload),
  };
}

function predicateTypeOf(payload: Uint8Array): string {
  return parseStatement(payload).predicateType;
}

interface Referrer {
  readonly descriptor: Stored & {
    readonly artifactType: string;
    readonly annotations: Record<string, string>;
  };
  /** The registry lists it by itself. */
  readonly isListed: boolean;
}

async function putReferrer(
  repository: Repository,
  image: Image,
  bytes: Uint8Array,
  attestation: Attestation,
): Promise<Referrer> {
  const artifactType = attestation.bundle?.mediaType ?? DSSE_ENVELOPE;
  const annotations = annotationsOf(attestation);
  const config = await putBlob(repository, EMPTY, EMPTY_TYPE);
  const layer = await putBlob(repository, bytes, artifactType);
  // No time in it: the same attestation has the same manifest, however often it is pushed.
  const manifest = encodeJson({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType,
    config: { ...config },
    layers: [{ ...layer }],
    subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
    annotations,
  });
  const digest = digestOf(manifest);
  const reply = await repository.transport.send({
    ...repository,
    method: 'PUT',
    path: `manifests/${digest}`,
    headers: { 'content-type': OCI_MANIFEST },
    body: manifest,
    maxBytes: repository.limits.manifestBytes,
    actions: 'pull,push',
  });
  expectStatus(reply, [200, 201, 202], repository, `manifests/${digest}`);
  const stored = reply.headers['docker-content-digest'] ?? digest;
  if (stored !== digest) {
    throw new StoreError('ERR_STORE_DIGEST', `${pathOf(repository, digest)} was stored under another digest`);
  }
  // Some say that they list it and have no list: both have to be true.
  const isListed = reply.headers['oci-subject'] !== undefined && (await hasReferrersApi(repository));
  const descriptor = { mediaType: OCI_MANIFEST, digest, size: manifest.length, annotations, artifactType };
  return { descriptor, isListed };
}

function checkForAtt({ bundle }: Attestation): void {
  if (bundle === undefined || bundle.verificationMaterial.publicKey !== undefined) return;
  throw new TypeError('a bundle with a certificate cannot be stored as .att: its proofs would be lost');
}

function layerOf({ envelope }: Attestation): { readonly bytes: Uint8Array; readonly predicateType: string } {
  return { bytes: encodeEnvelope(envelope), predicateType: predicateTypeOf(envelope.payload) };
}
