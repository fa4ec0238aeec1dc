import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ARTIFACT_ERROR_CODES } from '@danube/artifact';
import { JOB_ERROR_CODES, LOCK_FILE_ERROR_CODES, SECRET_ERROR_CODES } from '@danube/builder';
import { KEY_ERROR_CODES } from '@danube/keys';
import { PROXY_ERROR_CODES } from '@danube/proxy';
import { SIGN_ERROR_CODES } from '@danube/signer';
import { SIGSTORE_ERROR_CODES } from '@danube/sigstore';
import { STORE_ERROR_CODES } from '@danube/store';
import { CHECK_IDS, VERIFICATION_ERROR_CODES } from '@danube/verifier';
import { DOCUMENT_ERROR_CODES, FIELD_RULES } from '@danube/verifier/documents';
import { WEBHOOK_ERROR_CODES } from '@danube/webhook';
import { MALFORMED_CODES } from 'in-toto-attestation';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI_ERROR_CODES } from '../../packages/cli/src/exit-code.ts';
import { ROOT } from '../repository.ts';
import type { Case } from '../vectors/case-format.ts';
import { casesOf, loadCases } from './vectors/cases.ts';

/** The closed unions of errors, by the package that throws them. */
const UNIONS = {
  'in-toto-attestation': MALFORMED_CODES,
  '@danube/keys': KEY_ERROR_CODES,
  '@danube/artifact': ARTIFACT_ERROR_CODES,
  '@danube/proxy': PROXY_ERROR_CODES,
  '@danube/builder': [...JOB_ERROR_CODES, ...SECRET_ERROR_CODES, ...LOCK_FILE_ERROR_CODES],
  '@danube/signer': SIGN_ERROR_CODES,
  '@danube/sigstore': SIGSTORE_ERROR_CODES,
  '@danube/store': STORE_ERROR_CODES,
  '@danube/verifier': VERIFICATION_ERROR_CODES,
  '@danube/verifier/documents': DOCUMENT_ERROR_CODES,
  '@danube/webhook': WEBHOOK_ERROR_CODES,
  '@danube/cli': CLI_ERROR_CODES,
} as const;

/** Codes that no file can bring about, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  ERR_UNKNOWN_FIELD: 'only in an OCI manifest, where it comes out as ERR_ARTIFACT_OCI_LAYOUT',
  ERR_ARTIFACT_IO: 'the operating system must refuse',
  ERR_ARTIFACT_CHANGED: 'a file must change while it is read',
  ERR_KEY_DELEGATION: 'comes out as a failed key.delegation',
  ERR_SIGN_BACKEND: 'a key backend must fail',
  ERR_SIGN_SELF_CHECK: 'a key backend must lie',
  ERR_SIGN_KEY: 'a key service must answer, with another key',
  ERR_SIGN_DENIED: 'a key service must refuse',
  ERR_SIGN_UNAVAILABLE: 'a key service must fail',
  ERR_SIGN_ENDPOINT: 'a key service must be asked for',
  ERR_SIGN_CREDENTIALS: 'a key service must be asked for',
  ERR_SIGN_CONFIG: 'a key service must be configured',
  ERR_SIGN_DEPENDENCY: 'an optional package must be missing',
  ERR_JOB_PLATFORM:
    'a CI platform must describe a job; packages/builder/test/adapters has what they document',
  ERR_STORE_IO: 'the operating system must refuse',
  ERR_STORE_UNAVAILABLE: 'a registry or another service must be asked',
  ERR_STORE_DENIED: 'a registry or another service must be asked',
  ERR_STORE_REFUSED: 'a registry or another service must be asked',
  ERR_STORE_DIGEST: 'a registry or another service must be asked',
  ERR_STORE_PROTOCOL: 'a registry or another service must be asked',
  ERR_STORE_CREDENTIALS: 'a registry or another service must be asked',
  ERR_VERIFICATION: 'every rejected verify case is asserted to throw it',
};

const [SIGSTORE, WEBHOOK] = ['scripts/test/sigstore', 'packages/webhook/test'];

/** Codes that no case is about, because other words stand for them in a report or no file alone brings them about. */
const TESTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PROXY_ERROR_CODES.map((code) => [code, 'scripts/test/tunnel.test.ts'])),
  ERR_LOCK_FILE: 'packages/builder/test/lock-files/lock-files.test.ts',
  ERR_SIGSTORE_ROOT: `${SIGSTORE}/trusted-root.test.ts`,
  ERR_SIGSTORE_BUNDLE: `${SIGSTORE}/unlogged-envelope.test.ts`,
  ERR_SIGSTORE_CERTIFICATE: `${SIGSTORE}/verify-bundle.test.ts`,
  ERR_SIGSTORE_KEY: `${SIGSTORE}/verify-bundle.test.ts`,
  ERR_SIGSTORE_SIGNATURE: `${SIGSTORE}/unlogged-envelope.test.ts`,
  ERR_SIGSTORE_TRANSPARENCY: `${SIGSTORE}/verify-bundle.test.ts`,
  ERR_SIGSTORE_TIME: `${SIGSTORE}/timestamp.test.ts`,
  ERR_WEBHOOK_CONFIG: `${WEBHOOK}/config.test.ts`,
  ERR_WEBHOOK_IO: `${WEBHOOK}/config.test.ts`,
  ERR_WEBHOOK_REVIEW: `${WEBHOOK}/admission-review.test.ts`,
  ERR_WEBHOOK_KUBERNETES: `${WEBHOOK}/kubernetes-api.test.ts`,
  ...Object.fromEntries(CLI_ERROR_CODES.map((code) => [code, 'packages/cli/test/failure.test.ts'])),
};

