import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { CliError, EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { print, printable } from '../terminal.ts';
import { readTrustRootFile } from './file.ts';
import { readCached, writeCached } from './tuf-cache.ts';
import { TufFetcher } from './tuf-fetcher.ts';
import type { UpdateTrustRootOptions } from './update.ts';

/** More than any root metadata, and more than any trust root in its envelope. */
const ROOT_BYTES = 512_000;
const TARGET_BYTES = 8 * 1024 * 1024;
/** Where the targets are, below the metadata, as in Sigstore's repositories. */
const TARGETS = 'targets/';
/** What is verified again from the cache: it only says which versions were seen. */
const CACHED = ['timestamp.json', 'snapshot.json', 'targets.json'];

/**
 * Brings a trust root up to date from a TUF repository.
 *
 * @throws CliError ERR_REPOSITORY when it is not to be trusted, ERR_SERVICE when it cannot be reached, ERR_USAGE, ERR_IO.
 * Neither the trust root nor the cache is changed then.
 */
export async function updateTrustRoot(path: string, options: UpdateTrustRootOptions): Promise<ExitCode> {
  const cache = options.tufCache ?? `${path}.tuf`;
  const work = mkdtempSync(join(tmpdir(), 'danube-tuf-'));
  const fetcher = new TufFetcher(cache);
  try {
    writeFileSync(join(work, 'root.json'), readInput(options.tufRoot, ROOT_BYTES));
    for (const name of CACHED) {
      const bytes = readCached(cache, name);
      if (bytes !== undefined) writeFileSync(join(work, name), bytes);
    }
    const target = await fetchTarget(work, fetcher, options);
    const { version, expires } = replaceTrustRoot(path, target);
    writeCached(cache, new Map([...fetcher.roots, ...readMetadata(work)]));
    print(`${path}: version ${version}, expires on ${printable(expires)}`);
    return EXIT.ok;
  } finally {
    fetcher.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** All of the TUF client workflow; the path of the target, verified. */
async function fetchTarget(
  work: string,
  fetcher: TufFetcher,
  { tuf, tufTarget, tufRoot }: UpdateTrustRootOptions,
): Promise<string> {
  const metadataBaseUrl = tuf.endsWith('/') ? tuf : `${tuf}/`;
  const updater = openUpdater(work, fetcher, metadataBaseUrl, tufRoot);
  try {
    await updater.refresh();
    const info = await updater.getTargetInfo(tufTarget);
    if (info === undefined) throw refused(`it has no target ${tufTarget}`);
    if (info.length > TARGET_BYTES) throw refused(`${tufTarget} is larger than ${TARGET_BYTES} bytes`);
    return await updater.downloadTarget(info, join(work, 'target'));
  } catch (error) {
    if (fetcher.failure !== undefined) throw fetcher.failure;
    if (error instanceof CliError) throw error;
    // The library reads untrusted bytes and throws whatever comes out of that; all of it means no.
    throw refused(error instanceof Error ? error.message : String(error), error);
  }
}

function openUpdater(work: string, fetcher: TufFetcher, metadataBaseUrl: string, tufRoot: string): Updater {
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
    throw usageError(`--tuf-root ${tufRoot} is no root metadata: ${reason}`);
  }
}

/** Puts it in its place, when it is a trust root and not an older one. */
function replaceTrustRoot(
  path: string,
  target: string,
): { readonly version: number; readonly expires: string } {
  const next = readTarget(target);
  const present = existsSync(path) ? readTrustRootFile(path) : undefined;
  const { version, expires } = next.document;
  if (present !== undefined && version < present.document.version)
    throw refused(
      `its trust root has version ${version}, and ${path} has version ${present.document.version}`,
    );
  if (present?.document.version === version && digestOf(present.bytes) !== digestOf(next.bytes))
    throw refused(`its trust root is another one of version ${version} than ${path}`);
  writeOutput(path, readInput(target, TARGET_BYTES));
  return { version, expires };
}

function readTarget(target: string): ReturnType<typeof readTrustRootFile> {
  try {
    return readTrustRootFile(target);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'ERR_USAGE') throw error;
    throw refused(error.message.replace(target, 'its target'), error);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readMetadata(work: string): [name: string, bytes: Uint8Array][] {
  return CACHED.filter((name) => existsSync(join(work, name))).map((name) => [
    name,
    readInput(join(work, name), TARGET_BYTES),
  ]);
}

function refused(reason: string, cause?: unknown): CliError {
  return new CliError('ERR_REPOSITORY', `the repository is not to be trusted: ${printable(reason)}`, {
    hint: 'nothing was written: the trust root that is there stays in force until it expires',
    cause,
  });
}
