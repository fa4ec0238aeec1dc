import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parseTrustedRoot, SigstoreError } from '@danube/sigstore';
import { CliError, EXIT, type ExitCode, usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { print, printable } from '../terminal.ts';
import { readTrustRootFile } from './file.ts';
import { refused, TARGET_BYTES, withTufTarget } from './tuf-client.ts';
import type { UpdateTrustRootOptions } from './update.ts';

/**
 * Brings a trust root, or the trusted root of a Sigstore instance, up to date from a TUF repository.
 *
 * @throws CliError ERR_REPOSITORY when it is not to be trusted, ERR_SERVICE when it cannot be reached, ERR_USAGE, ERR_IO.
 * Neither the file nor the cache is changed then.
 */
export async function updateTrustRoot(
  path: string,
  { tuf, tufRoot, tufTarget, tufCache, sigstore }: UpdateTrustRootOptions,
): Promise<ExitCode> {
  const name = tufTarget ?? (sigstore === true ? 'trusted_root.json' : 'trust-root.json');
  const target = { url: tuf, root: tufRoot, cache: tufCache ?? `${path}.tuf`, name };
  const replace = sigstore === true ? replaceTrustedRoot : replaceTrustRoot;
  print(await withTufTarget(target, (fetched) => replace(path, fetched)));
  return EXIT.ok;
}

/** Puts it in its place, when it is a trust root and not an older one. */
function replaceTrustRoot(path: string, target: string): string {
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
  return `${path}: version ${version}, expires on ${printable(expires)}`;
}

function readTarget(target: string): ReturnType<typeof readTrustRootFile> {
  try {
    return readTrustRootFile(target);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'ERR_USAGE') throw error;
    throw refused(error.message.replace(target, 'its target'), error);
  }
}

/** The same for a Sigstore instance's, which says nothing of its own age: only the repository's metadata do. */
function replaceTrustedRoot(path: string, target: string): string {
  const bytes = readInput(target, TARGET_BYTES);
  const problem = trustedRootProblem(bytes);
  if (problem !== undefined) throw refused(`its target: ${problem}`);
  const present = existsSync(path) ? readInput(path, TARGET_BYTES) : undefined;
  if (present !== undefined && trustedRootProblem(present) !== undefined)
    throw usageError(
      `${path} is there, and is no trusted root of Sigstore`,
      'name another file, or remove it',
    );
  if (present !== undefined && digestOf(present) === digestOf(bytes)) return `${path}: as it was`;
  writeOutput(path, bytes);
  return `${path}: sha256:${digestOf(bytes)}`;
}

function trustedRootProblem(bytes: Uint8Array): string | undefined {
  try {
    parseTrustedRoot(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof SigstoreError) return error.message;
    throw error;
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
