import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ArtifactError } from '@danube/artifact';
import { JobError, collectOutputs, type JobRecord } from '@danube/builder';
import { example, type Draft } from './example.ts';

const EXAMPLE = fileURLToPath(new URL('../../../docs/examples/job', import.meta.url));
const index: Draft = JSON.parse(readFileSync(join(EXAMPLE, 'image/index.json'), 'utf8'));
const imageDigest: string = index.manifests[0].digest.slice('sha256:'.length);
const manifest: Draft = JSON.parse(readFileSync(join(EXAMPLE, 'image/blobs/sha256', imageDigest), 'utf8'));
const layerDigest: string = manifest.layers[0].digest.slice('sha256:'.length);

const digestOf = (algorithm: string, content: string): string =>
  createHash(algorithm).update(content).digest('hex');

/** A job whose record declares these files, and nothing but them. */
function job(paths: readonly string[], change: (record: Draft) => void = () => {}): JobRecord {
  return example('minimal', (record) => {
    record.artifacts = { paths };
    change(record);
  });
}

/** A job whose record declares these layouts, and nothing but them. */
function layouts(...ociLayouts: readonly string[]): JobRecord {
  return job([], (record) => (record.artifacts = { ociLayouts }));
}

const isStyleSheet = (name: string): boolean => name === 'dist/c.css';

function withLog(log: Draft): (record: Draft) => void {
  const times = { startedOn: '2026-01-10T12:34:56Z', finishedOn: '2026-01-10T12:35:56Z' };
  return (record) => (record.steps = [{ name: 'build', command: ['make'], exitCode: 0, ...times, log }]);
}

function withPolicy(egressPolicy: Draft): (record: Draft) => void {
  return (record) => {
    record.environment = { isolation: { namespace: 'n', pod: 'p', ephemeral: true, egressPolicy } };
  };
}

