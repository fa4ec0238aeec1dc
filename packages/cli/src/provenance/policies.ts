import { createHash } from 'node:crypto';
import type { ArtifactInput, Policy } from '@danube/verifier';
import { DocumentError, parsePolicy } from '@danube/verifier/documents';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';

/** More than any policy has. */
export const POLICY_BYTES: number = 1024 * 1024;

/** A policy, and the digest of its file. */
export interface LoadedPolicy extends Policy {
  readonly sha256: string;
}

/**
 * Reads the policies that the options name.
 *
 * @throws CliError ERR_USAGE for one that is none; ERR_IO.
 */
export function loadPolicies(paths: readonly string[]): LoadedPolicy[] {
  return paths.map((path) =>
    readPolicy(path, (bytes) => ({
      ...parsePolicy(bytes),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  );
}

/** Reads a policy by any reader. @throws CliError ERR_USAGE, ERR_IO */
export function readPolicy<T>(path: string, parse: (bytes: Uint8Array) => T): T {
  const bytes = readInput(path, POLICY_BYTES);
  try {
    return parse(bytes);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw usageError(`the policy ${path}: ${error.message}`, error.hint);
  }
}

/**
 * The artifact with what `--as` calls it.
 *
 * @throws CliError ERR_USAGE unless there is one artifact.
 */
export function callArtifact(artifacts: readonly ArtifactInput[], name: string): ArtifactInput[] {
  const [artifact, ...others] = artifacts;
  if (artifact === undefined || others.length > 0)
    throw usageError(`--as says what one artifact is, and there are ${artifacts.length}`);
  return [{ ...artifact, ...(name.startsWith('pkg:') ? { packageUrl: name } : { image: name }) }];
}
