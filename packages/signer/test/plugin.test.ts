import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type AuditRecord, type KeyBackend, openKey, type SignErrorCode } from '@danube/signer';
import { refusal, signs } from './service.ts';

const folder = mkdtempSync(join(tmpdir(), 'danube-plugin-'));
after(() => rmSync(folder, { recursive: true }));
const seen = join(folder, 'seen');
const pem = (type: 'ed' | 'p256'): string => {
  const { privateKey } =
    type === 'ed' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const keys = { ed: pem('ed'), p256: pem('p256') };

/** A plugin whose key id says which key it uses and how it lies: `ed-hangs`. */
writeFileSync(
  join(folder, 'plugin.cjs'),
  `const { createPrivateKey, createPublicKey, createHash, randomBytes, sign } = require('node:crypto');
const { appendFileSync, readFileSync, writeSync } = require('node:fs');
const [version, text] = process.argv.slice(2);
const { initOptions, methodName, ...args } = JSON.parse(text);
const input = readFileSync(0);
appendFileSync(${JSON.stringify(seen)}, JSON.stringify({ version, initOptions, methodName, args, env: process.env }) + '\\n');
const [name, lie] = initOptions.keyResourceID.split('-');
const keys = ${JSON.stringify(keys)};
const key = createPrivateKey(keys[name]);
const answer = (value) => writeSync(1, JSON.stringify(value));
if (methodName === 'publicKey') {
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  answer({ publicKey: { publicKeyPEM: Buffer.from(lie === 'noKey' ? 'x' : pem).toString('base64') } });
} else {
  const hash = args.signMessage.signOptions.messageOptions.hashFunc;
  const digest = createHash('sha256').update(input).digest();
  let signature = hash === 0 ? sign(null, lie === 'digest' ? digest : input, key) : sign('sha256', input, key);
  if (lie === 'random') signature = randomBytes(64);
  if (lie === 'short') signature = signature.subarray(1);
  if (lie === 'hangs') setInterval(() => {}, 1000);
  else if (lie === 'floods') for (;;) writeSync(1, 'x'.repeat(65536));
  else if (lie === 'error') answer({ errorMessage: 'CANARY', signMessage: { signature: signature.toString('base64') } });
  else if (lie === 'noJson') writeSync(1, 'CANARY');
  else if (lie === 'nothing') answer({ signMessage: {} });
  else answer({ signMessage: { signature: signature.toString('base64') } });
  if (lie === 'exit') process.exitCode = 1;
}
`,
);
// A shell in between: the first line of a script has little room for the path of a Node.
writeFileSync(
  join(folder, 'sigstore-kms-testkms'),
  `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'plugin.cjs')}" "$@"\n`,
  { mode: 0o755 },
);

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
        ['v1', 'publicKey', 0],
        ['v1', 'signMessage', 0],
        ['v1', 'publicKey', 0],
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

  it('ends a plugin that hangs (keys.md 15)', async () => {
    const backend = await open('ed-hangs', folder, 1_500);
    await refusal(signs(backend), 'ERR_SIGN_UNAVAILABLE');
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
