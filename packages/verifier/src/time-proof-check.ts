import type { Context } from './context.ts';
import { fail, notRun, pass, warn } from './finding.ts';
import type { Finding } from './report.ts';
import { earliest } from './signing-time.ts';

/**
 * Is it proven when it was signed? Where it is not, nothing is lost but that: keys are then judged at the time of the
 * verification. A timestamp or log entry that proves nothing is told, and fails unless another one does.
 */
export function timeProof({
  opened: { payload, certificate, timeProof: proof, signedAt },
  now,
}: Context): Finding {
  if (!payload.reached) return notRun(payload.reason);
  const expected = 'a timestamp by an authority of the trust root, or an entry in one of its logs';
  const proven =
    signedAt ?? earliest(certificate?.accepted === true ? (certificate.proof.signer?.times ?? []) : []);
  if (proven !== undefined) {
    return pass({
      expected,
      actual: `signed by ${proven.time.toISOString()}, says ${proven.by}`,
      pointer: MATERIAL,
    });
  }
  const [problem] = proof?.problems ?? [];
  if (problem !== undefined) return fail({ expected, actual: problem, pointer: MATERIAL, hint: NOT_PROVEN });
  return warn({
    expected,
    actual: `nothing proves when it was signed: keys are judged on ${now.toISOString()}`,
    hint: 'The build time is a claim. danube provenance sign --timestamp-url brings a proof.',
  });
}

const MATERIAL = '/verificationMaterial';
const NOT_PROVEN = 'Was the bundle changed, or is who says when it was signed missing from the trust root?';
