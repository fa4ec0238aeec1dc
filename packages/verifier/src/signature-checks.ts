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
export function signature({ opened: { envelope, signers }, expected: { keys } }: Context): Finding {
  if (!envelope.reached) return notRun(envelope.reason);
  const expected = `a signature by ${keys.length === 1 ? '' : 'one of '}${keys.map(({ keyid }) => keyid).join(', ')}`;
  const { signatures } = envelope.value;
  if (signers.length > 0) {
    return pass({ expected, actual: signers.map(({ keyid }) => keyid).join(', '), pointer: '/signatures' });
  }
  const claimed = signatures.map(({ keyid }) => keyid || 'no keyid').join(', ');
  return fail({
    expected,
    actual: `none of ${signatures.length} signature(s) verified; they claim to be by ${claimed}`,
    pointer: '/signatures',
    hint: 'Either the evidence was changed, or another key signed it. Is this the public key of the builder?',
  });
}

/** Did enough different keys sign? */
export function keyThreshold({
  opened: { envelope, signers },
  expected: { keys, threshold },
}: Context): Finding {
  if (!envelope.reached) return notRun(envelope.reason);
  const result = {
    expected: `${threshold} of ${keys.length} distinct key(s)`,
    actual: `${signers.length}`,
    pointer: '/signatures',
  };
  return signers.length >= threshold ? pass(result) : fail(result);
}
