import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listFiles } from '@danube/artifact';
import type { EvidenceFile } from '@danube/verifier';
import { LIMITS } from 'in-toto-attestation';
import { fromErrno, readUpTo } from '../file.ts';

const BESIDE_SUFFIXES = ['.intoto.jsonl', '.sigstore.json'] as const;
/** What `danube provenance attest` calls them. */
const BESIDE_NAMES: readonly string[] = ['provenance.json', 'isolation.json'];
const CHECKSUM_NAME = /(?:^sha(?:256|384|512)sums(?:\.txt)?|\.sha(?:256|384|512))$/i;
const IN_FOLDER = /\.(?:jsonl?|sigstore)$/;

/** Whether attestations are published under such a name: only where to look, never what the file is. */
export function isEvidenceName(name: string): boolean {
  const base = basename(name);
  return BESIDE_NAMES.includes(base) || BESIDE_SUFFIXES.some((suffix) => base.endsWith(suffix));
}

export function isChecksumName(name: string): boolean {
  return CHECKSUM_NAME.test(basename(name));
}

/** The attestation files beside each of these files, each once. */
export function findBeside(paths: readonly string[]): string[] {
  const candidates = new Set<string>();
  for (const path of paths) {
    for (const suffix of BESIDE_SUFFIXES) candidates.add(path + suffix);
    for (const name of BESIDE_NAMES) candidates.add(join(dirname(path), name));
  }
  return [...candidates].filter((path) => existsSync(path));
}

/**
 * The attestation files directly in a folder.
 *
 * @throws CliError ERR_IO
 */
export function evidenceIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(isEvidenceName)
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw fromErrno('read', folder, error);
  }
}

/**
 * A file as it is, a directory as the JSON files in it, at any depth.
 *
 * @throws ArtifactError when the directory cannot be listed.
 */
export function expandEvidence(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return listFiles(path)
    .filter((name) => IN_FOLDER.test(name))
    .map((name) => join(path, name));
}

/**
 * Reads evidence. A file that is too large is cut past the limit, for the verifier to refuse and report.
 *
 * @throws CliError ERR_IO
 */
export function readEvidence(path: string): EvidenceFile {
  return { path, bytes: Buffer.from(lendEvidence(path).bytes) };
}

let buffer: Buffer | undefined;

/** The same, for whoever needs the bytes only until the next is read. @throws CliError ERR_IO */
export function lendEvidence(path: string): EvidenceFile {
  buffer ??= Buffer.allocUnsafeSlow(256 * 1024);
  return { path, bytes: readUpTo(path, LIMITS.jsonLinesBytes + 1, buffer) };
}
