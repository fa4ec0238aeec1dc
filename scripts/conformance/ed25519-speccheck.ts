import { z } from 'zod';
import { equalBytes, hex } from './bytes.ts';
import { verifyOnPlatforms, type SignatureQuestion } from './ed25519-platforms.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, type Outcome } from './outcome.ts';

const CASES = z.array(z.object({ message: hex, pub_key: hex, signature: hex }));
const EXPECTED = z.object({
  conditions: z.array(z.object({ index: z.number(), comment: z.string() })).default([]),
  strict_profile: z.object({ verdicts: z.array(z.enum(['accept', 'reject'])) }),
});

/** Edge cases of Ed25519 verification (novifinancial/ed25519-speccheck), judged by the strict profile. */
export const ed25519Speccheck: VectorFolder = { name: 'ed25519-speccheck', exceptions: [], judge };

async function* judge(source: Source): AsyncGenerator<Outcome> {
  const { strict_profile: strict, conditions } = source.json('expected.json', EXPECTED);
  const cases = readCases(source);
  if (cases.length !== strict.verdicts.length) {
    throw new UnreadableError(`${cases.length} cases, but ${strict.verdicts.length} verdicts`);
  }
  const verdicts = await verifyOnPlatforms(cases);
  for (const [index, expected] of strict.verdicts.entries()) {
    const comment = conditions.find((condition) => condition.index === index)?.comment ?? '';
    yield compare(`#${index} ${comment}`.trimEnd(), expected, verdicts[index] ?? 'no answer');
  }
}

// The source publishes the same cases twice; where both files are there they must say the same.
function readCases(source: Source): SignatureQuestion[] {
  const cases = source
    .json('cases.json', CASES)
    .map(({ message, pub_key: publicKey, signature }) => ({ message, publicKey, signature }));
  if (source.files.includes('cases.txt') && !sameCases(cases, parseText(source.text('cases.txt')))) {
    throw new UnreadableError('cases.txt and cases.json hold different cases');
  }
  return cases;
}

function parseText(text: string): SignatureQuestion[] {
  const values = (field: string): Uint8Array[] =>
    [...text.matchAll(new RegExp(`^${field}=([0-9a-f]*)\\s*$`, 'gm'))].map(([, digits]) => hex.parse(digits));
  const [messages, publicKeys, signatures] = [values('msg'), values('pbk'), values('sig')];
  return messages.map((message, index) => ({
    message,
    publicKey: publicKeys[index] ?? new Uint8Array(),
    signature: signatures[index] ?? new Uint8Array(),
  }));
}

function sameCases(a: readonly SignatureQuestion[], b: readonly SignatureQuestion[]): boolean {
  return a.length === b.length && a.every((question, index) => sameCase(question, b[index]));
}

function sameCase(a: SignatureQuestion, b: SignatureQuestion | undefined): boolean {
  return (
    b !== undefined &&
    equalBytes(a.message, b.message) &&
    equalBytes(a.publicKey, b.publicKey) &&
    equalBytes(a.signature, b.signature)
  );
}
