import { fail, malformed, notRun, pass } from './finding.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** Is it a DSSE envelope (or a Sigstore bundle with one) of an in-toto payload? */
export function envelopeFormat({ opened: { envelope } }: Context): Finding {
  const expected = 'a DSSE envelope with an in-toto payload';
  if (envelope.reached)
    return pass({ expected, actual: envelope.value.payloadType, pointer: '/payloadType' });
  return envelope.error === undefined ? notRun(envelope.reason) : malformed(expected, envelope.error);
}

/** Did at least one of the caller's keys sign the bytes that are there? */
export function signature({
  opened: { envelope, signers, certificate, delegated },
  expected: { keys, certificates },
}: Context): Finding {
  if (!envelope.reached) return notRun(envelope.reason);
  const either = keys.length > 0 && certificates.length > 0 ? ' or ' : '';
  const names = listKeys(keys) + either + (certificates.length > 0 ? BY_CERTIFICATE : '');
  const expected = `a signature by ${keys.length < 2 ? '' : 'one of '}${names}`;
  if (signers.length > 0) return pass({ expected, actual: listKeys(signers), pointer: '/signatures' });
  if (certificate?.proof.signer !== undefined) {
    return pass({
      expected,
      actual: `a certificate, ${certificate.proof.signer.fingerprint}`,
      pointer: CERTIFICATE,
    });
  }
  if (certificate !== undefined)
    return fail({ expected, actual: certificate.proof.reason, pointer: CERTIFICATE });
  if (delegated?.reason !== undefined)
    return fail({ expected, actual: delegated.reason, pointer: CERTIFICATE });
  const { signatures } = envelope.value;
  return fail({
    expected,
    actual: `none of ${signatures.length} signature(s) verified; they claim to be by ${listKeys(signatures)}`,
    pointer: '/signatures',
    hint: 'Either the evidence was changed, or another key signed it. Is this the public key of the builder?',
  });
}

/** Did the key that a trusted one delegated to sign in its minutes? */
export function keyDelegation({ opened: { envelope, delegated } }: Context): Finding {
  if (!envelope.reached) return notRun(envelope.reason);
  if (delegated === undefined) return notRun('no key was delegated to');
  const expected = 'a certificate by a trusted key, valid when it signed';
  if (delegated.reason !== undefined) {
    const hint = 'A timestamp proves when it signed: danube provenance sign --timestamp-url.';
    return fail({ expected, actual: delegated.reason, pointer: CERTIFICATE, hint });
  }
  const { delegation, at, by } = delegated;
  const { publicKey, issuer, notBefore, notAfter } = delegation;
  const window = `from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
  const moment =
    by === undefined ? `judged on ${at.toISOString()}` : `signed by ${at.toISOString()}, says ${by}`;
  return pass({
    expected,
    actual: `${publicKey.keyid} in place of ${issuer.keyid} ${window}; ${moment}`,
    pointer: CERTIFICATE,
  });
}

/** Into the bundle; an envelope with a certificate has it beside its signature. */
const CERTIFICATE = '/verificationMaterial';
const BY_CERTIFICATE = 'a certificate of the Sigstore root';

/** How many keys a finding lists. */
const LISTED = 4;

function listKeys(keys: readonly { readonly keyid?: string }[]): string {
  let listed = '';
  for (const [index, { keyid }] of keys.entries()) {
    if (index === LISTED) return `${listed}, and ${keys.length - LISTED} more`;
    listed += (index === 0 ? '' : ', ') + (keyid || 'no keyid');
  }
  return listed;
}

/** Did enough different keys sign? */
export function keyThreshold({
  opened: { envelope, signers, certificate },
  expected: { keys, threshold, certificates },
}: Context): Finding {
  if (!envelope.reached) return notRun(envelope.reason);
  const count = signers.length + (certificate?.accepted === true ? 1 : 0);
  const of = `${keys.length} distinct key(s)${certificates.length === 0 ? '' : ' and a certificate'}`;
  const result = { expected: `${threshold} of ${of}`, actual: `${count}`, pointer: '/signatures' };
  return count >= threshold ? pass(result) : fail(result);
}
