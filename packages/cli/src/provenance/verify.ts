import type { ExitCode } from '../exit-code.ts';
import { choice, parseCount, parseDuration, repeatable, single } from '../options.ts';
import type { Arguments, Declaration } from '../plain-arguments.ts';
import { addRegistryOptions, type RegistryOptions } from '../registry-options.ts';
import { addFollowOptions, type FollowOptions } from './follow-options.ts';
import { addSummaryOptions, type SummaryOptions } from './summary-options.ts';
import { addTrustRootOptions, type TrustRootOptions } from './trust-root-options.ts';

/** The options of `danube provenance verify` as the parser hands them over. */
export interface VerifyOptions extends TrustRootOptions, RegistryOptions, SummaryOptions, FollowOptions {
  readonly platform?: string;
  readonly provenance?: readonly string[];
  readonly store?: string;
  readonly digest?: readonly string[];
  readonly checksums?: readonly string[];
  readonly job?: string;
  readonly dataDir?: string;
  readonly offline?: true;
  readonly tarball?: string;
  readonly packageLock?: string;
  readonly publicKey?: readonly string[];
  readonly sigstoreRoot?: string;
  readonly certificateIdentity?: string;
  readonly certificateIssuer?: string;
  readonly threshold?: number;
  readonly builderId?: string;
  readonly sourceUri?: string;
  readonly sourceRef?: string;
  readonly sourceBranch?: string;
  readonly sourceTag?: string;
  readonly sourceCommit?: string;
  readonly buildType?: string;
  readonly parameter?: readonly string[];
  readonly parameterJson?: readonly string[];
  readonly allowParameter?: readonly string[];
  readonly predicateType?: string;
  readonly maxAge?: number;
  readonly policy?: readonly string[];
  readonly lockfile?: string;
  readonly as?: string;
  readonly strict?: true;
  /** False when `--no-extra` is given. */
  readonly extra: boolean;
  /** False when `--no-missing` is given. */
  readonly missing: boolean;
  readonly format: 'text' | 'json' | 'sarif' | 'junit' | 'github' | 'markdown' | 'html';
  readonly explain?: true;
}

export function describe(command: Declaration): void {
  const declared = declareVerification(
    command.description(
      'Check artifacts against their provenance, with nothing but the public keys you trust.',
    ),
  )
    .optionsGroup('What was accepted before:')
    .addOption(single('--lockfile <FILE>', 'it may be no weaker and no older than what was locked'))
    .optionsGroup('Verification summaries (VSA):');
  addSummaryOptions(declared)
    .optionsGroup('Output:')
    .addOption(choice('--format <FORMAT>', 'for people or for programs', FORMATS, 'text'))
    .option('--explain', 'every check: expected, actual, where it was read, what to do')
    .addHelpText('after', HELP);
}

