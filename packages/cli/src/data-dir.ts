import { join } from 'node:path';

const DEFAULT_DATA_DIR = '/var/lib/danube';

/** Danube's data directory: the option, else `DANUBE_DATA_DIR`, else `/var/lib/danube`. It says where, never whom to trust. */
export function resolveDataDir(option: string | undefined): string {
  const variable = process.env['DANUBE_DATA_DIR'];
  return option ?? (variable === undefined || variable === '' ? DEFAULT_DATA_DIR : variable);
}

/** Where Danube keeps its signing key. */
export function signingKeyPath(dataDir: string): string {
  return join(dataDir, 'keys', 'signing.key');
}
