import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer, AnyTable } from './table.ts';

type AnyRow = AnyTable['rows'][number];

/** Shows a verifier the files of a row. */
export async function askVerifier(row: AnyRow, name: string): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'danube-matrix-'));
  try {
    const { verdict, reason } = await row.ask(name, folder);
    return { verdict, reason: tidy(reason.replaceAll(folder, '')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const QUOTED = 160;

/** Go's protobuf writes one of two kinds of space into its errors, so that nobody compares them. */
function tidy(reason: string): string {
  const text = reason.replaceAll(/\s+/g, ' ').trim();
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
