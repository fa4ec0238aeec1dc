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
  const cases = readCases(source, strict.verdicts.length);
  const verdicts = await verifyOnPlatforms(cases.map(({ question }) => question));
  for (const [position, { index, file }] of cases.entries()) {
    const comment = conditions.find((condition) => condition.index === index)?.comment ?? '';
    const name = [`#${index}`, file, comment].filter((part) => part !== '').join(' ');
    yield compare(name, strict.verdicts[index] ?? 'no verdict', verdicts[position] ?? 'no answer');
  }
}

interface Case {
  readonly index: number;
  readonly file: string;
  readonly question: SignatureQuestion;
}

// The source publishes the same cases twice; one that is another in the second file is a case of its own.
function readCases(source: Source, verdicts: number): Case[] {
  const cases = source
    .json('cases.json', CASES)
    .map(({ message, pub_key: publicKey, signature }) => ({ message, publicKey, signature }));
  const others = source.files.includes('cases.txt') ? parseText(source.text('cases.txt')) : cases;
  if (cases.length !== verdicts || others.length !== verdicts) {
    throw new UnreadableError(`${cases.length} and ${others.length} cases, but ${verdicts} verdicts`);
  }
  return [
    ...cases.map((question, index) => ({ index, file: '', question })),
    ...others
      .map((question, index) => ({ index, file: 'cases.txt', question }))
      .filter(({ index, question }) => !sameCase(question, cases[index])),
  ];
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

function sameCase(a: SignatureQuestion, b: SignatureQuestion | undefined): boolean {
  return (
    b !== undefined &&
    equalBytes(a.message, b.message) &&
    equalBytes(a.publicKey, b.publicKey) &&
    equalBytes(a.signature, b.signature)
  );
}
