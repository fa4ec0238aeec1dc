import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { HOW_TO_INSTALL, PEERS } from '../../peers.ts';
import { cosign, cosignAnswer } from './cosign.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { libraryAnswer, readBundle } from './library.ts';
import { RUNNER } from './package-verifiers.ts';
import { because } from './reasons.ts';
import { slsaVerifier, slsaVerifierAnswer } from './slsa-verifier.ts';
import { type AnyTable, type Column, notAsked, OURS, type Row, tableOf } from './table.ts';
import { versionOfPackage } from './versions.ts';

/** A published attestation, in a folder of test vectors that is none of this repository's. */
interface PublishedFiles {
  /** Below the folder, or where `.ci/peers` puts what slsa-verifier's release is tested with. */
  readonly path: string;
  readonly digest: readonly [algorithm: 'sha256' | 'sha512', hex: string];
  readonly identity: string;
  readonly type: 'slsaprovenance02' | 'slsaprovenance1';
  /** The repository that it must have been built from. */
  readonly source: string;
  /** The file that was attested, for slsa-verifier, which takes no digest; undefined where it is nowhere here. */
  readonly artifact?: string;
  /** How slsa-verifier is asked, and for which builder where that is not the identity. */
  readonly command: keyof typeof PATH_OPTIONS;
  readonly builder?: string;
  /** Name and version, of a package. */
  readonly package?: readonly [name: string, version: string];
}

const ISSUER = 'https://token.actions.githubusercontent.com';
const ROOT = 'sigstore-trusted-root/public-good-trusted_root.json';

const PATH_OPTIONS = {
  'verify-artifact': '--provenance-path',
  'verify-github-attestation': '--attestation-path',
  'verify-npm-package': '--attestations-path',
} as const;

/** What npm's registry signed publications with. */
const NPM_KEY = 'npm-provenance/sigstore-go-examples/publish_key.pub';
const NPM_KEYID = 'SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA';

/** The keys as the registry answers them. */
function registryKeys(folder: string): string {
  const key = readFileSync(join(folder, NPM_KEY), 'utf8').replaceAll(/-----.*-----|\s/g, '');
  return JSON.stringify({ keys: [{ keyid: NPM_KEYID, key }] });
}

/** A file of the folder, or of what slsa-verifier's release is tested with, which has the same names. */
const find = (folder: string, path: string): string | undefined =>
  [folder, PEERS].map((above) => join(above, path)).find((file) => existsSync(file));

function fileOf(folder: string, path: string): string {
  const found = find(folder, path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
}

/** The bundle of the provenance: the file itself, or that part of the answer of npm's registry. */
function readProvenance(folder: string, path: string): string {
  const text = readFileSync(fileOf(folder, path), 'utf8');
  const document = JSON.parse(text) as { attestations?: { predicateType: string; bundle: object }[] };
  const found = document.attestations?.find(({ predicateType }) => predicateType.includes('/provenance/'));
  return found === undefined ? text : JSON.stringify(found.bundle);
}

function columnsFor(folder: string): readonly Column<PublishedFiles>[] {
  const trustedRoot = join(folder, ROOT);
  return [
    {
      name: OURS,
      version: () => 'this',
      verify({ path, digest, identity }, work) {
        const bundle = writeFile(work, 'bundle.json', readProvenance(folder, path));
        const about = ['--digest', digest.join(':'), '--provenance', bundle];
        const signer = ['--certificate-identity', identity, '--certificate-issuer', ISSUER];
        return danubeAnswer([...about, '--sigstore-root', trustedRoot, ...signer], work);
      },
    },
    {
      ...cosign,
      verify({ path, digest: [algorithm, hex], identity, type }, work) {
        const bundle = ['--bundle', writeFile(work, 'bundle.json', readProvenance(folder, path))];
        const about = ['--digest', hex, '--digestAlg', algorithm, '--type', type];
        const signer = ['--certificate-identity', identity, '--certificate-oidc-issuer', ISSUER];
        return cosignAnswer(cosign, [...bundle, '--trusted-root', trustedRoot, ...signer, ...about], work);
      },
    },
    {
      name: '@sigstore/verify',
      version: () => versionOfPackage('@sigstore/verify'),
      verify: ({ path, identity }) =>
        libraryAnswer(() => {
          const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(trustedRoot, 'utf8')));
          const policy = { subjectAlternativeName: identity, extensions: { issuer: ISSUER } };
          new Verifier(toTrustMaterial(root)).verify(readBundle(readProvenance(folder, path)), policy);
        }),
    },
    {
      ...slsaVerifier,
      async verify({ path, artifact, command, source, identity, builder = identity, ...more }, work) {
        if (artifact === undefined) return notAsked('the file that was attested is not here');
        const evidence = [fileOf(folder, artifact), PATH_OPTIONS[command], fileOf(folder, path)];
        const expected = ['--builder-id', builder, '--source-uri', source];
        if (more.package !== undefined)
          expected.push('--package-name', more.package[0], '--package-version', more.package[1]);
        const trust = { trustedRoot: readFileSync(trustedRoot), registryKeys: registryKeys(folder) };
        return slsaVerifierAnswer([command, ...evidence, ...expected], trust, work);
      },
    },
  ];
}

