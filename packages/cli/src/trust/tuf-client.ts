import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { CliError, usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { printable } from '../terminal.ts';
import { readCached, writeCached } from './tuf-cache.ts';
import { TufFetcher } from './tuf-fetcher.ts';
import { keyProblem } from './tuf-keys.ts';

/** A target of a TUF repository, and how it is trusted. */
export interface TufTarget {
  /** Where the metadata are; targets are below it. */
  readonly url: string;
  /** A file of root metadata that the caller trusts, any version of it. */
  readonly root: string;
  /** The directory of what was seen before. */
  readonly cache: string;
  readonly name: string;
}

/** More than any root metadata, and more than any target that is asked for. */
const ROOT_BYTES = 512_000;
export const TARGET_BYTES: number = 8 * 1024 * 1024;
/** Where the targets are, below the metadata, as in Sigstore's repositories. */
const TARGETS = 'targets/';
/** What is verified again from the cache: it only says which versions were seen. */
const CACHED = ['timestamp.json', 'snapshot.json', 'targets.json'];

/**
 * Fetches a target by all of the TUF client workflow, and remembers what was seen when `use` returns.
 *
 * @param use takes the path of the target, verified.
 * @throws CliError ERR_REPOSITORY when it is not to be trusted, ERR_SERVICE when it cannot be reached, ERR_USAGE, ERR_IO.
 * The cache is not changed then.
 */
export async function withTufTarget<Result>(
  target: TufTarget,
  use: (path: string) => Result,
): Promise<Result> {
  const work = mkdtempSync(join(tmpdir(), 'danube-tuf-'));
  const fetcher = new TufFetcher(target.cache, TARGET_BYTES);
  try {
    writeFileSync(join(work, 'root.json'), readRoot(target.root));
    for (const name of CACHED) {
      const bytes = readCached(target.cache, name);
      if (bytes !== undefined) writeFileSync(join(work, name), bytes);
    }
    const result = use(await fetchTarget(work, fetcher, target));
    writeCached(target.cache, new Map([...fetcher.roots, ...readMetadata(work)]));
    return result;
  } finally {
    fetcher.close();
    rmSync(work, { recursive: true, force: true });
  }
}

function readRoot(path: string): Uint8Array {
  const bytes = readInput(path, ROOT_BYTES);
  const problem = keyProblem(bytes);
  if (problem !== undefined) throw usageError(`--tuf-root ${path}: ${problem}`);
  return bytes;
}

async function fetchTarget(
  work: string,
  fetcher: TufFetcher,
  { url, root, name }: TufTarget,
): Promise<string> {
  const metadataBaseUrl = url.endsWith('/') ? url : `${url}/`;
  const updater = openUpdater(work, fetcher, metadataBaseUrl, root);
  try {
    await updater.refresh();
    const info = await updater.getTargetInfo(name);
    requireDistinctKeys(work);
    if (info === undefined) throw refused(`it has no target ${name}`);
    if (info.length > TARGET_BYTES) throw refused(`${name} is larger than ${TARGET_BYTES} bytes`);
    return await updater.downloadTarget(info, join(work, 'target'));
  } catch (error) {
    if (fetcher.failure !== undefined) throw fetcher.failure;
    if (error instanceof CliError) throw error;
    // The library reads untrusted bytes and throws whatever comes out of that; all of it means no.
    throw refused(error instanceof Error ? error.message : String(error), error);
  }
}

/** Roots are looked at before they are believed; what delegates to others is here, and nothing of it was used yet. */
function requireDistinctKeys(work: string): void {
  for (const name of readdirSync(work)) {
    const problem = keyProblem(readInput(join(work, name), TARGET_BYTES));
    if (problem !== undefined) throw refused(problem);
  }
}

function openUpdater(work: string, fetcher: TufFetcher, metadataBaseUrl: string, root: string): Updater {
  try {
    const config = { fetchRetries: 0 };
    return new Updater({
      metadataDir: work,
      metadataBaseUrl,
      targetBaseUrl: metadataBaseUrl + TARGETS,
      fetcher,
      config,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`--tuf-root ${root} is no root metadata: ${reason}`);
  }
}

function readMetadata(work: string): [name: string, bytes: Uint8Array][] {
  return CACHED.filter((name) => existsSync(join(work, name))).map((name) => [
    name,
    readInput(join(work, name), TARGET_BYTES),
  ]);
}

/** Why a repository, or what it brings, is not to be believed. */
export function refused(reason: string, cause?: unknown): CliError {
  return new CliError('ERR_REPOSITORY', `the repository is not to be trusted: ${printable(reason)}`, {
    hint: 'nothing was written: the trust root that is there stays in force until it expires',
    cause,
  });
}
