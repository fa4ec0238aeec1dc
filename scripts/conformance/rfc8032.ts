import { parsePrivateKey } from '@danube/keys';
import { z } from 'zod';
import { attemptAsync, describeAttempt } from './attempt.ts';
import { hex } from './bytes.ts';
import { verifyOnPlatforms, type CommonVerdict } from './ed25519-platforms.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, type Outcome } from './outcome.ts';

const VERDICT = z.enum(['valid', 'invalid']);
const RECORD = z.object({
  name: z.string(),
  secret_seed: hex.optional(),
  public_key: hex,
  message: hex,
  signature: hex,
  /** The verdict for the file's own algorithm. */
  result: VERDICT.optional(),
  /** Where the file's algorithm is another one (Ed25519ph): the verdict as pure Ed25519, which is the only one here. */
  result_pure_ed25519: VERDICT.optional(),
});
type TestRecord = z.infer<typeof RECORD>;

/** RFC 8032, sections 7.1 (pure Ed25519) and 7.3 (Ed25519ph, which must never pass as pure). */
export const rfc8032: VectorFolder = { name: 'rfc8032', exceptions: [], judge };

async function* judge(source: Source): AsyncGenerator<Outcome> {
  for (const path of source.files.filter((file) => file.endsWith('.json'))) {
    const records = source.json(path, z.array(RECORD));
    const verdicts = await verifyOnPlatforms(
      records.map(({ public_key: publicKey, message, signature }) => ({ publicKey, message, signature })),
    );
    for (const [index, record] of records.entries()) yield await judgeRecord(path, record, verdicts[index]);
  }
}

async function judgeRecord(path: string, record: TestRecord, verified?: CommonVerdict): Promise<Outcome> {
  const expected = record.result_pure_ed25519 ?? record.result;
  if (expected === undefined)
    throw new UnreadableError(`${path}: ${record.name} has no verdict for pure Ed25519`);
  const name = `${path} ${record.name}`;
  const verdict = compare(name, expected === 'valid' ? 'accept' : 'reject', verified ?? 'no answer');
  if (verdict.result !== 'agreed' || expected !== 'valid' || record.secret_seed === undefined) return verdict;
  return compare(
    name,
    `${hexOf(record.public_key)} ${hexOf(record.signature)}`,
    await sign(record, record.secret_seed),
  );
}

/** Ed25519 is deterministic: of the seed we make the published public key and the published signature. */
async function sign({ message }: TestRecord, seed: Uint8Array): Promise<string> {
  const end = await attemptAsync(async () => {
    const key = await parsePrivateKey(seed);
    return `${hexOf(key.publicKey.raw)} ${hexOf(key.sign(message))}`;
  });
  return end.verdict === 'accepted' ? end.value : describeAttempt(end);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
