import { CERTIFICATE_TABLE } from './certificate-rows.ts';
import { KEY_TABLE } from './key-rows.ts';
import { PACKAGE_TABLE } from './package-rows.ts';
import { publicTable } from './public-rows.ts';
import type { AnyTable } from './table.ts';

/**
 * The tables, in the order of the page.
 *
 * @param vectors the folder of published test vectors; without it those of the last table cannot be shown to anybody.
 */
export function tablesOf(vectors?: string): readonly AnyTable[] {
  return [KEY_TABLE, CERTIFICATE_TABLE, PACKAGE_TABLE, publicTable(vectors)];
}

/** As the page has them. */
export const TABLES: readonly AnyTable[] = tablesOf();
