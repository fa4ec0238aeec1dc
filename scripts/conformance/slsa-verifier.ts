import { parseTrustedRoot, type SigstoreRoot } from '@danube/sigstore';
import {
  type CertificateProof,
  type EvidenceItem,
  evaluateProvenance,
  type Expectations,
  loadEvidence,
  type RegistryKey,
  type Report,
} from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { z } from 'zod';
import { proveCertificate } from '@danube/sigstore';
import { readPublicKeyFile } from '@danube/keys/file';
import { judgePackage } from './npm-package.ts';
import type { Source, VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';
import { publicGoodRoot } from './public-good-root.ts';

const VERSIONED =
  'asks for a tag by a part of its version; tags are compared exactly here, so only the rows that name the whole tag or expect a mismatch are judged';
const ABSENT = 'the attestation of the row is not in the folder';
const NO_DIGEST = 'the digest of the artifact is not in the folder';
const KEY_ID =
  'demands a key id besides the key; a key id is a hint here, by which no signature counts or is refused (DSSE)';
const OTHER = 'is of a test that this module does not know';
const NO_BUILDER =
  'names no builder, which the source refuses as wrong use; here a builder is checked when one is expected, and reported as not constrained otherwise';

const ROW = z.looseObject({
  name: z.string(),
  artifacts: z.array(z.string()).default([]),
  source: z.string().optional(),
  provenancePath: z.string().optional(),
  pbranch: z.string().optional(),
  ptag: z.string().optional(),
  pversiontag: z.string().optional(),
  pBuilderID: z.string().optional(),
  inputs: z.record(z.string(), z.string()).optional(),
  noversion: z.boolean().default(false),
  builders: z.array(z.string()).optional(),
  expect: z.string(),
});
type Row = z.infer<typeof ROW>;
const NPM_ROW = z.looseObject({
  name: z.string(),
  artifact: z.string(),
  source: z.string(),
  pkgName: z.string().optional(),
  pkgVersion: z.string().optional(),
  builderID: z.string().optional(),
  expect: z.string(),
});
const SUMMARY_ROW = z.looseObject({
  name: z.string(),
  attestationPath: z.string(),
  subjectDigests: z.array(z.string()).default([]),
  verifierID: z.string().default('https://example.com/nobody'),
  resourceURI: z.string().default('https://example.com/nothing'),
  verifiedLevels: z.array(z.string()).default([]),
  publicKeyPath: z.string(),
  publicKeyID: z.string().optional(),
  expect: z.string(),
});
const CASES = z.looseObject({
  notes: z.looseObject({
    Test_runVerifyGHAArtifactPath: z.looseObject({ default_builder_ids: z.record(z.string(), z.string()) }),
  }),
  cases: z.record(z.string(), z.array(z.unknown())),
});
const DIGESTS = z.record(z.string(), z.looseObject({ sha256: z.string(), sha512: z.string() }));

const ISSUER = 'https://token.actions.githubusercontent.com';
const GENERATORS = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*@**';
const NOW = new Date('2026-06-01T00:00:00Z');

/** Which of our checks says what each of the source's errors says. */
const CHECKS: Readonly<Record<string, string>> = {
  ErrorMismatchBranch: 'source.ref',
  ErrorMismatchTag: 'source.ref',
  ErrorMismatchVersionedTag: 'source.ref',
  ErrorInvalidRef: 'source.ref',
  ErrorMismatchSource: 'source.uri',
  ErrorUntrustedReusableWorkflow: 'certificate.identity',
  ErrorMismatchBuilderID: 'certificate.identity',
  ErrorMismatchHash: 'subject.digest',
  ErrorMismatchWorkflowInputs: 'parameters',
  // Where the certificate was not even seen by a certificate log, there is no signer whose entry could be missing.
  ErrorRekorSearch: 'signature or transparency',
  ErrorInvalidSignature: 'signature',
};
/** The same for packages. */
const NPM_CHECKS: Readonly<Record<string, string>> = {
  ...CHECKS,
  ErrorMismatchPackageName: 'npm.package',
  ErrorMismatchPackageVersion: 'npm.package',
  ErrorInvalidBuilderID: 'builder.id',
  ErrorNotSupported: 'builder.id',
  ErrorMismatchBuilderID: 'builder.id',
  ErrorInvalidSignature: 'signature or npm.package',
};

/** Provenance of real builds on GitHub, and the expectations that slsa-verifier's own tests have of it. */
export const slsaVerifier: VectorFolder = {
  name: 'slsa-verifier',
  exceptions: [VERSIONED, ABSENT, NO_DIGEST, NO_BUILDER, KEY_ID, OTHER],
  judge,
};

interface Folder {
  readonly source: Source;
  readonly root: SigstoreRoot;
  /** Of npm's registry. */
  readonly registryKeys: readonly RegistryKey[];
  readonly digests: z.infer<typeof DIGESTS>;
  readonly builders: Readonly<Record<string, string>>;
}

function* judge(source: Source): Generator<Outcome> {
  const { cases, notes } = source.json('cases.json', CASES);
  const folder: Folder = {
    source,
    root: parseTrustedRoot(publicGoodRoot(source)),
    registryKeys: [
      { publicKey: readPublicKeyFile(source.path('../npm-provenance/sigstore-go-examples/publish_key.pub')) },
    ],
    digests: source.json('artifact-digests.json', DIGESTS),
    builders: notes.Test_runVerifyGHAArtifactPath.default_builder_ids,
  };
  for (const [test, rows] of Object.entries(cases)) {
    if (test === 'Test_runVerifyGHAArtifactPath') {
      for (const row of rows) yield* judgeRow(folder, ROW.parse(row));
    } else if (test === 'Test_runVerifyNpmPackage') {
      for (const row of rows) yield judgeNpm(folder, NPM_ROW.parse(row));
    } else if (test === 'Test_runVerifyVSA') {
      for (const row of rows) yield judgeSummary(folder, SUMMARY_ROW.parse(row));
    } else {
      for (const row of rows)
        yield notApplicable(`${test}: ${z.looseObject({ name: z.string() }).parse(row).name}`, OTHER);
    }
  }
}

/** A row stands for every builder and version that is there, or for one file without either. */
function* judgeRow(folder: Folder, row: Row): Generator<Outcome> {
  const [artifact = ''] = row.artifacts;
  if (
    row.expect === 'PASS' &&
    row.pversiontag !== undefined &&
    !artifact.endsWith(`-${row.pversiontag}`) &&
    artifact !== 'annotated-tag'
  ) {
    yield notApplicable(row.name, VERSIONED);
    return;
  }
  const suffix = `/${artifact}.intoto.jsonl`;
  const file = row.provenancePath ?? `${artifact}.intoto.jsonl`;
  const paths = row.noversion
    ? folder.source.files.filter((path) => path === `testdata/${file}`)
    : folder.source.files.filter((path) => path.endsWith(suffix) && path.split('/').length === 4);
  if (paths.length === 0) yield notApplicable(row.name, ABSENT);
  for (const path of paths) yield judgeFile(folder, row, path);
}

function judgeFile(folder: Folder, row: Row, path: string): Outcome {
  const name = `${row.name} (${path})`;
  const [, builder = ''] = path.split('/');
  const folderOf = path.slice('testdata/'.length, path.lastIndexOf('/') + 1);
  const artifacts = [...new Set(row.artifacts)].map((artifact) => ({
    name: artifact,
    digest: folder.digests[`${folderOf}${artifact}`],
  }));
  const known = artifacts.flatMap(({ name, digest }) =>
    digest === undefined ? [] : [{ name, digest: { sha256: digest.sha256 } }],
  );
  if (known.length < artifacts.length || known.length === 0) return notApplicable(name, NO_DIGEST);
  const id = row.pBuilderID ?? folder.builders[builder];
  const expectations: Expectations = {
    publicKeys: [],
    certificateIssuer: ISSUER,
    certificateIdentity: id === undefined ? GENERATORS : `${id.replace(/@.*$/, '')}@**`,
    sourceUri: `git+https://${row.source}`,
    ...(row.pbranch === undefined ? {} : { sourceBranch: row.pbranch }),
    ...tagOf(row),
    ...(row.inputs === undefined ? {} : { parameters: row.inputs }),
  };
  return compareReport(
    name,
    row.expect,
    verify(folder, folder.source.bytes(path), known, expectations),
    'transparency',
  );
}

/** A branch and a tag at once cannot be expected; where the source does, the branch is what its row is about. */
function tagOf({ ptag, pversiontag, pbranch }: Row): Partial<Expectations> {
  const tag = ptag ?? pversiontag;
  return tag === undefined || pbranch !== undefined ? {} : { sourceTag: tag };
}

function verify(
  { root }: Folder,
  bytes: Uint8Array,
  artifacts: Parameters<typeof evaluateProvenance>[0]['artifacts'],
  expectations: Expectations,
): Report {
  const evidence = loadEvidence([{ path: 'attestation', bytes }]);
  const certificates = new Map<EvidenceItem, CertificateProof>();
  for (const item of evidence.items) {
    const proof = proveCertificate(item, root);
    if (proof !== undefined) certificates.set(item, proof);
  }
  return evaluateProvenance({ evidence, artifacts, expectations, now: NOW, certificates });
}

/**
 * The source asks a live log for the entry of an envelope; from the file alone nothing proves the time. So `PASS` is that
 * every other check passes (`unproven` alone fails), and an error is that its own check fails.
 */
function compareReport(
  name: string,
  expect: string,
  report: Report,
  unproven?: string,
  checks = CHECKS,
): Outcome {
  const failed = report.artifacts
    .filter(({ verdict }) => verdict === 'rejected')
    .flatMap(({ attestations }) => attestations.flatMap(({ checks }) => checks))
    .filter(({ status }) => status === 'fail')
    .map(({ id }): string => id);
  const others = [...new Set(failed)].filter((id) => id !== unproven);
  if (expect === 'PASS')
    return compare(
      name,
      'nothing else fails',
      others.length === 0 ? 'nothing else fails' : others.join(', '),
    );
  const check = checks[expect] ?? expect;
  const isSaid = check.split(' or ').some((id) => failed.includes(id));
  return compare(
    name,
    `${check} fails`,
    isSaid ? `${check} fails` : `${failed.join(', ') || 'nothing'} fails`,
  );
}

/**
 * A verification summary. Its subject may be named by an algorithm of the verifier's own, which holds no artifact of ours: the
 * summary is judged by itself, and its believed subjects are compared with those of the row.
 */
function judgeSummary({ source }: Folder, row: z.infer<typeof SUMMARY_ROW>): Outcome {
  const evidence = loadEvidence([
    { path: row.attestationPath, bytes: source.bytes(`testdata/vsa/${row.attestationPath}`) },
  ]);
  const [item] = evidence.items;
  const keyid =
    item === undefined || item.envelope instanceof MalformedError
      ? undefined
      : item.envelope.signatures[0]?.keyid;
  if (row.publicKeyID !== undefined && row.publicKeyID !== keyid) return notApplicable(row.name, KEY_ID);
  const levels = row.verifiedLevels.flatMap((level) => /^SLSA_BUILD_LEVEL_([1-3])$/.exec(level)?.[1] ?? []);
  const report = evaluateProvenance({
    evidence,
    artifacts: 'provenance-only',
    expectations: {
      publicKeys: [readPublicKeyFile(source.path(`testdata/vsa/${row.publicKeyPath}`))],
      summary: { verifierId: row.verifierID, resourceUri: row.resourceURI },
      buildLevel: Number(levels[0] ?? 1),
    },
    now: NOW,
  });
  const statement = report.artifacts[0]?.attestations[0]?.statement;
  const subjects = (statement?.subject ?? []).flatMap(({ digest }) =>
    Object.entries(digest).map((entry) => entry.join(':')),
  );
  const reported = statement?.predicate['verifiedLevels'] ?? [];
  const others = row.verifiedLevels.filter((level) => !level.startsWith('SLSA_'));
  const isSame =
    row.subjectDigests.every((digest) => subjects.includes(digest)) &&
    others.every((level) => Array.isArray(reported) && reported.includes(level));
  return row.expect === 'PASS' && !isSame
    ? compare(
        row.name,
        'the subjects and levels of the row',
        `${subjects.join()} ${JSON.stringify(reported)}`,
      )
    : compareReport(row.name, row.expect, report);
}

/** The builders that are GitHub's own runners; the others are SLSA's, whose workflows sign. */
const RUNNER = /^https:\/\/github\.com\/actions\/runner/;

/** A package of npm: provenance and the registry's publish attestation, for the tarball's digest. */
function judgeNpm(folder: Folder, row: z.infer<typeof NPM_ROW>): Outcome {
  const path = `testdata/npm/gha/${row.artifact}.json`;
  const { source, root, digests, registryKeys } = folder;
  if (!source.files.includes(path)) return notApplicable(row.name, ABSENT);
  const sha512 = digests[`npm/gha/${row.artifact}`]?.sha512;
  if (sha512 === undefined) return notApplicable(row.name, NO_DIGEST);
  if (row.builderID === undefined) return notApplicable(row.name, NO_BUILDER);
  const repository = `https://${row.source}`;
  const isRunner = RUNNER.test(row.builderID);
  // Provenance v0.2 spells the source with git+, v1 without: one of the two is the row's.
  const outcomes = [repository, `git+${repository}`].flatMap((sourceUri) =>
    buildersOf(row.builderID ?? '', source.bytes(path)).map((builderId) =>
      compareReport(
        row.name,
        row.expect,
        judgePackage({
          files: [source.bytes(path)],
          root,
          registryKeys,
          name: row.pkgName,
          version: row.pkgVersion,
          digest: { sha512 },
          certificateIdentity: isRunner ? 'https://github.com/**' : GENERATORS,
          expectations: { sourceUri, builderId },
        }),
        undefined,
        NPM_CHECKS,
      ),
    ),
  );
  // What is right in one spelling passes; what is wrong must be so in every one.
  const isPass = row.expect === 'PASS';
  return (
    outcomes.find(({ result }) => (result === 'agreed') === isPass) ??
    outcomes[0] ??
    notApplicable(row.name, ABSENT)
  );
}

/** As the source takes it: without the version that the provenance adds, and v0.2 leaves out which runner it was. */
function buildersOf(builderId: string, bytes: Uint8Array): readonly string[] {
  const claimed = loadEvidence([{ path: 'answer', bytes }]).items.flatMap((item) => {
    const statement = item.statement();
    const predicate = statement instanceof MalformedError ? {} : statement.predicate;
    const { builder } =
      z.looseObject({ builder: z.unknown() }).safeParse(predicate['runDetails'] ?? predicate).data ?? {};
    const { id } = z.looseObject({ id: z.string() }).safeParse(builder).data ?? {};
    return id?.startsWith(`${builderId}@`) === true ? [id] : [];
  });
  if (claimed.length > 0) return claimed;
  return builderId.endsWith('/github-hosted')
    ? [builderId, builderId.replace(/\/github-hosted$/, '')]
    : [builderId];
}
