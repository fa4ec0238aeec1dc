import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TOOL } from '@danube/verifier';
import { cleanEnvironment, DANUBE, publishedPackages, ROOT } from '../repository.ts';

const packages = publishedPackages();

describe('the version', () => {
  it('is the same in all packages, and in what they need of each other', () => {
    const versions = packages.map(({ version }) => version);
    const own = new Set(packages.map(({ name }) => name));
    const needed = packages.flatMap(({ manifest }) =>
      ['dependencies', 'devDependencies'].flatMap((field) =>
        Object.entries((manifest[field] ?? {}) as Record<string, string>).flatMap(([name, range]) =>
          own.has(name) ? [range] : [],
        ),
      ),
    );
    assert.deepEqual([...new Set([...versions, ...needed])], [packages[0]?.version]);
  });

  it('is what the command and the report say', () => {
    const printed = execFileSync(process.execPath, [DANUBE, '--version'], {
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    assert.equal(printed.trim(), packages[0]?.version);
    assert.equal(TOOL.version, packages[0]?.version);
  });

  it('has a section in the changelog', () => {
    const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
    assert.match(changelog, new RegExp(`^## ${packages[0]?.version.replaceAll('.', String.raw`\.`)}$`, 'm'));
  });
});
