import { type HashAlgorithm, listFiles } from '@danube/artifact';
import {
  type ArtifactInput,
  type Evidence,
  type EvidenceFile,
  type Expectations,
  type Lock,
  type OpenedTrustRoot,
  type Policy,
  type Report,
  type Verification,
  TOOL,
  digestAlgorithms,
  evaluateProvenance,
  loadEvidence,
} from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { sayWarning } from '../terminal.ts';
import { inFlags, readExpectations } from './expectations.ts';
import type { Following } from './following.ts';
import { hashTargets } from './hashing.ts';
import { type JobEvidence, loadFound, openEvidence, type OpenedEvidence } from './opened-evidence.ts';
import { type Describe, printReport } from './report.ts';
import { summaryOutput } from './summary-options.ts';
import { type FileTarget, findTargets, isArtifact, type Problem } from './targets.ts';
import { namesTrustRoot } from './trust-root-options.ts';
import type { VerifyOptions } from './verify.ts';
import { watchSignatures } from './watched-signatures.ts';

type Proofs = Pick<Verification, 'certificates' | 'times' | 'publications' | 'signatures'>;

/** What is to be judged, and all that may speak for it. */
interface Case extends OpenedEvidence {
  readonly files: readonly FileTarget[];
  readonly digests: readonly ArtifactInput[];
  readonly problems: readonly Problem[];
  /** Without any artifact, the provenance of this job is judged alone. */
  readonly job?: string;
}

/** What was found out. */
export interface Judged {
  readonly report: Report;
  readonly problems: readonly Problem[];
  readonly isBlind: boolean;
  /** What it was made of, for a summary of it. */
  readonly files: readonly EvidenceFile[];
  readonly expectations: Expectations;
  readonly now: Date;
}

/**
 * Verifies what the caller names and prints the report.
 *
 * @throws DanubeError when there is nothing to judge.
 */
export async function verifyArtifacts(paths: readonly string[], options: VerifyOptions): Promise<ExitCode> {
  const format = await chooseFormat(options);
  const out = summaryOutput(options);
  const judged = await judgeArtifacts(paths, options, await readLock(options));
  printReport(judged.report, judged.problems, format);
  const exitCode = exitCodeOf(judged);
  if (out !== undefined) {
    const { writeSummary } = await import('./summary.ts');
    const isUndecided = judged.problems.length > 0 || exitCode === EXIT.undecided;
    await writeSummary({ ...judged, isUndecided }, out, options);
  }
  return exitCode;
}

/** The same without saying a word. @throws DanubeError when there is nothing to judge. */
export async function judgeArtifacts(
  paths: readonly string[],
  options: VerifyOptions,
  lock: Lock | undefined,
): Promise<Judged> {
  if (options.offline === true) await stayOffline(paths, options.store);
  if (paths.some((path) => path.startsWith('pkg:'))) return judgePackage(paths, options, lock);
  refusePackageOptions(options);
  const expectations = readExpectations(
    options,
    await openTrustRoot(options),
    await readPolicies(options),
    lock,
  );
  const now = new Date();
  if (paths.some((path) => path.startsWith('oci:'))) return verifyImages(paths, options, expectations, now);
  refuseRegistryOptions(options);
  const found = await openCase(paths, options, expectations);
  const hashed = await hashTargets(found.files, algorithmsOf(found.evidence));
  const artifacts = await nameArtifacts([...hashed.artifacts, ...found.digests], options, lock);
  const { store } = options;
  // A job says itself what speaks for it.
  const isByDigest = store !== undefined && options.job === undefined;
  const opened = isByDigest ? await addStored(found, artifacts, store, options) : found;
  const problems = [...opened.problems, ...hashed.problems];
  const proofs = await lookAtProofs(opened.evidence, options.sigstoreRoot, expectations);
  const signatures = watchSignatures(opened);
  const judged = await judgeAsAsked(options, expectations, (by) =>
    judge(opened, artifacts, problems, { expectations: by, now, ...proofs, signatures }),
  ).finally(signatures.end);
  return {
    ...judged,
    problems,
    isBlind: opened.isBlind || judged.isBlind,
    files: [...opened.sources, ...judged.files],
    now,
  };
}

