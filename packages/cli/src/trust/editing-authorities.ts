import { parseTrustedRoot, readTimestampAuthorities, SigstoreError } from '@danube/sigstore';
import { addSigstore, addTimestampAuthority, toTrustRoot } from '@danube/verifier/documents';
import { isJsonObject, MalformedError, parseJson, type JsonObject } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readInput } from '../file.ts';
import type { AddSigstoreOptions } from './add-sigstore.ts';
import type { AddTimestampAuthorityOptions } from './add-timestamp-authority.ts';
import { changeTrustRoot } from './file.ts';

/** More than any chain or trusted root has. */
const FILE_BYTES = 1_048_576;

/** @throws CliError ERR_USAGE for certificates that could prove nothing; ERR_IO */
export function addTimestampAuthorityTo(path: string, options: AddTimestampAuthorityOptions): void {
  const { name, notBefore, notAfter } = options;
  const certificateChain = Buffer.from(readInput(options.certificateChain, FILE_BYTES)).toString('utf8');
  changeTrustRoot(path, (document) => {
    const change = addTimestampAuthority(document, { name, certificateChain, notBefore, notAfter });
    requireUsable(() => readTimestampAuthorities(toTrustRoot(change.document).timestampAuthorities ?? []));
    return change;
  });
}

/** @throws CliError ERR_USAGE for a file that is no trusted root; ERR_IO */
export function addSigstoreTo(path: string, { name, trustedRoot }: AddSigstoreOptions): void {
  const bytes = readInput(trustedRoot, FILE_BYTES);
  requireUsable(() => parseTrustedRoot(bytes));
  const root = readObject(bytes, trustedRoot);
  changeTrustRoot(path, (document) => addSigstore(document, { name, trustedRoot: root }));
}

function requireUsable(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof SigstoreError) throw usageError(error.message, error.hint);
    throw error;
  }
}

/** A file of JSON Lines holds several instances: each has a name of its own here. */
function readObject(bytes: Uint8Array, path: string): JsonObject {
  try {
    const value = parseJson(bytes);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  throw usageError(
    `${path} holds more than one trusted root`,
    'add each from a file and with a name of its own',
  );
}
