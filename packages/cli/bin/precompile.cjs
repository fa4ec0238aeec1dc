/**
 * Makes `danube provenance verify` start faster on this machine (docs/speed.md): node precompile.cjs
 *
 * Verifies an example once and keeps what V8 made of the code meanwhile beside the code (danube.cjs). Run by the build;
 * published packages do not hold it, because it is no text that could be read, and differs from one run to the next.
 */
'use strict';

const { generateKeyPairSync, hash, sign } = require('crypto');
const { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } = require('fs');
const { tmpdir } = require('os');
const { basename, dirname, join } = require('path');
const { spawnSync } = require('child_process');

const BUNDLE = join(__dirname, '..', 'dist', 'verify.cjs');

/** A file, its signed provenance and the public key, as somebody would verify them. */
function writeExample(folder) {
  const artifact = Buffer.alloc(100_000);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const payloadType = 'application/vnd.in-toto+json';
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'artifact', digest: { sha256: hash('sha256', artifact, 'hex') } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://danube.dev/buildtypes/pipeline/v1',
          externalParameters: {
            source: 'git+https://git.example.com/a/b@refs/heads/main',
            parameters: { a: 'b' },
          },
          internalParameters: {},
          resolvedDependencies: [
            { uri: 'git+https://git.example.com/a/b@refs/heads/main', digest: { gitCommit: 'a'.repeat(40) } },
          ],
        },
        runDetails: {
          builder: { id: 'https://ci.example.com/builder', version: { builder: '1' } },
          metadata: {
            invocationId: 'https://ci.example.com/jobs/1',
            startedOn: '2026-01-02T03:04:05Z',
            finishedOn: '2026-01-02T03:05:05Z',
          },
          byproducts: [{ name: 'log', digest: { sha256: 'b'.repeat(64) }, annotations: { step: 1 } }],
        },
      },
    }),
  );
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const signatures = [{ keyid: 'example', sig: sign(null, message, privateKey).toString('base64') }];
  const envelope = JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures });
  writeFileSync(join(folder, 'artifact'), artifact);
  writeFileSync(join(folder, 'provenance.json'), envelope);
  writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

/** Verifies in this process, and keeps what was compiled when it ends. */
function keepCompiled() {
  const { script, path } = require('./danube.cjs');
  process.on('exit', (code) => {
    if (code !== 0) return;
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, path);
    removeOthers(basename(path));
  });
}

/** What was made of other bundles or by other versions of Node.js. */
function removeOthers(kept) {
  const folder = dirname(BUNDLE);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${basename(BUNDLE)}-`) && name !== kept) rmSync(join(folder, name), { force: true });
  }
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'danube-precompile-'));
  try {
    writeExample(folder);
    const options = [
      '--provenance',
      'provenance.json',
      '--public-key',
      'key.pub',
      '--source-uri',
      'git+https://git.example.com/a/b',
    ];
    const args = [__filename, 'provenance', 'verify', 'artifact', ...options];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) process.stderr.write(`danube: error: cannot precompile: ${stderr}\n`);
    process.exitCode = status === 0 ? 0 : 3;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.length === 2) main();
else keepCompiled();
