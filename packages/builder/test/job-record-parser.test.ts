import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedError } from 'in-toto-attestation';
import { JOB_STATUSES, JobRecordError, parseJobRecord, readJobRecord } from '@danube/builder';
import { draft, example, exampleBytes, refusal, type Draft } from './example.ts';

function nestedParameter(levels: number): Uint8Array {
  const text = JSON.stringify(draft('minimal', (r) => (r.parameters = { a: 0 })));
  return encode(text.replace('"a":0', `"a":${'['.repeat(levels)}${']'.repeat(levels)}`));
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function assertRefused(pointer: string, message: RegExp, change: (record: Draft) => void): JobRecordError {
  const error = refusal(change);
  assert.equal(error.code, 'ERR_JOB_RECORD');
  assert.equal(error.pointer, pointer);
  assert.match(error.message, message);
  return error;
}

describe('parseJobRecord', () => {
  it('reads the examples of the documentation', () => {
    assert.equal(parseJobRecord(exampleBytes('minimal')).job.id, 'abc123');
    assert.equal(parseJobRecord(exampleBytes('full')).steps.length, 2);
  });

  it('changes nothing that the record says', () => {
    assert.deepEqual(parseJobRecord(exampleBytes('full')), draft('full'));
  });

  it('reads every status that the format knows', () => {
    for (const status of JOB_STATUSES) {
      assert.equal(example('minimal', (record) => (record.status = status)).status, status);
    }
  });

  describe('as JSON', () => {
    const cases: readonly (readonly [string, Uint8Array, string, string])[] = [
      ['text that is not JSON', encode('{'), 'ERR_JSON_SYNTAX', ''],
      [
        'a name that stands twice',
        encode('{"kind":"JobRecord","kind":"x"}'),
        'ERR_JSON_DUPLICATE_KEY',
        '/kind',
      ],
      ['a byte order mark', encode('\ufeff{}'), 'ERR_JSON_BOM', ''],
      ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'ERR_JSON_UTF8', ''],
      ['half of a surrogate pair', encode('{"kind":"\\ud800"}'), 'ERR_JSON_SURROGATE', '/kind'],
      ['a number that would be rounded', encode('{"kind":9007199254740993}'), 'ERR_JSON_NUMBER', '/kind'],
    ];
    for (const [what, bytes, code, pointer] of cases) {
      it(`rejects ${what}`, () => {
        assert.throws(
          () => parseJobRecord(bytes),
          (error) =>
            error instanceof JobRecordError &&
            error.code === 'ERR_JOB_RECORD' &&
            error.pointer === pointer &&
            error.cause instanceof MalformedError &&
            error.cause.code === code,
        );
      });
    }

    it('rejects parameters that nest deeper than a statement could hold', () => {
      assert.ok(parseJobRecord(nestedParameter(30)));
      assert.throws(() => parseJobRecord(nestedParameter(31)), JobRecordError);
    });

    it('says the pointer once', () => {
      const error = assertThrown(() => parseJobRecord(encode('{"kind":1,"kind":1}')));
      assert.equal(error.message.indexOf('/kind'), error.message.lastIndexOf('/kind'));
    });
  });

  it('rejects another version and another kind', () => {
    assertRefused(
      '/apiVersion',
      /expected "danube\.dev\/v1", found "danube\.dev\/v2"/,
      (r) => (r.apiVersion = 'danube.dev/v2'),
    );
    assertRefused('/kind', /expected "JobRecord", found "Job"/, (r) => (r.kind = 'Job'));
  });

  describe('fields', () => {
    it('rejects an unknown field at the top', () => {
      assertRefused('/stauts', /no such field/, (r) => (r.stauts = 'succeeded'));
    });

    it('rejects an unknown field inside, with an escaped pointer', () => {
      assertRefused('/steps/1/image/a~1b~0c', /no such field/, (r) => (r.steps[1].image['a/b~c'] = 1));
    });

    it('rejects a field named __proto__ wherever it stands', () => {
      for (const at of [
        '',
        '/parameters',
        '/steps/0/resources',
        '/builder/version',
        '/inputs/0/annotations',
        '/job',
      ]) {
        assertRefused(`${at}/__proto__`, /another name/, (r) => {
          const object = at
            .split('/')
            .slice(1)
            .reduce((value: Draft, key) => value[key], r);
          Object.defineProperty(object, '__proto__', { value: {}, enumerable: true });
        });
      }
    });

    for (const pointer of [
      '/apiVersion',
      '/kind',
      '/job',
      '/job/id',
      '/job/attempt',
      '/job/uri',
      '/pipeline',
      '/pipeline/name',
      '/status',
      '/source',
      '/source/uri',
      '/source/commit',
      '/trigger/kind',
      '/steps',
      '/steps/0/name',
      '/steps/0/image/name',
      '/steps/0/image/digest',
      '/steps/0/image/digest/sha256',
      '/inputs/0/digest',
      '/artifacts',
      '/artifacts/images/0/digest',
      '/environment/workerImage/digest',
      '/environment/coordinatorImage/digest',
      '/environment/isolation/namespace',
      '/environment/isolation/pod',
      '/environment/isolation/ephemeral',
      '/environment/isolation/egressPolicy/name',
      '/builder',
      '/builder/id',
    ]) {
      it(`rejects a record without ${pointer}`, () => {
        const path = pointer.split('/').slice(1);
        const last = path.pop() ?? '';
        assertRefused(pointer, /found nothing/, (r) => {
          delete path.reduce((value: Draft, key) => value[key], r)[last];
        });
      });
    }

    it('reads a record without what its control plane does not know', () => {
      const record = example('full', (r) => {
        for (const field of ['trigger', 'startedOn', 'finishedOn']) delete r[field];
        for (const field of ['command', 'startedOn', 'finishedOn', 'exitCode']) delete r.steps[0][field];
        delete r.source.ref;
      });
      assert.equal(record.startedOn, undefined);
    });

    it('needs no source where there is a definition, and a parameter in it', () => {
      const define = (r: Draft, externalParameters: object): void => {
        delete r.source;
        r.definition = { buildType: 'https://example.com/build/v1', externalParameters };
      };
      assert.equal(example('minimal', (r) => define(r, { runSpec: {} })).source, undefined);
      assertRefused('/definition/externalParameters', /at least one/, (r) => define(r, {}));
      assertRefused('/definition/buildType', /found nothing/, (r) => {
        define(r, { runSpec: {} });
        delete r.definition.buildType;
      });
    });

    it('rejects null, and says to leave the field out', () => {
      const error = assertRefused(
        '/trigger/actor',
        /expected string, found null/,
        (r) => (r.trigger.actor = null),
      );
      assert.equal(error.hint, 'leave out a field that has no value');
    });

    it('rejects another type, and names both', () => {
      assertRefused(
        '/environment/resources/cpu',
        /expected string, found number/,
        (r) => (r.environment.resources.cpu = 4),
      );
      assertRefused('/steps', /expected array, found object/, (r) => (r.steps = {}));
      assertRefused('/job/attempt', /expected whole number, found number/, (r) => (r.job.attempt = 1.5));
      assertRefused('/parameters', /expected object, found array/, (r) => (r.parameters = []));
    });
  });

  describe('values', () => {
    const cases: readonly (readonly [string, string, (record: Draft) => void])[] = [
      ['a job id that climbs', '/job/id', (r) => (r.job.id = '../abc')],
      ['a job id that hides', '/job/id', (r) => (r.job.id = '.abc')],
      ['an empty job id', '/job/id', (r) => (r.job.id = '')],
      ['a job id with a line feed', '/job/id', (r) => (r.job.id = 'abc\n')],
      ['attempt 0', '/job/attempt', (r) => (r.job.attempt = 0)],
      ['a job URI with a fragment', '/job/uri', (r) => (r.job.uri += '#x')],
      ['a job URI without scheme', '/job/uri', (r) => (r.job.uri = '/jobs/abc123')],
      [
        'a builder id with an upper-case host',
        '/builder/id',
        (r) => (r.builder.id = 'https://Danube.example.com/b'),
      ],
      ['a builder id without host', '/builder/id', (r) => (r.builder.id = 'https:///builders')],
      [
        'a builder id that only browsers understand',
        '/builder/id',
        (r) => (r.builder.id = 'https:danube.example.com'),
      ],
      ['a builder id with a blank', '/builder/id', (r) => (r.builder.id = 'https://danube.example.com/a b')],
      [
        'a builder id that is no URI',
        '/builder/id',
        (r) => (r.builder.id = 'https://danube.example.com:99999/'),
      ],
      [
        'a pipeline name with a bidirectional control',
        '/pipeline/name',
        (r) => (r.pipeline.name = 'a\u202eb'),
      ],
      ['a pipeline name of a zero-width blank', '/pipeline/name', (r) => (r.pipeline.name = 'a\u200bb')],
      ['an actor of two lines', '/trigger/actor', (r) => (r.trigger.actor = 'alice\nbob')],
      ['an actor with an escape sequence', '/trigger/actor', (r) => (r.trigger.actor = '\u001b[31malice')],
      ['a trigger that is a sentence', '/trigger/kind', (r) => (r.trigger.kind = 'On Push')],
      ['a status that the format does not know', '/status', (r) => (r.status = 'success')],
      [
        'a source that is a web page',
        '/source/uri',
        (r) => (r.source.uri = 'https://github.com/acme/frontend'),
      ],
      ['a source in scp spelling', '/source/uri', (r) => (r.source.uri = 'git@github.com:acme/frontend.git')],
      ['a source with its ref', '/source/uri', (r) => (r.source.uri += '@refs/heads/main')],
      ['a source with a query', '/source/uri', (r) => (r.source.uri += '?a=b')],
      ['a source with a fragment', '/source/uri', (r) => (r.source.uri += '#main')],
      ['a short branch name', '/source/ref', (r) => (r.source.ref = 'main')],
      ['a ref that climbs', '/source/ref', (r) => (r.source.ref = 'refs/heads/a..b')],
      ['a ref that ends in .lock', '/source/ref', (r) => (r.source.ref = 'refs/heads/a.lock')],
      ['a ref that ends in a slash', '/source/ref', (r) => (r.source.ref = 'refs/heads/')],
      ['a ref with a blank', '/source/ref', (r) => (r.source.ref = 'refs/heads/a b')],
      ['a ref that holds another', '/source/ref', (r) => (r.source.ref = 'refs/heads/a@refs/tags/b')],
      ['an abbreviated commit', '/source/commit', (r) => (r.source.commit = '9c5a3a8')],
      ['a commit in upper case', '/source/commit', (r) => (r.source.commit = r.source.commit.toUpperCase())],
      [
        'a digest in upper case',
        '/steps/0/image/digest/sha256',
        (r) => (r.steps[0].image.digest.sha256 = 'A'.repeat(64)),
      ],
      [
        'a digest that is too short',
        '/steps/0/image/digest/sha256',
        (r) => (r.steps[0].image.digest.sha256 = 'a'.repeat(63)),
      ],
      [
        'a digest with its algorithm in front',
        '/steps/0/image/digest/sha256',
        (r) => (r.steps[0].image.digest.sha256 = `sha256:${'a'.repeat(64)}`),
      ],
      [
        'a digest with a line feed behind it',
        '/steps/0/image/digest/sha256',
        (r) => (r.steps[0].image.digest.sha256 = `${'a'.repeat(64)}\n`),
      ],
      ['an image that names no registry', '/steps/0/image/name', (r) => (r.steps[0].image.name = 'node')],
      [
        'an image with its tag in its name',
        '/steps/0/image/name',
        (r) => (r.steps[0].image.name = 'docker.io/library/node:24'),
      ],
      [
        'an image with its digest in its name',
        '/steps/0/image/name',
        (r) => (r.steps[0].image.name = `docker.io/library/node@sha256:${'a'.repeat(64)}`),
      ],
      [
        'an image in upper case',
        '/steps/0/image/name',
        (r) => (r.steps[0].image.name = 'docker.io/Library/node'),
      ],
      ['a tag with a slash', '/steps/0/image/tag', (r) => (r.steps[0].image.tag = 'a/b')],
      ['a command without a word', '/steps/0/command', (r) => (r.steps[0].command = [])],
      ['a log outside of the folder', '/steps/0/log/path', (r) => (r.steps[0].log.path = '../build.txt')],
      ['a log by an absolute path', '/steps/0/log/path', (r) => (r.steps[0].log.path = '/var/log/build.txt')],
      ['a log by a pattern', '/steps/0/log/path', (r) => (r.steps[0].log.path = 'logs/*.txt')],
      ['a log with an empty digest set', '/steps/0/log/digest', (r) => (r.steps[0].log.digest = {})],
      [
        'a quantity in a unit of its own',
        '/environment/resources/memory',
        (r) => (r.environment.resources.memory = '8GB'),
      ],
      [
        'a negative quantity',
        '/environment/resources/memory',
        (r) => (r.environment.resources.memory = '-1'),
      ],
      [
        'an artifact outside of the folder',
        '/artifacts/paths/0',
        (r) => (r.artifacts.paths[0] = 'a/../../b'),
      ],
      ['an artifact by "."', '/artifacts/paths/0', (r) => (r.artifacts.paths[0] = '.')],
      [
        'an artifact path that ends in a slash',
        '/artifacts/paths/0',
        (r) => (r.artifacts.paths[0] = 'dist/'),
      ],
      ['an artifact path with a backslash', '/artifacts/paths/0', (r) => (r.artifacts.paths[0] = 'dist\\a')],
      ['a pattern with braces', '/artifacts/paths/0', (r) => (r.artifacts.paths[0] = '*.{js,css}')],
      ['a pattern with ** inside a part', '/artifacts/paths/0', (r) => (r.artifacts.paths[0] = 'dist/**.js')],
      ['an empty artifact path', '/artifacts/paths/0', (r) => (r.artifacts.paths[0] = '')],
      ['a layout by a pattern', '/artifacts/ociLayouts/0', (r) => (r.artifacts.ociLayouts[0] = '*')],
      ['a parameter without a name', '/parameters/', (r) => (r.parameters[''] = 1)],
      [
        'a parameter with a hidden character in its name',
        '/parameters/a\u200b',
        (r) => (r.parameters['a\u200b'] = 1),
      ],
      [
        'a pod name of two lines',
        '/environment/isolation/pod',
        (r) => (r.environment.isolation.pod = 'a\r\nb'),
      ],
      [
        'an input by an algorithm that nobody accepts',
        '/inputs/0/digest/md5',
        (r) => (r.inputs[0].digest = { md5: 'a'.repeat(32) }),
      ],
    ];
    for (const [what, pointer, change] of cases) {
      it(`rejects ${what}`, () => {
        assertRefused(pointer, /expected /, change);
      });
    }

    it('reads names and refs of every script', () => {
      const record = example('full', (r) => {
        r.pipeline.name = 'bàu – 建置';
        r.source.ref = 'refs/heads/größe/建置@2';
        r.steps[0].name = 'prüfen (1/2)';
      });
      assert.equal(record.source?.ref, 'refs/heads/größe/建置@2');
    });

    it('reads a command with line feeds, which scripts have', () => {
      assert.ok(example('full', (r) => (r.steps[0].command = ['sh', '-c', 'set -e\nmake\n'])));
    });

    it('reads a commit of a SHA-256 repository', () => {
      assert.ok(example('full', (r) => (r.source.commit = 'a'.repeat(64))));
    });
  });

  describe('credentials', () => {
    const secret = 'hunter2-0123456789';
    const cases: readonly (readonly [string, string, (record: Draft) => void])[] = [
      [
        'user and password in the source',
        '/source/uri',
        (r) => (r.source.uri = `git+https://alice:${secret}@github.com/acme/frontend`),
      ],
      [
        'a token as the user of the source',
        '/source/uri',
        (r) => (r.source.uri = `git+https://${secret}@github.com/acme/frontend`),
      ],
      [
        'a password for SSH',
        '/source/uri',
        (r) => (r.source.uri = `git+ssh://git:${secret}@github.com/acme/frontend`),
      ],
      [
        'a password that is not encoded',
        '/source/uri',
        (r) => (r.source.uri = `git+https://alice:p@${secret}@github.com/acme/frontend`),
      ],
      [
        'a password with a slash',
        '/source/uri',
        (r) => (r.source.uri = `https://alice:p/${secret}@github.com/acme/frontend`),
      ],
      [
        'a password without scheme',
        '/source/uri',
        (r) => (r.source.uri = `alice:${secret}@github.com/acme/frontend`),
      ],
      [
        'a password in a web page',
        '/source/uri',
        (r) => (r.source.uri = `https://alice:${secret}@github.com/acme/frontend`),
      ],
      [
        'a token in a query',
        '/source/uri',
        (r) => (r.source.uri = `git+https://github.com/acme/frontend?token=${secret}`),
      ],
      [
        'a password in the URI of an input',
        '/inputs/0/downloadLocation',
        (r) => (r.inputs[0].downloadLocation = `https://a:${secret}@npm.example.com/x.tgz`),
      ],
      [
        'a password in the URI of a log',
        '/steps/0/log/uri',
        (r) => (r.steps[0].log.uri = `https://a:${secret}@logs.example.com/x`),
      ],
      [
        'a password in the builder id',
        '/builder/id',
        (r) => (r.builder.id = `https://a:${secret}@danube.example.com/`),
      ],
      [
        'a password where only browsers find it',
        '/builder/id',
        (r) => (r.builder.id = `https:alice:${secret}@danube.example.com/`),
      ],
      [
        'a password in the job URI',
        '/job/uri',
        (r) => (r.job.uri = `https://a:${secret}@danube.example.com/`),
      ],
    ];
    for (const [what, pointer, change] of cases) {
      it(`rejects ${what} without repeating it`, () => {
        const error = assertRefused(pointer, /expected /, change);
        assert.ok(!JSON.stringify([error.message, error.issues, error.hint]).includes(secret), error.message);
      });
    }

    it('reads the user that SSH has for everybody', () => {
      assert.ok(example('full', (r) => (r.source.uri = 'git+ssh://git@github.com/acme/frontend')));
    });
  });

  describe('contradictions', () => {
    const cases: readonly (readonly [string, string, (record: Draft) => void])[] = [
      [
        'a job that ends before it starts',
        '/finishedOn',
        (r) => {
          r.steps = [];
          r.finishedOn = '2026-01-10T12:34:55Z';
        },
      ],
      [
        'a step that ends before it starts',
        '/steps/0/finishedOn',
        (r) => (r.steps[0].finishedOn = '2026-01-10T13:35:01.204917+01:00'),
      ],
      [
        'a step that starts before its job',
        '/steps/0/startedOn',
        (r) => (r.steps[0].startedOn = '2026-01-10T12:34:55.999999999Z'),
      ],
      [
        'a step that ends after its job',
        '/steps/1/finishedOn',
        (r) => (r.steps[1].finishedOn = '2026-01-10T12:36:02.000000001Z'),
      ],
      ['a step that failed in a job that succeeded', '/steps/1/exitCode', (r) => (r.steps[1].exitCode = 1)],
      ['two steps of one name', '/steps/1/name', (r) => (r.steps[1].name = r.steps[0].name)],
      ['a log of which nothing is said', '/steps/0/log', (r) => (r.steps[0].log = {})],
      ['a pipeline URI without digest', '/pipeline/digest', (r) => delete r.pipeline.digest],
      ['a pipeline digest without URI', '/pipeline/uri', (r) => delete r.pipeline.uri],
      [
        'an input that nobody can name',
        '/inputs/0',
        (r) => {
          delete r.inputs[0].name;
          delete r.inputs[0].uri;
        },
      ],
      ['a pipeline that is the source', '/pipeline/uri', (r) => (r.pipeline.uri = r.source.uri)],
      ['an input that is the source', '/inputs/0/uri', (r) => (r.inputs[0].uri = r.source.uri)],
      [
        'an input that is the source with its ref',
        '/inputs/0/uri',
        (r) => (r.inputs[0].uri = `${r.source.uri}@${r.source.ref}`),
      ],
      [
        'a policy of which only the name is known',
        '/environment/isolation/egressPolicy',
        (r) => delete r.environment.isolation.egressPolicy.path,
      ],
      [
        'an artifact path that stands twice',
        '/artifacts/paths/2',
        (r) => r.artifacts.paths.push(r.artifacts.paths[0]),
      ],
      [
        'an image that stands twice',
        '/artifacts/images/1',
        (r) => r.artifacts.images.push(r.artifacts.images[0]),
      ],
      ['a layout that stands twice', '/artifacts/ociLayouts/1', (r) => r.artifacts.ociLayouts.push('image')],
    ];
    for (const [what, pointer, change] of cases) {
      it(`rejects ${what}`, () => {
        assertRefused(pointer, /expected /, change);
      });
    }

    it('compares times as moments, not as text', () => {
      assert.ok(
        example('full', (r) => {
          r.startedOn = '2026-01-10T23:30:00+12:00';
          r.finishedOn = '2026-01-10T12:00:00Z';
          r.steps = [];
        }),
      );
    });

    it('reads a failed step in a job that failed', () => {
      assert.ok(
        example('full', (r) => {
          r.status = 'failed';
          r.steps[1].exitCode = 137;
        }),
      );
    });
  });

  describe('several mistakes', () => {
    it('lists all of them, and the first is the error', () => {
      const error = refusal((r) => {
        r.job.id = '/';
        r.source.commit = 'HEAD';
        r.extra = 1;
      });
      assert.deepEqual(
        error.issues.map(({ pointer }) => pointer),
        ['/job/id', '/source/commit', '/extra'],
      );
      assert.equal(error.pointer, '/job/id');
      assert.match(error.message, /^job record \/job\/id: .*; \/source\/commit: .*; \/extra: /);
    });

    it('writes out what cannot be seen, so that a record cannot forge a message', () => {
      const { message } = refusal((r) => {
        r.pipeline.name = 'a\u202eb\u0085';
        r['\u001b[2K\nall is well'] = 1;
      });
      assert.doesNotMatch(message, /[\p{Cc}\p{Cf}]/u);
      assert.match(message, /a\\u\{202e\}b/);
    });

    it('keeps the message short', () => {
      const error = refusal((r) => (r.artifacts.paths = Array.from({ length: 1000 }, () => '/')));
      assert.equal(error.issues.length, 1000);
      assert.match(error.message, /; and 995 more$/);
    });
  });
});

describe('readJobRecord', () => {
  it('reads a value in memory by the same rules', () => {
    assert.equal(readJobRecord(draft('minimal')).job.id, 'abc123');
    assert.throws(() => readJobRecord(null), { code: 'ERR_JOB_RECORD', pointer: '' });
  });
});

function assertThrown(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
