import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  encodeJsonLines,
  encodeSigstoreBundle,
  encodeStatement,
  publicKeyBundle,
  SCAI_V03,
} from 'in-toto-attestation';
import type { Check, ReportJson } from '@danube/verifier';
import { danube, folder, type Outcome, type RunOptions, unprivileged } from './danube.ts';
import {
  attestationOf,
  envelopeOf,
  jobRecord,
  provenance,
  sha256,
  statementOf,
  testKey,
  write,
  writeRelease,
} from './fixture.ts';

const root = folder();
const KEY = ['--public-key', 'keys/first.key.pub'];

function verify(args: readonly string[], options: RunOptions = {}): Outcome {
  return danube(['provenance', 'verify', ...args], { cwd: root, ...options });
}

function verifyJson(
  args: readonly string[],
  options: RunOptions = {},
): { readonly code: number | null; readonly report: ReportJson } {
  const { code, stdout } = verify([...args, '--format', 'json'], options);
  return { code, report: JSON.parse(stdout) };
}

/** Each artifact with its verdict. */
function verdicts({ artifacts }: ReportJson): Record<string, string> {
  return Object.fromEntries(artifacts.map(({ name, verdict }) => [name, verdict]));
}

/** A check of the first attestation of the first artifact. */
function checkOf({ artifacts }: ReportJson, id: string): Check {
  return artifacts[0]!.attestations[0]!.checks.find((check) => check.id === id)!;
}

async function attest(path: string, files: Record<string, string>, key = 1): Promise<void> {
  write(join(root, path), attestationOf(statementOf(files), await testKey(key)));
}

before(() => writeRelease(root));

