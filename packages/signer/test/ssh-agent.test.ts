import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import {
  type AuditRecord,
  type KeyBackend,
  openKey,
  type ServiceOptions,
  type SignErrorCode,
  signPayload,
} from '@danube/signer';
import { pae } from 'in-toto-attestation';
import { sampleKey } from './backends.ts';
import { mockDeadlines, until } from './clock.ts';
import { type AgentLie, blobOf, startAgent } from './servers/agent.ts';
import { refusal, signs } from './service.ts';

const [key, other] = [await sampleKey(1), await sampleKey(2)];
const fido = blobOf(key, 'sk-ssh-ed25519@openssh.com');
const ed448 = blobOf(other, 'ssh-ed448');
const agent = await startAgent(key, other, [fido, ed448]);
after(() => agent.close());
afterEach(() => {
  agent.lie = undefined;
  agent.received.length = 0;
  audit.length = 0;
});

const audit: AuditRecord[] = [];
const uri = `ssh-agent:${key.publicKey.keyid}`;

function open(keyUri = uri, changes: ServiceOptions = {}): Promise<KeyBackend> {
  const service = {
    environment: { SSH_AUTH_SOCK: agent.path },
    audit: (record: AuditRecord) => void audit.push(record),
    ...changes,
  };
  return openKey(keyUri, { service });
}

function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