/** Judges, and follows dependencies where that is asked for, by code that is loaded only then. */
async function judgeAsAsked(
  options: VerifyOptions,
  expectations: Expectations,
  judgeBy: (expectations: Expectations) => Report,
): Promise<Following> {
  if (options.follow === undefined) {
    const { followAll, followPolicy, dependencyEvidence } = options;
    if ((followAll ?? followPolicy ?? dependencyEvidence) !== undefined)
      throw usageError(
        'an option about dependencies is given, and they are not followed',
        'add --follow DEPTH',
      );
    return { report: judgeBy(expectations), expectations, files: [], isBlind: false };
  }
  const { judgeFollowing } = await import('./following.ts');
  return judgeFollowing(options, expectations, judgeBy, async (evidence) =>
    lookAtProofs(evidence, options.sigstoreRoot, expectations),
  );
}

async function verifyImages(
  paths: readonly string[],
  options: VerifyOptions,
  expectations: Expectations,
  now: Date,
): Promise<Judged> {
  if (options.as !== undefined) throw usageError('--as is for files; an image is what its reference says');
  const sources: EvidenceFile[] = [];
  let followed: Pick<Following, 'expectations' | 'isBlind'> = { expectations, isBlind: false };
  const { judgeImages } = await import('./images.ts');
  const { report, isBlind } = await judgeImages(paths, options, async (files, artifacts) => {
    const evidence = loadEvidence(files);
    const proofs = await lookAtProofs(evidence, options.sigstoreRoot, expectations);
    const judged = await judgeAsAsked(options, expectations, (by) =>
      judge({ evidence }, artifacts, [], { expectations: by, now, ...proofs }),
    );
    followed = { ...judged, isBlind: judged.isBlind || followed.isBlind };
    // Layers of one manifest have its path; a store may have the same for an index and for an image in it.
    const used = [...files, ...judged.files];
    sources.push(...used.filter((file) => !sources.some((other) => isSame(file, other))));
    return judged.report;
  });
  const blind = isBlind || followed.isBlind;
  return { report, problems: [], isBlind: blind, files: sources, expectations: followed.expectations, now };
}

function isSame(one: EvidenceFile, other: EvidenceFile): boolean {
  return one.path === other.path && Buffer.compare(one.bytes, other.bytes) === 0;
}

/** With what a store holds about the artifacts. */
async function addStored(
  opened: Case,
  artifacts: readonly ArtifactInput[],
  store: string,
  options: VerifyOptions,
): Promise<Case> {
  const { findInStore } = await import('./stores.ts');
  const digests = artifacts.flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  );
  const { files, isBlind } = await findInStore(store, [...new Set(digests)], options);
  const items = [...opened.evidence.items, ...loadEvidence(files).items];
  const sources = [...opened.sources, ...files];
  return { ...opened, evidence: { items }, sources, isBlind: opened.isBlind || isBlind };
}

async function judgePackage(
  paths: readonly string[],
  options: VerifyOptions,
  lock: Lock | undefined,
): Promise<Judged> {
  refuseRegistryOptions(options);
  const { openPackage, provePackage } = await import('./npm-package.ts');
  const found = await openPackage(paths, options);
  const { publicKey: _, ...others } = options; // the registry's: it vouches for no provenance
  const expectations = {
    ...readExpectations(others, await openTrustRoot(options), await readPolicies(options), lock),
    npmPackage: found.npmPackage,
  };
  const evidence = loadEvidence(found.evidence);
  const proofs = {
    ...(await lookAtProofs(evidence, options.sigstoreRoot, expectations)),
    publications: provePackage(evidence, found, options.sigstoreRoot, expectations),
  };
  const now = new Date();
  const judged = await judgeAsAsked(options, expectations, (by) =>
    judge({ evidence }, [found.artifact], [], { expectations: by, now, ...proofs }),
  );
  return { ...judged, problems: [], files: [...found.evidence, ...judged.files], now };
}

function refusePackageOptions({ tarball, packageLock }: VerifyOptions): void {
  if (tarball === undefined && packageLock === undefined) return;
  throw usageError(
    '--tarball and --package-lock are of a package, and none is named',
    'name pkg:npm/NAME@VERSION',
  );
}

