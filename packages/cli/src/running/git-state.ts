import { spawnSync } from 'node:child_process';
import { gitUri } from '@danube/builder';

/** The Git tree that a command runs in. */
export interface GitState {
  readonly commit: string;
  /** The branch, fully qualified; none when a commit was checked out by itself. */
  readonly ref?: string;
  /** The remote as a download location, without credentials; none when there is none, or it is a folder. */
  readonly uri?: string;
  /** Where the command runs, below the top of the tree. */
  readonly directory: string;
  /** Paths with changes, and files that are neither committed nor ignored. */
  readonly changes: readonly string[];
}

/** What Git says of the working directory; undefined where there is no Git, no tree or no commit. */
export function readGitState(): GitState | undefined {
  const commit = git('rev-parse', '--verify', 'HEAD^{commit}');
  if (commit === undefined) return undefined;
  const ref = git('symbolic-ref', '--quiet', 'HEAD');
  const uri = remoteOf(ref);
  return {
    commit,
    ...(ref === undefined ? {} : { ref }),
    ...(uri === undefined ? {} : { uri }),
    directory: (git('rev-parse', '--show-prefix') ?? '').replace(/\/$/, ''),
    changes: listChanges(),
  };
}

function listChanges(): string[] {
  const status = git('status', '--porcelain=v1', '-z', '--untracked-files=normal', '--no-renames') ?? '';
  return status.split('\0').flatMap((entry) => (entry.length > 3 ? [entry.slice(3)] : []));
}

/** Of the branch that is checked out, else `origin`, else the only one. */
function remoteOf(ref: string | undefined): string | undefined {
  const remotes = (git('remote') ?? '').split('\n').filter((name) => name !== '');
  const branch = ref?.replace(/^refs\/heads\//, '');
  const own = branch === undefined ? undefined : git('config', '--get', `branch.${branch}.remote`);
  const name = [own, 'origin', remotes.length === 1 ? remotes[0] : undefined].find(
    (candidate) => candidate !== undefined && remotes.includes(candidate),
  );
  const url = name === undefined ? undefined : git('remote', 'get-url', name);
  return url === undefined ? undefined : gitUri(url);
}

/** What git prints, without the last line break; undefined when it fails. */
function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0) return undefined;
  return stdout.replace(/\n$/, '');
}
