import { join } from 'node:path';
import { checkJobId } from '@danube/store';
import { resolveDataDir } from '../data-dir.ts';

/**
 * Where a job's files are, by the layout of @danube/store; its writing half is not needed to know that.
 *
 * @throws StoreError ERR_STORE_JOB_ID for an id that is no plain name.
 */
export function jobFolder(job: string, dataDir: string | undefined): string {
  checkJobId(job);
  return join(resolveDataDir(dataDir), 'artifacts', job);
}

/** Whether a store is something else than a directory: it has the scheme of a URI. */
export function isElsewhere(store: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/.test(store);
}
