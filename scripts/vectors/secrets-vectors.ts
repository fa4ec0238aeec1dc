import type { ExpectedSecret, SecretsCase } from './case-format.ts';
import { EXTERNAL_PARAMETERS, provenance, statement } from './statements.ts';
import { encodeText, vector, type Vector } from './vector.ts';

const PARAMETERS = '/predicate/buildDefinition/externalParameters/parameters';
const NOW = '2026-02-01T00:00:00Z';

/** No credential of anybody: only its shape is that of one. */
const URL = 'https://robot:correct-horse-battery@git.example.com/shop/app';
const IN_URL: ExpectedSecret = { rule: 'url-credential', pointer: `${PARAMETERS}/mirror` };

function withParameters(parameters: object): object {
  const externalParameters = { ...EXTERNAL_PARAMETERS, parameters };
  return statement({ predicate: provenance({ buildDefinition: { externalParameters } }) });
}

function allowing(...entries: readonly object[]): object {
  return { apiVersion: 'danube.dev/v1', kind: 'SecretAllowlist', entries };
}

const REASON = 'a made-up credential of a public example';

function look(
  name: string,
  description: string,
  parameters: object,
  expect: SecretsCase['expect'],
  allowlist?: object,
): Vector {
  const files: Record<string, string> = { 'statement.json': encodeText(withParameters(parameters)) };
  if (allowlist !== undefined) files['allowlist.json'] = encodeText(allowlist);
  const input = {
    statement: 'statement.json',
    ...(allowlist === undefined ? {} : { allowlist: 'allowlist.json' }),
  };
  return vector(name, { description, kind: 'secrets', ...input, now: NOW, expect }, files);
}

function finds(name: string, description: string, parameters: object, pointer: string, rule: string): Vector {
  const findings = [{ rule, pointer: PARAMETERS + pointer }];
  return look(name, description, parameters, { verdict: 'rejected', code: 'ERR_SECRET_FOUND', findings });
}

function misreads(name: string, description: string, allowlist: object): Vector {
  const expect = { verdict: 'rejected', code: 'ERR_SECRET_ALLOWLIST' } as const;
  return look(name, description, { mirror: URL }, expect, allowlist);
}

/** Statements that would publish a credential, and what resembles them. */
export const SECRETS_VECTORS: readonly Vector[] = [
  look(
    'digests',
    'Digests and ids look like chance, and are no credentials.',
    { revision: '9c5a3a8f0c1f4f8b6a7d2e1c0b9a8f7e6d5c4b3a', run: '0b9a8f7e-6d5c-4b3a-9c5a-3a8f0c1f4f8b' },
    { verdict: 'accepted', allowed: [] },
  ),
  finds('url', 'A URL with a password.', { mirror: URL }, '/mirror', 'url-credential'),
  finds(
    'url-in-base64',
    'The same in base64.',
    { mirror: Buffer.from(`fetch ${URL} now`).toString('base64') },
    '/mirror',
    'url-credential',
  ),
  look(
    'allowed',
    'What is on the allow-list may stay.',
    { mirror: URL },
    { verdict: 'accepted', allowed: [IN_URL] },
    allowing({ ...IN_URL, reason: REASON }),
  ),
  look(
    'allowed-until',
    'An entry of the allow-list that has run out counts no more.',
    { mirror: URL },
    { verdict: 'rejected', code: 'ERR_SECRET_FOUND', findings: [IN_URL] },
    allowing({ ...IN_URL, reason: REASON, expiresOn: '2026-01-31T23:59:59Z' }),
  ),
  look(
    'allowed-elsewhere',
    'What may stay in one place may not stay in another.',
    { mirror: URL },
    { verdict: 'rejected', code: 'ERR_SECRET_FOUND', findings: [IN_URL] },
    allowing({ rule: IN_URL.rule, pointer: `${PARAMETERS}/upstream`, reason: REASON }),
  ),
  misreads('allowlist-without-reason', 'Whoever lets a credential pass says why.', allowing(IN_URL)),
  misreads(
    'allowlist-of-unknown-rule',
    'A misspelt rule would let nothing pass, or too much.',
    allowing({ ...IN_URL, rule: 'url-credentials', reason: REASON }),
  ),
];