function codesOf({ expect, kind }: Case): string[] {
  const own = 'code' in expect ? [expect.code] : [];
  const checks = kind === 'verify' && 'checks' in expect ? (expect.checks ?? []) : [];
  return [...own, ...checks.flatMap(({ code }) => code ?? [])];
}

describe('test-vectors', () => {
  const covered = new Set(loadCases().flatMap(({ content }) => codesOf(content)));
  const known = new Set<string>(Object.values(UNIONS).flat());

  for (const [name, codes] of Object.entries(UNIONS)) {
    it(`hold a case, or there is a test, for every error code of ${name}`, () => {
      const others = { ...EXEMPT, ...TESTED };
      const missing = codes.filter((code) => !covered.has(code) && !Object.hasOwn(others, code));
      assert.deepEqual(missing, []);
    });
  }

  it('name no code that no package throws', () => {
    assert.deepEqual(
      [...covered].filter((code) => !known.has(code)),
      [],
    );
  });

  it('exempt no code that has a case, and none that is gone', () => {
    const needless = Object.keys({ ...EXEMPT, ...TESTED }).filter(
      (code) => covered.has(code) || !known.has(code),
    );
    assert.deepEqual(needless, []);
  });

  it('leave to other tests only what these name', () => {
    const unnamed = Object.entries(TESTED).filter(([code, path]) => {
      const file = join(ROOT, path);
      return !existsSync(file) || !new RegExp(`\\b${code}\\b`).test(readFileSync(file, 'utf8'));
    });
    assert.deepEqual(unnamed, []);
  });

  it('hold a case that passes and one that fails for every check', () => {
    const verdicts = casesOf('verify').map(({ content: { expect } }) => expect);
    const passed = new Set(
      verdicts
        .flatMap((expect) => ('checks' in expect ? (expect.checks ?? []) : []))
        .filter(({ status }) => status === 'pass')
        .map(({ id }) => id),
    );
    const failed = new Set(
      verdicts.flatMap((expect) => (expect.verdict === 'rejected' ? expect.failed : [])),
    );
    const ids: readonly string[] = CHECK_IDS;
    assert.deepEqual(
      ids.filter((id) => !passed.has(id)),
      [],
    );
    assert.deepEqual(
      ids.filter((id) => !failed.has(id)),
      [],
    );
    assert.deepEqual(
      [...passed, ...failed].filter((id) => !ids.includes(id) && !id.startsWith('policy.rule:')),
      [],
    );
  });

  it('hold a case that passes and one that fails for each rule of a policy', () => {
    for (const name of FIELD_RULES) {
      for (const verdict of ['accepted', 'rejected'] as const) {
        const id = `policy.rule:shop/${name}`;
        const found = casesOf('verify').some(
          ({ content: { expect } }) =>
            expect.verdict === verdict &&
            ('failed' in expect
              ? expect.failed.includes(id)
              : expect.checks.some((check) => check.id === id)),
        );
        assert.ok(found, `${id} ${verdict}`);
      }
    }
  });

  it('end in _fail exactly when they must not be accepted', () => {
    for (const { name, content } of loadCases()) {
      assert.equal(name.endsWith('_fail'), content.expect.verdict !== 'accepted', name);
      assert.equal(name.split('/')[0], content.kind);
    }
  });
});
