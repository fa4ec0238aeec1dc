import { createHash } from 'node:crypto';
import { MalformedError, parseJson } from 'in-toto-attestation';
import { z } from 'zod';
import { lineSchema } from '../text.ts';
import { timestampSchema } from '../timestamp.ts';
import { SecretError } from './errors.ts';
import { RULE_NAMES } from './match-text.ts';
import type { Located } from './scan.ts';

const entrySchema = z
  .strictObject({
    rule: z.enum([...RULE_NAMES.keys()]).describe('Rule that found it.'),
    pointer: z
      .string()
      .regex(/^(?:\/[^\s/]+)+$/, { error: 'expected a JSON pointer as it was printed' })
      .describe('JSON pointer as it was printed; a part that is * stands for any one.'),
    reason: lineSchema(1000).describe('Why this is no secret, or may be published.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'expected 64 lower-case hex digits' })
      .exactOptional()
      .describe('SHA-256 of the text that may stand there; without it any may.'),
    expiresOn: timestampSchema.exactOptional().describe('From when on the entry counts no more.'),
  })
  .readonly();

/** The shape of a {@link SecretAllowlist}. */
export const allowlistSchema: z.ZodType<SecretAllowlist> = z
  .strictObject({
    apiVersion: z.literal('danube.dev/v1').describe('Version of this format.'),
    kind: z.literal('SecretAllowlist').describe('Kind of the document.'),
    entries: z.array(entrySchema).readonly().describe('What may stay.'),
  })
  .readonly()
  .meta({
    title: 'Danube secret allow-list',
    description: 'Findings of the scan for credentials that may be published, each with its reason.',
  });

/** What the scan for credentials may find without refusing (docs/secrets.md). */
export interface SecretAllowlist {
  readonly apiVersion: 'danube.dev/v1';
  readonly kind: 'SecretAllowlist';
  readonly entries: readonly AllowedSecret[];
}

/** One finding that may stay, and why. */
export interface AllowedSecret {
  readonly rule: string;
  readonly pointer: string;
  readonly reason: string;
  readonly sha256?: string;
  readonly expiresOn?: string;
}

/**
 * Reads an allow-list (JSON). Unknown fields and rules are refused, and so is an entry without reason.
 *
 * @throws {SecretError} `ERR_SECRET_ALLOWLIST`
 */
export function parseSecretAllowlist(bytes: Uint8Array): SecretAllowlist {
  const result = allowlistSchema.safeParse(parseStrictly(bytes));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue === undefined ? '' : issue.path.map((key) => `/${String(key)}`).join('');
  throw new SecretError(
    'ERR_SECRET_ALLOWLIST',
    `secret allow-list ${at}: ${issue?.message ?? 'not understood'}`,
    {
      hint: 'its format is documented in docs/secrets.md',
    },
  );
}

function parseStrictly(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new SecretError('ERR_SECRET_ALLOWLIST', `secret allow-list: ${cause.message}`, { cause });
  }
}

/** Whether an entry of the list is about this finding, and has not run out at `now`. */
export function matchAllowed(list: SecretAllowlist, finding: Located, now: Date): boolean {
  return list.entries.some((entry) => matchEntry(entry, finding, now));
}

function matchEntry(
  { rule, pointer, sha256, expiresOn }: AllowedSecret,
  finding: Located,
  now: Date,
): boolean {
  if (rule !== finding.rule || !matchPointer(pointer, finding.pointer)) return false;
  if (expiresOn !== undefined && Date.parse(expiresOn) <= now.getTime()) return false;
  return sha256 === undefined || createHash('sha256').update(finding.secret).digest('hex') === sha256;
}

function matchPointer(pattern: string, pointer: string): boolean {
  const [wanted, found] = [pattern.split('/'), pointer.split('/')];
  return (
    wanted.length === found.length && wanted.every((part, index) => part === '*' || part === found[index])
  );
}

/** The JSON Schema (draft 2020-12) of an allow-list. */
export function secretAllowlistJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(allowlistSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
  return { $schema, $id: 'https://danube.dev/schemas/secret-allowlist.schema.json', ...schema };
}
