import { z } from 'zod';
import { imageDigestSchema } from './digest.ts';

/** A container image by its name in a registry and its digest. */
export interface Image {
  /** Registry and repository, `registry.example.com/acme/app`: no tag, no digest, no default registry left out. */
  readonly name: string;
  /** The tag by which it was pulled or pushed; it names nothing for good. */
  readonly tag?: string;
  /** Digest of the manifest or index. */
  readonly digest: { readonly sha256: string };
}

/** The registry has a dot or a port, or is `localhost`; as the OCI distribution specification has it below that. */
const NAME =
  /^(?:localhost|(?=[^/]*[.:])[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export const imageSchema: z.ZodType<Image> = z
  .strictObject({
    name: z
      .string()
      .max(255, { error: 'expected at most 255 characters' })
      .regex(NAME, {
        error: 'expected registry and repository without tag or digest, such as "docker.io/library/node"',
      })
      .describe('Registry and repository, without tag and digest.'),
    tag: z
      .string()
      .regex(TAG, { error: 'expected a tag of an image' })
      .exactOptional()
      .describe('Tag by which the image was pulled or pushed.'),
    digest: imageDigestSchema.describe('Digest of the manifest or index.'),
  })
  .readonly();

/** Name of an image for people and for subjects: `registry.example.com/acme/app:1.2`. */
export function imageName({ name, tag }: Image): string {
  return tag === undefined ? name : `${name}:${tag}`;
}

/** The image as a container runtime would pull it: `registry.example.com/acme/app:1.2@sha256:...`. */
export function imageReference(image: Image): string {
  return `${imageName(image)}@sha256:${image.digest.sha256}`;
}

/**
 * The image as a package URL of type `oci` (purl-spec, types/oci): in-toto recommends package URLs for resources.
 * Qualifiers stand in alphabetical order, as the specification wants them.
 */
export function imageUri({ name, tag, digest }: Image): string {
  const repository = name.slice(name.lastIndexOf('/') + 1);
  const qualifiers = `repository_url=${encodeQualifier(name)}` + (tag === undefined ? '' : `&tag=${tag}`);
  return `pkg:oci/${repository}@sha256%3A${digest.sha256}?${qualifiers}`;
}

/** A qualifier's value is percent-encoded but for the characters that purl leaves alone. */
function encodeQualifier(value: string): string {
  return encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':');
}
