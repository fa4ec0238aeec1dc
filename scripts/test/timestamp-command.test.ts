import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startProxy } from '@danube/test-registry';
import { BUILDER, ed25519Pkcs8, pem, sha256 } from '../vectors/fixed-keys.ts';
import { RECORD } from '../vectors/job-record.ts';
import { APP, statement } from '../vectors/statements.ts';
import { certificateChain, timestampOf } from '../vectors/timestamp-authority.ts';
import { trustedKey, trustRoot } from '../vectors/trust-roots.ts';
import { runDanube, type CommandResult } from './vectors/verify-by-command.ts';

const STAMPED = '2026-02-01T12:00:00Z';
const root = mkdtempSync(join(tmpdir(), 'danube-timestamp-'));

interface Authority {
  readonly url: string;
  readonly server: Server;
}

async function serve(listener: RequestListener): Promise<Authority> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}/`, server };
}

/** Answers each request as RFC 3161 says, with what `change` makes of imprint and nonce. */
function authority(
  change: (imprint: Buffer, nonce: Buffer) => Buffer = (imprint, nonce) =>
    timestampOf(imprint, STAMPED, {}, nonce),
): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = Buffer.concat(chunks);
      assert.equal(request.method, 'POST');
      assert.equal(request.headers['content-type'], 'application/timestamp-query');
      response.setHeader('content-type', 'application/timestamp-reply');
      response.end(change(query.subarray(24, 56), query.subarray(58, 74)));
    });
  };
}

const danube = async (...args: readonly string[]): Promise<CommandResult> => runDanube(args, root);
const servers: Server[] = [];

async function start(listener: RequestListener): Promise<string> {
  const { url, server } = await serve(listener);
  servers.push(server);
  return url;
}

function writeRoot(name: string, key: object): void {
  const document = trustRoot({
    keys: [trustedKey(BUILDER, { ...key })],
    timestampAuthorities: [
      {
        name: 'tsa',
        certificateChain: certificateChain(),
        notBefore: '2026-01-01T00:00:00Z',
        notAfter: '2049-01-01T00:00:00Z',
      },
    ],
  });
  writeFileSync(join(root, name), JSON.stringify(document));
}

const SIGN = ['provenance', 'sign', 'statement.json', '--key=signing.key'];

async function verify(trust: string, provenance: string): Promise<CommandResult> {
  return danube(
    'provenance',
    'verify',
    APP.name,
    `--provenance=${provenance}`,
    `--plain-trust-root=${trust}`,
  );
}

describe('--timestamp-url', () => {
  let url: string;

  before(async () => {
    writeFileSync(join(root, APP.name), APP.content);
    writeFileSync(join(root, 'statement.json'), JSON.stringify(statement()));
    writeFileSync(join(root, 'signing.key'), pem('PRIVATE KEY', ed25519Pkcs8(BUILDER.seed)), { mode: 0o600 });
    writeRoot('expired.json', { notAfter: '2026-02-01T12:00:00Z' });
    writeRoot('revoked.json', { revoked: { since: '2026-02-01T12:00:00Z', reason: 'lost' } });
    url = await start(authority());
  });

  after(() => {
    for (const server of servers) server.close();
    rmSync(root, { recursive: true });
  });

  it('keeps acceptable what a key signed before it expired, and not what it signed after it was revoked', async () => {
    const stamped = await danube(
      ...SIGN,
      '--format=bundle',
      `--timestamp-url=${url}`,
      '--out=stamped.sigstore.json',
    );
    assert.equal(stamped.exitCode, 0, stamped.stderr);
    const plain = await danube(...SIGN, '--format=bundle', '--out=plain.sigstore.json');
    assert.equal(plain.exitCode, 0, plain.stderr);
    const accepted = await verify('expired.json', 'stamped.sigstore.json');
    assert.equal(accepted.exitCode, 0, accepted.stdout + accepted.stderr);
    const rejected = await verify('expired.json', 'plain.sigstore.json');
    assert.equal(rejected.exitCode, 1);
    assert.match(rejected.stdout, /key\.validity failed/);
    const revoked = await verify('revoked.json', 'stamped.sigstore.json');
    assert.equal(revoked.exitCode, 1);
    assert.match(revoked.stdout, /key\.revoked failed/);
  });

  it('is asked by the proxy that the environment names, whose password is in no message', async () => {
    const proxy = await startProxy({
      routes: { 'tsa.example:80': new URL(url).host },
      credentials: 'bob:secret',
    });
    for (const name of ['NO_PROXY', 'no_proxy']) delete process.env[name];
    const ask = async (password: string): Promise<CommandResult> => {
      process.env['HTTP_PROXY'] = `http://bob:${password}@${proxy.host}`;
      return danube(...SIGN, '--format=bundle', '--timestamp-url=http://tsa.example/');
    };
    try {
      const stamped = await ask('secret');
      assert.equal(stamped.exitCode, 0, stamped.stderr);
      assert.equal(proxy.requests[0]?.target, 'http://tsa.example/');
      const refused = await ask('secret2');
      assert.deepEqual([refused.exitCode, refused.stdout], [3, '']);
      assert.doesNotMatch(refused.stderr, /secret/);
    } finally {
      delete process.env['HTTP_PROXY'];
      await proxy.close();
    }
  });

  it('is there for other statements', async () => {
    writeFileSync(join(root, 'review.json'), '{"verdict":"good"}');
    const { exitCode, stdout, stderr } = await danube(
      'attest',
      APP.name,
      '--predicate-type=https://example.com/review/v1',
      '--predicate=review.json',
      '--key=signing.key',
      '--format=bundle',
      `--timestamp-url=${url}`,
    );
    assert.equal(exitCode, 0, stderr);
    const bundle = JSON.parse(stdout) as { verificationMaterial: { timestampVerificationData: object } };
    const { timestampVerificationData: data } = bundle.verificationMaterial;
    assert.ok('rfc3161Timestamps' in data && Array.isArray(data.rfc3161Timestamps));
    assert.equal(data.rfc3161Timestamps.length, 1);
  });

  for (const [what, listener] of [
    ['an error', (_request, response) => response.writeHead(500).end('no')],
    ['a redirect', (_request, response) => response.writeHead(302, { location: '/other' }).end()],
    ['a page', (_request, response) => response.end('<html></html>')],
    ['more than a timestamp can have', (_request, response) => response.end(Buffer.alloc(70_000))],
    ['a refusal', authority((imprint, nonce) => timestampOf(imprint, STAMPED, { refused: true }, nonce))],
    [
      'a timestamp of another signature',
      authority((_imprint, nonce) => timestampOf(sha256('x'), STAMPED, {}, nonce)),
    ],
    ['an older answer', authority((imprint) => timestampOf(imprint, STAMPED, {}, Buffer.alloc(16, 0x41)))],
    ['nothing at all', (request) => request.socket.destroy()],
  ] as readonly [string, RequestListener][]) {
    it(`writes nothing when the answer is ${what}, and ends with 3`, async () => {
      const out = join(root, 'never.sigstore.json');
      const { exitCode, stdout, stderr } = await danube(
        ...SIGN,
        '--format=bundle',
        `--timestamp-url=${await start(listener)}`,
        `--out=${out}`,
      );
      assert.deepEqual([exitCode, stdout, existsSync(out)], [3, '', false]);
      assert.match(stderr, /^danube: error: /);
    });
  }

  it('is refused where no timestamp fits, and when it is no such URL', async () => {
    for (const args of [
      [`--timestamp-url=${url}`],
      [`--timestamp-url=${url}`, '--format=jsonl'],
      ['--timestamp-url=ftp://127.0.0.1/', '--format=bundle'],
      ['--timestamp-url=http://user:secret@127.0.0.1/', '--format=bundle'],
    ]) {
      const { exitCode, stdout, stderr } = await danube(...SIGN, ...args);
      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.doesNotMatch(stderr, /secret@/);
    }
  });

  it('stores the bundle beside the envelope of a job, and changes nothing the second time', async () => {
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(join(root, 'dist/app.tgz'), 'the app');
    writeFileSync(join(root, 'job.json'), JSON.stringify(RECORD));
    const attest = async (...more: readonly string[]): Promise<CommandResult> =>
      danube(
        'provenance',
        'attest',
        '--job-record=job.json',
        '--artifacts=dist',
        '--key=signing.key',
        '--data-dir=data',
        ...more,
      );
    const first = await attest(`--timestamp-url=${url}`);
    assert.equal(first.exitCode, 0, first.stderr);
    const folder = join(first.stdout.trim(), '..');
    assert.deepEqual(readdirSync(folder).sort(), ['provenance.json', 'provenance.sigstore.json']);
    const stored = readFileSync(join(folder, 'provenance.sigstore.json'));
    const again = await attest(`--timestamp-url=${url}`, '--format=bundle', '--out=again.sigstore.json');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stderr, /already attested/);
    assert.deepEqual(readFileSync(join(folder, 'provenance.sigstore.json')), stored);
    assert.deepEqual(readFileSync(join(root, 'again.sigstore.json')), stored);
    assert.equal((await attest()).exitCode, 0);
  });
});