describe('danube provenance verify', () => {
  it('accepts by provenance found beside the artifact, and says what nobody asked for', () => {
    const { code, stdout, stderr } = verify(['dist/app.tgz', ...KEY]);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(
      stdout,
      /^accepted {2}dist\/app\.tgz {2}\(key SHA256:\S+; builder https:\/\/ci\.example\.com\/danube; in /,
    );
    assert.match(stdout, /^not checked: .*builder\.id \(not constrained\), /m);
    assert.match(stdout, /^1 accepted, 0 rejected$/m);
  });

  it('finds provenance under each of its names beside the artifact', async () => {
    const envelope = envelopeOf(encodeStatement(statementOf({ 'app.tgz': 'the app' })), await testKey(1));
    write(join(root, 'lines/app.tgz'), 'the app');
    write(join(root, 'lines/app.tgz.intoto.jsonl'), encodeJsonLines([envelope]));
    write(join(root, 'bundle/app.tgz'), 'the app');
    write(
      join(root, 'bundle/app.tgz.sigstore.json'),
      encodeSigstoreBundle(publicKeyBundle(envelope, 'hint')),
    );
    for (const path of ['dist', 'lines', 'bundle']) assert.equal(verify([`${path}/app.tgz`, ...KEY]).code, 0);
  });

  it('rejects when there is no provenance, and says so', () => {
    write(join(root, 'bare/app.tgz'), 'the app');
    const { code, report } = verifyJson(['bare/app.tgz', ...KEY]);
    assert.equal(code, 1);
    assert.equal(checkOf(report, 'evidence.found').status, 'fail');
  });

  it('reads --provenance files and directories, and then nothing beside the artifact', async () => {
    await attest('elsewhere/deep/any-name.json', { 'app.tgz': 'the app' });
    await attest('about-other.json', { other: 'other' });
    assert.equal(verify(['bare/app.tgz', '--provenance', 'elsewhere', ...KEY]).code, 0);
    assert.equal(verify(['dist/app.tgz', '--provenance', 'about-other.json', ...KEY]).code, 1);
    const both = ['--provenance', 'about-other.json', '--provenance', 'elsewhere/deep/any-name.json'];
    assert.equal(verify(['bare/app.tgz', ...both, ...KEY]).code, 0);
  });

  it('judges every artifact, shows rejected ones first, and rejects when one is', () => {
    write(join(root, 'dist2/app.tgz'), 'not the app');
    cpSync(join(root, 'dist/provenance.json'), join(root, 'dist2/provenance.json'));
    const { code, stdout } = verify(['dist/app.tgz', 'dist2/app.tgz', ...KEY]);
    assert.equal(code, 1);
    assert.match(stdout, /^rejected {2}dist2\/app\.tgz\n {2}\S+ failed in dist2?\/provenance\.json/);
    assert.match(stdout, /^ {4}expected {2}sha256:/m);
    assert.match(stdout, /^ {4}actual {4}sha256:/m);
    assert.match(stdout, /^ {4}hint {6}/m);
    assert.match(stdout, /^accepted {2}dist\/app\.tgz/m);
    assert.match(stdout, /^1 accepted, 1 rejected \(.+\)$/m);
  });

  it('says what is wrong with a file that was changed', () => {
    const { stdout } = verify(['dist2/app.tgz', ...KEY]);
    assert.match(stdout, /^ {2}subject\.digest failed in dist2\/provenance\.json at \/subject\/0/m);
  });

  it('judges a file that is named twice once', () => {
    const { report } = verifyJson(['dist/app.tgz', './dist/app.tgz', 'dist', ...KEY]);
    assert.deepEqual(Object.values(verdicts(report)), ['accepted']);
  });

  it('counts distinct keys for --threshold', async () => {
    const both = [await testKey(1), await testKey(2)];
    const statement = statementOf({ 'app.tgz': 'the app' });
    write(join(root, 'two-keys.json'), attestationOf(statement, ...both));
    write(join(root, 'same-key.json'), attestationOf(statement, both[0]!, both[0]!));
    const keys = [...KEY, '--public-key', 'keys/second.key.pub', '--threshold', '2'];
    assert.equal(verify(['dist/app.tgz', '--provenance', 'two-keys.json', ...keys]).code, 0);
    assert.equal(verify(['dist/app.tgz', '--provenance', 'same-key.json', ...keys]).code, 1);
    const twice = [...KEY, '--public-key', 'keys/first.key.pub', '--threshold', '2'];
    assert.equal(verify(['dist/app.tgz', '--provenance', 'two-keys.json', ...twice]).code, 2);
  });

  it('hashes by the algorithms that the subjects name', async () => {
    const { subject, ...statement } = statementOf({ 'app.tgz': 'the app' });
    const wrong = [{ ...subject[0]!, digest: { ...subject[0]!.digest, sha512: 'ab'.repeat(64) } }];
    write(join(root, 'sha512.json'), attestationOf({ ...statement, subject: wrong }, await testKey(1)));
    assert.equal(verify(['dist/app.tgz', '--provenance', 'sha512.json', ...KEY]).code, 1);
  });
});

describe('danube provenance verify DIR', () => {
  before(async () => {
    write(join(root, 'release/app.tgz'), 'the app');
    write(join(root, 'release/linux/tool'), 'the tool');
    await attest('release/provenance.json', { 'app.tgz': 'the app', 'linux/tool': 'the tool' });
    write(join(root, 'release/SHA256SUMS'), `${sha256('the app')}  app.tgz\n`);
    write(join(root, 'release/app.tgz.sha256'), `${sha256('the app')}  app.tgz\n`);
  });

  it('judges the files in it, at any depth, but attestations and checksum files', () => {
    const { code, report } = verifyJson(['release', '--no-extra', '--no-missing', ...KEY]);
    assert.equal(code, 0);
    assert.deepEqual(verdicts(report), { 'app.tgz': 'accepted', 'linux/tool': 'accepted' });
  });

  it('judges a checksum file that provenance names', async () => {
    cpSync(join(root, 'release'), join(root, 'sums'), { recursive: true });
    await attest('sums/provenance.json', { 'app.tgz': 'the app', SHA256SUMS: 'other sums' });
    const { code, report } = verifyJson(['sums', ...KEY]);
    assert.equal(code, 1);
    assert.deepEqual(verdicts(report), { 'app.tgz': 'accepted', SHA256SUMS: 'rejected' });
  });

  it('never accepts where there is nothing to judge', () => {
    mkdirSync(join(root, 'empty'));
    assert.equal(verify(['empty', ...KEY]).code, 2);
    cpSync(join(root, 'release/provenance.json'), join(root, 'no-artifact/provenance.json'));
    assert.equal(verify(['no-artifact', ...KEY]).code, 2);
    write(join(root, 'unnamed/unknown'), 'who knows');
    cpSync(join(root, 'release/provenance.json'), join(root, 'unnamed/provenance.json'));
    assert.equal(verify(['unnamed', ...KEY]).code, 1);
  });

  it('refuses a directory with a link that leaves it, and judges the others', () => {
    mkdirSync(join(root, 'escape'));
    symlinkSync(join(root, 'dist/app.tgz'), join(root, 'escape/app.tgz'));
    const { code, stdout, stderr } = verify(['escape', 'dist/app.tgz', ...KEY]);
    assert.equal(code, 3);
    assert.match(stderr, /danube: error: escape was not judged: .*leaves the directory/);
    assert.match(stdout, /accepted {2}dist\/app\.tgz/);
  });
});

describe('danube provenance verify --digest, --checksums', () => {
  const digest = `sha256:${sha256('the app')}`;
  const PROVENANCE = ['--provenance', 'dist/provenance.json'];

  it('judges a digest without a file', () => {
    assert.equal(verify(['--digest', digest, ...PROVENANCE, ...KEY]).code, 0);
    assert.equal(verify(['--digest', `sha256:${sha256('x')}`, ...PROVENANCE, ...KEY]).code, 1);
  });

  it('needs a digest that is one, and to know where the provenance is', () => {
    for (const bad of [
      digest.toUpperCase(),
      'sha256:abc',
      'md5:d41d8cd98f00b204e9800998ecf8427e',
      sha256('x'),
    ]) {
      const { code, stderr } = verify(['--digest', bad, ...PROVENANCE, ...KEY]);
      assert.equal(code, 2);
      assert.match(stderr, /^danube: error: --digest /);
    }
    assert.equal(verify(['--digest', digest, ...KEY]).code, 2);
  });

  it('judges every entry of a checksum file, by provenance beside it', () => {
    assert.equal(verify(['--checksums', 'release/SHA256SUMS', ...KEY]).code, 0);
    const sums = `${sha256('the app')}  app.tgz\n${sha256('evil')}  linux/tool\n`;
    write(join(root, 'release/bad.txt'), sums);
    const { code, report } = verifyJson(['--checksums', 'release/bad.txt', ...KEY]);
    assert.equal(code, 1);
    assert.deepEqual(verdicts(report), { 'app.tgz': 'accepted', 'linux/tool': 'rejected' });
  });

  it('refuses what is no checksum file, and one that is not there', () => {
    write(join(root, 'no-sums'), 'hello\n');
    const { code, stderr } = verify(['--checksums', 'no-sums', ...KEY]);
    assert.equal(code, 2);
    assert.match(stderr, /--checksums no-sums: line 1 /);
    assert.equal(verify(['--checksums', 'missing', ...KEY]).code, 3);
  });
});

describe('danube provenance verify --job', () => {
  const job = 'var/artifacts/abc123';
  const env = { DANUBE_DATA_DIR: 'var' };
  // The call of Danube's documentation, with the data directory moved.
  const CALL = ['--job=abc123', '--public-key=var/keys/signing.key.pub'];

  before(() => {
    cpSync(join(root, 'keys/first.key.pub'), join(root, 'var/keys/signing.key.pub'));
    cpSync(join(root, 'dist/provenance.json'), join(root, job, 'provenance.json'));
  });

  it('checks the provenance alone when the job keeps no artifact, and says so', () => {
    const { code, stdout, stderr } = verify(CALL, { env });
    assert.equal(code, 0);
    assert.match(stderr, /^warning: no artifact was checked: /);
    assert.match(stdout, /^not checked: .*subject\.digest \(no artifact was given/m);
    const { report } = verifyJson(CALL, { env });
    assert.equal(checkOf(report, 'subject.digest').status, 'not-run');
  });

  it('rejects provenance that another key signed', () => {
    assert.equal(verify(['--job', 'abc123', '--public-key', 'keys/stranger.key.pub'], { env }).code, 1);
  });

  it('judges the subjects that the job keeps as files', () => {
    write(join(root, job, 'app.tgz'), 'the app');
    write(join(root, job, 'build.log'), 'made it');
    const good = verifyJson(CALL, { env });
    assert.deepEqual([good.code, verdicts(good.report)], [0, { 'app.tgz': 'accepted' }]);
    assert.equal(verify([...CALL, '--no-extra'], { env }).code, 1);
    write(join(root, job, 'app.tgz'), 'another app');
    assert.equal(verify(CALL, { env }).code, 1);
  });

  it('judges the artifacts that are given by the provenance of the job', () => {
    assert.equal(verify(['bare/app.tgz', ...CALL, '--data-dir', 'var']).code, 0);
    assert.equal(verify(['dist2/app.tgz', ...CALL, '--data-dir', 'var']).code, 1);
  });

  it('rejects a job without provenance; cannot decide about one that is not there', () => {
    mkdirSync(join(root, 'var/artifacts/silent'));
    assert.equal(verify(['--job', 'silent', ...KEY], { env }).code, 1);
    assert.equal(verify(['--job', 'nobody', ...KEY], { env }).code, 3);
  });

  it('takes plain names alone as job ids', () => {
    for (const id of ['../abc123', 'a/b', '.', '..', '/etc', 'a b']) {
      assert.equal(verify(['--job', id, ...KEY], { env }).code, 2);
    }
  });

  it('needs files for --no-missing', () => {
    cpSync(join(root, 'dist/provenance.json'), join(root, 'var/artifacts/gone/provenance.json'));
    assert.equal(verify(['--job', 'gone', '--no-missing', ...KEY], { env }).code, 2);
  });

  it('lists the other attestations of a job, and one that is broken rejects', async () => {
    const at = (name: string): string => join(root, 'var/artifacts/described', name);
    const report = { ...statementOf({ 'app.tgz': 'the app' }, { attributes: [] }), predicateType: SCAI_V03 };
    write(at('isolation.json'), attestationOf(report, await testKey(1)));
    write(at('app.sbom.intoto.jsonl'), attestationOf(report, await testKey(3)));
    assert.equal(verify(['--job', 'described', ...KEY], { env }).code, 1);
    cpSync(join(root, 'dist/provenance.json'), at('provenance.json'));
    const { code, stdout } = verify(['--job', 'described', ...KEY], { env });
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}beside it {2}\S+isolation\.json {2}\(https:\S+scai\S+; key SHA256:/m);
    assert.match(stdout, /^ {2}beside it {2}\S+sbom\.intoto\.jsonl {2}\(not signed by a key you trust\)/m);
    write(at('isolation.json'), '{');
    assert.equal(verify(['--job', 'described', ...KEY], { env }).code, 1);
  });

  it('does not take other JSON files of a job for attestations', () => {
    cpSync(join(root, 'dist/provenance.json'), join(root, 'var/artifacts/mixed/provenance.json'));
    write(join(root, 'var/artifacts/mixed/job.json'), jobRecord());
    assert.equal(verify(['--job', 'mixed', ...KEY], { env }).code, 0);
  });
});

describe('what cannot be read', () => {
  it('is an artifact: the others are judged, and the answer is 3', () => {
    const { code, stdout, stderr } = verify(['missing.tgz', 'dist/app.tgz', ...KEY]);
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^danube: error: missing\.tgz was not judged: cannot read missing\.tgz: no such file/,
    );
    assert.match(stdout, /^1 accepted, 0 rejected, 1 not judged$/m);
  });

  it('is an artifact: in the report it is rejected, without digest', () => {
    const { code, report } = verifyJson(['missing.tgz', 'dist/app.tgz', ...KEY]);
    assert.equal(code, 3);
    assert.equal(report.verdict, 'rejected');
    assert.deepEqual(verdicts(report), { 'dist/app.tgz': 'accepted', 'missing.tgz': 'rejected' });
    assert.deepEqual(report.artifacts[1]?.digest, {});
  });

  it('does not hide a rejection', () => {
    assert.equal(verify(['missing.tgz', 'dist2/app.tgz', ...KEY]).code, 1);
    assert.equal(verify(['missing.tgz', ...KEY]).code, 3);
  });

  it('is a key or evidence: nothing is judged', () => {
    for (const args of [
      ['dist/app.tgz', '--public-key', 'missing.pub'],
      ['dist/app.tgz', '--public-key', 'keys'],
      ['dist/app.tgz', '--provenance', 'missing.json', ...KEY],
      ['--checksums', 'dist', ...KEY],
    ]) {
      const { code, stdout, stderr } = verify(args);
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^danube: error: cannot read /);
    }
  });

  it('is evidence that was met beside artifacts: the rest may still speak', () => {
    cpSync(join(root, 'dist'), join(root, 'met'), { recursive: true });
    mkdirSync(join(root, 'met/app.tgz.intoto.jsonl'));
    const { code, stderr } = verify(['met/app.tgz', ...KEY]);
    assert.equal(code, 0);
    assert.match(stderr, /^warning: cannot read met\/app\.tgz\.intoto\.jsonl: it is a directory$/m);
    assert.equal(verify(['met/app.tgz', '--public-key', 'keys/stranger.key.pub']).code, 3);
  });

  it('is not permitted to us', (context) => {
    const uid = unprivileged();
    if (uid === undefined) return context.skip('only root can run the command here');
    chmodSync(root, 0o755);
    cpSync(join(root, 'dist'), join(root, 'secret'), { recursive: true });
    for (const [path, args] of [
      ['secret/app.tgz', ['secret/app.tgz', '--provenance', 'dist/provenance.json']],
      ['secret/app.tgz', ['secret']],
      ['secret/provenance.json', ['dist/app.tgz', '--provenance', 'secret/provenance.json']],
      ['secret', ['secret/app.tgz', '--provenance', 'dist/provenance.json']],
      ['secret', ['dist/app.tgz', '--public-key', 'secret/key.pub']],
    ] as const) {
      chmodSync(join(root, path), 0);
      const { code, stderr } = verify([...args, ...KEY], uid);
      chmodSync(join(root, path), 0o755);
      assert.equal(code, 3, args.join(' '));
      assert.match(stderr, /permission denied/);
    }
  });
});

