import {
  type ImageReference,
  formatImageReference,
  parseImageReference,
} from '@danube/artifact/image-reference';
import { type ImageAt, type RegistryClient, createRegistryClient, userCredentials } from '@danube/store/oci';
import { usageError } from './exit-code.ts';
import { readInput } from './file.ts';
import type { RegistryOptions } from './registry-options.ts';

const CA_BYTES = 4_194_304;
const PREFIX = 'oci:';

/** Whether an argument names an image: `oci:REFERENCE`. A file of such a name is written `./oci:...`. */
export function isImage(argument: string): boolean {
  return argument.startsWith(PREFIX);
}

/** @throws ArtifactError ERR_ARTIFACT_IMAGE_REFERENCE */
export function readImageReference(argument: string): ImageReference {
  return parseImageReference(isImage(argument) ? argument.slice(PREFIX.length) : argument);
}

/** An image as reports and messages call it. */
export function imageName(image: ImageReference): string {
  return `${PREFIX}${formatImageReference(image)}`;
}

/** @throws CliError ERR_USAGE unless the reference has a digest: a tag may mean another image by now */
export function requireDigest(reference: ImageReference): ImageAt {
  const { registry, repository, digest } = reference;
  if (digest !== undefined) return { registry, repository, digest };
  throw usageError(
    `${formatImageReference(reference)} has no digest`,
    'name the image as REPOSITORY@sha256:HEX; a tag may mean another image by the time it is read',
  );
}

/** Runs work with a client for the registry of an image. */
export async function withRegistry<Result>(
  { registryAuth, registryCa, tokenServer = [], plainHttp = [] }: RegistryOptions,
  { registry }: ImageReference,
  work: (client: RegistryClient) => Promise<Result>,
): Promise<Result> {
  const client = createRegistryClient({
    credentials: userCredentials(registryAuth === undefined ? {} : { file: registryAuth }),
    ...(registryCa === undefined
      ? {}
      : { ca: Buffer.from(readInput(registryCa, CA_BYTES)).toString('utf8') }),
    tokenServers: { [registry]: tokenServer },
    plainHttp,
    proxies: process.env,
  });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