/** An option that nothing would look at is a mistake. */
function refuseRegistryOptions({
  store,
  platform,
  registryAuth,
  registryCa,
  tokenServer,
  plainHttp,
}: VerifyOptions): void {
  if (store?.startsWith('oci:') === true && platform === undefined) return;
  if ([platform, registryAuth, registryCa, tokenServer, plainHttp].every((value) => value === undefined))
    return;
  throw usageError(
    'an option for registries is given, and no image',
    'images are named oci:REGISTRY/REPOSITORY...',
  );
}

/** Nothing is fetched but images and what a store elsewhere holds; whatever else would try to fails as well. @throws CliError ERR_USAGE */
async function stayOffline(paths: readonly string[], store: string | undefined): Promise<void> {
  if (store !== undefined && /^(?:oci|s3):/.test(store)) {
    throw usageError(
      `--store ${store} is elsewhere, and --offline forbids to ask it`,
      'name a data directory',
    );
  }
  const image = paths.find((path) => path.startsWith('oci:'));
  if (image !== undefined) {
    throw usageError(
      `${image} is in a registry, and --offline forbids to ask it`,
      'pull it into a directory (danube provenance pull), and name that',
    );
  }
  const { goOffline } = await import('../offline.ts');
  goOffline();
}

/** How the report is written. What is used seldom is loaded only for its format, before anything is judged. */
async function chooseFormat({ format, explain }: VerifyOptions): Promise<'json' | 'text' | Describe> {
  if (explain === true && format !== 'text') throw usageError('--explain is a text; leave --format out');
  if (explain !== true && (format === 'json' || format === 'text')) return format;
  const { describeAs } = await import('./report-formats.ts');
  return (report, problems) => describeAs(explain === true ? 'explain' : format, report, problems);
}

/** Certificates and timestamps are looked at by a library that is loaded only for them. */
export async function lookAtProofs(
  evidence: Evidence,
  root: string | undefined,
  { trustRoot }: Expectations,
): Promise<Proofs> {
  if (root !== undefined) {
    const { proveCertificates } = await import('./certificates.ts');
    return { certificates: proveCertificates(evidence, root) };
  }
  if (trustRoot?.root === undefined) return {};
  const { proveByRoot } = await import('./trust-root-proofs.ts');
  return proveByRoot(evidence, trustRoot.root);
}

async function openTrustRoot(options: VerifyOptions): Promise<OpenedTrustRoot | undefined> {
  if (!namesTrustRoot(options)) return undefined;
  const { loadTrustRoot } = await import('./trust-root.ts');
  return loadTrustRoot(options);
}

/** Policies are judged by code that is loaded only for them. */
async function readPolicies({ policy }: VerifyOptions): Promise<readonly Policy[] | undefined> {
  if (policy === undefined) return undefined;
  const { loadPolicies } = await import('./policies.ts');
  return loadPolicies(policy);
}

async function readLock({ lockfile }: VerifyOptions): Promise<Lock | undefined> {
  if (lockfile === undefined) return undefined;
  const { loadLock } = await import('./lockfile.ts');
  return loadLock(lockfile);
}

async function nameArtifacts(
  artifacts: readonly ArtifactInput[],
  { as, policy }: VerifyOptions,
  lock: Lock | undefined,
): Promise<readonly ArtifactInput[]> {
  if (as === undefined) return artifacts;
  if (policy === undefined && lock === undefined)
    throw usageError('--as is for policies and lockfiles, and there is no --policy and no --lockfile');
  const { callArtifact } = await import('./policies.ts');
  return callArtifact(artifacts, as);
}

async function openCase(
  paths: readonly string[],
  options: VerifyOptions,
  expectations: Expectations,
): Promise<Case> {
  const { job, digest = [], checksums = [] } = options;
  const found = job === undefined ? undefined : await findJob(job, options);
  if (paths.length + digest.length + checksums.length > 0) {
    return openArtifacts(paths, options, expectations, found);
  }
  if (job !== undefined && found !== undefined) return openJob(job, found, options, expectations);
  throw usageError(
    'nothing to verify is named',
    'name a file or a directory, or use --digest, --checksums or --job',
  );
}

