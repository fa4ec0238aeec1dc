import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * Looks at files every so often and tells when one has other bytes. By content: Kubernetes changes mounted files by
 * turning a link, of which neither time nor number says much.
 *
 * @returns what ends it.
 */
export function watchFiles(paths: () => readonly string[], seconds: number, changed: () => void): () => void {
  let known = fingerprint(paths());
  const timer = setInterval(() => {
    const now = fingerprint(paths());
    if (now === known) return;
    known = now;
    changed();
  }, seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

function fingerprint(paths: readonly string[]): string {
  return paths.map(contentOf).join(' ');
}

function contentOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64');
  } catch {
    return 'unreadable';
  }
}
