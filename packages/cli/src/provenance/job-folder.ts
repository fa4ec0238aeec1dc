import { openJobDirectory } from '@danube/store';
import { resolveDataDir } from '../data-dir.ts';

/**
 * Where a job's files are.
 *
 * @throws StoreError ERR_STORE_JOB_ID for an id that is no plain name.
 */
export function jobFolder(job: string, dataDir: string | undefined): string {
  return openJobDirectory(resolveDataDir(dataDir)).pathOf(job);
}
