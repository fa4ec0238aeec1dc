import assert from 'node:assert/strict';
import {
  buildProvenance,
  clearStatement,
  collectOutputs,
  parseJobRecord,
  parseSecretAllowlist,
  SecretError,
  type SecretFinding,
} from '@danube/builder';
import { appendSignature, openKey, signStatement, type KeyBackend } from '@danube/signer';
import {
  encodeStatement,
  envelopeJson,
  parseEnvelope,
  parseJson,
  parseStatement,
  type Envelope,
  type JsonValue,
} from 'in-toto-attestation';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CaseOf } from '../../vectors/case-format.ts';
import type { StoredCase } from './cases.ts';
import { assertAccepted, assertRejected, outcomeOf } from './outcome.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

export async function judgeSign({ folder, content }: StoredCase<'sign'>): Promise<void> {
  await inTemporaryFolder(async (temporary) => {
    const outcome = await outcomeOf(() => sign(folder, temporary, content));
    if (content.expect.verdict === 'rejected') return assertRejected(outcome, content.expect);
    assert.deepEqual(envelopeJson(assertAccepted(outcome)), readJson(join(folder, content.expect.envelope)));
  });
}

async function sign(
  folder: string,
  temporary: string,
  { keys, statement, envelope }: CaseOf<'sign'>,
): Promise<Envelope> {
  let signed = envelope === undefined ? undefined : parseEnvelope(readFileSync(join(folder, envelope)));
  for (const uri of keys) {
    const backend = await openKey(placeKey(uri, folder, temporary));
    signed = await signOnce(signed, backend, join(folder, statement ?? ''));
    await backend.close?.();
  }
  assert.ok(signed);
  return signed;
}

async function signOnce(
  signed: Envelope | undefined,
  backend: KeyBackend,
  statementPath: string,
): Promise<Envelope> {
  if (signed !== undefined) return appendSignature(signed, backend);
  const json = parseJson(readFileSync(statementPath));
  return signStatement(json as unknown as Parameters<typeof signStatement>[0], backend);
}

/** Version control does not keep the mode that a private key file must have. */
function placeKey(uri: string, folder: string, temporary: string): string {
  const [, scheme = '', path = ''] = /^(file:)?(.*)$/.exec(uri) ?? [];
  if (path.includes(':')) return uri;
  const target = join(temporary, basename(path));
  copyFileSync(join(folder, path), target);
  chmodSync(target, 0o600);
  return scheme + target;
}

export async function judgeBuild({ folder, content }: StoredCase<'build'>): Promise<void> {
  const outcome = await outcomeOf(() => build(folder, content));
  if (content.expect.verdict === 'rejected') return assertRejected(outcome, content.expect);
  const statement = assertAccepted(outcome);
  if (content.expect.statement === undefined) return;
  assert.deepEqual(statement, readJson(join(folder, content.expect.statement)));
}

async function build(folder: string, content: CaseOf<'build'>): Promise<JsonValue | undefined> {
  const record = parseJobRecord(readFileSync(join(folder, content.jobRecord)));
  if (content.directory === undefined) return undefined;
  const outputs = await collectOutputs(record, join(folder, content.directory));
  const statement = buildProvenance(record, outputs, { allowFailed: content.allowFailed ?? false });
  return parseJson(encodeStatement(statement));
}

function readJson(path: string): JsonValue {
  return parseJson(readFileSync(path));
}

export async function judgeSecrets({ folder, content }: StoredCase<'secrets'>): Promise<void> {
  const { statement, allowlist, now, expect } = content;
  const outcome = await outcomeOf(() =>
    clearStatement(parseStatement(readFileSync(join(folder, statement))), {
      allowlist:
        allowlist === undefined ? undefined : parseSecretAllowlist(readFileSync(join(folder, allowlist))),
      now: new Date(now),
    }),
  );
  if (expect.verdict === 'accepted') {
    assert.deepEqual(assertAccepted(outcome).allowed.map(placed), expect.allowed);
    return;
  }
  assertRejected(outcome, expect);
  assert.ok(outcome instanceof SecretError);
  assert.deepEqual(outcome.findings.map(placed), expect.findings ?? []);
}

function placed({ rule, pointer }: SecretFinding): { readonly rule: string; readonly pointer: string } {
  return { rule, pointer };
}
