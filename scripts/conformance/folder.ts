import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { z } from 'zod';
import type { Outcome } from './outcome.ts';

/** One folder of vectors that the run knows: how to find its cases and how to judge them. */
export interface VectorFolder {
  /** The folder's own name; a folder on disk is recognised by it. */
  readonly name: string;
  /** Why a case may be left out of the verdict: the only reasons `judge` gives. docs/conformance.md lists them. */
  readonly exceptions: readonly string[];
  /** Judges every case found in the folder; throws UnreadableError when the folder is not in its format. */
  judge(source: Source): Iterable<Outcome> | AsyncIterable<Outcome>;
}

/** A folder, or a file in it, that cannot be read as the vectors it should hold: the run ends with 2. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** The files of one vector folder, by path relative to it, with forward slashes. */
export interface Source {
  /** Every file below the folder, sorted. */
  readonly files: readonly string[];
  /** Where the file is on disk. */
  path(path: string): string;
  bytes(path: string): Uint8Array;
  text(path: string): string;
  /** The file as JSON of the shape that `schema` describes. */
  json<T>(path: string, schema: z.ZodType<T>): T;
}

/** Lists a folder's files. Throws UnreadableError when it is no folder. */
export function openSource(root: string): Source {
  const bytes = (path: string): Uint8Array => attempt(join(root, path), () => readFileSync(join(root, path)));
  const text = (path: string): string => Buffer.from(bytes(path)).toString('utf8');
  return {
    files: attempt(root, () => listFiles(root)),
    path: (path) => join(root, path),
    bytes,
    text,
    json: (path, schema) => attempt(join(root, path), () => schema.parse(JSON.parse(text(path)))),
  };
}

function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(root, path)).isFile())
    .map((path) => path.split(sep).join('/'))
    .sort();
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UnreadableError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
