import { parsePublicKey } from '@danube/keys';
import { z } from 'zod';
import { attempt, describeAttempt } from './attempt.ts';
import { equalBytes, hex } from './bytes.ts';
import { verifyOnPlatforms, type CommonVerdict } from './ed25519-platforms.ts';
import type { Source, VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';

const OTHER_TYPE = 'a test group that is not EddsaVerify on edwards25519';
const ACCEPTABLE = 'the source accepts either verdict';

const TEST = z.object({
  tcId: z.number(),
  comment: z.string(),
  msg: hex,
  sig: hex,
  result: z.enum(['valid', 'invalid', 'acceptable']),
  flags: z.array(z.string()).default([]),
});
const GROUP = z.object({
  type: z.string(),
  publicKey: z.object({ curve: z.string(), pk: hex }),
  publicKeyPem: z.string().optional(),
  tests: z.array(TEST),
});
const FILE = z.object({ testGroups: z.array(GROUP) });
/** The schema that lies beside the tests is JSON, too. */
const ANY_FILE = z.looseObject({});
type Group = z.infer<typeof GROUP>;
type Test = z.infer<typeof TEST>;

/** C2SP Wycheproof: Ed25519 verification (testvectors_v1, type EddsaVerify). */
export const wycheproofEd25519: VectorFolder = {
  name: 'wycheproof-ed25519',
  exceptions: [OTHER_TYPE, ACCEPTABLE],
  judge,
};

async function* judge(source: Source): AsyncGenerator<Outcome> {
  for (const path of source.files.filter((file) => file.endsWith('.json'))) {
    if (!('testGroups' in source.json(path, ANY_FILE))) continue;
    const { testGroups } = source.json(path, FILE);
    const cases = testGroups.flatMap((group) => group.tests.map((test) => ({ group, test })));
    const verdicts = await verifyOnPlatforms(
      cases.map(({ group, test }) => ({
        publicKey: group.publicKey.pk,
        message: test.msg,
        signature: test.sig,
      })),
    );
    for (const [index, { group, test }] of cases.entries()) yield judgeTest(group, test, verdicts[index]);
  }
}

function judgeTest(group: Group, test: Test, verdict: CommonVerdict = 'reject'): Outcome {
  const name = `tcId ${test.tcId} ${[test.comment, ...test.flags].filter(Boolean).join(', ')}`;
  if (group.type !== 'EddsaVerify' || group.publicKey.curve !== 'edwards25519') {
    return notApplicable(name, OTHER_TYPE);
  }
  if (test.result === 'acceptable') return notApplicable(name, ACCEPTABLE);
  const outcome = compare(name, test.result === 'valid' ? 'accept' : 'reject', verdict);
  if (outcome.result === 'disagreed' || test.result === 'invalid') return outcome;
  return compare(name, 'the same key from PEM', readPem(group));
}

function readPem({ publicKey, publicKeyPem }: Group): string {
  if (publicKeyPem === undefined) return 'the same key from PEM';
  const end = attempt(() => parsePublicKey(Buffer.from(publicKeyPem)));
  if (end.verdict !== 'accepted') return describeAttempt(end);
  return equalBytes(end.value.raw, publicKey.pk) ? 'the same key from PEM' : 'another key from PEM';
}
