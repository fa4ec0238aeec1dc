import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildDelegation, encodeDelegation } from '@danube/keys';
import { judgeDelegation, type DelegatedSigner } from '../src/delegation.ts';
import type { EvidenceItem } from '../src/index.ts';
import { AUDITOR, BUILDER, STRANGER, envelopeOf } from './fixture.ts';

const notBefore = new Date('2026-01-02T12:00:00Z');
const notAfter = new Date('2026-01-02T12:10:00Z');
const [before, after] = [new Date(notBefore.getTime() - 1), new Date(notAfter.getTime() + 1)];

/** In the builder's place signs the auditor. */
const unsigned = buildDelegation(
  BUILDER.publicKey,
  { publicKey: AUDITOR.publicKey, notBefore, notAfter },
  new Uint8Array(16).fill(7),
);
const certificate = encodeDelegation(BUILDER.publicKey, unsigned, BUILDER.sign(unsigned));
const item = { bundle: { verificationMaterial: { certificate } } } as unknown as EvidenceItem;

function judge({
  keys = [AUDITOR],
  now = notBefore,
  signedAt,
}: {
  readonly keys?: readonly (typeof AUDITOR)[];
  readonly now?: Date;
  readonly signedAt?: Date;
} = {}): DelegatedSigner | undefined {
  const proven = signedAt === undefined ? undefined : { time: signedAt, by: 'an authority' };
  return judgeDelegation(item, envelopeOf('x', { keys }), [BUILDER.publicKey], proven, now);
}

const WINDOW = `the delegated key could sign from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;

describe('judgeDelegation', () => {
  it('takes a key in its minutes, the first and the last included', () => {
    for (const now of [notBefore, notAfter]) assert.equal(judge({ now })?.reason, undefined);
    for (const now of [before, after])
      assert.equal(
        judge({ now })?.reason,
        `${WINDOW}; nothing proves when it signed, and it is ${now.toISOString()}`,
      );
  });

  it('judges at the time that is proven, whenever it is now', () => {
    assert.deepEqual(
      [judge({ now: after, signedAt: notAfter })].map(
        (found) => found && 'at' in found && [found.at, found.by],
      ),
      [[notAfter, 'an authority']],
    );
    assert.equal(judge({ signedAt: after })?.reason, `${WINDOW}; it signed by ${after.toISOString()}`);
  });

  it('looks at every signature, and refuses when none is by the key', () => {
    assert.equal(judge({ keys: [STRANGER, AUDITOR] })?.reason, undefined);
    assert.equal(
      judge({ keys: [STRANGER] })?.reason,
      `the delegated key ${AUDITOR.publicKey.keyid} did not sign this`,
    );
  });

  it('says nothing where there is no certificate', () => {
    const bare = {} as EvidenceItem;
    assert.equal(
      judgeDelegation(bare, envelopeOf('x'), [BUILDER.publicKey], undefined, notBefore),
      undefined,
    );
  });
});
