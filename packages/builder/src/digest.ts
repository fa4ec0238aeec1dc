import { z } from 'zod';
import type { DigestSet } from 'in-toto-attestation';

function hexSchema(...lengths: readonly number[]): z.ZodType<string> {
  const alternatives = lengths.map((length) => `[0-9a-f]{${length}}`).join('|');
  return z.string().regex(new RegExp(`^(?:${alternatives})$`), {
    error: `expected ${lengths.join(' or ')} lower-case hex digits`,
  });
}

/** A Git commit id: SHA-1 or SHA-256, whole. */
export const commitSchema: z.ZodType<string> = hexSchema(40, 64);

/** Digest of an image: the one of its manifest or index, as registries name it. */
export const imageDigestSchema: z.ZodType<{ readonly sha256: string }> = z
  .strictObject({ sha256: hexSchema(64) })
  .readonly();

const contentDigests = {
  sha256: hexSchema(64).exactOptional(),
  sha384: hexSchema(96).exactOptional(),
  sha512: hexSchema(128).exactOptional(),
};

/** What a refinement cannot tell a JSON Schema. */
const NOT_EMPTY = { minProperties: 1 };
const EMPTY = { error: 'expected at least one digest' };

/** Digest of bytes, by the algorithms that verifiers accept (in-toto digest_set.md). */
export const contentDigestSchema: z.ZodType<DigestSet> = z
  .strictObject(contentDigests)
  .readonly()
  .refine((digest) => Object.keys(digest).length > 0, EMPTY)
  .meta(NOT_EMPTY);

/** Digest of something the job took in: bytes, also by what older tools have of it, a folder, or an object of a Git repository. */
export const inputDigestSchema: z.ZodType<DigestSet> = z
  .strictObject({
    ...contentDigests,
    sha1: hexSchema(40).exactOptional(),
    dirHash: hexSchema(64).exactOptional(),
    gitCommit: hexSchema(40, 64).exactOptional(),
    gitTree: hexSchema(40, 64).exactOptional(),
    gitBlob: hexSchema(40, 64).exactOptional(),
    gitTag: hexSchema(40, 64).exactOptional(),
  })
  .readonly()
  .refine((digest) => Object.keys(digest).length > 0, EMPTY)
  .meta(NOT_EMPTY);

/** A digest set as text: `sha256:...`, several with a comma between them. */
export function formatDigest(digest: DigestSet): string {
  return Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .join(',');
}
