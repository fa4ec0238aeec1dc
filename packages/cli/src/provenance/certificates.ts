import { statSync } from 'node:fs';
import {
  type NamedRoot,
  parseTrustedRoot,
  proveByInstances,
  proveCertificate,
  proveEach,
  SigstoreError,
  type SigstoreRoot,
} from '@danube/sigstore';
import type { CertificateProof, Evidence, EvidenceItem, TrustRoot } from '@danube/verifier';
import { encodeJson, type JsonObject } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readUpTo } from '../file.ts';

/** More than any trusted root has. */
const ROOT_BYTES = 1_048_576;

/**
 * What the Sigstore root proves of each attestation's certificate. The verifier decides what to make of it.
 *
 * @throws CliError ERR_USAGE when the root cannot be used.
 */
export function proveCertificates(evidence: Evidence, rootPath: string): Map<EvidenceItem, CertificateProof> {
  const root = readRoot(rootPath);
  return proveEach(evidence.items, (item) => proveCertificate(item, root));
}

/** The same by the Sigstore instances of a trust root. */
export function proveByTrustRoot(
  evidence: Evidence,
  instances: readonly NamedRoot[],
): Map<EvidenceItem, CertificateProof> {
  return proveEach(evidence.items, (item) => proveByInstances(item, instances));
}

/**
 * The Sigstore instances that a trust root names.
 *
 * @throws CliError ERR_USAGE when one of them cannot be used.
 */
export function readInstances({ sigstore = [] }: TrustRoot): NamedRoot[] {
  return sigstore.map(({ name, trustedRoot }) => ({ name, root: parseNamedRoot(name, trustedRoot) }));
}

function parseNamedRoot(name: string, trustedRoot: JsonObject): SigstoreRoot {
  try {
    return parseTrustedRoot(encodeJson(trustedRoot));
  } catch (error) {
    if (error instanceof SigstoreError)
      throw usageError(`the trust root, Sigstore ${name}: ${error.message}`);
    throw error;
  }
}

/** @throws CliError ERR_USAGE for what is no trusted root of Sigstore. */
export function readRoot(path: string): SigstoreRoot {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw usageError(
      `--sigstore-root ${path} is a directory`,
      'name the file that danube trust update --sigstore writes, not FILE.tuf, which is its cache',
    );
  }
  try {
    return parseTrustedRoot(readUpTo(path, ROOT_BYTES));
  } catch (error) {
    if (error instanceof SigstoreError)
      throw usageError(`--sigstore-root ${path}: ${error.message}`, error.hint);
    throw error;
  }
}
