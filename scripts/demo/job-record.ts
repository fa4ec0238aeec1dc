import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, ROOT } from '../repository.ts';

/** Stands where a clone has no remote that others could reach. */
export const PLACEHOLDER_SOURCE = 'git+https://git.example.com/danube/provenance';

export interface Commit {
  readonly uri: string;
  readonly ref: string;
  readonly id: string;
  /** Whether the working tree differs from the commit. */
  readonly dirty: boolean;
}

/** What git says about the checked-out commit; undefined outside a git clone, or below the top of another one. */
export function readCommit(): Commit | undefined {
  const id = git('rev-parse', '--verify', 'HEAD');
  if (id === undefined || git('rev-parse', '--show-prefix') !== '') return undefined;
  const uri = sourceUri(git('config', '--get', 'remote.origin.url') ?? '');
  return { uri, ref: currentRef(), id, dirty: git('status', '--porcelain') !== '' };
}

function git(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      env: cleanEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** An SPDX download location without credentials; the placeholder for a remote that is a folder of this machine. */
export function sourceUri(remote: string): string {
  const scp = /^[^/:@]+@([^/:]+):(?!\/)(.+)$/.exec(remote);
  const text = scp === null ? remote : `ssh://${scp[1]}/${scp[2]}`;
  if (!/^(https|ssh):\/\//.test(text)) return PLACEHOLDER_SOURCE;
  const { protocol, host, pathname } = new URL(text);
  return `git+${protocol}//${host}${pathname}`;
}

/** The branch, or a ref that points at a detached commit. */
function currentRef(): string {
  const pointing = git('for-each-ref', '--points-at=HEAD', '--format=%(refname)', 'refs/tags', 'refs/heads');
  return git('symbolic-ref', '--quiet', 'HEAD') ?? (pointing || 'refs/heads/detached').split('\n')[0] ?? '';
}

export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly log: string;
  readonly startedOn: string;
  readonly finishedOn: string;
}

/** The job record that a control plane would write; docs/job-record.md explains each field. */
export function jobRecord(commit: Commit, step: Step): object {
  return {
    apiVersion: 'danube.dev/v1',
    kind: 'JobRecord',
    job: { id: 'demo-1', attempt: 1, uri: 'https://ci.example.com/jobs/demo-1' },
    pipeline: { name: 'pack' },
    status: 'succeeded',
    source: { uri: commit.uri, ref: commit.ref, commit: commit.id },
    trigger: { kind: 'manual', actor: 'demo' },
    parameters: { target: 'npm' },
    steps: [
      {
        name: step.name,
        command: step.command,
        startedOn: step.startedOn,
        finishedOn: step.finishedOn,
        exitCode: 0,
        log: { path: step.log },
      },
    ],
    inputs: [{ name: 'package-lock.json', digest: { sha256: sha256(join(ROOT, 'package-lock.json')) } }],
    artifacts: { paths: ['*.tgz'] },
    builder: { id: 'https://ci.example.com/danube', version: { node: process.versions.node } },
    startedOn: step.startedOn,
    finishedOn: step.finishedOn,
  };
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
