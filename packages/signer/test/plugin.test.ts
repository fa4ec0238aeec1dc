import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type AuditRecord, type KeyBackend, openKey, type SignErrorCode } from '@danube/signer';
import { mockDeadlines, until } from './clock.ts';
import { writePlugin } from './servers/plugin.ts';
import { refusal, signs } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'danube-plugin-'));
after(() => rmSync(folder, { recursive: true }));
const { seen, hangs } = writePlugin(folder);

const audit: AuditRecord[] = [];
function open(key: string, path = folder, totalMs = 30_000, scheme = 'testkms'): Promise<KeyBackend> {
  const environment = { PATH: path, DANUBE_SIGNING_PASSPHRASE: 'CANARY', OWN_TOKEN: 'for the plugin' };
  const service = {
    environment,
    deadlines: { totalMs },
    audit: (record: AuditRecord) => void audit.push(record),
  };
  return openKey(`${scheme}://${key}`, { service });
}

describe('a key behind a Sigstore KMS plugin', () => {
  it('signs the PAE itself with Ed25519, and its SHA-256 with P-256', async () => {
    await signs(await open('ed'));
    await signs(await open('p256'));
    const calls = readFileSync(seen, 'utf8')
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as {
            version: string;
            methodName: string;
            initOptions: { hashFunc: number };
            env: object;
          },
      );
    assert.deepEqual(
      calls.map(({ version, methodName, initOptions }) => [version, methodName, initOptions.hashFunc]),
      [
        ['v1', 'publicKey', 5],
        ['v1', 'signMessage', 0],
        ['v1', 'publicKey', 5],
        ['v1', 'signMessage', 5],
      ],
    );
    assert.deepEqual(audit.map(({ operation, outcome }) => `${operation} ${outcome}`).slice(0, 2), [
      'public-key ok',
      'sign ok',
    ]);
  });

  it('gets none of our own secrets (keys.md 21)', async () => {
    await signs(await open('ed'));
    const text = readFileSync(seen, 'utf8');
    assert.doesNotMatch(text, /CANARY|DANUBE_/);
    assert.match(text, /for the plugin/);
  });

  const lies: readonly (readonly [string, SignErrorCode])[] = [
    ['random', 'ERR_SIGN_SELF_CHECK'],
    ['digest', 'ERR_SIGN_SELF_CHECK'],
    ['short', 'ERR_SIGN_SELF_CHECK'],
    ['floods', 'ERR_SIGN_BACKEND'],
    ['error', 'ERR_SIGN_BACKEND'],
    ['noJson', 'ERR_SIGN_BACKEND'],
    ['nothing', 'ERR_SIGN_BACKEND'],
  ];
  for (const [lie, code] of lies) {
    it(`leaves nothing behind when the plugin lies: ${lie} (keys.md 10, 15)`, async () => {
      await refusal(signs(await open(`ed-${lie}`)), code);
    });
  }

  it('looks at the answer and not at the exit code, which the protocol ignores (keys.md 15)', async () => {
    await signs(await open('ed-exit'));
    await refusal(open('ed-noKey'), 'ERR_SIGN_BACKEND');
  });

  it('ends a plugin that hangs (keys.md 15)', async (context) => {
    const backend = await open('ed-hangs', folder, 1_500);
    const pass = mockDeadlines(context);
    const refused = refusal(signs(backend), 'ERR_SIGN_UNAVAILABLE');
    await until(() => existsSync(hangs));
    pass(1_500);
    await refused;
    const pid = Number(readFileSync(hangs, 'utf8'));
    await until(() => !isRunning(pid));
  });

  it('runs only a program in an absolute folder of PATH that nobody else can write to (keys.md 15)', async () => {
    rmSync(seen, { force: true });
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const path of ['.', '', ':', 'bin:.', undefined])
        await refusal(open('ed', path ?? '/nowhere'), 'ERR_SIGN_KEY_URI');
    } finally {
      process.chdir(before);
    }
    for (const scheme of ['../evil', '../../testkms', 'test kms', '-x']) {
      await assert.rejects(open('ed', folder, 30_000, scheme));
    }
    const program = join(folder, 'sigstore-kms-testkms');
    chmodSync(program, 0o777);
    await refusal(open('ed'), 'ERR_SIGN_CONFIG');
    chmodSync(program, 0o755);
    assert.ok(!existsSync(seen), 'nothing was run');
    await refusal(open('x'.repeat(70_000)), 'ERR_SIGN_LIMIT');
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
