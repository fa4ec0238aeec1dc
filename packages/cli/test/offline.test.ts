import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DANUBE, danube, folder } from './danube.ts';
import { write } from './fixture.ts';

const root = folder();
const VECTORS = join(import.meta.dirname, '../../../test-vectors/verify');

/** Verifications by keys, by a trust root with timestamps, by one with certificates, and by a Sigstore root. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'trust-root': [
    '--provenance=provenance.json',
    '--trust-root=../../keys/trust-root.json',
    '--trust-root-key=../../keys/root.pub',
  ],
  'time-proof': ['--provenance=app-1.2.0.tgz.sigstore.json', '--plain-trust-root=root.json'],
  'trust-certificate': ['--provenance=app-1.2.0.tgz.sigstore.json', '--plain-trust-root=root.json'],
  certificate: [
    '--sigstore-root=../../keys/sigstore-root.json',
    '--certificate-identity=https://github.com/shop/app/.github/workflows/release.yml@refs/tags/v1.2.0',
    '--certificate-issuer=https://token.actions.githubusercontent.com',
  ],
};

const verify = (options: readonly string[]): string[] => [
  'provenance',
  'verify',
  'app-1.2.0.tgz',
  ...options,
];

/** Ends the process with 97 at the first try to reach anybody, and cannot be put out of force. */
const TRAP = `
const trap = () => { require('node:fs').writeSync(2, 'somebody was to be reached\\n'); process.exit(97); };
const set = (object, name) => Object.defineProperty(object, name, { get: () => trap, set() {} });
set(require('node:net').Socket.prototype, 'connect');
set(require('node:dgram'), 'createSocket');
for (const names of [require('node:dns'), require('node:dns').promises])
  for (const name of Object.keys(names)) if (/^(?:lookup|resolve|reverse)/.test(name)) set(names, name);
`;
write(join(root, 'trap.cjs'), TRAP);

function trapped(args: readonly string[], cwd: string): number | null {
  const trap = ['--require', join(root, 'trap.cjs')];
  return spawnSync(process.execPath, [...trap, DANUBE, ...args], { cwd, encoding: 'utf8' }).status;
}

const hasNamespaces = spawnSync('unshare', ['-rn', 'true']).status === 0;

describe('danube provenance verify', () => {
  for (const [name, options] of Object.entries(CASES)) {
    it(`reaches for nobody, with --offline and without it (${name})`, () => {
      const cwd = join(VECTORS, name);
      assert.equal(trapped(verify(options), cwd), 0);
      assert.equal(trapped([...verify(options), '--offline'], cwd), 0);
    });

    it(
      `works where there is no network at all (${name})`,
      { skip: hasNamespaces ? false : 'this machine gives no namespace without a network' },
      () => {
        const args = ['-rn', process.execPath, DANUBE, ...verify(options), '--offline'];
        const { status, stderr } = spawnSync('unshare', args, { cwd: join(VECTORS, name), encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      },
    );
  }

  it('would be caught if it did, as what fetches is', () => {
    write(join(root, 'root.json'), '{}');
    const image = ['provenance', 'verify', 'oci:localhost:9/app:1', '--plain-http=localhost:9'];
    assert.equal(trapped([...image, '--public-key=../../keys/builder.pub'], join(VECTORS, 'trust-root')), 97);
  });

  it('refuses a store elsewhere with --offline', () => {
    for (const store of ['s3://bucket/prefix', 'oci:localhost:9/app']) {
      const args = ['provenance', 'verify', '--digest', `sha256:${'0'.repeat(64)}`, '--store', store];
      const { code, stderr } = danube([...args, '--public-key=x.pub', '--offline']);
      assert.equal(code, 2);
      assert.match(stderr, /--offline forbids/);
    }
  });

  it('refuses an image with --offline', () => {
    const args = ['provenance', 'verify', 'oci:localhost:9/app:1', '--public-key=x.pub', '--offline'];
    const { code, stderr } = danube(args);
    assert.equal(code, 2);
    assert.match(stderr, /--offline forbids/);
    assert.equal(trapped(args, root), 2);
  });
});

describe('--offline', () => {
  it('makes every way to another machine fail', async () => {
    let reached = 0;
    const server = createServer((_request, response) => {
      reached += 1;
      response.setHeader('connection', 'close'); // or the next request would need no new one
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const script = `
      import http from 'node:http';
      import http2 from 'node:http2';
      import net from 'node:net';
      import dns from 'node:dns';
      import dgram from 'node:dgram';
      import { goOffline } from '${join(import.meta.dirname, '../src/offline.ts')}';
      const url = 'http://127.0.0.1:${address.port}/';
      const ways = {
        fetch: () => fetch(url),
        get: () => new Promise((resolve, reject) => http.get(url, resolve).on('error', reject)),
        http2: () => new Promise((resolve, reject) => http2.connect(url, resolve).on('error', reject)),
        socket: () => new Promise((resolve, reject) => net.connect(${address.port}, '127.0.0.1', resolve).on('error', reject)),
        lookup: () => dns.promises.lookup('localhost'),
        resolve: () => dns.promises.resolve('localhost'),
        udp: async () => dgram.createSocket('udp4').bind(),
      };
      const open = async () => {
        const works = [];
        for (const [name, way] of Object.entries(ways)) {
          try { await way(); works.push(name); } catch {}
        }
        return works;
      };
      const before = await open();
      goOffline();
      console.log(JSON.stringify({ before, after: await open() }));
      process.exit();
    `;
    const child = spawn(
      process.execPath,
      ['--conditions=@danube/source', '--input-type=module', '--eval', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    server.closeAllConnections();
    server.close();
    const { before, after } = JSON.parse(output) as { before: string[]; after: string[] };
    for (const way of ['fetch', 'get', 'http2', 'socket', 'lookup', 'udp'])
      assert.ok(before.includes(way), way);
    assert.deepEqual(after, []);
    assert.equal(reached, 2);
  });
});
