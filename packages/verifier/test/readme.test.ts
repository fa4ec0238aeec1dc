import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodePublicKeyPem } from '@danube/keys';
import { BUILDER, artifactOf, signed, statementOf } from './fixture.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it('has an example that accepts, and throws for another artifact', (t) => {
    const [, example = ''] = /```mts\n([\s\S]*?)```/.exec(readme) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'verifier-readme-'));
    t.after(() => rmSync(folder, { recursive: true }));
    symlinkSync(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(folder, 'node_modules'),
    );
    writeFileSync(join(folder, 'danube.pub'), encodePublicKeyPem(BUILDER.publicKey));
    writeFileSync(
      join(folder, 'provenance.json'),
      signed(statementOf({ subject: [artifactOf('app.tgz', 'app')] })),
    );
    const run = (content: string): string => {
      writeFileSync(join(folder, 'app.tgz'), content);
      const args = ['--conditions=@danube/source', '--input-type=module-typescript', '--eval', example];
      return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    };
    assert.equal(run('app'), 'accepted\n');
    assert.throws(() => run('changed'), /app\.tgz is rejected: subject\.digest/);
  });
});
