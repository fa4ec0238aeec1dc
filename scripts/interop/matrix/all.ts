import { CERTIFICATE_TABLE } from './certificate-rows.ts';
import { KEY_TABLE } from './key-rows.ts';
import { PACKAGE_TABLE } from './package-rows.ts';
import type { AnyTable } from './table.ts';

/** The tables, in the order of the page. */
export const TABLES: readonly AnyTable[] = [KEY_TABLE, CERTIFICATE_TABLE, PACKAGE_TABLE];
