import { MalformedError, matchDigestSets, type Statement } from 'in-toto-attestation';
import type { Context } from './context.ts';
import type { EvidenceItem } from './evidence.ts';
import { fail, notRun, pass } from './finding.ts';
import type { ArtifactInput } from './matching.ts';
import { type NpmPackage, npmPackageUrl } from './npm-package.ts';
import { openAttestation, type Opened, PROVENANCE_TYPES } from './opening.ts';
import type { Finding } from './report.ts';
import { earliest, type ProvenTime } from './signing-time.ts';

/** What npm's registry says when it takes a package (npm/attestation, specs/publish/v0.1). */
const PUBLISH_TYPE = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';

type Fault = NonNullable<Parameters<typeof fail>[0]>;

/** What the registry said of the package, believed; or why it is not. */
type Publication = { readonly actual: string; readonly fault?: undefined } | { readonly fault: Fault };

/**
 * Is it this package of npm, built as the provenance says and published by the registry? Both attestations must be there
 * once, each by its own signer, and must agree with the caller on name, version and digest.
 */
export function npmPackage(context: Context): Finding {
  const { expected, found, opened } = context;
  const wanted = expected.npmPackage;
  if (wanted === undefined || found.kind !== 'artifact') return notRun('no package was given');
  if (!opened.statement.reached) return notRun(opened.statement.reason);
  const url = npmPackageUrl(wanted);
  const result = { expected: `${url} in one provenance and in one publish attestation of its registry` };
  const { artifact } = found;
  const fault =
    nameFault(opened.statement.value, url, artifact) ??
    signerFault(opened) ??
    countFault(context, url, artifact);
  if (fault !== undefined) return fail({ ...result, ...fault });
  const publication = readPublication(context, wanted, artifact);
  if (publication.fault === undefined) return pass({ ...result, actual: publication.actual });
  return fail({ ...result, ...publication.fault });
}

/** A subject that is this package, and no other beside it. */
function nameFault({ subject }: Statement, url: string, { digest }: ArtifactInput): Fault | undefined {
  const [first, ...others] = subject;
  if (first === undefined || others.length > 0)
    return { actual: `${subject.length} subjects, where a package has one`, pointer: '/subject' };
  if (first.name !== url) {
    return {
      actual: `it is about ${first.name ?? 'nothing that has a name'}`,
      pointer: '/subject/0/name',
      hint: 'The attestation is about another package or version.',
    };
  }
  if (matchDigestSets(first.digest, digest)) return undefined;
  return { actual: `it is about another tarball of ${url}`, pointer: '/subject/0/digest' };
}

/** npm looks for the key that a signature names, and so says no where it is none of the registry's: so do we. */
function signerFault({ envelope, signers }: Opened): Fault | undefined {
  const keyids = envelope.reached ? envelope.value.signatures.map(({ keyid = '' }) => keyid) : [];
  const stranger = keyids.find((keyid) => keyid !== '' && !signers.some((key) => key.keyid === keyid));
  if (stranger === undefined) return undefined;
  return { actual: `its signature names the key ${stranger}, which did not sign`, pointer: '/signatures' };
}

/** Two answers to one question would leave it to chance which of them is looked at. */
function countFault(context: Context, url: string, artifact: ArtifactInput): Fault | undefined {
  const provenances = itemsAbout(context, PROVENANCE_TYPES, url, artifact).length;
  const publications = itemsAbout(context, [PUBLISH_TYPE], url, artifact).length;
  if (provenances > 1) return { actual: `${provenances} provenance attestations of this package` };
  if (publications === 1) return undefined;
  return {
    actual: `${publications} publish attestations of this package`,
    hint: "The registry's answer holds both: https://registry.npmjs.org/-/npm/v1/attestations/NAME@VERSION",
  };
}

/** What claims to be of these types and about this package, by name or digest, whoever signed it. */
function itemsAbout(
  { evidence }: Context,
  types: readonly string[],
  url: string,
  { digest }: ArtifactInput,
): readonly EvidenceItem[] {
  return evidence.items.filter((item) => {
    const statement = item.statement();
    if (statement instanceof MalformedError || !types.includes(statement.predicateType)) return false;
    return statement.subject.some(
      (subject) => subject.name === url || matchDigestSets(subject.digest, digest),
    );
  });
}

function readPublication(context: Context, wanted: NpmPackage, artifact: ArtifactInput): Publication {
  const url = npmPackageUrl(wanted);
  const [item] = itemsAbout(context, [PUBLISH_TYPE], url, artifact);
  if (item === undefined) return { fault: { actual: 'there is no publish attestation' } };
  const opened = openAttestation(item, byRegistry(context, wanted), context.now);
  const proof = context.publications?.get(item);
  if (!opened.statement.reached) return untrusted(opened.statement.reason);
  if (proof === undefined) return untrusted('no log proves when it was signed');
  if (proof.reason !== undefined) return untrusted(proof.reason);
  const signed = earliest(proof.times);
  if (signed === undefined) return untrusted('no log proves when it was signed');
  const statement = opened.statement.value;
  const fault = keyFault(opened, wanted, signed) ?? nameFault(statement, url, artifact);
  if (fault !== undefined) return untrusted(fault.actual ?? '');
  return readPredicate(statement, wanted, `signed ${signed.time.toISOString()}, says ${signed.by}`);
}

/** The registry's keys and nobody else can say that it published a package. */
function byRegistry({ expected }: Context, { registryKeys }: NpmPackage): Context['expected'] {
  const keys = registryKeys.map(({ publicKey }) => publicKey);
  return { ...expected, keys, certificates: [], trustRoot: undefined, threshold: 1 };
}

function keyFault(
  { signers }: Opened,
  { registryKeys }: NpmPackage,
  { time }: ProvenTime,
): Fault | undefined {
  const key = registryKeys.find(({ publicKey }) => signers.includes(publicKey));
  if (key?.expires === undefined || time < key.expires) return undefined;
  const { publicKey, expires } = key;
  return {
    actual: `the key ${publicKey.keyid} expired ${expires.toISOString()}, and it was signed ${time.toISOString()}`,
  };
}

function readPredicate({ predicate }: Statement, { name, version }: NpmPackage, signed: string): Publication {
  if (predicate['name'] !== name || predicate['version'] !== version)
    return untrusted(`its predicate is about ${quote(predicate['name'])} ${quote(predicate['version'])}`);
  const { registry } = predicate;
  if (typeof registry !== 'string' || registry === '') return untrusted('its predicate names no registry');
  return { actual: `published to ${registry}, ${signed}` };
}

function quote(value: unknown): string {
  return typeof value === 'string' ? value : 'nothing';
}

function untrusted(reason: string): Publication {
  return {
    fault: {
      actual: `the publish attestation: ${reason}`,
      hint: "Is --public-key the registry's own key, and did the registry answer for this very version?",
    },
  };
}
