import type { CertificateClaims, ProvenSigner } from './certificate.ts';
import type { Context } from './context.ts';
import { fail, notRun, pass, warn } from './finding.ts';
import type { Build, Claim, SourceClaims } from './profiles.ts';
import type { Finding } from './report.ts';

/** What certificate and provenance both say. */
interface Comparison {
  readonly what: string;
  readonly certified: string;
  readonly claimed: Claim;
}

/**
 * Does the provenance say of its build what the certificate says of the workload that signed? The certificate authority
 * had it from the identity provider, so provenance that says something else was made up, or is about another build.
 */
export function certificateClaims({ opened: { certificate, build } }: Context): Finding {
  if (certificate?.proof.signer === undefined) return notRun('no certificate is expected, or none signed');
  if (!build.reached) return notRun(build.reason);
  const expected = 'provenance that agrees with its certificate';
  const comparisons = compare(certificate.proof.signer, build.value);
  const [disagreement] = comparisons.filter(({ certified, claimed }) => certified !== claimed.value);
  if (disagreement !== undefined) {
    const { what, certified, claimed } = disagreement;
    return fail({
      expected: `${what} ${certified}, as the certificate says`,
      actual: `${what} ${claimed.value}`,
      pointer: claimed.pointer,
      hint: 'The provenance is not about the build that signed it.',
    });
  }
  if (comparisons.length === 0) {
    return warn({
      expected,
      actual: 'certificate and provenance say nothing in common: neither confirms the other',
    });
  }
  return pass({ expected, actual: `they agree on ${comparisons.map(({ what }) => what).join(', ')}` });
}

function compare(signer: ProvenSigner, { source, run: readRun }: Build): Comparison[] {
  const { claims } = signer;
  const run = readRun();
  const claimed = typeof source === 'string' ? NOTHING : source;
  return [
    both('repository', claims.sourceRepositoryUri, plainUri(claimed.uri)),
    both('ref', claims.sourceRepositoryRef, claimed.ref),
    both('commit', claims.sourceRepositoryDigest, claimed.commit()),
    both('trigger', claims.buildTrigger, run.trigger),
    both('runner environment', claims.runnerEnvironment, run.runnerEnvironment),
    both('workflow', claims.buildConfigUri, run.workflow),
    both('run', claims.runInvocationUri, run.invocation),
    both('builder', certifiedBuilder(signer, run.builder), run.builder),
  ].flatMap((comparison) => (comparison === undefined ? [] : [comparison]));
}

const NOTHING: SourceClaims = { uri: undefined, ref: undefined, commit: () => undefined };

function both(
  what: string,
  certified: string | undefined,
  claimed: Claim | undefined,
): Comparison | undefined {
  return certified === undefined || claimed === undefined ? undefined : { what, certified, claimed };
}

/** Certificates name the repository as a web page, provenance mostly as something that git can fetch. */
function plainUri(claim: Claim | undefined): Claim | undefined {
  return claim === undefined ? undefined : { ...claim, value: claim.value.replace(/^git\+/, '') };
}

const GITHUB_RUNNER = 'https://github.com/actions/runner/';
/** SLSA's delegators sign for builders that call them; whoever trusts one by its identity lets it name the builder. */
const DELEGATOR = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/delegator_';

/** GitHub's builders are known by the kind of runner, or by the workflow that signs, which is the certificate's identity. */
function certifiedBuilder(
  { identity, claims }: { readonly identity: string; readonly claims: CertificateClaims },
  builder: Claim | undefined,
): string | undefined {
  if (builder === undefined) return undefined;
  if (builder.value.startsWith(GITHUB_RUNNER)) {
    return claims.runnerEnvironment === undefined ? undefined : GITHUB_RUNNER + claims.runnerEnvironment;
  }
  if (identity.startsWith(DELEGATOR)) return undefined;
  return builder.value.includes('/.github/workflows/') ? identity : undefined;
}
