import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PLATFORMS } from '@danube/builder';
import { parseAllDocuments } from 'yaml';
import { buildProgram } from '../../packages/cli/src/program.ts';
import { ROOT } from '../repository.ts';

function read(platform: string): string {
  return readFileSync(join(ROOT, 'docs/ci', `${platform}.md`), 'utf8');
}

function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

/** Commands of danube in a text, each with the options that it is given, up to `--`. */
function calls(text: string): { readonly name: string; readonly options: readonly string[] }[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  // In folded YAML a command goes on in lines that are indented as it is.
  const folded = joined.replaceAll(/\n\s+(?=--)/g, ' ');
  return [...folded.matchAll(/danube provenance (\w+) ([^\n]*)/g)].map(([, name = '', rest = '']) => ({
    name,
    options: [...(rest.split(/ -- /)[0] ?? '').matchAll(/(?:^|\s)(--[a-z-]+)/g)].map(
      ([, option = '']) => option,
    ),
  }));
}

describe('docs/ci', async () => {
  const program = await buildProgram(undefined, () => undefined);
  const provenance = program.commands.find((command) => command.name() === 'provenance');

  for (const platform of PLATFORMS) {
    it(`has a page for ${platform} whose commands have the options that they are given`, () => {
      const found = calls(read(platform));
      assert.ok(found.length >= 2);
      for (const { name, options } of found) {
        const command = provenance?.commands.find((candidate) => candidate.name() === name);
        assert.ok(command, name);
        const known = new Set(command.options.map(({ long }) => long));
        assert.deepEqual(
          options.filter((option) => !known.has(option)),
          [],
        );
      }
    });
  }

  it('has pipeline files that are YAML', () => {
    const yaml = PLATFORMS.flatMap((platform) => blocks(read(platform), 'yaml'));
    assert.ok(yaml.length >= 6);
    for (const text of yaml) {
      for (const document of parseAllDocuments(text)) assert.deepEqual(document.errors, []);
    }
  });

  it('has a pipeline for every platform that describes a job from within', () => {
    for (const platform of PLATFORMS) {
      if (platform === 'tekton' || platform === 'danube') continue;
      assert.match(read(platform), new RegExp(`danube provenance run --from ${platform} `));
    }
    assert.ok(existsSync(join(ROOT, 'docs/ci/README.md')));
  });
});