describe('a public key that is none', () => {
  for (const [name, content] of [
    ['text', 'hello'],
    ['nothing', ''],
    ['a private key', readFileSync],
  ] as const) {
    it(`ends with 2: ${name}`, () => {
      const path = join(root, 'bad.pub');
      write(path, typeof content === 'string' ? content : content(join(root, 'keys/first.key')));
      const { code, stderr } = verify(['dist/app.tgz', '--public-key', 'bad.pub']);
      assert.equal(code, 2);
      assert.match(stderr, /^danube: error: --public-key bad\.pub: /);
      assert.doesNotMatch(stderr, /MC4CAQ/);
    });
  }
});

describe('evidence that is malformed', () => {
  const MALFORMED = {
    empty: '',
    text: 'hello',
    'an empty object': '{}',
    'an array': '[]',
    'a statement without a signature': JSON.stringify(statementOf({ a: 'a' })),
    'cut off': '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatu',
    'two payloads': '{"payload":"e30=","payload":"e30=","payloadType":"x","signatures":[{"sig":"AA=="}]}',
    'not UTF-8': Buffer.from([0x7b, 0xff, 0x7d]),
  };
  for (const [name, content] of Object.entries(MALFORMED)) {
    it(`is a rejection: ${name}`, () => {
      write(join(root, 'malformed.json'), content);
      const { code, report } = verifyJson(['dist/app.tgz', '--provenance', 'malformed.json', ...KEY]);
      assert.equal(code, 1);
      assert.equal(report.verdict, 'rejected');
      const good = ['--provenance', 'dist/provenance.json'];
      assert.equal(verify(['dist/app.tgz', '--provenance', 'malformed.json', ...good, ...KEY]).code, 0);
    });
  }

  it('is a rejection: a signed payload that is no statement', async () => {
    for (const payload of [
      '[]',
      '{"_type":"x"}',
      'hello',
      JSON.stringify({ ...statementOf({}), subject: [null] }),
    ]) {
      const { payloadType, signatures } = envelopeOf(Buffer.from(payload), await testKey(1));
      const json = {
        payloadType,
        payload: Buffer.from(payload).toString('base64'),
        signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: Buffer.from(sig).toString('base64') })),
      };
      write(join(root, 'no-statement.json'), JSON.stringify(json));
      const { code, report } = verifyJson(['dist/app.tgz', '--provenance', 'no-statement.json', ...KEY]);
      assert.deepEqual([code, report.verdict], [1, 'rejected']);
    }
  });
});

