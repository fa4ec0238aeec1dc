import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parseEnvelope, parseStatement } from 'in-toto-attestation';
import { ENVIRONMENTS, EVENTS } from '../../packages/builder/test/adapters/platform-samples.ts';
import { danube, folder, type Outcome } from '../../packages/cli/test/danube.ts';
import { testKey, write, writeKey } from '../../packages/cli/test/fixture.ts';

const root = folder();
const TEKTON_BUILDER = 'https://tekton.example.com/prod';

function attest(
  data: string,
  options: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  const args = ['provenance', 'attest', '--artifacts', 'dist', '--key', 'keys/first.key', '--data-dir', data];
  return danube([...args, ...options], { cwd: root, env });
}

function assertVerifies(path: string): void {
  const envelope = parseEnvelope(readFileSync(path));
  const { predicate } = parseStatement(envelope.payload);
  const { builder } = predicate['runDetails'] as { builder: { id: string } };
  const args = [
    'provenance',
    'verify',
    'dist/app.tgz',
    '--provenance',
    path,
    '--public-key',
    'keys/first.key.pub',
  ];
  const { code, stdout } = danube([...args, '--builder-id', builder.id], { cwd: root });
  assert.equal(code, 0, stdout);
}

before(async () => {
  await writeKey(join(root, 'keys/first.key'), await testKey(1));
  write(join(root, 'dist/app.tgz'), 'the app');
});

describe('danube provenance generate --lock-file', () => {
  const generate = (...options: string[]): Outcome => {
    const job = write(join(root, 'job.json'), JSON.stringify(EVENTS.danube));
    return danube(['provenance', 'generate', '--job-record', job, '--artifacts', 'dist', ...options], {
      cwd: root,
    });
  };
  const h1 = Buffer.alloc(32, 7).toString('base64');

  it('makes dependencies of a lock file and of what it pins', () => {
    write(join(root, 'src/go.sum'), `example.com/a v1.0.0 h1:${h1}\n`);
    const { code, stdout } = generate('--lock-file', 'src/go.sum');
    assert.equal(code, 0);
    const { resolvedDependencies } = JSON.parse(stdout).predicate.buildDefinition;
    assert.deepEqual(
      resolvedDependencies.map(({ uri, name }: { uri?: string; name?: string }) => uri ?? name),
      [
        'git+https://git.example.com/acme/app@refs/heads/main',
        'pkg:golang/example.com/a@v1.0.0',
        'src/go.sum',
      ],
    );
  });

  it('ends with 2 for a lock file that is none, and for more than fits in an envelope, with a way out', () => {
    write(join(root, 'Gemfile.lock'), '');
    assert.equal(generate('--lock-file', 'Gemfile.lock').code, 2);
    assert.equal(generate('--lock-file', 'missing/go.sum').code, 3);
    const lines = Array.from({ length: 100_000 }, (_, i) => `example.com/${i} v1.0.0 h1:${h1}\n`);
    write(join(root, 'large/go.sum'), lines.join(''));
    const { code, stderr } = generate('--lock-file', 'large/go.sum');
    assert.equal(code, 2);
    assert.match(stderr, /does not fit in an envelope.*\nhint: .*SBOM/);
  });
});

describe('danube provenance attest --from', () => {
  for (const [platform, env] of Object.entries(ENVIRONMENTS)) {
    it(`${platform}: describes a job by its environment, signed and verified`, () => {
      const { code, stdout, stderr } = attest(
        `env-${platform}`,
        ['--from', platform],
        env as Record<string, string>,
      );
      assert.deepEqual([code, stderr], [0, '']);
      assertVerifies(stdout.trim());
    });
  }

  for (const [platform, event] of Object.entries(EVENTS)) {
    it(`${platform}: describes a job by an event or API object, signed and verified`, () => {
      const file = write(join(root, `${platform}.json`), JSON.stringify(event));
      const options = ['--from', platform, '--event', file];
      const builder = platform === 'tekton' ? ['--builder-id', TEKTON_BUILDER] : [];
      const { code, stdout, stderr } = attest(`event-${platform}`, [...options, ...builder]);
      assert.deepEqual([code, stderr], [0, '']);
      assertVerifies(stdout.trim());
    });
  }

  it('reads the event of a GitHub job from where GitHub leaves it', () => {
    const GITHUB_EVENT_PATH = write(join(root, 'event.json'), '{"inputs":{"channel":"beta"}}');
    const env = {
      ...ENVIRONMENTS['github-actions'],
      GITHUB_EVENT_NAME: 'workflow_dispatch',
      GITHUB_EVENT_PATH,
    };
    const { stdout } = attest('dispatch', ['--from', 'github-actions'], env);
    assert.ok(Buffer.from(parseEnvelope(readFileSync(stdout.trim())).payload).includes('"channel":"beta"'));
  });

  it('ends with 2, and says what is missing, outside of such a job', () => {
    const { code, stderr } = attest('never', ['--from', 'gitlab-ci']);
    assert.equal(code, 2);
    assert.match(stderr, /^danube: error: gitlab-ci: CI_PROJECT_URL: expected .*\nhint: .*--event FILE/);
  });

  it('takes one description of the job, and options where they mean something', () => {
    const job = write(join(root, 'job.json'), JSON.stringify(EVENTS.danube));
    for (const options of [
      ['--from', 'danube', '--job-record', job],
      ['--job-record', job, '--event', job],
      ['--job-record', job, '--builder-id', TEKTON_BUILDER],
      ['--from', 'nothing'],
      [],
    ]) {
      assert.equal(attest('never', options).code, 2, options.join(' '));
    }
    assert.equal(danube(['provenance', 'generate', '--job-record', job], { cwd: root }).code, 2);
  });

  it('needs no folder of artifacts for a job that pushed images', () => {
    const file = write(join(root, 'tekton.json'), JSON.stringify(EVENTS.tekton));
    const args = [
      'provenance',
      'generate',
      '--from',
      'tekton',
      '--event',
      file,
      '--builder-id',
      TEKTON_BUILDER,
    ];
    const { code, stdout } = danube(args, { cwd: root });
    assert.equal(code, 0);
    assert.deepEqual(
      JSON.parse(stdout).subject.map(({ name }: { name: string }) => name),
      ['registry.example.com/acme/app:1.2.0'],
    );
  });
});
