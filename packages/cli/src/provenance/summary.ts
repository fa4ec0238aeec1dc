import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import canonicalize from 'canonicalize';
import { signStatement } from '@danube/signer';
import {
  buildVerificationSummary,
  type EvidenceFile,
  type EvidenceItem,
  type Expectations,
  type Follow,
  loadEvidence,
  type Policy,
  type Report,
} from '@danube/verifier';
import { MalformedError, type ResourceDescriptor } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { withSigningKey } from '../signing-key.ts';
import { sayWarning } from '../terminal.ts';
import { encodeAttestations } from './encoding.ts';
import { inFlags } from './expectations.ts';
import type { SummaryOptions } from './summary-options.ts';

/** A verification that came to an end, and what it was made of. */
export interface Verified {
  readonly report: Report;
  readonly expectations: Expectations;
  /** Everything that was looked at. */
  readonly files: readonly EvidenceFile[];
  readonly now: Date;
  /** Something that was named or met could not be looked at. */
  readonly isUndecided: boolean;
}

/**
 * Writes what was decided as a verification summary attestation, signed.
 *
 * Nothing is written when nothing was decided, or not the same for every artifact.
 *
 * @throws KeyError, SignError, CliError ERR_USAGE, ERR_IO
 */
export async function writeSummary(verified: Verified, out: string, options: SummaryOptions): Promise<void> {
  const { report } = verified;
  if (verified.isUndecided)
    return sayWarning('no verification summary is written: not everything was decided');
  if (report.artifacts.some(({ verdict }) => verdict !== report.verdict)) {
    return sayWarning(
      'no verification summary is written: it has one result, and some artifacts are accepted and some rejected',
    );
  }
  const statement = describeInFlags(verified, options);
  const { vsaKey: key = '', ...others } = options;
  const envelope = await withSigningKey({ ...others, key }, (backend) => signStatement(statement, backend));
  writeOutput(out, encodeAttestations([envelope], 'dsse'));
}

function describeInFlags(
  { report, expectations, files, now }: Verified,
  { verifierId = '', resourceUri = '' }: SummaryOptions,
): ReturnType<typeof buildVerificationSummary> {
  try {
    return buildVerificationSummary(report, {
      verifierId,
      resourceUri,
      policy: describePolicy(expectations),
      inputAttestations: files.flatMap(describeFile),
      timeVerified: now,
    });
  } catch (error) {
    throw error instanceof MalformedError ? usageError(error.message) : inFlags(error);
  }
}

/** The policy file; where there is not exactly one, all that was expected, as a document of its own. */
export function describePolicy({ policies = [], follow, ...others }: Expectations): ResourceDescriptor {
  const [policy, ...more] = policies.map(describeLoaded);
  if (policy !== undefined && more.length === 0 && follow === undefined)
    return { name: policy.name, ...identify(policy.sha256) };
  const document =
    canonicalize(
      toPlain({
        ...others,
        policies: policies.map(describeLoaded),
        ...(follow !== undefined && { follow: describeFollow(follow) }),
      }),
    ) ?? '';
  const content = Buffer.from(document);
  const fits = content.length < CONTENT_BYTES;
  return {
    ...identify(sha256(content)),
    mediaType: 'application/json',
    ...(fits && { content: new Uint8Array(content) }),
  };
}

function describeLoaded(policy: Policy): { readonly name: string; readonly sha256: string } {
  if (!('sha256' in policy) || typeof policy.sha256 !== 'string')
    throw new TypeError('a policy without its file');
  return { name: policy.name, sha256: policy.sha256 };
}

function describeFollow({ depth, all, policies }: Follow): object {
  return { depth, all, policies: policies.map((level) => level.map(describeLoaded)) };
}

/** What in-toto wants the content of a descriptor to stay below. */
const CONTENT_BYTES = 1024;

/** Named by what it is (RFC 6920): nobody has to keep a place for it. */
function identify(hex: string): Pick<ResourceDescriptor, 'uri' | 'digest'> {
  return {
    uri: `ni:///sha-256;${Buffer.from(hex, 'hex').toString('base64url')}`,
    digest: { sha256: hex },
  };
}

/** Every attestation of a file, by the digest of the file; of a line of JSON Lines, of the line without its end. */
function describeFile(file: EvidenceFile): ResourceDescriptor[] {
  const { path, bytes } = file;
  const where = path.startsWith('oci:') ? { uri: path } : { name: basename(path) };
  return loadEvidence([file])
    .items.filter(({ envelope }) => !(envelope instanceof MalformedError))
    .map((item) => ({ ...where, digest: { sha256: sha256(bytesOf(item, bytes)) } }));
}

function bytesOf({ line }: EvidenceItem, bytes: Uint8Array): Uint8Array {
  if (line === undefined) return bytes;
  let start = 0;
  for (let before = 1; before < line; before++) start = bytes.indexOf(0x0a, start) + 1;
  const end = bytes.indexOf(0x0a, start);
  const found = bytes.subarray(start, end === -1 ? bytes.length : end);
  return found.at(-1) === 0x0d ? found.subarray(0, -1) : found;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Expectations as JSON: keys by their fingerprints, a trust root and a policy by what they are called and their digests. */
function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, describeMember));
}

function describeMember(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (name === 'root') return describeRoot(value);
  if ('spki' in value && 'keyid' in value) return value.keyid;
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function describeRoot(root: object): object {
  const content = canonicalize(toPlain({ ...root })) ?? '';
  return { ...('version' in root && { version: root.version }), sha256: sha256(Buffer.from(content)) };
}
