import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cleanEnvironment, ROOT } from '../../repository.ts';
import { optionName, verifyArguments } from './command-line.ts';
import { assertReport, type ComparedReport } from './expect-report.ts';
import type { StoredCase } from './cases.ts';

/** The bundled command, as it is published. */
export const BUNDLE: string = join(ROOT, 'packages/cli/dist/danube.cjs');

const EXIT_CODES = { accepted: 0, rejected: 1, refused: 2 } as const;

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the bundled command in a folder. */
export async function runDanube(args: readonly string[], cwd: string): Promise<CommandResult> {
  const child = spawn(process.execPath, [BUNDLE, ...args], {
    cwd,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode ?? once(child, 'close'),
  ]);
  return { exitCode: child.exitCode, stdout, stderr };
}

/** Judges a case by the command, and fails unless exit code and report are the expected ones. */
export async function verifyByCommand(stored: StoredCase<'verify'>): Promise<void> {
  const { expect } = stored.content;
  const { exitCode, stdout, stderr } = await runVerify(stored);
  assert.equal(exitCode, EXIT_CODES[expect.verdict], stdout + stderr);
  if (expect.verdict === 'refused') {
    assert.equal(stdout, '');
    assert.ok(stderr.includes(optionName(expect.expectation)), stderr);
  } else {
    assertReport(JSON.parse(stdout) as ComparedReport, expect);
  }
}

/** Provenance without artifacts is what the command judges for a job whose files are gone. */
export async function runVerify({ folder, content }: StoredCase<'verify'>): Promise<CommandResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'danube-vectors-'));
  try {
    const jobFolder = join(dataDir, 'artifacts/job');
    mkdirSync(jobFolder, { recursive: true });
    for (const path of content.evidence) cpSync(join(folder, path), join(jobFolder, path));
    return await runDanube(verifyArguments(content, ['--job=job', `--data-dir=${dataDir}`]), folder);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}