const GENERATORS = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows';

const NPM_V02: PublishedFiles = {
  path: 'npm-provenance/npm-cli/valid-sigstore-attestations.json',
  digest: [
    'sha512',
    '7bea9f6e7ff37f5fab0b36bf061200fff03099fd2fd696b91d04bc5e4f225eb9fd6e0cadcad54ba980f43fb352a99e8810b4e0abeb5c0ef2cf9108cd1f258b36',
  ],
  identity: 'https://github.com/sigstore/sigstore-js/.github/workflows/publish.yml@refs/tags/v1.0.0',
  type: 'slsaprovenance02',
  source: 'github.com/sigstore/sigstore-js',
  command: 'verify-npm-package',
};

const NPM_V1: PublishedFiles = {
  path: 'slsa-verifier/testdata/npm/gha/gundam-visor-cli-v1-tag.tgz.json',
  digest: [
    'sha512',
    '8d9d7972f676516c75014aa074e11ae604d98f0b64ec6725a61e2838ff3dab162118fa71433fb31e1550d30bd0dec9d086ce032b94457b583900c507acf39c40',
  ],
  identity:
    'https://github.com/ramonpetgrave64/gundam-visor/.github/workflows/npm-publish.yml@refs/tags/v1.0.1',
  type: 'slsaprovenance1',
  command: 'verify-npm-package',
  artifact: 'slsa-verifier/testdata/npm/gha/gundam-visor-cli-v1-tag.tgz',
  source: 'github.com/ramonpetgrave64/gundam-visor',
  builder: RUNNER,
  package: ['gundam-visor', '1.0.1'],
};

const NPM_DELEGATED: PublishedFiles = {
  path: 'slsa-verifier/testdata/npm/gha/provenance-npm-test-ossf.tgz.json',
  digest: [
    'sha512',
    '563bc6d88c7cc60917b13cf4838473eeea6ec7ea0430f2672b16f43c2a5c82c239949c7cae7fe13bbe3b30d0571c3e56de624aa31ea43c98c12f1f190b8a7ca0',
  ],
  identity: `${GENERATORS}/delegator_lowperms-generic_slsa3.yml@refs/tags/v1.6.0`,
  type: 'slsaprovenance02',
  command: 'verify-npm-package',
  artifact: 'slsa-verifier/testdata/npm/gha/provenance-npm-test-ossf.tgz',
  source: 'github.com/laurentsimon/provenance-npm-test',
  builder: `${GENERATORS}/builder_nodejs_slsa3.yml`,
  package: ['@laurentsimon/provenance-npm-test', '1.0.5'],
};

const GENERATOR: PublishedFiles = {
  path: 'slsa-verifier/testdata/gha_generic/v2.1.0/binary-linux-amd64-push-v14.2.intoto.jsonl',
  digest: ['sha256', '376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa'],
  identity: `${GENERATORS}/generator_generic_slsa3.yml@refs/tags/v2.1.0`,
  type: 'slsaprovenance02',
  command: 'verify-artifact',
  artifact: 'slsa-verifier/testdata/gha_generic/v2.1.0/binary-linux-amd64-push-v14.2',
  source: 'github.com/slsa-framework/example-package',
};

