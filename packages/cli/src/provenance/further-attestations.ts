import { basename } from 'node:path';
import { checkFileName } from '@danube/store';
import {
  isJsonObject,
  LIMITS,
  parseAttestations,
  parseJson,
  parsePredicate,
  parseStatement,
  type Statement,
  type Subject,
} from 'in-toto-attestation';
import { CliError, usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { clearSecrets } from '../secrets.ts';
import type { AttestOptions } from './attest.ts';

/** What is stored beside the provenance: a statement that is to be signed, or bytes that are kept as they are. */
export type Further = { readonly name: string } & (
  { readonly statement: Statement } | { readonly signed: Uint8Array }
);

/**
 * Reads the files of `--attestation`. Each is checked as if it were verified later: its predicate, when its type is known; that
 * it is about something that the job made; that it publishes no credential.
 *
 * @throws CliError, MalformedError, SecretError, StoreError
 */
export function readFurther(
  subjects: readonly Subject[],
  options: AttestOptions,
  taken: readonly string[],
): Further[] {
  const made = new Set(subjects.flatMap(digestsOf));
  const names = new Set(taken);
  return (options.attestation ?? []).map((path) => {
    const name = basename(path);
    checkFileName(name);
    if (names.has(name))
      throw usageError(`--attestation ${path}: two attestations of the job would be called ${name}`);
    names.add(name);
    const bytes = readInput(path, LIMITS.jsonLinesBytes);
    if (isStatement(bytes)) {
      const statement = clearSecrets(check(parseStatement(bytes), path, made), options);
      return { name, statement };
    }
    for (const statement of signedStatements(bytes)) {
      if (options.onSecret === 'redact') {
        throw usageError(
          `--attestation ${path}: what is signed cannot be redacted`,
          'use --on-secret allow, or sign it anew',
        );
      }
      clearSecrets(check(statement, path, made), options);
    }
    return { name, signed: bytes };
  });
}

/** A statement stands for itself; in an envelope or bundle it is below other names. */
function isStatement(bytes: Uint8Array): boolean {
  try {
    const value = parseJson(bytes);
    return isJsonObject(value) && '_type' in value;
  } catch {
    return false; // JSON Lines, or nothing that can be read: the next reader says which
  }
}

function signedStatements(bytes: Uint8Array): Statement[] {
  return parseAttestations(bytes).attestations.map((entry) => {
    if ('error' in entry) throw entry.error;
    return parseStatement(entry.envelope.payload);
  });
}

function check(statement: Statement, path: string, made: ReadonlySet<string>): Statement {
  parsePredicate(statement);
  if (statement.subject.some((subject) => digestsOf(subject).some((digest) => made.has(digest))))
    return statement;
  throw new CliError('ERR_USAGE', `--attestation ${path}: it is about nothing that the job made`, {
    hint: 'one of its subjects has to be an artifact of the job, by digest',
  });
}

function digestsOf({ digest }: Pick<Subject, 'digest'>): string[] {
  return Object.entries(digest).map(([algorithm, value]) => `${algorithm}:${value}`);
}
