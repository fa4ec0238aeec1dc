import type { ProvenSigner } from './certificate.ts';
import type { ExpectedCertificate } from './expectations.ts';
import type { Context } from './context.ts';
import { fail, notRun, pass } from './finding.ts';
import type { Finding } from './report.ts';

/** Whether acceptance rests on a certificate: one is expected, and the caller's keys alone are not enough. */
export function signsByCertificate({ opened: { signers }, expected }: Context): boolean {
  return expected.certificates.length > 0 && signers.length < expected.threshold;
}

const NOT_EXPECTED = 'no certificate is expected';
const NO_CERTIFICATE = 'the attestation has no certificate';

/** Is it proven when the certificate signed, and was it logged? Its key lived for minutes; whoever finds it later could sign. */
export function transparency({ opened: { certificate }, expected: { certificates } }: Context): Finding {
  if (certificates.length === 0) return notRun(NOT_EXPECTED);
  if (certificate === undefined) return notRun(NO_CERTIFICATE);
  const expected = 'an entry in a trusted log, and a proven time at which the certificate was valid';
  const { proof } = certificate;
  if (proof.signer !== undefined) return provenTime(expected, proof.signer);
  const { unproven, reason } = proof;
  if (unproven === 'transparency') return fail({ expected, actual: reason, pointer: LOG, hint: NOT_LOGGED });
  return notRun('the certificate did not sign');
}

const LOG = '/verificationMaterial/tlogEntries';
const NOT_LOGGED = 'Was the bundle changed, or is this the root of another Sigstore instance?';

function provenTime(expected: string, { times, logEntries, notBefore, notAfter }: ProvenSigner): Finding {
  if (times.length === 0) {
    const window = `${notBefore.toISOString()} to ${notAfter.toISOString()}`;
    return fail({
      expected,
      actual: `the file holds no log entry and no timestamp: nothing proves that it was signed while the certificate was valid, from ${window}`,
      hint: 'Ask the producer for the Sigstore bundle, which brings its log entry; without it this cannot be decided offline.',
    });
  }
  const proofs = times.map(({ by, time }) => `${time.toISOString()} by ${by}`);
  return pass({ expected, actual: `${logEntries} log entries; signed ${proofs.join(', ')}`, pointer: LOG });
}

/** Is the certificate of the identity that was expected, and did the expected issuer vouch for it? */
export function certificateIdentity({
  opened: { certificate },
  expected: { certificates },
}: Context): Finding {
  if (certificates.length === 0) return notRun(NOT_EXPECTED);
  const expected = listIdentities(certificates);
  if (certificate === undefined) return notRun(NO_CERTIFICATE);
  const { proof, accepted } = certificate;
  if (proof.signer === undefined) return notRun('the certificate is not proven');
  const { identity, issuer } = proof.signer;
  const result = { expected, actual: `${identity}, by ${issuer}`, pointer: '/verificationMaterial' };
  return accepted
    ? pass(result)
    : fail({ ...result, hint: 'Identity and issuer must match from the first character to the last.' });
}

/** How many identities a finding lists. */
const LISTED = 4;

function listIdentities(certificates: readonly ExpectedCertificate[]): string {
  const listed = certificates.slice(0, LISTED).map(({ identity, issuer }) => `${identity}, by ${issuer}`);
  const more = certificates.length - listed.length;
  return listed.join('; or ') + (more > 0 ? `; or ${more} more` : '');
}
