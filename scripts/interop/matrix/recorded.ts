import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './table.ts';

/** What was answered when the tables were written. */
export interface Recorded {
  /** By verifier. */
  readonly versions: Readonly<Record<string, string>>;
  /** By table, row and verifier. */
  readonly answers: Readonly<Record<string, TableAnswers>>;
}

export type TableAnswers = Readonly<Record<string, RowAnswers>>;
export type RowAnswers = Readonly<Record<string, Answer>>;

const PATH = join(import.meta.dirname, 'recorded.json');

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(PATH, 'utf8')) as Recorded;
}

export function writeRecorded(recorded: Recorded): void {
  writeFileSync(PATH, `${JSON.stringify(recorded, undefined, 2)}\n`);
}
