/** What is changed: all that decides whether evidence is believed, and the readers that it stands on. */
const TARGETS: readonly RegExp[] = [
  /^packages\/verifier\/src\//,
  /^packages\/artifact\/src\/glob\.ts$/,
  /^packages\/keys\/src\/ed25519-profile\.ts$/,
  /^packages\/in-toto-attestation\/src\/(?:base64|digest-set|json|json-check|json-scan)\.ts$/,
];

/** What has to notice: tests of these packages, and the vectors. */
const NOTICING: readonly RegExp[] = [
  /^packages\/(?:verifier|in-toto-attestation)\/test\/.*\.test\.ts$/,
  /^packages\/artifact\/test\/glob\.test\.ts$/,
  /^packages\/keys\/test\/(?:delegation|ed25519-profile|parse-public-key|public-key)\.test\.ts$/,
  /^scripts\/test\/vectors\.test\.ts$/,
];

/** Tests that try at random, bundle a package or start programs take long, and notice nothing that others do not. */
export const TOO_SLOW: string = String.raw`/(?:browser|bundle|memory|mutation|property|purity|platform|readme)\.test\.ts|by the command`;

/** Whether a source file, by its path below the repository, is changed. */
export function isTarget(file: string): boolean {
  return TARGETS.some((pattern) => pattern.test(file));
}

/** Whether a test file, by its path below the repository, has to notice. */
export function isNoticing(file: string): boolean {
  return NOTICING.some((pattern) => pattern.test(file)) && !new RegExp(TOO_SLOW).test(file);
}
