import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type AttestationReport, CHECK_IDS, type Report, TOOL } from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { describeAs } from '../src/provenance/report-formats.ts';
import { danube, folder, type Outcome } from './danube.ts';
import { attestationOf, statementOf, testKey, write, writeRelease } from './fixture.ts';

const FORMATS = ['sarif', 'junit', 'github', 'markdown', 'html'] as const;
/** Markup, commands and controls of every format, and of terminals. */
const HOSTILE = `a\u001b[31m\n::error::x%0A,title=y <script>alert(1)</script> "'\`|[l](javascript:1) @me & \u202e`;

const CHECK = {
  status: 'fail',
  expected: HOSTILE,
  actual: HOSTILE,
  pointer: HOSTILE,
  hint: HOSTILE,
} as const;
const ATTESTATION: AttestationReport = {
  path: HOSTILE,
  line: 2,
  verdict: 'rejected',
  keyids: [HOSTILE],
  identity: HOSTILE,
  builderId: HOSTILE,
  buildLevel: null,
  statement: statementOf({ a: 'a' }, { runDetails: { builder: { id: HOSTILE } } }),
  checks: CHECK_IDS.map((id) => ({ id, ...CHECK })),
};
const REPORT: Report = {
  verdict: 'rejected',
  artifacts: [{ name: HOSTILE, digest: {}, verdict: 'rejected', attestations: [ATTESTATION] }],
  unjudged: [],
  tool: TOOL,
};
const PROBLEMS = [{ name: HOSTILE, error: new MalformedError('ERR_VALUE', '', HOSTILE) }];

interface Sarif {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] };
      };
      readonly results: readonly {
        readonly ruleId: string;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: object } }[];
      }[];
    },
  ];
}

describe('a report of hostile evidence', () => {
  for (const format of [...FORMATS, 'explain']) {
    it(`has no character as ${format} that a terminal or reader would obey`, () => {
      const text = describeAs(format, REPORT, PROBLEMS);
      assert.doesNotMatch(text, /[^\n -~]/);
      if (format === 'sarif' || format === 'explain') return;
      assert.ok(format === 'github' || !text.includes('<script>'), text);
    });
  }

  it('is one command a line for GitHub, none of them from evidence', () => {
    const lines = describeAs('github', REPORT, PROBLEMS).split('\n');
    assert.equal(lines.length, CHECK_IDS.length + 2);
    for (const line of lines)
      assert.match(line, /^::(?:error file=[^,:]*,title=[^,:]*|notice title=[^,:]*)::/);
  });

  it('is a Markdown table of as many rows and cells as it should have', () => {
    const rows = describeAs('markdown', REPORT, PROBLEMS).split('\n').slice(4);
    assert.equal(rows.length, 2);
    for (const row of rows) assert.equal(row.split('|').length, 5, row);
  });

  it('names the rule of each result in SARIF', () => {
    const { version, runs } = JSON.parse(describeAs('sarif', REPORT, PROBLEMS)) as Sarif;
    assert.equal(version, '2.1.0');
    const [{ tool, results }] = runs;
    const rules = tool.driver.rules.map(({ id }) => id);
    assert.equal(results.length, CHECK_IDS.length + 1);
    for (const { ruleId, level, message } of results) {
      assert.ok(rules.includes(ruleId));
      assert.equal(level, 'error');
      assert.notEqual(message.text, '');
    }
  });

  it('names an absolute path by a file URI in SARIF, and any other by a relative reference', () => {
    for (const [name, uri] of [
      ['/srv/dist/app 1.tgz', 'file:///srv/dist/app%201.tgz'],
      ['dist/app 1.tgz', 'dist/app%201.tgz'],
    ] as const) {
      const report = { ...REPORT, artifacts: REPORT.artifacts.map((artifact) => ({ ...artifact, name })) };
      const { runs } = JSON.parse(describeAs('sarif', report, [])) as Sarif;
      const [{ results }] = runs;
      for (const { locations } of results) {
        assert.deepEqual(locations, [{ physicalLocation: { artifactLocation: { uri } } }]);
      }
    }
  });

  it('needs no script in HTML, and forbids it', () => {
    const html = describeAs('html', REPORT, PROBLEMS);
    assert.match(html, /default-src 'none'/);
    assert.doesNotMatch(html, /<(?:script|img|a|link|iframe)\b|\son\w+=/i);
  });
});

describe('danube provenance verify --format', () => {
  const root = folder();
  before(async () => {
    await writeRelease(root);
    write(join(root, 'other/app.tgz'), 'changed');
    write(
      join(root, 'other/provenance.json'),
      attestationOf(statementOf({ 'app.tgz': 'the app' }), await testKey(1)),
    );
  });
  const verify = (...args: readonly string[]): Outcome =>
    danube(['provenance', 'verify', 'dist/app.tgz', ...args, '--public-key', 'keys/first.key.pub'], {
      cwd: root,
    });

  for (const format of FORMATS) {
    it(`${format} changes neither verdict nor exit code`, () => {
      assert.equal(verify('--format', format).code, 0);
      const rejected = verify('other/app.tgz', '--format', format);
      assert.equal(rejected.code, 1);
      assert.match(rejected.stdout, /subject(?:\.|&#46;)digest/);
    });
  }

  it('html tells the story of the build from the verified statement alone', () => {
    const { stdout } = verify('--format', 'html');
    assert.match(stdout, /refs\/tags\/v1\.2\.0/);
    assert.match(stdout, /c0ffee/);
  });

  it('has every check in the explanation, and the command that says no again', () => {
    const { stdout, code } = verify('other/app.tgz', '--explain');
    assert.equal(code, 1);
    for (const id of CHECK_IDS) assert.ok(stdout.includes(` ${id}\n`), id);
    assert.match(
      stdout,
      /\nreproduce: danube provenance verify dist\/app\.tgz other\/app\.tgz --explain --public-key/,
    );
    assert.equal(verify('--explain', '--format', 'json').code, 2);
  });
});
