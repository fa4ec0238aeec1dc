import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { cosign, cosignAnswer } from './cosign.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { libraryAnswer, readBundle } from './library.ts';
import { because } from './reasons.ts';
import { type AnyTable, type Column, OURS, type Row, tableOf } from './table.ts';
import { versionOfPackage } from './versions.ts';

/** A published attestation, in a folder of test vectors that is none of this repository's. */
interface PublishedFiles {
  /** Below the folder. */
  readonly path: string;
  readonly digest: readonly [algorithm: 'sha256' | 'sha512', hex: string];
  readonly identity: string;
  readonly type: string;
}

const ISSUER = 'https://token.actions.githubusercontent.com';
const ROOT = 'sigstore-trusted-root/public-good-trusted_root.json';

/** The bundle of the provenance: the file itself, or that part of the answer of npm's registry. */
function readProvenance(folder: string, path: string): string {
  const text = readFileSync(join(folder, path), 'utf8');
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
  ];
}

const NPM_V02: PublishedFiles = {
  path: 'npm-provenance/npm-cli/valid-sigstore-attestations.json',
  digest: [
    'sha512',
    '7bea9f6e7ff37f5fab0b36bf061200fff03099fd2fd696b91d04bc5e4f225eb9fd6e0cadcad54ba980f43fb352a99e8810b4e0abeb5c0ef2cf9108cd1f258b36',
  ],
  identity: 'https://github.com/sigstore/sigstore-js/.github/workflows/publish.yml@refs/tags/v1.0.0',
  type: 'slsaprovenance02',
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
};

const GENERATOR: PublishedFiles = {
  path: 'slsa-verifier/testdata/gha_generic/v2.1.0/binary-linux-amd64-push-v14.2.intoto.jsonl',
  digest: ['sha256', '376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa'],
  identity:
    'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0',
  type: 'slsaprovenance02',
};

const GITHUB: PublishedFiles = {
  path: 'sigstore-conformance/bundle-verify/dsse-mismatch-sig_fail/bundle.sigstore.json',
  digest: ['sha256', 'a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf'],
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  type: 'slsaprovenance1',
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
  row('npm’s provenance, v0.2 in a bundle of version 0.1', true, NPM_V02),
  row('npm’s provenance, v1 in a bundle of version 0.2', true, NPM_V1),
  row('slsa-github-generator’s provenance, v0.2 in a bundle of version 0.3', true, GENERATOR),
  row('npm’s provenance, for another tarball', false, { ...NPM_V1, digest: NPM_V02.digest }, NO_STATEMENT),
  row('npm’s provenance, of another workflow than expected', false, {
    ...NPM_V1,
    identity: NPM_V02.identity,
  }),
  row('npm’s provenance, changed after it was signed', false, {
    ...NPM_V1,
    path: 'slsa-verifier/testdata/npm/gha/gundam-visor-cli-v1-tag-invalidsigprov.tgz.json',
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
\`npm run interop -- --vectors=FOLDER\`, as the conformance run reads them. The artifacts are not in it: a verifier that takes digests is asked.`,
    columns: columnsFor(folder ?? ''),
    rows: ROWS,
  });
  return folder === undefined
    ? { ...table, missing: 'no folder of test vectors was named (--vectors=FOLDER)' }
    : table;
}