describe('control characters in evidence', () => {
  const EVIL =
    'https://evil.example/\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202egpj.\r\ndanube: accepted\u2066';

  before(async () => {
    for (const builder of ['https://ci.example.com/danube', EVIL]) {
      const predicate = provenance({ builderId: builder, parameters: { [EVIL]: EVIL } });
      const statement = statementOf({ 'app.tgz': 'the app', [EVIL]: 'evil' }, predicate);
      const path = builder === EVIL ? 'evil-builder/provenance.json' : 'evil/provenance.json';
      write(join(root, path), attestationOf(statement, await testKey(1)));
    }
  });

  it('never reach the terminal', () => {
    const runs = [
      ['verify', 'dist/app.tgz', '--provenance', 'evil', ...KEY],
      ['verify', 'dist/app.tgz', '--provenance', 'evil', ...KEY, '--builder-id', 'https://x.example'],
      ['verify', 'dist/app.tgz', '--provenance', 'evil', ...KEY, '--no-missing', '--strict'],
      ['verify', 'dist/app.tgz', '--provenance', 'evil', ...KEY, '--format', 'json'],
      ['verify', 'dist2/app.tgz', '--provenance', 'evil', ...KEY, '--format', 'json'],
      ['verify', 'dist/app.tgz', '--provenance', 'evil-builder', ...KEY],
      ['inspect', 'evil-builder/provenance.json'],
      ['inspect', 'evil/provenance.json'],
      ['inspect', 'evil/provenance.json', '--format', 'json'],
    ];
    for (const args of runs) {
      const { stdout, stderr } = danube(['provenance', ...args], { cwd: root });
      assert.doesNotMatch(stdout + stderr, /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      assert.doesNotMatch(stdout + stderr, /^danube: accepted/m);
    }
  });

  it('stay what they are for programs', () => {
    const { report } = verifyJson(['dist/app.tgz', '--provenance', 'evil', ...KEY]);
    assert.ok(checkOf(report, 'parameters').actual?.includes('\u001b[2J\u001b]'));
  });
});
