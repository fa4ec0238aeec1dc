import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import {
  encodeEnvelope,
  encodeJsonLines,
  type JsonObject,
  parseEnvelope,
  parseStatement,
  parseVerificationSummary,
  type Statement,
  type VerificationSummary,
} from 'in-toto-attestation';
import { danube, folder, type Outcome } from './danube.ts';
import { sha256, testKey, write, writeKey, writeRelease } from './fixture.ts';

const root = folder();
const VECTORS = join(import.meta.dirname, '../../../test-vectors');
const VERIFIER_ID = 'https://verify.example.com';
const RESOURCE_URI = 'https://example.com/app.tgz';
const PUBLIC_KEY = ['--public-key', 'keys/first.key.pub'];

function summarize(args: readonly string[], out: string, ...more: readonly string[]): Outcome {
  const vsa = [`--vsa=${out}`, '--vsa-key=keys/verifier.key', `--verifier-id=${VERIFIER_ID}`];
  const options = [...args, ...vsa, `--resource-uri=${RESOURCE_URI}`, ...more];
  return danube(['provenance', 'verify', ...options], { cwd: root });
}

function readSummary(name: string): { readonly statement: Statement; readonly summary: VerificationSummary } {
  const statement = parseStatement(parseEnvelope(readFileSync(join(root, name))).payload);
  return { statement, summary: parseVerificationSummary(statement.predicate) };
}

