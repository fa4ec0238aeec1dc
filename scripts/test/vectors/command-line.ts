import type { CaseOf, Json, VerifyArtifacts, VerifyExpectations } from '../../vectors/case-format.ts';

/** Expectations whose option is not simply their name. */
const OPTIONS: Readonly<Record<string, (value: never) => string[]>> = {
  publicKeys: (paths: readonly string[]) => paths.map((path) => `--public-key=${path}`),
  trustRootKeys: (paths: readonly string[]) => paths.map((path) => `--trust-root-key=${path}`),
  parameters: (values: Readonly<Record<string, Json>>) =>
    Object.entries(values).map(([name, value]) => parameterOption(name, value)),
  allowParameters: (names: readonly string[]) => names.map((name) => `--allow-parameter=${name}`),
  policies: (paths: readonly string[]) => paths.map((path) => `--policy=${path}`),
  followPolicies: (texts: readonly string[]) => texts.map((text) => `--follow-policy=${text}`),
  dependencyEvidence: (paths: readonly string[]) => paths.map((path) => `--dependency-evidence=${path}`),
  maxAgeSeconds: (seconds: number) => [`--max-age=${seconds}s`],
} satisfies { readonly [Field in keyof VerifyExpectations]?: (value: never) => string[] };

function parameterOption(name: string, value: Json): string {
  return typeof value === 'string'
    ? `--parameter=${name}=${value}`
    : `--parameter-json=${name}=${JSON.stringify(value)}`;
}

/** The options of `danube provenance verify` that say what these expectations say. */
export function expectationOptions(expectations: VerifyExpectations): string[] {
  return Object.entries(expectations).flatMap(([field, value]: [string, unknown]) => {
    const special = OPTIONS[field];
    if (special !== undefined) return special(value as never);
    if (typeof value === 'boolean') return value ? [optionName(field)] : [];
    return [`${optionName(field)}=${String(value)}`];
  });
}

/** Options whose name is not simply the field's. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  publicKeys: '--public-key',
  policies: '--policy',
  packageUrl: '--as',
  npmPackage: '--public-key',
  image: '--as',
};

/** The option of an expectation, as messages name it. */
export function optionName(field: string): string {
  if (Object.hasOwn(OPTION_NAMES, field)) return OPTION_NAMES[field] ?? '';
  return `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/-seconds$/, '')}`;
}

/** The command line, after the program's name, that judges a case from within its folder. */
export function verifyArguments(content: CaseOf<'verify'>, job: readonly string[]): string[] {
  const { artifacts, evidence, expectations } = content;
  const provenance = artifacts === 'provenance-only' ? job : evidence.map((path) => `--provenance=${path}`);
  return [
    'provenance',
    'verify',
    '--format=json',
    ...artifactArguments(artifacts),
    ...provenance,
    ...expectationOptions(expectations),
  ];
}

function artifactArguments(artifacts: VerifyArtifacts): string[] {
  if (artifacts === 'provenance-only') return [];
  if ('files' in artifacts) return [...artifacts.files];
  if ('directory' in artifacts) return [artifacts.directory];
  if ('package' in artifacts) {
    const file =
      'tarball' in artifacts ? `--tarball=${artifacts.tarball}` : `--package-lock=${artifacts.packageLock}`;
    return [artifacts.package, file];
  }
  if ('checksums' in artifacts) return [`--checksums=${artifacts.checksums}`];
  return artifacts.digests.map((digest) => `--digest=${digest}`);
}
