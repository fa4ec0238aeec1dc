import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEnvelope, parseStatement } from 'in-toto-attestation';
import { parseJobRecord } from '@danube/builder';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The control plane's side of docs/job-record.md, with the real command. */
describe('the Python example of docs/job-record.md', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'artifacts'));
    writeFileSync(join(folder, 'artifacts/app.tar.gz'), 'what make dist left behind');
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    writeFileSync(join(folder, 'signing.key'), pem, { mode: 0o600 });
    const command = `exec '${process.execPath}' --conditions=@danube/source '${ROOT}packages/cli/src/main.ts' "$@"`;
    writeFileSync(join(folder, 'bin/danube'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(program: string, args: readonly string[]): ReturnType<typeof spawnSync> {
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
    return spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH } });
  }

  it('writes a record that is accepted, and gets provenance for it', (t) => {
    if (run('python3', ['--version']).error !== undefined) return t.skip('python3 is not available');
    const page = readFileSync(`${ROOT}docs/job-record.md`, 'utf8');
    const [, code = ''] = /^```python\n(.*?)^```$/ms.exec(page) ?? [];

    const { status, stderr } = run('python3', ['-c', code]);

    assert.equal(status, 0, String(stderr));
    const record = parseJobRecord(readFileSync(join(folder, 'job.json')));
    assert.equal(record.trigger?.actor, 'alice@example.com');
    const envelope = parseEnvelope(readFileSync(join(folder, 'data/artifacts/abc123/provenance.json')));
    assert.deepEqual(
      parseStatement(envelope.payload).subject.map(({ name }) => name),
      ['app.tar.gz'],
    );
  });
});
