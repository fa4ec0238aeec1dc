import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeStatement } from 'in-toto-attestation';
import { buildProvenance, collectOutputs, jobRecordJsonSchema } from '@danube/builder';
import { example, refusal, type Draft } from './example.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

/** The fenced blocks of one language on a page. */
function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

/** Rows of the first table below a heading, as cells without backticks. */
function table(page: string, heading: string): string[][] {
  const section = read(page).split(`\n${heading}\n`)[1]?.split(/^#/m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

async function exampleStatement(change?: (record: Draft) => void): Promise<Draft> {
  const record = example('full', change);
  const outputs = await collectOutputs(record, `${ROOT}docs/examples/job`);
  return JSON.parse(new TextDecoder().decode(encodeStatement(buildProvenance(record, outputs))));
}

describe('docs/schemas/job-record.schema.json', () => {
  it('is the schema of this package (written by npm run schemas)', () => {
    assert.deepEqual(JSON.parse(read('docs/schemas/job-record.schema.json')), jobRecordJsonSchema());
  });

  it('has patterns that Python compiles, too', (t) => {
    const found = [...read('docs/schemas/job-record.schema.json').matchAll(/"pattern": (".*")/g)];
    const patterns = new Set(found.map(([, pattern]) => pattern));
    assert.ok(patterns.size > 10);
    const code = `import json,re,sys\nfor p in json.load(sys.stdin): re.compile(p)`;
    const { error, status, stderr } = spawnSync('python3', ['-W', 'error', '-c', code], {
      input: `[${[...patterns].join(',')}]`,
      encoding: 'utf8',
    });
    if (error !== undefined) return t.skip('python3 is not available');
    assert.equal(status, 0, stderr);
  });
});

describe('docs/job-record.md', () => {
  const page = 'docs/job-record.md';

  it('shows the minimal example as it is', () => {
    assert.equal(blocks(page, 'json')[0], read('docs/examples/job-record.minimal.json'));
  });

  it('documents every field and says which are needed', () => {
    const documented = table(page, '## Fields').map(([field = '', , needed]) => [
      field.replaceAll('`', ''),
      needed,
    ]);
    assert.deepEqual(new Map(documented as [string, string][]), new Map(listFields(jobRecordJsonSchema())));
  });

  it('documents every field of an image', () => {
    const { properties } = (jobRecordJsonSchema() as Draft).properties.environment;
    const documented = table(page, '### Images').map(([field = '', , needed]) => [
      field.replaceAll('`', ''),
      needed,
    ]);
    assert.deepEqual(documented, [
      ['name', 'yes'],
      ['tag', 'no'],
      ['digest', 'yes'],
    ]);
    assert.deepEqual(Object.keys(properties.workerImage.properties), ['name', 'tag', 'digest']);
    assert.deepEqual(properties.workerImage.required, ['name', 'digest']);
  });

  it('shows an error as it is', () => {
    const { message } = refusal((record) => {
      record.source.commit = 'HEAD';
      record.steps[0].startedOn = '2026-01-10T12:34:57';
    });
    assert.equal(blocks(page, 'text')[0], `${message}\n`);
  });
});

/** Every field of the schema by its path, and whether its object needs it; digest sets and images count as one. */
function listFields(schema: Draft, prefix = ''): [string, string][] {
  return Object.entries<Draft>(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const item = field.items?.properties === undefined ? field : field.items;
    const isLeaf = item.properties?.sha256 !== undefined || item.properties?.tag !== undefined;
    const needed: [string, string] = [path, schema.required?.includes(name) ? 'yes' : 'no'];
    return isLeaf ? [needed] : [needed, ...listFields(item, item === field ? `${path}.` : `${path}[].`)];
  });
}

describe('docs/buildtypes/pipeline-v1.md', () => {
  const page = 'docs/buildtypes/pipeline-v1.md';
  const namesOf = (heading: string): string[] =>
    table(page, heading).map(([field = '']) => field.replaceAll('`', ''));

  it('shows the provenance of the full example as it is', async () => {
    const [shown = ''] = blocks(page, 'json');
    const built = await exampleStatement();
    assert.deepEqual(JSON.parse(shown), built);
    assert.equal(JSON.stringify(JSON.parse(shown)), JSON.stringify(built));
  });

  it('documents every external and internal parameter', async () => {
    const { predicate } = await exampleStatement((record) => (record.environment.network = 'none'));
    const { externalParameters, internalParameters } = predicate.buildDefinition;
    assert.deepEqual(namesOf('### External parameters'), Object.keys(externalParameters));
    assert.deepEqual(namesOf('### Internal parameters'), Object.keys(internalParameters));
  });

  it('documents every field of the run', async () => {
    const { builder, metadata } = (await exampleStatement()).predicate.runDetails;
    const fields = namesOf('## Run details').flatMap((cell) => cell.split(', '));
    const built = [
      ...Object.keys(builder).map((name) => `builder.${name}`),
      ...Object.keys(metadata).map((name) => `metadata.${name}`),
    ];
    assert.deepEqual(fields.toSorted(), built.toSorted());
  });
});

describe('README.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'builder-readme-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('shows an example and what it prints', () => {
    const page = 'packages/builder/README.md';
    const [code = ''] = blocks(page, 'ts');
    symlinkSync(`${ROOT}node_modules`, join(folder, 'node_modules'));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@danube/source', '--input-type=module-typescript', '--eval', code],
      { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    assert.equal(stderr, '');
    assert.equal(stdout, blocks(page, 'text')[0]);
  });
});
