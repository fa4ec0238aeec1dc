import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { DependencyJson, ReportJson } from '@danube/verifier';
import {
  type JsonObject,
  parseEnvelope,
  parseStatement,
  parseVerificationSummary,
} from 'in-toto-attestation';
import { danube, folder, type Outcome } from './danube.ts';
import { attestationOf, provenance, sha256, statementOf, testKey, write, writeKey } from './fixture.ts';

const root = folder();
const KEY = ['--public-key', 'first.pub'];
/** What nobody should see as it is. */
const HOSTILE = 'https://example.com/\u001b[31m<script>\u202e';

/** Provenance of a thing with this content, made of others by their URIs and contents. */
async function made(
  path: string,
  name: string,
  from: Readonly<Record<string, string>>,
  key = 1,
): Promise<void> {
  const resolvedDependencies = Object.entries(from).map(([uri, content]) => ({
    uri,
    digest: { sha256: sha256(content) },
  }));
  const predicate = provenance();
  const buildDefinition = { ...(predicate['buildDefinition'] as JsonObject), resolvedDependencies };
  const statement = statementOf({ [name]: name }, { ...predicate, buildDefinition });
  write(join(root, path), attestationOf(statement, await testKey(key)));
}

before(async () => {
  await writeKey(join(root, 'first'), await testKey(1));
  write(join(root, 'app'), 'app');
  await made('app.intoto.jsonl', 'app', { 'https://example.com/lib': 'lib', [HOSTILE]: 'nobody knows' });
  await made('dependencies/lib.json', 'lib', { 'https://example.com/tool': 'tool' });
  await made('bad/lib.json', 'lib', {}, 3);
  await made('data/artifacts/job-1/provenance.json', 'lib', { 'https://example.com/tool': 'tool' });
  await made('data/artifacts/job-2/provenance.json', 'tool', {});
  await made('data/artifacts/job-3/provenance.json', 'app', { 'https://example.com/lib': 'lib' });
  write(join(root, 'dependencies/broken.json'), '{"payload":1}');
});

const verify = (...args: readonly string[]): Outcome =>
  danube(['provenance', 'verify', 'app', ...KEY, ...args], { cwd: root });

const treeOf = (...args: readonly string[]): readonly DependencyJson[] => {
  const report = JSON.parse(verify(...args, '--format', 'json').stdout) as ReportJson;
  return report.dependencies?.[0]?.dependencies ?? [];
};

describe('danube provenance verify --follow', () => {
  it('prints the tree, and what was no attestation', () => {
    const { code, stdout, stderr } = verify('--follow', '2', '--dependency-evidence', 'dependencies');
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /\ndependencies of app \(app\.intoto\.jsonl\):\n {2}verified {6}https:\/\/example\.com\/lib {2}\(key /,
    );
    assert.match(
      stdout,
      /\n {4}not verified {2}https:\/\/example\.com\/tool {2}\(no attestation of it is at hand\)\n/,
    );
    assert.match(stdout, /warning {3}dependency: 1 of 2 verified; not verified: /);
    assert.match(stderr, /broken\.json is no attestation/);
  });

  it('asks the store for what accepted provenance names, level by level', () => {
    const args = ['--store', 'data', '--provenance', 'app.intoto.jsonl'];
    const [lib, hostile] = treeOf(...args, '--follow', '2');
    assert.equal(lib?.verdict, 'accepted');
    assert.equal(hostile?.verdict, 'unverified');
    assert.equal(lib?.dependencies[0]?.verdict, 'accepted');
    assert.match(lib?.dependencies[0]?.attestations[0]?.path ?? '', /job-2/);
    assert.equal(treeOf(...args, '--follow', '1')[0]?.dependencies.length, 0);
  });

  it('rejects by a bad dependency, in every format, without a character that a reader would obey', () => {
    for (const format of ['text', 'json', 'sarif', 'junit', 'github', 'markdown', 'html']) {
      const { code, stdout } = verify(
        '--follow=1',
        '--dependency-evidence=bad/lib.json',
        `--format=${format}`,
      );
      assert.equal(code, 1, format);
      assert.match(
        stdout
          .replaceAll('&#45;', '-')
          .replaceAll('&#46;', '.')
          .replaceAll('&#58;', ':')
          .replaceAll('&#47;', '/'),
        /rejected\W+(?:<\/span>|<code>)?\W*https:\/\/example\.com\/lib|"uri": "https:\/\/example\.com\/lib"/,
        format,
      );
      assert.doesNotMatch(stdout, /[^\n -~]/, format);
      assert.ok(['text', 'json', 'sarif', 'github'].includes(format) || !stdout.includes('<script>'), format);
    }
  });

  it('demands all of them with --follow-all', () => {
    assert.equal(verify('--follow=1', '--dependency-evidence=dependencies', '--follow-all').code, 1);
    const stored = danube(
      [
        'provenance',
        'verify',
        '--digest',
        `sha256:${sha256('app')}`,
        ...KEY,
        '--provenance',
        'data/artifacts/job-3/provenance.json',
        '--store',
        'data',
        '--follow',
        '2',
        '--follow-all',
      ],
      { cwd: root },
    );
    assert.equal(stored.code, 0, stored.stdout);
  });

  it('lists in a summary every attestation that it looked at, and how it followed', () => {
    const vsa = [
      '--vsa=app.vsa.json',
      '--vsa-key=first',
      '--verifier-id=https://v.example.com',
      '--resource-uri=https://example.com/app',
    ];
    assert.equal(verify('--follow=1', '--dependency-evidence=dependencies/lib.json', ...vsa).code, 0);
    const { payload } = parseEnvelope(readFileSync(join(root, 'app.vsa.json')));
    const summary = parseVerificationSummary(parseStatement(payload).predicate);
    assert.deepEqual(
      summary.inputAttestations?.map(({ name }) => name),
      ['app.intoto.jsonl', 'lib.json'],
    );
    assert.deepEqual(summary.dependencyLevels, { SLSA_BUILD_LEVEL_UNEVALUATED: 2 });
    const { follow } = JSON.parse(Buffer.from(summary.policy.content ?? []).toString()) as JsonObject;
    assert.deepEqual(follow, { all: false, depth: 1, policies: [[]] });
  });

  it('is wrong use with a depth, a level or an option that cannot be', () => {
    for (const [args, message] of [
      [['--follow=0'], /whole number from 1/],
      [['--follow=17'], /--follow: must be a whole number from 1 to 16/],
      [['--follow-all'], /add --follow DEPTH/],
      [['--dependency-evidence=dependencies'], /add --follow DEPTH/],
      [['--follow-policy=1=x.yaml'], /add --follow DEPTH/],
      [['--follow=1', '--follow-policy=x.yaml'], /expected LEVEL=FILE/],
      [
        ['--follow=1', '--predicate-type=https://spdx.dev/Document'],
        /--follow: only provenance names dependencies/,
      ],
    ] as const) {
      const { code, stderr } = verify(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, message);
    }
    assert.equal(verify('--follow=1', '--dependency-evidence=nowhere').code, 3);
  });
});
