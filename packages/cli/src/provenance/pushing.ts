import { createHash } from 'node:crypto';
import type { ImageAt } from '@danube/store/oci';
import {
  type Attestation,
  encodeEnvelope,
  encodeSigstoreBundle,
  LIMITS,
  MalformedError,
  parseAttestations,
  parseStatement,
  publicKeyBundle,
} from 'in-toto-attestation';
import { CliError, usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { imageName, readImageReference, requireDigest, withRegistry } from '../registry.ts';
import { print } from '../terminal.ts';
import type { PushOptions } from './push.ts';

/**
 * Stores the attestations of a file beside an image, and prints the digests of the manifests that hold them.
 *
 * @throws CliError ERR_EVIDENCE for what is no attestation, ERR_USAGE for one that is about something else
 */
export async function pushAttestations(argument: string | undefined, options: PushOptions): Promise<void> {
  if ((argument === undefined) === (options.store === undefined)) {
    throw usageError('expected an image or --store, one of them');
  }
  if (argument === undefined) return pushToStore(options);
  const reference = readImageReference(argument);
  const image = requireDigest(reference);
  const attestations = readAll(options.provenance);
  for (const attestation of attestations) checkSubject(attestation, image, options.provenance);
  if (options.compat === 'att') attestations.forEach(checkForAtt);
  const compat = options.compat === undefined ? {} : { compat: options.compat };
  await withRegistry(options, reference, async (client) => {
    for (const attestation of attestations) {
      const { referrer } = await client.attach(image, bytesOf(attestation), compat);
      print(`${image.registry}/${image.repository}@${referrer}`);
    }
  });
}

/** The file as it is: its bytes are its name. */
async function pushToStore({ provenance, store = '', ...others }: PushOptions): Promise<void> {
  if (Object.values(others).some((value) => value !== undefined)) {
    throw usageError('--compat and the options of registries are for images');
  }
  const bytes = readInput(provenance, LIMITS.jsonLinesBytes);
  parseEach(provenance, bytes);
  const { withStore } = await import('./stores.ts');
  await withStore(store, async (opened) => opened.put(bytes));
  print(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

function readAll(path: string): Attestation[] {
  return parseEach(path, readInput(path, LIMITS.jsonLinesBytes));
}

function parseEach(path: string, bytes: Uint8Array): Attestation[] {
  try {
    return parseAttestations(bytes).attestations.map((entry) => {
      if ('error' in entry) throw entry.error;
      return entry;
    });
  } catch (error) {
    throw error instanceof MalformedError ? malformed(path, error) : error;
  }
}

function malformed(path: string, cause: MalformedError): CliError {
  return new CliError('ERR_EVIDENCE', `${path}: ${cause.message} (${cause.code})`, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
}

/** Nobody would ever find it by the image otherwise. */
function checkSubject({ envelope }: Attestation, image: ImageAt, path: string): void {
  const [algorithm = '', hex] = image.digest.split(':');
  try {
    const { subject } = parseStatement(envelope.payload);
    if (subject.some(({ digest }) => digest[algorithm] === hex)) return;
  } catch (error) {
    throw error instanceof MalformedError ? malformed(path, error) : error;
  }
  throw usageError(
    `${path} does not name ${imageName(image)}: none of its subjects has the digest ${image.digest}`,
    'an attestation of an image has the digest of its manifest or index, as the registry gives it',
  );
}

function checkForAtt({ bundle }: Attestation): void {
  if (bundle === undefined || bundle.verificationMaterial.publicKey !== undefined) return;
  throw usageError('--compat att cannot hold the certificate and log entries of this bundle', 'leave it out');
}

function bytesOf({ envelope, bundle }: Attestation): Uint8Array {
  if (bundle !== undefined) return encodeSigstoreBundle(bundle);
  const [signature, ...others] = envelope.signatures;
  if (signature === undefined || others.length > 0) return encodeEnvelope(envelope);
  return encodeSigstoreBundle(publicKeyBundle(envelope, signature.keyid ?? ''));
}