/** What is checked, by whom it must be signed, and what it must say: for every command that verifies. */
export function declareVerification(command: Declaration): Declaration {
  command
    .argument('[ARTIFACT|DIR|oci:IMAGE|pkg:npm/NAME@VERSION...]', 'files, directories, images, or a package')
    .optionsGroup('What is checked:')
    .addOption(
      repeatable('--provenance <FILE|DIR>', 'attestations; default: those found beside the artifact'),
    )
    .addOption(single('--store <PLACE>', 'find attestations there by digest: a directory, s3:// or oci:'))
    .addOption(repeatable('--digest <sha256:HEX>', 'check a digest instead of a file'))
    .addOption(repeatable('--checksums <FILE>', 'check every entry of a checksum file'))
    .addOption(single('--job <ID>', 'check a job in the data directory, or in --store'))
    .addOption(single('--data-dir <DIR>', 'default: $DANUBE_DATA_DIR, or /var/lib/danube'))
    .option('--offline', 'open no connection; whatever needs one is an error')
    .optionsGroup('Who must have signed:')
    .addOption(repeatable('--public-key <FILE>', 'a key you trust; at least one, or one of the following'))
    .addOption(single('--sigstore-root <FILE>', 'trusted_root.json of the Sigstore instance you trust'))
    .addOption(single('--certificate-identity <PATTERN>', 'whose certificate may have signed'))
    .addOption(single('--certificate-issuer <PATTERN>', 'who must have vouched for that identity'))
    .addOption(
      single('--threshold <N>', 'how many different keys must have signed (default: 1)', parseCount),
    );
  addTrustRootOptions(command)
    .optionsGroup('What the provenance must say (compared exactly):')
    .addOption(single('--builder-id <URI>', 'the builder'))
    .addOption(single('--source-uri <URI>', 'the source repository'))
    .addOption(single('--source-ref <REF>', 'the full ref, refs/heads/main'))
    .addOption(single('--source-branch <NAME>', 'the branch'))
    .addOption(single('--source-tag <NAME>', 'the tag'))
    .addOption(single('--source-commit <SHA>', 'the full commit id'))
    .addOption(single('--build-type <URI>', 'the build type'))
    .addOption(repeatable('--parameter <NAME=TEXT>', 'an external parameter with this text'))
    .addOption(repeatable('--parameter-json <NAME=JSON>', 'an external parameter with this JSON value'))
    .addOption(repeatable('--allow-parameter <NAME>', 'an external parameter that may have any value'))
    .addOption(single('--predicate-type <URI>', 'default: SLSA provenance v1 or v0.2'))
    .addOption(single('--max-age <TIME>', 'the build finished at most so long ago: 12h, 30d', parseDuration))
    .option('--strict', 'external parameters that no option names fail, instead of warning')
    .option('--no-extra', 'a file without provenance fails')
    .option('--no-missing', 'a subject without a file fails')
    .optionsGroup('What a policy says:')
    .addOption(
      repeatable('--policy <FILE>', 'every policy about the artifact must be satisfied, and one must be'),
    )
    .addOption(single('--as <NAME>', 'what the artifact is: a package URL, or an image reference'));
  addFollowOptions(command)
    .optionsGroup('Images (oci:REGISTRY/REPOSITORY:TAG or @DIGEST):')
    .addOption(
      single('--platform <OS/ARCH>', 'of an index that has no attestation itself, only these images'),
    );
  return addRegistryOptions(command)
    .optionsGroup('Packages of npm (pkg:npm/NAME@VERSION):')
    .addOption(single('--tarball <FILE>', 'the package as it was downloaded'))
    .addOption(single('--package-lock <FILE>', 'the lock file that pins the package, by its SHA-512'));
}

const FORMATS = ['text', 'json', 'sarif', 'junit', 'github', 'markdown', 'html'] as const;

