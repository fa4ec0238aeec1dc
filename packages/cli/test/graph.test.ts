import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { JsonObject } from 'in-toto-attestation';
import type { ChainGraph } from '../src/provenance/chain-graph/graph.ts';
import { layOut } from '../src/provenance/chain-graph/layout.ts';
import { danube, folder, type Outcome } from './danube.ts';
import {
  attestationOf,
  COMMIT,
  provenance,
  sha256,
  statementOf,
  testKey,
  write,
  writeKey,
} from './fixture.ts';

const root = folder();
const FORMATS = ['svg', 'mermaid', 'json', 'html'] as const;
/** Markup, syntax of Mermaid, controls of terminals, another reading direction. */
const HOSTILE = `https://example.com/"]:::x --> n0<script>alert(1)</script>\u001b[31m#lt;\u202e%%{init}`;

async function made(path: string, name: string, from: readonly object[], key = 1): Promise<void> {
  const predicate = provenance();
  const buildDefinition = { ...(predicate['buildDefinition'] as JsonObject), resolvedDependencies: from };
  const statement = statementOf({ [name]: name }, { ...predicate, buildDefinition } as JsonObject);
  write(join(root, path), attestationOf(statement, await testKey(key)));
}

const of = (name: string): object => ({
  uri: `https://example.com/${name}`,
  digest: { sha256: sha256(name) },
});
const SOURCE = { uri: 'git+https://git.example.com/shop/app', digest: { gitCommit: COMMIT } };

before(async () => {
  await writeKey(join(root, 'first'), await testKey(1));
  for (const name of ['app', 'other']) write(join(root, 'dist', name), name);
  await made('dist/app.intoto.jsonl', 'app', [SOURCE, of('lib'), of('tool'), { ...of('x'), uri: HOSTILE }]);
  await made('dist/other.intoto.jsonl', 'other', [of('lib')], 3);
  await made('dependencies/lib.json', 'lib', [of('tool'), of('app')]);
  await made('dependencies/tool.json', 'tool', [of('base')]);
  await made(
    'many.json',
    'app',
    Array.from({ length: 40 }, (_, index) => of(`part ${index}`)),
  );
});

const graph = (...args: readonly string[]): Outcome =>
  danube(['provenance', 'graph', '--public-key', 'first.pub', ...args], { cwd: root });

const APP = ['dist/app', '--follow=3', '--dependency-evidence=dependencies'];
const jsonOf = (...args: readonly string[]): ChainGraph => JSON.parse(graph(...args, '--format=json').stdout);

describe('danube provenance graph', () => {
  it('tells of sources, dependencies, builds and artifacts, and what is verified of them', () => {
    const { verdict, nodes, edges } = jsonOf(...APP);
    assert.equal(verdict, 'accepted');
    const states = nodes.map(({ kind, state, name }) => `${kind} ${name}: ${state}`);
    for (const state of [
      'artifact dist/app: verified',
      'build https://ci.example.com/danube: verified',
      `source ${SOURCE.uri}: not verified`,
      'dependency https://example.com/lib: verified',
      'dependency https://example.com/base: not verified',
    ])
      assert.ok(states.includes(state), `${state} in\n${states.join('\n')}`);
    // The tool is an input of the app and of its library: one thing at each level.
    assert.equal(nodes.filter(({ name }) => name.endsWith('/tool')).length, 2);
    const cycle = nodes.find(({ name }) => name === 'https://example.com/app');
    assert.match(cycle?.facts.join() ?? '', /a cycle/);
    for (const { from, to } of edges) {
      const [input, output] = [from, to].map((id) => nodes.find((node) => node.id === id));
      assert.equal(input?.layer, (output?.layer ?? 0) + 1);
    }
  });

  it('follows one level when nothing is said, and ends as verify does', () => {
    assert.equal(graph('dist/app').code, 0);
    assert.ok(jsonOf('dist/app').nodes.every(({ layer }) => layer <= 2));
    assert.equal(graph('dist/app', '--follow-all').code, 1);
    const both = graph('dist', '--format=json', '--no-extra');
    assert.equal(both.code, 1);
    const { verdict, nodes } = JSON.parse(both.stdout) as ChainGraph;
    assert.equal(verdict, 'rejected');
    const rejected = nodes.filter(({ state }) => state === 'rejected');
    assert.deepEqual(
      rejected.map(({ kind }) => kind),
      ['artifact', 'build'],
    );
    // What a stranger says that it was made of is not drawn.
    assert.match(rejected[1]?.facts.join() ?? '', /failed: signature/);
    assert.equal(graph('dist/app', 'dist/absent').code, 3);
    assert.equal(graph('dist/app', '--follow=1', '--format=png').code, 2);
  });

  it('folds what nothing speaks for when it is much', () => {
    const { nodes } = jsonOf('dist/app', '--provenance=many.json');
    assert.equal(nodes.filter(({ kind }) => kind === 'dependency').length, 13);
    assert.ok(nodes.some(({ name }) => name === '28 more'));
  });

  for (const format of FORMATS) {
    it(`has nothing in ${format} that a reader would obey`, () => {
      const { code, stdout } = graph(...APP, `--format=${format}`);
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /[^\n -~]/);
      if (format === 'json') return;
      assert.doesNotMatch(stdout, /<script|\son\w+=|javascript:/i);
      assert.match(stdout, /not verified/);
    });
  }

  it('is a picture without script that names every state in words, and can be read aloud', () => {
    const { stdout } = graph(...APP);
    assert.match(stdout, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" role="img" aria-labelledby=/);
    assert.match(stdout, /<desc id="chain-text">artifact dist\/app: verified; /);
    const { nodes, edges } = jsonOf(...APP);
    assert.equal(stdout.match(/<tspan class="state">(?:not )?verified</g)?.length, nodes.length);
    assert.equal(stdout.match(/<path marker-end/g)?.length, edges.length);
    assert.doesNotMatch(stdout, /(?:href|src)=|url\((?!#)/);
  });

  it('is an HTML page that forbids everything beside itself, with a table of the same', () => {
    const { stdout } = graph(...APP, '--format=html');
    assert.match(stdout, /default-src 'none'; style-src 'unsafe-inline'/);
    const { nodes } = jsonOf(...APP);
    assert.equal(stdout.match(/<tr><td>/g)?.length, nodes.length);
  });

  it('is one line of Mermaid a thing and a line, whatever evidence says', () => {
    const { nodes, edges } = jsonOf(...APP);
    const [head, ...lines] = graph(...APP, '--format=mermaid')
      .stdout.trimEnd()
      .split('\n');
    assert.equal(head, 'flowchart LR');
    assert.equal(lines.filter((line) => /^ {2}n\d+ --> n\d+$/.test(line)).length, edges.length);
    const drawn = lines.filter((line) => /^ {2}n\d+[[({]+"[^"]*"[\])}]+:::\w+$/.test(line));
    assert.equal(drawn.length, nodes.length);
    assert.equal(lines.length, nodes.length + edges.length + 3);
  });
});

describe('the layout', () => {
  it('has artifacts last, and no two things in one place', () => {
    const places = layOut(jsonOf(...APP));
    assert.equal(new Set(places.map(({ column, row }) => `${column} ${row}`)).size, places.length);
    const last = Math.max(...places.map(({ column }) => column));
    for (const { node, column } of places) assert.equal(column, last - node.layer);
  });

  it('is that of nothing for nothing', () => {
    assert.deepEqual(layOut({ verdict: 'rejected', nodes: [], edges: [] }), []);
  });
});
