import { createHash } from 'node:crypto';
import { KeyError } from '@danube/keys';
import { readPublicKeyFile } from '@danube/keys/file';
import {
  parseTrustedRoot,
  proveByInstances,
  proveEach,
  proveTimes,
  readTimestampAuthorities,
  SigstoreError,
} from '@danube/sigstore';
import type { Evidence, Expectations, OpenedTrustRoot, TrustRoot, Verification } from '@danube/verifier';
import { DocumentError, openPlainTrustRoot, openSignedTrustRoot } from '@danube/verifier/documents';
import { encodeJson } from 'in-toto-attestation';
import type { TrustRootFile, WebhookConfig } from './config-schema.ts';
import { WebhookError } from './errors.ts';
import { readConfigFile } from './read-file.ts';

/** Who is trusted to sign, as every policy takes it. */
export interface Trust {
  readonly expectations: Pick<Expectations, 'publicKeys' | 'threshold' | 'trustRoot'>;
  /** What is proven of certificates and times beside the signatures, by what the trust root names. */
  readonly proofs: (evidence: Evidence) => Pick<Verification, 'certificates' | 'times'>;
  /** Of all that it was made of. */
  readonly sha256: string;
}

/**
 * Reads whom the configuration trusts.
 *
 * @throws {WebhookError} `ERR_WEBHOOK_IO`, `ERR_WEBHOOK_CONFIG`
 */
export function loadTrust(trust: WebhookConfig['trust']): Trust {
  return 'root' in trust ? loadTrustRoot(trust.root) : loadPublicKeys(trust);
}

function loadTrustRoot(named: TrustRootFile): Trust {
  const bytes = readConfigFile(named.file);
  const trustRoot = openTrustRoot(named, bytes);
  if (trustRoot.root === undefined) {
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `trust root ${named.file}: ${trustRoot.reason}`);
  }
  return {
    expectations: { publicKeys: [], trustRoot },
    proofs: readProofs(trustRoot.root, named.file),
    sha256: digestOf([bytes]),
  };
}

/** What the Sigstore instances and timestamp authorities of a trust root prove; they are read once. */
function readProofs({ keys, sigstore, timestampAuthorities }: TrustRoot, file: string): Trust['proofs'] {
  if (sigstore === undefined && timestampAuthorities === undefined) return () => ({});
  try {
    const instances = (sigstore ?? []).map(({ name, trustedRoot }) => ({
      name,
      root: parseTrustedRoot(encodeJson(trustedRoot)),
    }));
    const times = {
      ...(timestampAuthorities && { timestamps: readTimestampAuthorities(timestampAuthorities) }),
      logs: { instances, keys: keys.map(({ publicKey }) => publicKey) },
    };
    return ({ items }) => ({
      ...(sigstore !== undefined && {
        certificates: proveEach(items, (item) => proveByInstances(item, instances)),
      }),
      times: proveEach(items, (item) => proveTimes(item, times)),
    });
  } catch (cause) {
    if (!(cause instanceof SigstoreError)) throw cause;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `trust root ${file}: ${cause.message}`, { cause });
  }
}

function openTrustRoot(named: TrustRootFile, bytes: Uint8Array): OpenedTrustRoot {
  try {
    if ('plain' in named) return openPlainTrustRoot(bytes);
    return openSignedTrustRoot(bytes, named.keys.map(readPublicKey), named.threshold);
  } catch (cause) {
    if (!(cause instanceof DocumentError || cause instanceof TypeError)) throw cause;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `trust root ${named.file}: ${cause.message}`, { cause });
  }
}

function loadPublicKeys({
  publicKeys,
  threshold,
}: {
  readonly publicKeys: readonly string[];
  readonly threshold: number;
}): Trust {
  const keys = publicKeys.map(readPublicKey);
  const distinct = new Set(keys.map(({ keyid }) => keyid)).size;
  if (threshold > distinct) {
    const message = `trust.threshold: ${threshold} is more than the ${distinct} distinct key(s)`;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', message);
  }
  return {
    expectations: { publicKeys: keys, threshold },
    proofs: () => ({}),
    sha256: digestOf([...keys.map(({ keyid }) => Buffer.from(keyid)), Buffer.from(String(threshold))]),
  };
}

function readPublicKey(path: string): ReturnType<typeof readPublicKeyFile> {
  try {
    return readPublicKeyFile(path);
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new WebhookError('ERR_WEBHOOK_CONFIG', `public key ${path}: ${cause.message}`, { cause });
  }
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest('hex');
}