const HELP = `
Provenance is found beside an artifact as ARTIFACT.intoto.jsonl, ARTIFACT.sigstore.json or provenance.json, in the
folder of a checksum file likewise, and anywhere in a directory. What a file holds decides what it is, never its name.

A directory stands for all files in it except attestations (*.intoto.jsonl, *.sigstore.json, provenance.json,
isolation.json) and checksum files (SHA256SUMS, SHA384SUMS, SHA512SUMS, *.sha256, *.sha384, *.sha512) that no
provenance names. Its other files that no provenance names are listed but not judged; --no-extra makes them fail.

An image is judged by the attestations in its registry, or by --provenance. A tag is resolved once. An index is accepted
when an attestation names its digest, or when each of its images (of --platform) is accepted by its own digest.

--store finds attestations by the digests of what is checked: in the jobs of a data directory, in s3://BUCKET/PREFIX
(AWS_REGION, AWS_ENDPOINT_URL_S3 and AWS credentials), or in a repository, oci:REGISTRY/REPOSITORY.

A package is judged by the provenance of its build and by its registry's publish attestation. Both must be there once,
in --provenance (what the registry answers for its attestations) or beside the tarball, and agree on name, version and
digest. --public-key is then the registry's key, or the list that it answers; it signs nothing but publications.

--job reads the attestations in DATA-DIR/artifacts/ID/, or with --store those that attest --store put there, into a
directory or s3://BUCKET/PREFIX. Without artifacts it checks the subjects it finds there as files; if there are none, it
checks the provenance alone and says so. Attestations of other types there are listed, and spoil nothing.

A parameter's NAME is one that the person who started the build could set; with a leading / it is a JSON pointer below
externalParameters.

A trust root says which keys sign for which builders, up to which SLSA Build level, and for how long (docs/trust.md). It
takes the place of --public-key, --threshold and certificates. It is believed when the keys named by --trust-root-key
signed it, or, plain, because you name it so. --trust-state remembers it, so that an older one is refused next time.

A policy (docs/policy.md) says in one file which artifacts it is about and what their provenance must say. Every policy
that is about the artifact has to be satisfied; an artifact that none is about is rejected. --as names the artifact for
policies that select by package or image; files are selected by their name.

A lockfile says what was accepted before (danube provenance lock): builder, source, Build level, signers and time. What
is weaker or older in one of them, or is not in it, is rejected.

A certificate's identity and issuer are compared exactly. In a pattern * stands for any characters but / and @, and **
for any characters; the host is always exact. Signature, log entry, time and certificate are verified offline.

--follow verifies what the provenance names as dependencies (docs/chains.md), where something speaks for them:
provenance beside the artifact's, in --dependency-evidence or in --store, or a summary by a verifier of the trust root.
A bad one rejects the artifact; one that nothing speaks for is reported, and rejects with --follow-all. What is said of
the artifact does not hold for them, but who must have signed; --follow-policy says more, level by level.

--sigstore-root is a file that does not say how old it is. danube trust update --sigstore brings it from the TUF
repository of its instance, and ends with 1 when that one is outdated or not to be trusted: run it before, joined by &&.

Nothing but images is fetched: keys, trust roots, evidence and policies are files; only --vsa-key may name a service.
--offline makes sure that no connection is opened, and refuses images and stores elsewhere.

--vsa writes what was decided as a verification summary attestation, accepted or rejected: the policy, the attestations
and the SLSA Build level that the trust root vouches for (docs/vsa.md). Without --vsa, --verifier-id and --resource-uri
accept an artifact by such a summary instead of provenance; --build-level says what it must report.

Exit codes:
  0  every artifact is accepted
  1  an artifact is rejected
  2  wrong use: an unknown option, no public key, a bad value
  3  could not decide: a file could not be read, a registry did not answer

Examples:
  danube provenance verify app.tgz --public-key danube.pub
  danube provenance verify dist/ --public-key danube.pub --builder-id https://ci.example.com/danube \\
      --source-uri git+https://git.example.com/shop/app --source-tag v1.2.0 --no-extra --no-missing
  danube provenance verify oci:registry.example.com/shop/app:v1.2.0 --public-key danube.pub
  danube provenance verify pkg:npm/sigstore@4.0.0 --package-lock package-lock.json --provenance attestations.json \\
      --public-key npm-keys.json --sigstore-root trusted_root.json \\
      --certificate-issuer https://token.actions.githubusercontent.com \\
      --certificate-identity 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main'
  danube provenance verify --job=abc123 --public-key=/var/lib/danube/keys/signing.key.pub
  danube provenance verify app.tgz --job abc123 --store s3://attestations/shop --public-key danube.pub
  danube provenance verify app.tgz --trust-root trust-root.json --trust-root-key root.pub --build-level 3
  danube provenance verify dist/ --trust-root trust-root.json --trust-root-key root.pub --policy policy.yaml
  danube provenance verify app.tgz --trust-root trust-root.json --trust-root-key root.pub --follow 2 \\
      --dependency-evidence attestations/ --follow-policy 1=libraries.yaml --follow-all
  danube provenance verify app.tgz --sigstore-root trusted_root.json \\
      --certificate-issuer https://token.actions.githubusercontent.com \\
      --certificate-identity 'https://github.com/shop/app/.github/workflows/release.yml@refs/tags/*'
  danube provenance verify app.tgz --trust-root trust-root.json --trust-root-key root.pub --policy policy.yaml \\
      --vsa app.tgz.vsa.json --vsa-key vsa.key --verifier-id https://verify.example.com \\
      --resource-uri https://example.com/app.tgz
  danube provenance verify --digest sha256:9f86… --provenance app.tgz.sigstore.json --public-key danube.pub
  danube provenance verify --checksums SHA256SUMS --public-key a.pub --public-key b.pub --threshold 2 --format json`;

export async function run(command: Arguments): Promise<ExitCode> {
  const { verifyArtifacts } = await import('./verification.ts');
  return verifyArtifacts(command.args, command.opts<VerifyOptions>());
}
