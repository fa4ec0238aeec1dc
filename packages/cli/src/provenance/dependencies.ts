import { createHash } from 'node:crypto';
import { basename, relative, sep } from 'node:path';
import { type Dependency, LOCK_FILE_LIMITS, readLockFile } from '@danube/builder';
import { encodeStatement, LIMITS, type Statement } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';

/**
 * The lock files themselves, by their digests, and all that they pin.
 *
 * @throws CliError ERR_IO, LockFileError
 */
export function readLockFiles(paths: readonly string[]): Dependency[] {
  return paths.flatMap((path) => {
    const bytes = readInput(path, LOCK_FILE_LIMITS.bytes);
    const digest = { sha256: createHash('sha256').update(bytes).digest('hex') };
    return [{ name: publicName(path), digest }, ...readLockFile(path, bytes)];
  });
}

/** The path below the working directory; elsewhere the file's name alone, since folders of this machine are nobody's business. */
export function publicName(path: string): string {
  const below = relative(process.cwd(), path).split(sep);
  return below[0] === '..' || below[0] === '' ? basename(path) : below.join('/');
}

/** What envelope and signatures need around the payload. */
const AROUND = 64 * 1024;

/**
 * The statement, when an envelope of it can be read.
 *
 * @throws CliError ERR_USAGE; said before anything is signed.
 */
export function checkSize(statement: Statement): Statement {
  const { length } = encodeStatement(statement);
  const room = Math.floor((LIMITS.envelopeBytes - AROUND) * 0.75);
  if (length <= room) return statement;
  throw usageError(
    `the statement has ${length} bytes, and one of more than ${room} does not fit in an envelope of ${LIMITS.envelopeBytes}`,
    'name fewer lock files; what they pin can be attested as an SBOM: danube attest --predicate-type cyclonedx',
  );
}
