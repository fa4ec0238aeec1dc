/**
 * What `changeset version` leaves to do, run after it by `npm run release:version`: one CHANGELOG.md at the top, because
 * all packages have one version and their users want one list; and the version that verification reports name.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, ROOT, type Package } from './repository.ts';

const CHANGELOG = join(ROOT, 'CHANGELOG.md');
const REPORT = join(ROOT, 'packages', 'verifier', 'src', 'report.ts');

/** The newest section of a package's changelog, its entries without what only says that a neighbour changed. */
function newestEntries(changelog: string, version: string): string[] {
  const section = changelog.split(/^## /m).find((text) => text.startsWith(`${version}\n`)) ?? '';
  return section.split(/^- /m).slice(1).map(trimEntry).filter(saysSomething);
}

function trimEntry(entry: string): string {
  return entry
    .replace(/^#.*$/gm, '')
    .replace(/^[0-9a-f]{7,}: /, '')
    .trim();
}

function saysSomething(entry: string): boolean {
  return entry !== '' && !/^[@\w/-]+@\d/.test(entry);
}

function writeChangelog(packages: readonly Package[], version: string): void {
  const entries = new Set(
    packages.flatMap(({ folder }) => {
      const path = join(folder, 'CHANGELOG.md');
      return existsSync(path) ? newestEntries(readFileSync(path, 'utf8'), version) : [];
    }),
  );
  const before = readFileSync(CHANGELOG, 'utf8');
  if (entries.size === 0 || before.includes(`\n## ${version}\n`)) return;
  const section = `## ${version}\n\n${[...entries].map((entry) => `- ${entry}`).join('\n')}\n`;
  const [head = '', ...sections] = before.split(/^(?=## )/m);
  writeFileSync(CHANGELOG, [head, `${section}\n`, ...sections].join(''));
}

/** The verifier is pure: it cannot look its version up. */
function writeToolVersion(version: string): void {
  const source = readFileSync(REPORT, 'utf8');
  writeFileSync(REPORT, source.replace(/(TOOL: Tool = \{ name: 'danube', version: ')[^']*/, `$1${version}`));
}

const packages = publishedPackages();
const version = packages[0]?.version ?? '';
writeChangelog(packages, version);
writeToolVersion(version);
