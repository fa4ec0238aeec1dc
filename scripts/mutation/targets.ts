/** Sources that are changed, and the tests that have to notice. */
export interface Target {
  readonly sources: readonly RegExp[];
  readonly tests: readonly RegExp[];
}

/** All that decides whether evidence is believed, the readers that it stands on, and who is let into a cluster by it. */
export const TARGETS: readonly Target[] = [
  {
    sources: [
      /^packages\/verifier\/src\//,
      /^packages\/artifact\/src\/glob\.ts$/,
      /^packages\/keys\/src\/ed25519-profile\.ts$/,
      /^packages\/in-toto-attestation\/src\/(?:base64|digest-set|json|json-check|json-scan)\.ts$/,
    ],
    tests: [
      /^packages\/(?:verifier|in-toto-attestation)\/test\/.*\.test\.ts$/,
      /^packages\/artifact\/test\/glob\.test\.ts$/,
      /^packages\/keys\/test\/(?:delegation|ed25519-profile|parse-public-key|public-key)\.test\.ts$/,
      /^scripts\/test\/vectors\.test\.ts$/,
    ],
  },
  {
    sources: [/^packages\/sigstore\/src\//],
    tests: [/^scripts\/test\/sigstore\/.*\.test\.ts$/, /^scripts\/test\/vectors\.test\.ts$/],
  },
  {
    sources: [
      /^packages\/webhook\/src\/(?:admission-review|changes|config|custom-resources|finding|gatekeeper|guard)\.ts$/,
      /^packages\/webhook\/src\/(?:image-judge|images|load-rules|platform|refuse-all|review|rules|terms|trust)\.ts$/,
      /^packages\/webhook\/src\/verdict-cache\.ts$/,
    ],
    tests: [/^packages\/webhook\/test\/.*\.test\.ts$/, /^scripts\/test\/sigstore\/webhook\.test\.ts$/],
  },
];

/** Tests that try at random, bundle a package or start programs take long, and notice nothing that others do not. */
export const TOO_SLOW: string = String.raw`/(?:browser|bundle|memory|mutation|property|purity|readme|keys/test/platform)\.test\.ts|by the command`;

/** Of the files, by their paths below the repository, those that are changed. */
export function sourcesOf(target: Target, files: readonly string[]): string[] {
  return files.filter((file) => target.sources.some((pattern) => pattern.test(file)));
}

/** Of the files, by their paths below the repository, those that have to notice. */
export function testsOf(target: Target, files: readonly string[]): string[] {
  const tooSlow = new RegExp(TOO_SLOW);
  return files.filter((file) => target.tests.some((pattern) => pattern.test(file)) && !tooSlow.test(file));
}
