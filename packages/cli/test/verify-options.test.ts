import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { ReportJson } from '@danube/verifier';
import { danube, folder, type Outcome } from './danube.ts';
import {
  attestationOf,
  BUILD_TYPE,
  BUILDER_ID,
  COMMIT,
  provenance,
  SOURCE_REF,
  SOURCE_URI,
  statementOf,
  testKey,
  write,
  writeRelease,
} from './fixture.ts';

const root = folder();
const ARTIFACT = 'dist/app.tgz';
const KEY = ['--public-key', 'keys/first.key.pub'];

/** Options that the release satisfies, and the same options with a value that it does not; with the check that says so. */
const FLIPS: readonly (readonly [accepted: readonly string[], rejected: readonly string[], check: string])[] =
  [
    [KEY, ['--public-key', 'keys/stranger.key.pub'], 'signature'],
    [
      [...KEY, '--threshold', '1'],
      [...KEY, '--public-key', 'keys/second.key.pub', '--threshold', '2'],
      'key.threshold',
    ],
    [[...KEY, '--builder-id', BUILDER_ID], [...KEY, '--builder-id', `${BUILDER_ID}2`], 'builder.id'],
    [[...KEY, '--build-type', BUILD_TYPE], [...KEY, '--build-type', `${BUILD_TYPE}/`], 'build.type'],
    [[...KEY, '--source-uri', SOURCE_URI], [...KEY, '--source-uri', `${SOURCE_URI}-evil`], 'source.uri'],
    [[...KEY, '--source-ref', SOURCE_REF], [...KEY, '--source-ref', 'refs/heads/main'], 'source.ref'],
    [[...KEY, '--source-tag', 'v1.2.0'], [...KEY, '--source-tag', 'v1.2'], 'source.ref'],
    [
      [...KEY, '--source-commit', COMMIT],
      [...KEY, '--source-commit', COMMIT.replace('c', 'd')],
      'source.commit',
    ],
    [[...KEY, '--parameter', 'channel=stable'], [...KEY, '--parameter', 'channel=beta'], 'parameters'],
    [[...KEY, '--parameter-json', 'shards=3'], [...KEY, '--parameter', 'shards=3'], 'parameters'],
    [
      [...KEY, '--predicate-type', 'https://slsa.dev/provenance/v1'],
      [...KEY, '--predicate-type', 'https://slsa.dev/provenance/v1/'],
      'predicate.type',
    ],
    [[...KEY, '--max-age', '2h'], [...KEY, '--max-age', '59m'], 'time.age'],
    [KEY, [...KEY, '--strict'], 'parameters'],
  ];

const CERTIFICATE_OPTIONS = ['--sigstore-root', '--certificate-identity', '--certificate-issuer'];

/** Options of a trust root: a value that is good, and one that is not. */
const TRUST_OPTIONS: Readonly<Record<string, readonly [good: string, bad: string]>> = {
  '--trust-root': ['../../keys/trust-root.json', '../../keys/trust-root-expired.json'],
  '--trust-root-key': ['../../keys/root.pub', '../../keys/stranger.pub'],
  '--trust-state': ['../../keys/trust-state.json', '../../keys/trust-state-newer.json'],
  '--build-level': ['2', '3'],
  '--plain-trust-root': ['../../keys/trust-root-plain.json', '../../keys/trust-root-plain-expired.json'],
  '--trust-root-threshold': ['1', '2'],
};

function verify(...args: readonly string[]): Outcome & { readonly report: ReportJson } {
  const outcome = danube(['provenance', 'verify', '--format', 'json', ...args], { cwd: root });
  return { ...outcome, report: JSON.parse(outcome.stdout || 'null') };
}

