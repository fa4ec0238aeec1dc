import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { cleanEnvironment, publishedPackages, ROOT } from '../repository.ts';
import { DOCUMENTS, matchOutput, readBlocks, runDocument } from '../transcript.ts';

const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/README.md',
  'docs/architecture.md',
  'docs/buildtypes/pipeline-v1.md',
  'docs/conformance.md',
  'docs/interop.md',
  'docs/job-record.md',
  'docs/speed.md',
  'docs/attacks.md',
  'docs/chains.md',
  'docs/policy.md',
  'docs/trust.md',
  'docs/verification.md',
];

const packagePages = publishedPackages()
  .map(({ folder }) => join(folder, 'README.md').slice(ROOT.length))
  .filter((path) => existsSync(join(ROOT, path)));

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** An empty folder in which this repository's packages can be imported. */
function withFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'danube-readme-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const page of DOCUMENTS) {
  describe(`the commands in ${page}`, () => {
    it('print what the page says', () => {
      withFolder((folder) => {
        for (const { command, actual } of runDocument(read(page), folder)) {
          const same = matchOutput(command.output, actual);
          assert.ok(same, `${page}:${command.line}: $ ${command.command}\n${actual.join('\n')}`);
        }
      });
    });
  });
}

for (const page of DOCUMENTS) {
  const examples = readBlocks(read(page)).filter(({ language }) =>
    /^(ts|js|typescript|javascript)$/.test(language),
  );
  if (examples.length === 0) continue;
  describe(`the code in ${page}`, () => {
    for (const { line, lines } of examples) {
      it(`runs (line ${line})`, () => {
        withFolder((folder) => {
          runDocument(read(page), folder);
          writeFileSync(join(folder, 'example.ts'), lines.join('\n'));
          const { status, stderr } = spawnSync(
            process.execPath,
            ['--conditions=@danube/source', 'example.ts'],
            {
              cwd: folder,
              env: cleanEnvironment(),
              encoding: 'utf8',
            },
          );
          assert.equal(status, 0, stderr);
        });
      });
    }
  });
}

describe('the links in the documents', () => {
  for (const page of [...PAGES, ...packagePages]) {
    it(`lead somewhere (${page})`, () => {
      const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
      const dead = links.filter(
        (link) => !/^[a-z]+:/.test(link) && !existsSync(join(ROOT, dirname(page), link)),
      );
      assert.deepEqual(dead, []);
    });
  }
});

describe('the documents', () => {
  it('name no place of the machine that they were written on', () => {
    for (const page of [...PAGES, ...packagePages])
      assert.doesNotMatch(read(page), /\/(?:work|root|home)\//, page);
  });
});
