import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  clearLog,
  clearStatement,
  parseSecretAllowlist,
  redactText,
  scanText,
  SecretError,
} from '@danube/builder';
import { encodeStatement, type JsonObject, readStatement, type Statement } from 'in-toto-attestation';
import { plant, statement } from './corpus.ts';
import { seeded } from './random.ts';
import { IN_CONTEXT, PRIVATE_KEYS, TOKENS } from './samples.ts';

const NOW = new Date('2026-11-02T10:00:00Z');
const AT = '/predicate/extension/note';
const secret = TOKENS.find(({ rule }) => rule === 'gitlab-token')!.make(seeded(1));

function withNote(note: JsonObject | string): Statement {
  return readStatement(plant(statement(seeded(1)), note), '');
}

function allowing(...entries: readonly JsonObject[]): ReturnType<typeof parseSecretAllowlist> {
  return parseSecretAllowlist(
    Buffer.from(JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'SecretAllowlist', entries })),
  );
}

function refusal(work: () => unknown): SecretError {
  try {
    work();
  } catch (error) {
    if (error instanceof SecretError && error.code === 'ERR_SECRET_FOUND') return error;
    throw error;
  }
  return assert.fail('it was not refused');
}

const ENTRY = { rule: 'gitlab-token', pointer: AT, reason: 'an example of the documentation' };

describe('clearStatement', () => {
  it('leaves a statement without secrets as it is', () => {
    const clean = withNote('nothing to see');
    assert.deepEqual(clearStatement(clean, { now: NOW }), { statement: clean, findings: [], allowed: [] });
  });

  it('refuses by default, and says where, by which rule, and no more of it than the beginning', () => {
    const error = refusal(() => clearStatement(withNote(`x ${secret}`), { now: NOW }));
    assert.equal(
      error.message,
      `the statement would publish a secret: ${AT}: gitlab-token, ${secret.slice(0, 3)}... (26 characters)`,
    );
    assert.deepEqual(
      error.findings.map(({ pointer, rule }) => [pointer, rule]),
      [[AT, 'gitlab-token']],
    );
    assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(secret.slice(0, 8)));
  });

  it('keeps what may be kept only when it is told so', () => {
    const dirty = withNote(secret);
    const cleared = clearStatement(dirty, { onSecret: 'allow', now: NOW });
    assert.equal(cleared.statement, dirty);
    assert.equal(cleared.findings.length, 1);
  });

  it('takes every sample out, whole, and leaves what stands around it', () => {
    for (const { make, rule } of [...TOKENS, ...PRIVATE_KEYS, ...IN_CONTEXT]) {
      const text = make(seeded(2));
      for (const note of [text, Buffer.from(text).toString('base64'), { [`n ${text}`]: 1, plain: 'stays' }]) {
        const { statement: redacted, findings } = clearStatement(withNote(note), {
          onSecret: 'redact',
          now: NOW,
        });
        assert.ok(findings.length > 0, rule);
        assert.match(Buffer.from(encodeStatement(redacted)).toString(), /\[redacted: [a-z0-9-]+\]/);
        assert.deepEqual(clearStatement(redacted, { now: NOW }).findings, []);
      }
    }
    const { statement: redacted } = clearStatement(withNote(`before ${secret} behind`), {
      onSecret: 'redact',
      now: NOW,
    });
    assert.deepEqual(redacted.predicate['extension'], { note: 'before [redacted: gitlab-token] behind' });
  });

  it('redacts nothing that says what the statement is about', () => {
    const digest = { sha256: 'a'.repeat(64) };
    const base = withNote('x');
    for (const dirty of [
      { ...base, subject: [{ name: secret, digest }] },
      { ...base, subject: [{ name: 'a', digest: { [secret]: 'ab' } }] },
      { ...base, predicate: { runDetails: { builder: { id: `https://ci.example.com/${secret}` } } } },
      { ...base, predicate: { buildDefinition: { externalParameters: { source: secret } } } },
    ]) {
      const error = refusal(() => clearStatement(dirty, { onSecret: 'redact', now: NOW }));
      assert.match(error.hint ?? '', /cannot be redacted/);
    }
  });

  it('lets pass what is on the allow-list, there and by that rule only', () => {
    const allowed = clearStatement(withNote(secret), { allowlist: allowing(ENTRY), now: NOW });
    assert.deepEqual([allowed.findings, allowed.allowed.length], [[], 1]);
    const sha256 = createHash('sha256').update(secret).digest('hex');
    for (const entry of [
      { ...ENTRY, pointer: '/predicate/*/note' },
      { ...ENTRY, sha256 },
      { ...ENTRY, expiresOn: '2026-11-02T10:00:01Z' },
    ]) {
      assert.deepEqual(
        clearStatement(withNote(secret), { allowlist: allowing(entry), now: NOW }).findings,
        [],
      );
    }
    for (const entry of [
      { ...ENTRY, rule: 'npm-token' },
      { ...ENTRY, pointer: '/predicate/*' },
      { ...ENTRY, pointer: `${AT}/x` },
      { ...ENTRY, sha256: '0'.repeat(64) },
      { ...ENTRY, expiresOn: '2026-11-02T10:00:00Z' },
    ]) {
      refusal(() => clearStatement(withNote(secret), { allowlist: allowing(entry), now: NOW }));
    }
  });

  it('lists no more than five findings', () => {
    const notes = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`n${index}`, secret]));
    assert.match(refusal(() => clearStatement(withNote(notes), { now: NOW })).message, /; and 4 more$/);
  });
});