describe('collectOutputs', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'builder-'));
    for (const name of [
      'app.tar.gz',
      'dist/a.js',
      'dist/sub/b.js',
      'dist/c.css',
      'logs/build.txt',
      'policy.yaml',
    ]) {
      mkdirSync(dirname(join(root, 'out', name)), { recursive: true });
      writeFileSync(join(root, 'out', name), name);
    }
    cpSync(join(EXAMPLE, 'image'), join(root, 'out/broken'), { recursive: true });
    cpSync(join(EXAMPLE, 'image'), join(root, 'out/two'), { recursive: true });
    const [first] = index.manifests;
    const manifests = [first, { mediaType: first.mediaType, digest: first.digest, size: first.size }];
    writeFileSync(join(root, 'out/two/index.json'), JSON.stringify({ ...index, manifests }));
    mkdirSync(join(root, 'elsewhere'));
    writeFileSync(join(root, 'elsewhere/build.txt'), 'another log');
    symlinkSync('../elsewhere', join(root, 'out/linked'));
    symlinkSync('../elsewhere/build.txt', join(root, 'out/escape.txt'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const collect = (record: JobRecord, options?: Parameters<typeof collectOutputs>[2]) =>
    collectOutputs(record, join(root, 'out'), options);

  describe('artifacts', () => {
    it('are hashed by sha256 under their names in the folder', async () => {
      const { artifacts } = await collect(job(['app.tar.gz']));
      assert.deepEqual(artifacts, [
        { name: 'app.tar.gz', digest: { sha256: digestOf('sha256', 'app.tar.gz') } },
      ]);
    });

    it('are hashed by further algorithms when asked', async () => {
      const { artifacts } = await collect(job(['app.tar.gz']), { algorithms: ['sha512', 'sha256'] });
      assert.deepEqual(artifacts[0]?.digest, {
        sha256: digestOf('sha256', 'app.tar.gz'),
        sha512: digestOf('sha512', 'app.tar.gz'),
      });
    });

    it('are found by patterns, each once, sorted', async () => {
      const { artifacts } = await collect(job(['dist/**', 'dist/*.js', 'app.tar.gz']));
      assert.deepEqual(
        artifacts.map(({ name }) => name),
        ['app.tar.gz', 'dist/a.js', 'dist/c.css', 'dist/sub/b.js'],
      );
    });

    for (const path of ['missing.txt', 'dist/*.map', 'dist/a.js/x', 'dist']) {
      it(`rejects ${path}, which is no file, and names the place in the record`, async () => {
        await assert.rejects(
          collect(job(['app.tar.gz', path])),
          (error) =>
            error instanceof JobError &&
            error.code === 'ERR_JOB_OUTPUT' &&
            error.pointer === '/artifacts/paths/1' &&
            error.message.includes(path),
        );
      });
    }

    it('tells how to name the files of a folder', async () => {
      await assert.rejects(collect(job(['dist'])), { hint: /dist\/\*\*/ });
    });

    it('leave out what the caller excludes, and miss it when nothing else is there', async () => {
      const { artifacts } = await collect(job(['dist/*']), { exclude: isStyleSheet });
      assert.deepEqual(
        artifacts.map(({ name }) => name),
        ['dist/a.js'],
      );
      await assert.rejects(collect(job(['dist/*.css']), { exclude: isStyleSheet }), {
        code: 'ERR_JOB_OUTPUT',
      });
    });

    it('rejects a link that leaves the folder', async () => {
      await assert.rejects(collect(job(['escape.txt'])), ArtifactError);
    });

    it('rejects a path through a linked folder', async () => {
      await assert.rejects(collect(job(['linked/build.txt'])));
    });

    it('need no folder when the job only pushed images', async () => {
      const record = example('full', (r) => {
        r.artifacts = { images: r.artifacts.images };
        r.steps = [];
        delete r.environment;
      });
      assert.deepEqual(await collectOutputs(record, join(root, 'nowhere')), {
        artifacts: [],
        logs: new Map(),
      });
    });

    it('rejects a folder that is not there', async () => {
      await assert.rejects(collectOutputs(job(['a']), join(root, 'nowhere')), {
        code: 'ERR_ARTIFACT_NOT_FOUND',
      });
    });
  });

  describe('OCI layouts', () => {
    it('give the image that they hold, by the path of the layout', async () => {
      const { artifacts } = await collectOutputs(layouts('image'), EXAMPLE);
      assert.deepEqual(artifacts, [{ name: 'image', digest: { sha256: imageDigest } }]);
    });

    it('give every image by its name in the layout, or its digest', async () => {
      const { artifacts } = await collect(layouts('two'));
      assert.deepEqual(
        artifacts.map(({ name }) => name),
        ['two:1.2.0', `two@sha256:${imageDigest}`],
      );
    });

    it('rejects a layout that is not there, and names the place in the record', async () => {
      await assert.rejects(collect(layouts('two', 'three')), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/artifacts/ociLayouts/1',
      });
    });

    it('rejects a layout behind a link that leaves the folder', async () => {
      await assert.rejects(collect(layouts('linked')), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/artifacts/ociLayouts/0',
      });
    });

    it('rejects a folder that is no layout', async () => {
      await assert.rejects(collect(layouts('dist')), ArtifactError);
    });

    it('rejects a layout with another layer than its manifest says', async () => {
      writeFileSync(join(root, 'out/broken/blobs/sha256', layerDigest), 'another layer');
      await assert.rejects(collect(layouts('broken')), { code: 'ERR_ARTIFACT_OCI_DIGEST' });
    });
  });

  describe('logs', () => {
    it('are hashed by step', async () => {
      const { logs } = await collect(job(['app.tar.gz'], withLog({ path: 'logs/build.txt' })));
      assert.deepEqual(logs, new Map([['build', { sha256: digestOf('sha256', 'logs/build.txt') }]]));
    });

    it('are looked for in a folder of their own when there is one', async () => {
      const record = job(['app.tar.gz'], withLog({ path: 'build.txt' }));
      const { logs } = await collect(record, { logsDir: join(root, 'elsewhere') });
      assert.equal(logs?.get('build')?.['sha256'], digestOf('sha256', 'another log'));
    });

    it('are compared with the digest that the record states, by its algorithm', async () => {
      const digest = { sha512: digestOf('sha512', 'logs/build.txt') };
      const { logs } = await collect(job(['app.tar.gz'], withLog({ path: 'logs/build.txt', digest })));
      assert.equal(logs?.get('build')?.['sha512'], digest.sha512);
    });

    it('rejects a log that was changed after the record was written', async () => {
      const digest = { sha256: digestOf('sha256', 'another text') };
      await assert.rejects(collect(job(['app.tar.gz'], withLog({ path: 'logs/build.txt', digest }))), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/steps/0/log/digest',
      });
    });

    it('rejects a log that is not there', async () => {
      await assert.rejects(collect(job(['app.tar.gz'], withLog({ path: 'logs/test.txt' }))), {
        code: 'ERR_JOB_OUTPUT',
        pointer: '/steps/0/log/path',
      });
    });

    it('rejects a log through a linked folder', async () => {
      await assert.rejects(collect(job(['app.tar.gz'], withLog({ path: 'linked/build.txt' }))));
    });
  });

  describe('the egress policy', () => {
    it('is hashed', async () => {
      const { egressPolicy } = await collect(
        job(['app.tar.gz'], withPolicy({ name: 'p', path: 'policy.yaml' })),
      );
      assert.deepEqual(egressPolicy, { sha256: digestOf('sha256', 'policy.yaml') });
    });

    it('is not hashed where the record has only its digest', async () => {
      const digest = { sha256: 'a'.repeat(64) };
      const { egressPolicy } = await collect(job(['app.tar.gz'], withPolicy({ name: 'p', digest })));
      assert.equal(egressPolicy, undefined);
    });

    it('rejects one that is not what the record says', async () => {
      const digest = { sha256: 'a'.repeat(64) };
      await assert.rejects(
        collect(job(['app.tar.gz'], withPolicy({ name: 'p', path: 'policy.yaml', digest }))),
        {
          code: 'ERR_JOB_OUTPUT',
          pointer: '/environment/isolation/egressPolicy/digest',
        },
      );
    });
  });

  it('stops with the reason of the signal', async () => {
    const reason = new Error('enough');
    await assert.rejects(collect(job(['app.tar.gz']), { signal: AbortSignal.abort(reason) }), reason);
  });
});