/** Where `attest` keeps jobs: in the data directory, or in a store. @throws CliError ERR_USAGE; StoreError */
async function findJob(job: string, { dataDir, store }: VerifyOptions): Promise<JobEvidence> {
  if (store !== undefined && dataDir !== undefined)
    throw usageError('--job is in one place: give --data-dir or --store');
  const { isElsewhere, jobFolder } = await import('./job-folder.ts');
  if (store === undefined || !isElsewhere(store)) return jobFolder(job, store ?? dataDir);
  const { readStoredJob } = await import('./job-stores.ts');
  return readStoredJob(store, job);
}

async function openArtifacts(
  paths: readonly string[],
  options: VerifyOptions,
  expectations: Expectations,
  job: JobEvidence | undefined,
): Promise<Case> {
  const { files, digests, evidencePaths, problems } = findTargets(paths, options.digest, options.checksums);
  const isElsewhere = options.provenance !== undefined || options.store !== undefined || job !== undefined;
  if (!isElsewhere && options.digest !== undefined) {
    throw usageError(
      '--digest says nothing about where its provenance is',
      'add --provenance FILE or --store PLACE',
    );
  }
  const keepsSources = options.vsa !== undefined;
  const reading = { artifacts: files.length + digests.length, expectations, keepsSources };
  const found = isElsewhere
    ? await openEvidence(options.provenance, job, reading)
    : await loadFound(evidencePaths, reading);
  const subjects = subjectNames(found.evidence);
  return { ...found, files: files.filter((target) => isArtifact(target, subjects)), digests, problems };
}

/** A job's attestations, and of the files in its folder those that its provenance names, or all of them. */
async function openJob(
  job: string,
  found: JobEvidence,
  options: VerifyOptions,
  expectations: Expectations,
): Promise<Case> {
  const keepsSources = options.vsa !== undefined;
  const opened = await openEvidence(options.provenance, found, { artifacts: 0, expectations, keepsSources });
  if (typeof found !== 'string') return { ...opened, files: [], digests: [], problems: [], job };
  const subjects = subjectNames(opened.evidence);
  const files = listFiles(found)
    .map((name) => ({ name, root: found, nameInRoot: name, fromDirectory: true }))
    .filter(
      (target) =>
        subjects.has(target.name) || (expectations.noExtra === true && isArtifact(target, subjects)),
    );
  return { ...opened, files, digests: [], problems: [], job };
}

/** Names that statements claim, signed by whomever: they only choose which files are looked at. */
function subjectNames({ items }: Evidence): Set<string> {
  const names = new Set<string>();
  for (const item of items) {
    const statement = item.statement();
    if (statement instanceof MalformedError) continue;
    for (const { name } of statement.subject) if (name !== undefined) names.add(name);
  }
  return names;
}

function algorithmsOf(evidence: Evidence): HashAlgorithm[] {
  return digestAlgorithms(evidence).filter((name): name is HashAlgorithm =>
    /^sha(?:256|384|512)$/.test(name),
  );
}

function judge(
  { evidence, job }: Pick<Case, 'evidence' | 'job'>,
  artifacts: readonly ArtifactInput[],
  problems: readonly Problem[],
  by: Pick<Verification, 'expectations' | 'now'> & Proofs,
): Report {
  if (artifacts.length === 0 && problems.length > 0) {
    return { verdict: 'rejected', artifacts: [], unjudged: [], tool: TOOL };
  }
  if (artifacts.length === 0 && job === undefined) throw usageError('there is no artifact in what is named');
  if (artifacts.length === 0) {
    sayWarning(
      `no artifact was checked: none of the files that the provenance of job ${job} names is beside it; only the provenance itself was`,
    );
  }
  try {
    const subject = artifacts.length === 0 ? 'provenance-only' : artifacts;
    return evaluateProvenance({ evidence, artifacts: subject, ...by });
  } catch (error) {
    throw inFlags(error);
  }
}

/** A rejection is a decision, unless evidence could not be read; an artifact that could not be read is none. */
export function exitCodeOf({ report: { verdict, artifacts }, problems, isBlind }: Judged): ExitCode {
  const isRejected = artifacts.some((artifact) => artifact.verdict === 'rejected');
  if (isRejected) return isBlind ? EXIT.undecided : EXIT.rejected;
  if (problems.length > 0) return EXIT.undecided;
  return verdict === 'accepted' ? EXIT.ok : EXIT.rejected;
}
