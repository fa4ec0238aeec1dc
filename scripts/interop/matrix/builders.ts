/*
 * Workflows that build for others. slsa-verifier believes a few alone, by name and at the tag of a version: these sign our
 * statements here, by the test vectors' own authority.
 */

/** Attests with `actions/attest`. */
export const BUILDER =
  'https://github.com/bazel-contrib/publish-to-bcr/.github/workflows/publish.yaml@refs/tags/v1.2.0';
/** The same, where its repository is now. */
export const AT_BRANCH: string = BUILDER.replace('refs/tags/v1.2.0', 'refs/heads/main');
/** Writes provenance v0.2. */
export const GENERATOR =
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0';