const CONTAINER_BASED: PublishedFiles = {
  path: 'slsa-verifier/testdata/gha_container-based/v2.1.0/binary-linux-amd64-push-v14.2.intoto.build.slsa',
  digest: ['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  identity: `${GENERATORS}/builder_container-based_slsa3.yml@refs/tags/v2.1.0`,
  type: 'slsaprovenance1',
  command: 'verify-artifact',
  artifact: 'slsa-verifier/testdata/gha_container-based/v2.1.0/binary-linux-amd64-push-v14.2',
  source: 'github.com/slsa-framework/example-package',
};

const DELEGATED: PublishedFiles = {
  path: 'slsa-verifier/testdata/gha_delegator/v2.1.0/binary-linux-amd64-push-v14.2.build.slsa',
  digest: ['sha256', '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'],
  identity: `${GENERATORS}/delegator_generic_slsa3.yml@refs/tags/v2.1.0`,
  type: 'slsaprovenance1',
  command: 'verify-artifact',
  artifact: 'slsa-verifier/testdata/gha_delegator/v2.1.0/binary-linux-amd64-push-v14.2',
  source: 'github.com/slsa-framework/example-package',
  builder: 'https://github.com/slsa-framework/example-trw/.github/workflows/builder_high-perms_slsa3.yml',
};

/** By `actions/attest`, in a workflow that publishes for others. */
const ATTEST: PublishedFiles = {
  path: 'slsa-verifier/testdata/bcr/MODULE.bazel.intoto.jsonl',
  digest: ['sha256', '06ce330900a7d6403bc8d88e5dfad6aeeb8ae40179f66bb89e69c8bf6f6b1a0b'],
  identity: 'https://github.com/bazel-contrib/publish-to-bcr/.github/workflows/publish.yaml@refs/tags/v0.0.1',
  type: 'slsaprovenance1',
  command: 'verify-github-attestation',
  artifact: 'slsa-verifier/testdata/bcr/MODULE.bazel',
  source: 'github.com/aspect-build/rules_lint',
};

const GITHUB: PublishedFiles = {
  path: 'sigstore-conformance/bundle-verify/dsse-mismatch-sig_fail/bundle.sigstore.json',
  digest: ['sha256', 'a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf'],
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  type: 'slsaprovenance1',
  command: 'verify-github-attestation',
  artifact: 'sigstore-conformance/bundle-verify/a.txt',
  source: 'github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon',
};

const NO_STATEMENT = because(
  ['@sigstore/verify'],
  'It verifies signatures, and leaves the statement to its caller.',
);

function row(
  what: string,
  good: boolean,
  files: PublishedFiles,
  why: Record<string, string> = {},
): Row<PublishedFiles> {
  return { what, good, files, why };
}

const ROWS: readonly Row<PublishedFiles>[] = [
  row(
    'npm’s provenance, v0.2 in a bundle of version 0.1',
    true,
    NPM_V02,
    because(['slsa-verifier'], 'It takes no digest, and the file that was attested is not at hand.'),
  ),
  row('npm’s provenance, v1 in a bundle of version 0.2', true, NPM_V1),
  row('npm’s provenance by a delegated builder, v0.2 in a bundle of version 0.1', true, NPM_DELEGATED),
  row('slsa-github-generator’s provenance, v0.2 in a bundle of version 0.3', true, GENERATOR),
  row(
    'slsa-github-generator’s provenance of a container, v1 in a bundle of version 0.2',
    true,
    CONTAINER_BASED,
  ),
  row(
    'slsa-github-generator’s provenance by a delegated builder, v1 in a bundle of version 0.2',
    true,
    DELEGATED,
  ),
  row('a workflow’s provenance (`actions/attest`), v1 in a bundle of version 0.3', true, ATTEST),
  row(
    'npm’s provenance, for another tarball',
    false,
    {
      ...NPM_V1,
      digest: NPM_DELEGATED.digest,
      artifact: 'slsa-verifier/testdata/npm/gha/provenance-npm-test-ossf.tgz',
    },
    NO_STATEMENT,
  ),
  row(
    'npm’s provenance, of another workflow than expected',
    false,
    { ...NPM_V1, identity: NPM_V02.identity },
    because(['slsa-verifier'], 'Of packages it expects a repository and a kind of machine, and no workflow.'),
  ),
  row('npm’s provenance, changed after it was signed', false, {
    ...NPM_V1,
    path: 'slsa-verifier/testdata/npm/gha/gundam-visor-cli-v1-tag-invalidsigprov.tgz.json',
  }),
  row('slsa-github-generator’s provenance, by another version of it than expected', false, {
    ...GENERATOR,
    identity: GENERATOR.identity.replace('v2.1.0', 'v2.0.0'),
  }),
  row('a workflow’s provenance, signed by another workflow than expected', false, {
    ...ATTEST,
    path: 'slsa-verifier/testdata/bcr/MODULE-wrong-signer.bazel.intoto.jsonl',
  }),
  row('a workflow’s provenance, with the log entry of another signature over the same bytes', false, GITHUB),
  row('a workflow’s provenance, with a signature that is none', false, {
    ...GITHUB,
    path: 'sigstore-conformance/bundle-verify/dsse-invalid-sig_fail/bundle.sigstore.json',
  }),
];

/** @param folder of published test vectors; without it nothing can be asked. */
export function publicTable(folder: string | undefined): AnyTable {
  const table = tableOf({
    id: 'public',
    title: 'Published attestations',
    intro: `Real ones of the public instance of Sigstore, by its trusted root. They are read from a folder of published test vectors,
\`npm run interop -- --vectors=FOLDER\`, as the conformance run reads them, and from the tests of slsa-verifier's release, which have
the artifacts, too. slsa-verifier is asked for the repository and, of packages of npm, for the kind of machine in place of the workflow.`,
    columns: columnsFor(folder ?? ''),
    rows: ROWS,
  });
  if (folder === undefined)
    return { ...table, missing: 'no folder of test vectors was named (--vectors=FOLDER)' };
  const missing = `what slsa-verifier is tested with is missing; ${HOW_TO_INSTALL}`;
  const isThere = new Set(ROWS.filter(({ files }) => find(folder, files.path)).map(({ what }) => what));
  const rows = table.rows.map((row) => (isThere.has(row.what) ? row : { ...row, missing }));
  return { ...table, rows };
}
