import { spawnSync } from 'node:child_process';
import { CliError } from '../exit-code.ts';
import { findProgram } from './programs.ts';

/** How unshare(1) of util-linux gives a command a network namespace: with the user it has, or as root of a namespace. */
const WAYS = [
  ['--net'],
  ['--user', '--map-current-user', '--net'],
  ['--user', '--map-root-user', '--net'],
] as const;

/**
 * The words to put before a command so that it runs without network: in a namespace that has no interface but a loopback that
 * is down.
 *
 * @throws CliError ERR_IO where the system does not let us; nothing has run then.
 */
export function withoutNetwork(): string[] {
  const unshare = findProgram('unshare');
  if (unshare === undefined) {
    throw new CliError('ERR_IO', '--hermetic is not available: unshare(1) of util-linux is not installed');
  }
  const reasons: string[] = [];
  for (const way of WAYS) {
    const { status, stderr } = spawnSync(unshare, [...way, '--', 'true'], { encoding: 'utf8' });
    if (status === 0) return [unshare, ...way, '--'];
    reasons.push(stderr.trim().split('\n')[0] ?? '');
  }
  throw new CliError('ERR_IO', `--hermetic is not available: ${reasons.at(-1) ?? ''}`, {
    hint: 'this machine lets nobody make network namespaces: run as root, or allow user namespaces',
  });
}
