import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { encodeStatement, parseAttestations, parseEnvelope, parseSigstoreBundle } from 'in-toto-attestation';
import { danube, folder, type Outcome, type RunOptions } from './danube.ts';
import { attestationOf, statementOf, testKey, write, writeRelease } from './fixture.ts';

const root = folder();
const KEY = ['--key', 'keys/first.key'];
const statement = statementOf({ 'app.tgz': 'the app' });

function run(command: string, args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['provenance', command, ...args], { cwd: root, ...options });
}

function verify(provenance: string, ...args: readonly string[]): number | null {
  const all = ['dist/app.tgz', '--provenance', provenance, '--public-key', 'keys/first.key.pub', ...args];
  return run('verify', all).code;
}

before(async () => {
  await writeRelease(root);
  write(join(root, 'statement.json'), encodeStatement(statement));
});

describe('danube provenance sign', () => {
  it('signs a statement from a file or from stdin, to stdout or to a file', () => {
    const { code, stdout, stderr } = run('sign', ['statement.json', ...KEY]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(parseEnvelope(Buffer.from(stdout)).signatures.length, 1);
    const input = encodeStatement(statement);
    assert.equal(run('sign', KEY, { input }).stdout, stdout);
    assert.equal(run('sign', ['-', ...KEY, '--out', 'signed.json'], { input }).stdout, '');
    assert.equal(readFileSync(join(root, 'signed.json'), 'utf8'), stdout);
    assert.equal(verify('signed.json'), 0);
  });

  for (const format of ['dsse', 'bundle', 'jsonl']) {
    it(`writes what verify accepts: ${format}`, () => {
      assert.equal(
        run('sign', ['statement.json', ...KEY, '--format', format, '--out', `signed.${format}`]).code,
        0,
      );
      assert.equal(verify(`signed.${format}`), 0);
    });
  }

  it('adds a signature by another key, which a threshold of two asks for', () => {
    const threshold = ['--public-key', 'keys/second.key.pub', '--threshold', '2'];
    assert.equal(verify('dist/provenance.json', ...threshold), 1);
    const args = ['--append', 'dist/provenance.json', '--key', 'keys/second.key', '--out', 'both.json'];
    assert.equal(run('sign', args).code, 0);
    assert.equal(verify('both.json', ...threshold), 0);
  });

  it('adds no second signature by the same key', () => {
    const { code, stderr } = run('sign', ['--append', 'dist/provenance.json', ...KEY]);
    assert.equal(code, 2);
    assert.match(stderr, /has signed this envelope already/);
  });

  it('does not add to what cannot hold it, and leaves files as they were', () => {
    run('sign', ['statement.json', ...KEY, '--format', 'bundle', '--out', 'one.sigstore.json']);
    const before = readFileSync(join(root, 'one.sigstore.json'));
    const second = ['--key', 'keys/second.key'];
    for (const args of [
      ['--append', 'one.sigstore.json', ...second, '--out', 'one.sigstore.json'],
      ['--append', 'dist/provenance.json', ...second, '--format', 'bundle', '--out', 'one.sigstore.json'],
      ['--append', 'statement.json', ...second, '--out', 'one.sigstore.json'],
    ]) {
      assert.equal(run('sign', args).code, 2);
      assert.deepEqual(readFileSync(join(root, 'one.sigstore.json')), before);
    }
  });

  it('signs nothing that is no statement', () => {
    for (const input of ['', '{}', '[]', 'hello', '{"_type":"a","_type":"b"}', attestation()]) {
      const { code, stdout, stderr } = run('sign', KEY, { input });
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^danube: error: standard input is no statement: /);
    }
    write(join(root, 'nothing.json'), '');
    assert.match(
      run('sign', ['nothing.json', ...KEY]).stderr,
      /^danube: error: nothing\.json is no statement: /,
    );
  });

  it('ends with 3 when the statement or the key is not there', () => {
    assert.equal(run('sign', ['missing.json', ...KEY]).code, 3);
    assert.equal(run('sign', ['statement.json', '--key', 'missing.key']).code, 3);
  });

  it('cannot read both statement and passphrase from stdin', () => {
    assert.equal(run('sign', [...KEY, '--passphrase-file', '-'], { input: 'x' }).code, 2);
  });

  it('leaves no temporary file', () => {
    assert.deepEqual(
      readdirSync(root).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
});

function attestation(): string {
  return readFileSync(join(root, 'dist/provenance.json'), 'utf8');
}

describe('danube provenance convert', () => {
  it('changes the format and nothing else', () => {
    const original = parseEnvelope(Buffer.from(attestation()));
    let from = 'dist/provenance.json';
    for (const format of ['bundle', 'jsonl', 'dsse']) {
      assert.equal(run('convert', [from, '--format', format, '--out', `converted.${format}`]).code, 0);
      from = `converted.${format}`;
      const [found] = parseAttestations(readFileSync(join(root, from))).attestations;
      assert.ok(found !== undefined && 'envelope' in found);
      assert.deepEqual(found.envelope, original);
    }
    const bundle = parseSigstoreBundle(readFileSync(join(root, 'converted.bundle')));
    assert.equal(bundle.verificationMaterial.publicKey?.hint, original.signatures[0]?.keyid);
  });

  it('joins files as JSON Lines, and only so', () => {
    const files = ['dist/provenance.json', 'converted.bundle'];
    const { code, stdout } = run('convert', [...files, '--format', 'jsonl']);
    assert.equal(code, 0);
    assert.equal(stdout.trimEnd().split('\n').length, 2);
    for (const format of ['dsse', 'bundle'])
      assert.equal(run('convert', [...files, '--format', format]).code, 2);
  });

  it('makes no bundle of two signatures', async () => {
    write(join(root, 'two.json'), attestationOf(statement, await testKey(1), await testKey(2)));
    const { code, stderr } = run('convert', ['two.json', '--format', 'bundle']);
    assert.equal(code, 2);
    assert.match(stderr, /exactly one signature/);
  });

  it('loses no certificate', () => {
    const bundle = JSON.parse(readFileSync(join(root, 'converted.bundle'), 'utf8'));
    bundle.verificationMaterial = { certificate: { rawBytes: 'MAA=' }, tlogEntries: [] };
    write(join(root, 'keyless.json'), JSON.stringify(bundle));
    const { code, stderr } = run('convert', ['keyless.json', '--format', 'dsse']);
    assert.equal(code, 2);
    assert.match(stderr, /would be lost/);
  });

  it('rejects what is malformed, and writes nothing', () => {
    write(join(root, 'broken.jsonl'), `${attestation().trim()}\n{"payload":\n`);
    for (const file of ['statement.json', 'broken.jsonl', 'keys/first.key']) {
      const { code, stderr } = run('convert', [file, '--format', 'jsonl', '--out', 'never.jsonl']);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^danube: error: ${file}`));
    }
    assert.equal(existsSync(join(root, 'never.jsonl')), false);
    assert.equal(run('convert', ['missing.json', '--format', 'jsonl']).code, 3);
  });
});

describe('danube provenance inspect', () => {
  it('shows what the file says, marked as unverified', () => {
    const { code, stdout } = run('inspect', ['dist/provenance.json']);
    assert.equal(code, 0);
    assert.match(stdout, /^UNVERIFIED: /);
    assert.match(stdout, /^ {2}builder +https:\/\/ci\.example\.com\/danube$/m);
    assert.match(stdout, /^ {2}subjects +app\.tgz {2}sha256:/m);
  });

  it('gives programs the statement, marked as unverified', () => {
    const { stdout } = run('inspect', ['dist/provenance.json', '--format', 'json']);
    const { verified, files } = JSON.parse(stdout);
    assert.equal(verified, false);
    assert.deepEqual(files[0].attestations[0].statement.subject, statement.subject);
  });

  it('reads stdin', () => {
    assert.equal(run('inspect', ['-'], { input: attestation() }).code, 0);
  });

  it('rejects what is malformed, and shows the rest', () => {
    for (const format of ['text', 'json']) {
      const { code, stdout } = run('inspect', ['broken.jsonl', '--format', format]);
      assert.equal(code, 1);
      assert.match(stdout, /app\.tgz/);
    }
    const { code, stdout, stderr } = run('inspect', ['statement.json', 'dist/provenance.json']);
    assert.equal(code, 1);
    assert.match(stdout, /app\.tgz/);
    assert.match(stderr, /^danube: error: statement\.json: .*\nhint: this statement is not signed$/m);
    assert.equal(run('inspect', ['missing.json']).code, 3);
  });
});