function failedChecks({ artifacts }: ReportJson): string[] {
  const checks = artifacts.flatMap(({ attestations }) => attestations.flatMap(({ checks }) => checks));
  return checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

describe('an option of verify', () => {
  before(() => writeRelease(root));

  for (const [accepted, rejected, check] of FLIPS) {
    it(`turns accepted into rejected: ${rejected.slice(-2).join(' ')}`, () => {
      const good = verify(ARTIFACT, ...accepted);
      assert.deepEqual([good.code, good.report.verdict], [0, 'accepted']);
      const bad = verify(ARTIFACT, ...rejected);
      assert.deepEqual([bad.code, bad.report.verdict], [1, 'rejected']);
      assert.ok(failedChecks(bad.report).includes(check));
    });
  }

  it('turns accepted into rejected: --source-branch', async () => {
    const predicate = provenance({ source: `${SOURCE_URI}@refs/heads/main` });
    const statement = statementOf({ 'app.tgz': 'the app' }, predicate);
    write(join(root, 'branch.json'), attestationOf(statement, await testKey(1)));
    const args = [ARTIFACT, '--provenance', 'branch.json', ...KEY];
    assert.equal(verify(...args, '--source-branch', 'main').code, 0);
    const bad = verify(...args, '--source-branch', 'release');
    assert.deepEqual([bad.code, failedChecks(bad.report)], [1, ['source.ref']]);
  });

  it('turns rejected into accepted: --allow-parameter, for each parameter by name', () => {
    const allow = ['/pipeline', '/trigger', '/source', 'channel', 'shards'].flatMap((n) => [
      '--allow-parameter',
      n,
    ]);
    assert.equal(verify(ARTIFACT, ...KEY, '--strict', ...allow).code, 0);
    assert.equal(verify(ARTIFACT, ...KEY, '--strict', ...allow.slice(2)).code, 1);
  });

  it('turns accepted into rejected: --no-extra, for a file that no provenance names', () => {
    write(join(root, 'extra/app.tgz'), 'the app');
    write(join(root, 'extra/unknown.bin'), 'who knows');
    const args = ['extra', '--provenance', 'dist/provenance.json', ...KEY];
    const good = verify(...args);
    assert.equal(good.code, 0);
    assert.match(good.stderr, /warning: .*not judged: unknown\.bin/);
    const bad = verify(...args, '--no-extra');
    assert.equal(bad.code, 1);
    assert.ok(failedChecks(bad.report).includes('artifact.extra'));
  });

  it('turns accepted into rejected: --no-missing, for a subject without a file', async () => {
    const statement = statementOf({ 'app.tgz': 'the app', 'app.zip': 'the app, zipped' });
    write(join(root, 'two.json'), attestationOf(statement, await testKey(1)));
    const args = [ARTIFACT, '--provenance', 'two.json', ...KEY];
    assert.equal(verify(...args).code, 0);
    const bad = verify(...args, '--no-missing');
    assert.deepEqual([bad.code, failedChecks(bad.report)], [1, ['artifact.missing']]);
  });

  it('turns accepted into rejected: the options of a trust root', () => {
    const cwd = join(import.meta.dirname, '../../../test-vectors/verify/trust-root');
    const codeOf = (values: Readonly<Record<string, string>>, ...more: readonly string[]): number | null => {
      const options = Object.entries(values).map(([option, value]) => `${option}=${value}`);
      const evidence = '--provenance=provenance.json';
      return danube(['provenance', 'verify', 'app-1.2.0.tgz', evidence, ...options, ...more], { cwd }).code;
    };
    const { '--plain-trust-root': plain, '--trust-root-threshold': threshold, ...others } = TRUST_OPTIONS;
    const good = Object.fromEntries(Object.entries(others).map(([option, [value]]) => [option, value]));
    assert.equal(codeOf(good), 0);
    for (const [option, [, bad]] of Object.entries(others))
      assert.equal(codeOf({ ...good, [option]: bad }), 1);
    assert.equal(
      codeOf(good, '--trust-root-key=../../keys/auditor.pub', `--trust-root-threshold=${threshold?.[1]}`),
      1,
    );
    assert.deepEqual(
      plain?.map((path) => codeOf({ '--plain-trust-root': path })),
      [0, 1],
    );
    assert.equal(codeOf({ '--trust-root': good['--trust-root'] ?? '' }), 2);
    assert.equal(codeOf(good, '--public-key=../../keys/builder.pub'), 2);
    const state = join(root, 'trust-state.json');
    assert.equal(
      codeOf({ ...good, '--trust-root-key': '../../keys/stranger.pub', '--trust-state': state }),
      1,
    );
    assert.ok(!readdirSync(root).includes('trust-state.json'));
    assert.equal(codeOf({ ...good, '--trust-state': state }), 0);
    assert.equal(readFileSync(state, 'utf8'), readFileSync(join(cwd, '../../keys/trust-state.json'), 'utf8'));
  });

  it('turns accepted into rejected: --policy, --as', () => {
    const cwd = join(import.meta.dirname, '../../../test-vectors/verify/policy-image');
    const good = { policy: 'policy.yaml', as: 'registry.example.com/shop/app:1.2.0' };
    const codeOf = ({ policy, as }: Partial<typeof good>): number | null => {
      const options = Object.entries({ policy, as }).flatMap(([name, value]) =>
        value === undefined ? [] : [`--${name}=${value}`],
      );
      const key = '--public-key=../../keys/builder.pub';
      return danube(['provenance', 'verify', 'app-1.2.0.tgz', key, ...options], { cwd }).code;
    };
    assert.equal(codeOf(good), 0);
    assert.equal(codeOf({ ...good, policy: '../policy-match_fail/policy.yaml' }), 1);
    assert.equal(codeOf({ ...good, as: 'registry.example.com/shop/app:2.0.0' }), 1);
    assert.equal(codeOf({ policy: good.policy }), 1);
    assert.equal(codeOf({ as: good.as }), 2);
    assert.equal(codeOf({ ...good, policy: '../../parse/policy-empty_fail/input' }), 2);
  });

  it('turns accepted into rejected: --lockfile', () => {
    const cwd = join(import.meta.dirname, '../../../test-vectors/verify/lock-asked');
    const codeOf = (...options: readonly string[]): number | null =>
      danube(['provenance', 'verify', 'app-1.2.0.tgz', '--public-key=../../keys/builder.pub', ...options], {
        cwd,
      }).code;
    assert.equal(codeOf('--lockfile=provenance.lock'), 0);
    assert.equal(codeOf('--lockfile=newer.lock'), 1);
    assert.equal(codeOf('--lockfile=provenance.lock', '--as=pkg:npm/app@1.2.0'), 1);
    assert.equal(codeOf('--lockfile=case.json'), 2);
    assert.equal(codeOf('--lockfile=nowhere.lock'), 3);
  });

  it('turns accepted into rejected: --sigstore-root, --certificate-identity, --certificate-issuer', () => {
    const cwd = join(import.meta.dirname, '../../../test-vectors/verify/certificate');
    const good = [
      '../../keys/sigstore-root.json',
      'https://github.com/shop/app/.github/workflows/release.yml@refs/tags/v1.2.0',
      'https://token.actions.githubusercontent.com',
    ];
    const bad = ['../../keys/sigstore-other-root.json', 'https://github.com/shop/app', 'https://example.com'];
    const codeOf = (values: readonly string[]): number | null => {
      const options = CERTIFICATE_OPTIONS.map((option, index) => `${option}=${values[index]}`);
      return danube(['provenance', 'verify', 'app-1.2.0.tgz', ...options], { cwd }).code;
    };
    assert.equal(codeOf(good), 0);
    for (const index of good.keys()) assert.equal(codeOf(good.with(index, bad[index]!)), 1);
    for (const option of CERTIFICATE_OPTIONS) {
      const alone = danube(['provenance', 'verify', 'app-1.2.0.tgz', `${option}=${good[0]}`], { cwd });
      assert.equal(alone.code, 2);
      assert.match(alone.stderr, /needs --/);
    }
  });

  it('is in this list', () => {
    const flags = danube(['provenance', 'verify', '--help'])
      .stdout.match(/^ {2}--[a-z-]+/gm)!
      .map((f) => f.trim());
    const elsewhere = [
      '--provenance',
      '--digest',
      '--checksums',
      '--job',
      '--data-dir',
      '--format',
      '--explain',
    ];
    const here = [
      '--source-branch',
      '--policy',
      '--lockfile',
      '--as',
      '--allow-parameter',
      '--no-extra',
      '--no-missing',
      ...CERTIFICATE_OPTIONS,
      ...Object.keys(TRUST_OPTIONS),
    ];
    // Options with test files of their own are named there.
    const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts'));
    const others = tests.filter((name) => name !== 'verify-options.test.ts');
    const text = others.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('');
    const flipped = FLIPS.flatMap(([accepted, rejected]) => [...accepted, ...rejected]);
    assert.deepEqual(
      flags.filter((flag) => ![...elsewhere, ...here, ...flipped].includes(flag) && !text.includes(flag)),
      [],
    );
  });

  it('that cannot mean anything ends with 2, in the words of the command line', () => {
    for (const [args, message] of [
      [['--source-commit', 'c0ffee'], /--source-commit: must be a full commit id/],
      [['--threshold', '2'], /--threshold: 2 is more than the 1 distinct/],
      [['--source-branch', 'main', '--source-tag', 'v1'], /one build has one ref/],
      [['--parameter', 'channel'], /expected NAME=VALUE/],
      [['--parameter', '=x'], /expected NAME=VALUE/],
      [['--parameter', 'a=1', '--parameter', 'a=2'], /the parameter a is given twice/],
      [['--parameter-json', 'shards={'], /is not JSON/],
    ] as const) {
      const { code, stderr } = verify(ARTIFACT, ...KEY, ...args);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });
});
