import { createHash } from 'node:crypto';
import { readConfigFile } from './read-file.ts';

/**
 * Looks at files every so often and tells when one has other bytes. By content: Kubernetes changes mounted files by
 * turning a link, of which neither time nor number says much.
 *
 * @param known the fingerprint of the files from before they were read: a change since then is told as well.
 * @returns what ends it.
 */
export function watchFiles(
  paths: readonly string[],
  seconds: number,
  changed: () => void,
  known: string,
): () => void {
  let before = known;
  const timer = setInterval(() => {
    const now = fingerprintOf(paths);
    if (now === before) return;
    before = now;
    changed();
  }, seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

/** The same as long as none of the files has other bytes. */
export function fingerprintOf(paths: readonly string[]): string {
  return paths.map(contentOf).join(' ');
}

function contentOf(path: string): string {
  try {
    return createHash('sha256').update(readConfigFile(path)).digest('base64');
  } catch {
    return 'unreadable';
  }
}