describe('a key of an SSH agent', () => {
  it('signs the PAE itself and is pinned by its fingerprint', async () => {
    const backend = await open();
    assert.equal(backend.publicKey.keyid, key.publicKey.keyid);
    await signs(backend);
    assert.deepEqual(agent.received, [11, 13]);
  });

  it('writes an audit line a question, with the digest of what was signed', async () => {
    const { payloadType, payload } = await signs(await open());
    const paeSha256 = createHash('sha256').update(pae(payloadType, payload)).digest('hex');
    assert.deepEqual(
      audit.map((record) => ({ ...record, time: '' })),
      [
        {
          time: '',
          service: 'ssh-agent',
          operation: 'public-key',
          key: key.publicKey.keyid,
          attempt: 1,
          outcome: 'ok',
        },
        {
          time: '',
          service: 'ssh-agent',
          operation: 'sign',
          key: key.publicKey.keyid,
          paeSha256,
          attempt: 1,
          outcome: 'ok',
        },
      ],
    );
  });

  it('reports to a doctor without signing', async () => {
    const backend = await open();
    const findings = (await backend.doctor?.({})) ?? [];
    assert.deepEqual(
      findings.map(({ check, status }) => `${check} ${status}`),
      [
        'reachable ok',
        'permitted unknown',
        'algorithm ok',
        'exportable unknown',
        'version ok',
        'clock ok',
        'latency ok',
      ],
    );
    assert.ok(!agent.received.includes(13));
    agent.lie = 'random bytes';
    assert.deepEqual(await backend.describe?.({}), { service: 'SSH agent', key: key.publicKey.keyid });
  });

  const lies: readonly (readonly [AgentLie, SignErrorCode, RegExp])[] = [
    ['random bytes', 'ERR_SIGN_SELF_CHECK', /returned no valid signature of SHA256:/],
    ['signature of the digest', 'ERR_SIGN_SELF_CHECK', /returned no valid signature of SHA256:/],
    ['another key', 'ERR_SIGN_SELF_CHECK', /returned no valid signature of SHA256:/],
    ['63 bytes', 'ERR_SIGN_BACKEND', /^the SSH agent answered with another kind of signature than Ed25519$/],
    [
      'another type',
      'ERR_SIGN_BACKEND',
      /^the SSH agent answered with another kind of signature than Ed25519$/,
    ],
    ['more than one frame', 'ERR_SIGN_BACKEND', /^the SSH agent answered with more than belongs there$/],
    ['cut short', 'ERR_SIGN_BACKEND', /^the SSH agent answered with a message that is cut short$/],
    ['endless', 'ERR_SIGN_BACKEND', /^the SSH agent announces an answer of 4294967295 bytes$/],
    ['a huge frame', 'ERR_SIGN_BACKEND', /^the SSH agent announces an answer of 327680 bytes$/],
    ['refuses', 'ERR_SIGN_DENIED', /^the SSH agent refused$/],
    ['hangs up', 'ERR_SIGN_UNAVAILABLE', /^the SSH agent at .* does not answer$/],
  ];
  for (const [lie, code, message] of lies) {
    it(`leaves nothing behind when the agent answers with ${lie} (keys.md 10)`, async () => {
      const backend = await open();
      agent.lie = lie;
      assert.match((await refusal(signs(backend), code)).message, message);
    });
  }

  it('takes a PAE up to the longest frame that an agent reads, and asks for none that is longer (keys.md 12)', async () => {
    const backend = await open();
    assert.equal(backend.maxMessageBytes, 262_144 - 64);
    const sign = (paeLength: number): Promise<unknown> => {
      const payload = new Uint8Array(paeLength - pae('x', new Uint8Array(100_000)).length + 100_000);
      assert.equal(pae('x', payload).length, paeLength);
      return signPayload('x', payload, backend);
    };
    await sign(255 * 1024);
    await sign(backend.maxMessageBytes);
    const asked = agent.received.length;
    const error = await refusal(sign(backend.maxMessageBytes + 1), 'ERR_SIGN_LIMIT');
    assert.equal(error.message, 'PAE is 262081 bytes; an SSH agent signs at most 262080');
    await refusal(sign(256 * 1024), 'ERR_SIGN_LIMIT');
    assert.equal(agent.received.length, asked);
  });

  it('gives up when the deadline is over or the caller stops', async (context) => {
    const backend = await openSilently({ deadlines: { totalMs: 1_000 } });
    const pass = mockDeadlines(context);
    const refused = refusal(signs(backend), 'ERR_SIGN_UNAVAILABLE');
    await until(() => agent.received.includes(13));
    pass(1_000);
    assert.match((await refused).message, /did not finish within 1 s/);
    assert.equal(audit.at(-1)?.outcome, 'timeout');
    const stop = new AbortController();
    const signing = (await openSilently()).sign(new Uint8Array(1), { signal: stop.signal });
    stop.abort(new Error('stopped'));
    await assert.rejects(signing, { message: 'stopped' });
    assert.equal(audit.at(-1)?.outcome, 'aborted');
  });

  it('refuses a key that the agent does not have, a FIDO key and another kind of key', async () => {
    const missing = await refusal(open(`ssh-agent:${other.publicKey.keyid}`), 'ERR_SIGN_KEY');
    assert.equal(missing.message, `the SSH agent does not have the key ${other.publicKey.keyid}`);
    const sk = await refusal(open(`ssh-agent:${fingerprint(fido)}`), 'ERR_SIGN_KEY');
    assert.match(sk.message, /a FIDO key, which signs more than the message/);
    const third = await refusal(open(`ssh-agent:${fingerprint(ed448)}`), 'ERR_SIGN_KEY');
    assert.match(third.message, /"ssh-ed448"/);
  });

  it('refuses a URI without a whole fingerprint', async () => {
    for (const text of [
      'ssh-agent:',
      'ssh-agent:SHA256:abc',
      `ssh-agent:${key.publicKey.keyid}x`,
      'ssh-agent:comment',
    ]) {
      const error = await refusal(open(text), 'ERR_SIGN_KEY_URI');
      assert.match(error.hint ?? '', /ssh-add -l/);
    }
  });

  it('asks only a socket of this user', async () => {
    const at = (path: string | undefined): Promise<KeyBackend> =>
      open(uri, { environment: { SSH_AUTH_SOCK: path } });
    const messageAt = async (path: string | undefined, code: SignErrorCode): Promise<string> =>
      (await refusal(at(path), code)).message;
    assert.equal(
      await messageAt(undefined, 'ERR_SIGN_CONFIG'),
      'SSH_AUTH_SOCK is not set, so no agent is known',
    );
    assert.equal(
      await messageAt('agent', 'ERR_SIGN_CONFIG'),
      'SSH_AUTH_SOCK is no absolute path, so no agent is known',
    );
    const nothing = join(agent.folder, 'nothing');
    assert.equal(await messageAt(nothing, 'ERR_SIGN_UNAVAILABLE'), `there is no agent at ${nothing}`);
    const file = join(agent.folder, 'file');
    writeFileSync(file, '');
    assert.match((await refusal(at(file), 'ERR_SIGN_ENDPOINT')).message, /is no socket; nothing was sent/);
    const link = join(agent.folder, 'link');
    symlinkSync(agent.path, link);
    await signs(await at(link));
  });

  it('refuses the socket of another user', async (t) => {
    const { geteuid } = process;
    t.after(() => void Object.assign(process, { geteuid }));
    Object.assign(process, { geteuid: () => 4_000_000 });
    const error = await refusal(open(), 'ERR_SIGN_ENDPOINT');
    assert.match(error.message, /belongs to another user; nothing was sent/);
    assert.deepEqual(agent.received, []);
  });
});

async function openSilently(changes: ServiceOptions = {}): Promise<KeyBackend> {
  agent.lie = undefined;
  const backend = await open(uri, changes);
  agent.lie = 'silent';
  return backend;
}
