import type { PublicKey } from '@danube/keys';
import type { SigstoreBundle, TransparencyLogEntry } from 'in-toto-attestation';
import type { SignedEntity } from '@sigstore/verify';
import { loggedSigner } from './log-entry.ts';
import { SigstoreError } from './errors.ts';
import type { ProvenTime } from './signer.ts';
import type { TimestampFindings } from './timestamp.ts';
import type { NamedRoot } from './trusted-root.ts';
import { byAnyInstance, toEntity, verifyEntity } from './verify-bundle.ts';

/** Whose logs are believed to say when one of these keys signed. */
export interface LogRoot {
  readonly instances: readonly NamedRoot[];
  readonly keys: readonly PublicKey[];
}

/**
 * Looks at the log entries of a bundle whose envelope a key signed, as far as they say when: a log of the root that signed a
 * promise, which holds entry and time together. Entries of other logs, and those without a promise, are no claim of a time, and
 * are not looked at.
 *
 * An entry counts when its promise (and its proof of inclusion, where there is one) is the log's, and it is about this very
 * signature, this content and the key that made it, which is one of the root's. Each is judged by itself.
 *
 * No network, no clock. Never throws for what the bundle holds.
 */
export function verifyLogTimes(bundle: SigstoreBundle, { instances, keys }: LogRoot): TimestampFindings {
  const times: ProvenTime[] = [];
  const problems: string[] = [];
  for (const [index, entry] of promisedEntries(bundle)) {
    const named = instances.find((instance) => knowsLog(instance, entry));
    if (named === undefined) continue;
    try {
      const entity = withEntry(toEntity(bundle, {}), index);
      times.push({ ...verifyEntryTime(entity, entry, named, keys), name: named.name });
    } catch (error) {
      if (!(error instanceof SigstoreError)) throw error;
      problems.push(error.message);
    }
  }
  return { times, problems };
}

function promisedEntries(bundle: SigstoreBundle): [index: number, entry: TransparencyLogEntry][] {
  const { publicKey, tlogEntries } = bundle.verificationMaterial;
  if (publicKey === undefined || bundle.dsseEnvelope === undefined) return [];
  return [...tlogEntries.entries()].filter(([, { inclusionPromise }]) => inclusionPromise !== undefined);
}

function knowsLog({ root }: NamedRoot, { logId }: TransparencyLogEntry): boolean {
  if (logId === undefined) return false;
  return root.instances.some(({ material }) => material.tlogs.some(({ logID }) => logID.equals(logId)));
}

/** @throws {SigstoreError} */
function verifyEntryTime(
  entity: SignedEntity,
  entry: TransparencyLogEntry,
  { root }: NamedRoot,
  keys: readonly PublicKey[],
): ProvenTime {
  const signer = loggedSigner(entry);
  const publicKey = keys.find(({ spki }) => signer !== undefined && Buffer.compare(spki, signer) === 0);
  if (publicKey === undefined) {
    throw new SigstoreError(
      'ERR_SIGSTORE_TRANSPARENCY',
      'the log entry is not about this signature: it was made for another signer',
    );
  }
  return byAnyInstance(root, (instance) => {
    verifyEntity(entity, instance, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 1 }, publicKey);
    return { by: 'transparency-log', time: new Date(Number(entry.integratedTime) * 1000) };
  });
}

/** The same signature, with one log entry for all that is to be proven of it. */
function withEntry(entity: SignedEntity, index: number): SignedEntity {
  const tlogEntries = entity.tlogEntries.slice(index, index + 1);
  const timestamps = tlogEntries.map((tlogEntry) => ({ $case: 'transparency-log' as const, tlogEntry }));
  return { ...entity, tlogEntries, timestamps };
}