describe('danube provenance verify --vsa', () => {
  before(async () => {
    await writeRelease(root);
    await writeKey(join(root, 'keys/verifier.key'), await testKey(4));
  });

  it('writes what was decided, signed: digest and name of the artifact, the attestation, the result', () => {
    const { code } = summarize(['dist/app.tgz', ...PUBLIC_KEY], 'app.vsa.json');
    assert.equal(code, 0);
    const { statement, summary } = readSummary('app.vsa.json');
    assert.deepEqual(statement.subject, [{ name: 'dist/app.tgz', digest: { sha256: sha256('the app') } }]);
    assert.deepEqual(summary.inputAttestations, [
      {
        name: 'provenance.json',
        digest: { sha256: sha256(readFileSync(join(root, 'dist/provenance.json'))) },
      },
    ]);
    assert.equal(summary.verifier.id, VERIFIER_ID);
    assert.equal(summary.resourceUri, RESOURCE_URI);
    assert.equal(summary.verificationResult, 'PASSED');
    assert.deepEqual(summary.verifiedLevels, ['SLSA_BUILD_LEVEL_UNEVALUATED']);
    const by = ['--predicate-type=https://slsa.dev/verification_summary/v1', '--provenance=app.vsa.json'];
    const read = ['provenance', 'verify', 'dist/app.tgz', '--public-key=keys/verifier.key.pub', ...by];
    assert.equal(danube(read, { cwd: root }).code, 0);
  });

  it('names what was expected by the digest of a document that it holds, when there is no policy', () => {
    summarize(['dist/app.tgz', ...PUBLIC_KEY, '--threshold=1'], 'expected.vsa.json');
    const { policy } = readSummary('expected.vsa.json').summary;
    const document = JSON.parse(Buffer.from(policy.content ?? []).toString()) as JsonObject;
    const key = parseEnvelope(readFileSync(join(root, 'dist/provenance.json'))).signatures[0]?.keyid;
    assert.deepEqual(document, { policies: [], publicKeys: [key], threshold: 1 });
    const digest = createHash('sha256')
      .update(policy.content ?? '')
      .digest();
    assert.equal(policy.digest?.['sha256'], digest.toString('hex'));
    assert.equal(policy.uri, `ni:///sha-256;${digest.toString('base64url')}`);
  });

  it('takes policy and level from the policy file and the trust root', () => {
    const at = (name: string): string => join(VECTORS, 'verify/policy-builder-level', name);
    const trust = [
      `--trust-root=${VECTORS}/keys/trust-root.json`,
      `--trust-root-key=${VECTORS}/keys/root.pub`,
    ];
    const policy = `--policy=${at('policy.yaml')}`;
    const { code } = summarize([at('app-1.2.0.tgz'), ...trust, policy], 'level.vsa.json');
    assert.equal(code, 0);
    const { summary } = readSummary('level.vsa.json');
    assert.deepEqual(summary.verifiedLevels, ['SLSA_BUILD_LEVEL_2']);
    assert.deepEqual(summary.policy.digest, { sha256: sha256(readFileSync(at('policy.yaml'))) });
  });

  it('says FAILED of what was rejected, and still ends with 1', () => {
    const args = ['dist/app.tgz', '--public-key', 'keys/stranger.key.pub'];
    assert.equal(summarize(args, 'failed.vsa.json').code, 1);
    const { summary } = readSummary('failed.vsa.json');
    assert.deepEqual([summary.verificationResult, summary.verifiedLevels], ['FAILED', ['FAILED']]);
  });

  it('writes nothing when something was not decided, or not the same for all', () => {
    write(join(root, 'dist/other.bin'), 'another');
    const [mixed, missing] = ['dist/other.bin', 'dist/absent.tgz'].map((other) =>
      summarize(['dist/app.tgz', other, ...PUBLIC_KEY], 'none.vsa.json'),
    );
    assert.deepEqual([mixed?.code, missing?.code], [1, 3]);
    for (const { stderr } of [mixed!, missing!]) assert.match(stderr, /no verification summary is written/);
    assert.equal(existsSync(join(root, 'none.vsa.json')), false);
  });

  it('names each line of JSON Lines by its own digest, with either end of line', () => {
    const envelope = parseEnvelope(readFileSync(join(root, 'dist/provenance.json')));
    const [line = ''] = new TextDecoder().decode(encodeJsonLines([envelope])).split('\n');
    for (const end of ['\n', '\r\n']) {
      writeFileSync(join(root, 'two.jsonl'), `${line}${end}${line}${end}`);
      summarize(['dist/app.tgz', '--provenance=two.jsonl', ...PUBLIC_KEY], 'lines.vsa.json');
      const digests = readSummary('lines.vsa.json').summary.inputAttestations?.map(({ digest }) => digest);
      assert.deepEqual(digests, [{ sha256: sha256(line) }, { sha256: sha256(line) }]);
    }
  });

  it('is wrong use without its other options, or they without it', () => {
    const verify = ['provenance', 'verify', 'dist/app.tgz', ...PUBLIC_KEY];
    const vsa = {
      '--vsa': 'x.vsa.json',
      '--vsa-key': 'keys/verifier.key',
      '--verifier-id': VERIFIER_ID,
      '--resource-uri': RESOURCE_URI,
    };
    for (const left of Object.keys(vsa)) {
      const given = Object.entries(vsa).filter(([name]) => name !== left);
      const { code, stderr } = danube([...verify, ...given.flat()], { cwd: root });
      assert.equal(code, 2);
      assert.match(stderr, left === '--vsa' ? /needs --vsa/ : new RegExp(`${left} is needed by --vsa`));
    }
    for (const option of ['--passphrase-file=x', '--key-config=x', '--allow-mounted-key'])
      assert.equal(danube([...verify, option], { cwd: root }).code, 2);
    assert.equal(summarize(['dist/app.tgz', ...PUBLIC_KEY], '-').code, 2);
    assert.equal(summarize(['dist/app.tgz', ...PUBLIC_KEY], 'x', '--passphrase-file=absent').code, 3);
    assert.equal(existsSync(join(root, 'x.vsa.json')), false);
  });

  it('does not verify a summary that was changed afterwards', () => {
    summarize(['dist/app.tgz', ...PUBLIC_KEY], 'changed.vsa.json');
    const envelope = parseEnvelope(readFileSync(join(root, 'changed.vsa.json')));
    const payload = Buffer.from(Buffer.from(envelope.payload).toString().replace('UNEVALUATED', '3'));
    writeFileSync(join(root, 'changed.vsa.json'), encodeEnvelope({ ...envelope, payload }));
    const args = [
      '--predicate-type=https://slsa.dev/verification_summary/v1',
      '--provenance=changed.vsa.json',
    ];
    const read = ['provenance', 'verify', 'dist/app.tgz', '--public-key=keys/verifier.key.pub', ...args];
    assert.equal(danube(read, { cwd: root }).code, 1);
  });
});
