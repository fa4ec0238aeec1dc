import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { resolveSecret, secretVariable } from '@danube/signer';
import { refusal } from './service.ts';

const root = mkdtempSync(join(tmpdir(), 'danube-secrets-'));
after(() => rmSync(root, { recursive: true }));
const secretDirectory = join(root, 'mounted');
mkdirSync(secretDirectory);

async function text(name: string, environment: Record<string, string> = {}): Promise<string> {
  return Buffer.from(await resolveSecret(name, { environment, secretDirectory })).toString();
}

describe('resolveSecret (keys.md 23)', () => {
  it('takes the environment variable in upper case before the mounted file', async () => {
    writeFileSync(join(secretDirectory, 'danube-signing-passphrase'), 'from the file\n');
    const environment = { DANUBE_SIGNING_PASSPHRASE: 'from the environment' };
    assert.equal(await text('danube-signing-passphrase', environment), 'from the environment');
    assert.equal(await text('danube-signing-passphrase'), 'from the file');
  });

  it('names both places when it is in neither', async () => {
    const error = await refusal(text('not-there'), 'ERR_SIGN_CONFIG');
    assert.match(error.hint ?? '', /NOT_THERE.*mounted\/not-there/);
  });

  it('drops one line break at the end, and no more', async () => {
    assert.equal(await text('a', { A: 'x\n' }), 'x');
    assert.equal(await text('a', { A: 'x\r\n' }), 'x');
    assert.equal(await text('a', { A: 'x\n\n' }), 'x\n');
    assert.equal(await text('a', { A: ' x ' }), ' x ');
  });

  it('takes an empty value for an error, and does not look further', async () => {
    writeFileSync(join(secretDirectory, 'empty'), '\n');
    await refusal(text('empty'), 'ERR_SIGN_CONFIG');
    const error = await refusal(
      text('danube-signing-passphrase', { DANUBE_SIGNING_PASSPHRASE: '' }),
      'ERR_SIGN_CONFIG',
    );
    assert.match(error.message, /empty.*DANUBE_SIGNING_PASSPHRASE/);
  });

  it('refuses names that would share a variable or leave the folder', async () => {
    for (const name of [
      'a_b',
      'A-b',
      'a--b',
      '-a',
      'a-',
      '',
      '..',
      '../a',
      'a/b',
      'a\0',
      'a.b',
      '1a',
      'ä',
      'x'.repeat(129),
    ]) {
      await refusal(text(name, { A_B: 'x' }), 'ERR_SIGN_CONFIG');
    }
    assert.equal(secretVariable('a-b1'), 'A_B1');
  });

  it('follows the links of a Kubernetes mount, and none that leads out of it', async () => {
    mkdirSync(join(secretDirectory, '..data'));
    writeFileSync(join(secretDirectory, '..data/linked'), 'inside');
    symlinkSync('..data/linked', join(secretDirectory, 'linked'));
    assert.equal(await text('linked'), 'inside');
    writeFileSync(join(root, 'outside'), 'CANARY');
    symlinkSync('../outside', join(secretDirectory, 'escape'));
    await refusal(text('escape'), 'ERR_SIGN_CONFIG');
  });

  it('refuses a folder and what is too long', async () => {
    mkdirSync(join(secretDirectory, 'folder'));
    await refusal(text('folder'), 'ERR_SIGN_CONFIG');
    writeFileSync(join(secretDirectory, 'long'), 'x'.repeat(65_537));
    await refusal(text('long'), 'ERR_SIGN_CONFIG');
  });
});
