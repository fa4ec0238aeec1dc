/** A trust root that knows the builder of the fixture. */
import type { OpenedTrustRoot, TrustedBuilder, TrustedVerifier } from '../src/index.ts';
import { AUDITOR, BUILDER, BUILDER_ID } from './fixture.ts';

const FROM = new Date('2026-01-01T00:00:00Z');
const UNTIL = new Date('2027-01-01T00:00:00Z');

export const VERIFIER_ID = 'https://verify.example.com';

/** Builder and auditor have a key each; the auditor sums verifications up. */
export function trustRootOf(
  builder: Partial<TrustedBuilder> = {},
  verifiers: readonly TrustedVerifier[] = [{ id: VERIFIER_ID, keys: [AUDITOR.publicKey], threshold: 1 }],
): OpenedTrustRoot {
  const keys = [BUILDER, AUDITOR].map(({ publicKey }) => ({ publicKey, notBefore: FROM, notAfter: UNTIL }));
  return {
    root: {
      version: 1,
      expires: UNTIL,
      keys,
      builders: [{ id: BUILDER_ID, keys: [BUILDER.publicKey], threshold: 1, maxLevel: 2, ...builder }],
      verifiers,
    },
    by: 'vouched for by the test',
  };
}
