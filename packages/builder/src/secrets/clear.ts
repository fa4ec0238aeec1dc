import { encodeStatement, parseJson, readStatement, type Statement } from 'in-toto-attestation';
import { matchAllowed, type SecretAllowlist } from './allowlist.ts';
import { SecretError } from './errors.ts';
import { redactJson, redactText } from './redact.ts';
import { type Located, locateSecrets, type SecretFinding } from './scan.ts';

/** What is done about a credential: no statement, a statement without it, or a statement with it. */
export const ON_SECRET = ['refuse', 'redact', 'allow'] as const;
export type OnSecret = (typeof ON_SECRET)[number];

export interface ClearOptions {
  /** Default: refuse. */
  readonly onSecret?: OnSecret | undefined;
  readonly allowlist?: SecretAllowlist | undefined;
  /** For entries of the allow-list that run out. */
  readonly now: Date;
}

/** A statement that may be signed. */
export interface ClearedStatement {
  readonly statement: Statement;
  /** What was found and not on the allow-list: taken out by `redact`, still there by `allow`. */
  readonly findings: readonly SecretFinding[];
  /** What was found and is on the allow-list. */
  readonly allowed: readonly SecretFinding[];
}

/** What a verifier compares or looks things up by: with a redaction in it, it would be about something else. */
const IDENTITY =
  /^\/(?:_type|predicateType|subject)(?:\/|$)|^\/predicate\/(?:buildDefinition\/(?:buildType|externalParameters\/source|resolvedDependencies\/[0-9]+\/(?:uri|digest.*))|runDetails\/(?:builder\/id|metadata\/(?:invocationId|startedOn|finishedOn)))$|\/digest\//;

/**
 * Looks through a statement as it would be signed.
 *
 * @throws {SecretError} `ERR_SECRET_FOUND` when something is found that is neither allowed nor redacted, or that cannot
 * be redacted because it stands where the statement says what it is about.
 */
export function clearStatement(statement: Statement, options: ClearOptions): ClearedStatement {
  const { onSecret = 'refuse', allowlist, now } = options;
  const value = parseJson(encodeStatement(statement));
  const located = locateSecrets(value);
  const isAllowed = (finding: Located): boolean =>
    allowlist !== undefined && matchAllowed(allowlist, finding, now);
  const allowed = located.filter(isAllowed);
  const findings = located.filter((finding) => !isAllowed(finding));
  const result = { findings: findings.map(publish), allowed: allowed.map(publish) };
  if (findings.length === 0 || onSecret === 'allow') return { statement, ...result };
  if (onSecret === 'refuse') throw found(findings);
  const fixed = findings.filter(({ pointer }) => IDENTITY.test(pointer));
  if (fixed.length > 0)
    throw found(fixed, 'what it is about cannot be redacted: take the secret out at its source');
  const redacted = redactJson(value, findings);
  const left = locateSecrets(redacted).filter((finding) => !isAllowed(finding));
  if (left.length > 0)
    throw found(left, 'it is still there after redaction: take the secret out at its source');
  return { statement: readStatement(redacted, ''), ...result };
}

/** A text that may be published, such as a log. */
export interface ClearedText {
  readonly text: string;
  readonly findings: readonly SecretFinding[];
  readonly allowed: readonly SecretFinding[];
}

/**
 * Looks through a text as {@link clearStatement} does through a statement. @param pointer under which allow-lists know it.
 *
 * @throws {SecretError} `ERR_SECRET_FOUND` when something is found that is neither allowed nor redacted.
 */
export function clearLog(text: string, pointer: string, options: ClearOptions): ClearedText {
  const { onSecret = 'refuse', allowlist, now } = options;
  const located = locateSecrets(text).map((finding) => ({ ...finding, pointer }));
  const isAllowed = (finding: Located): boolean =>
    allowlist !== undefined && matchAllowed(allowlist, finding, now);
  const findings = located.filter((finding) => !isAllowed(finding));
  const result = { findings: findings.map(publish), allowed: located.filter(isAllowed).map(publish) };
  if (findings.length === 0 || onSecret === 'allow') return { text, ...result };
  if (onSecret === 'refuse') throw found(findings);
  return { text: redactText(text, findings), ...result };
}

function publish({ pointer, rule, what, hint }: Located): SecretFinding {
  return { pointer, rule, what, hint };
}

const LISTED = 5;
const HINT =
  'take it out and revoke it if it was real; else --secret-allowlist FILE with a reason, or --on-secret redact';

function found(findings: readonly Located[], hint: string = HINT): SecretError {
  const listed = findings.slice(0, LISTED).map(describeFinding).join('; ');
  const more = findings.length > LISTED ? `; and ${findings.length - LISTED} more` : '';
  return new SecretError('ERR_SECRET_FOUND', `the statement would publish a secret: ${listed}${more}`, {
    hint,
    findings: findings.map(publish),
  });
}

/** Where, by which rule, and the masked beginning: never the secret. */
export function describeFinding({ pointer, rule, hint }: SecretFinding): string {
  return `${pointer === '' ? '(the whole)' : pointer}: ${rule}, ${hint}`;
}