describe('parseSecretAllowlist', () => {
  it('refuses an entry without reason, an unknown rule or field, and what is no JSON', () => {
    const { reason, ...withoutReason } = ENTRY;
    assert.ok(reason);
    for (const entry of [
      withoutReason,
      { ...ENTRY, reason: '' },
      { ...ENTRY, rule: 'gitlab' },
      { ...ENTRY, sauce: 1 },
      { ...ENTRY, sha256: 'AB' },
      { ...ENTRY, pointer: 'note' },
      { ...ENTRY, expiresOn: 'never' },
    ]) {
      assert.throws(() => allowing(entry), { name: 'SecretError', code: 'ERR_SECRET_ALLOWLIST' });
    }
    for (const text of ['', '[]', '{"entries":[]}', '{"kind":"SecretAllowlist","kind":"x"}']) {
      assert.throws(() => parseSecretAllowlist(Buffer.from(text)), { code: 'ERR_SECRET_ALLOWLIST' });
    }
  });
});

describe('scanText and redactText', () => {
  it('take a secret out of a log', () => {
    const log = `line one\nusing ${secret}\nPASSWORD=hunter2 make\n`;
    const found = scanText(log);
    assert.equal(
      redactText(log, found),
      'line one\nusing [redacted: gitlab-token]\nPASSWORD=[redacted: named-secret] make\n',
    );
  });
});

describe('clearLog', () => {
  const text = `line 1\nsaw ${secret}\nline 3\n`;

  it('refuses, redacts or leaves a secret in a log', () => {
    assert.throws(() => clearLog(text, '/logs/run.log', { now: NOW }), SecretError);
    const redacted = clearLog(text, '/logs/run.log', { now: NOW, onSecret: 'redact' });
    assert.equal(redacted.text, 'line 1\nsaw [redacted: gitlab-token]\nline 3\n');
    assert.equal(clearLog(text, '/logs/run.log', { now: NOW, onSecret: 'allow' }).text, text);
  });

  it('knows an allow-list by the pointer of the log', () => {
    const allowlist = allowing({ rule: 'gitlab-token', pointer: '/logs/run.log', reason: 'a sample' });
    assert.equal(clearLog(text, '/logs/run.log', { now: NOW, allowlist }).allowed.length, 1);
    assert.throws(() => clearLog(text, '/logs/other.log', { now: NOW, allowlist }), SecretError);
  });
});
