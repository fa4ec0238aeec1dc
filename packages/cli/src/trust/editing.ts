import {
  addBuilder,
  addKey,
  addVerifier,
  revokeKey,
  rotateKey,
  toTrustRoot,
} from '@danube/verifier/documents';
import type { AddBuilderOptions } from './add-builder.ts';
import type { AddKeyOptions } from './add-key.ts';
import type { AddVerifierOptions } from './add-verifier.ts';
import { readBuilderEntry, readCertificates } from './builder-entry.ts';
import { changeTrustRoot, createTrustRoot } from './file.ts';
import type { InitOptions } from './init.ts';
import { readKeyEntry } from './key-entry.ts';
import type { RevokeOptions } from './revoke.ts';
import type { RotateOptions } from './rotate.ts';
import { writeTime } from './times.ts';

/** @throws CliError, as every command here; no file is changed then. */
export function initTrustRoot(path: string, options: InitOptions): void {
  const key = readKeyEntry(options);
  const builder = { ...readBuilderEntry(options), keys: [key.name] };
  createTrustRoot(path, () => {
    const document = {
      apiVersion: 'danube.dev/v1',
      kind: 'TrustRoot',
      version: 1,
      expires: options.expires,
      keys: [key],
      builders: [builder],
    } as const;
    toTrustRoot(document);
    const means = [
      `provenance of ${builder.id} is accepted up to SLSA Build L${builder.maxLevel} when ${key.name} signed it`,
      `nothing is trusted after ${options.expires}, unless verifiers have a newer trust root by then`,
    ];
    return { document, means };
  });
}

export function addKeyTo(path: string, options: AddKeyOptions): void {
  const key = readKeyEntry(options);
  changeTrustRoot(path, (document) => addKey(document, key, options.for ?? []));
}

export function rotateKeyOf(path: string, options: RotateOptions): void {
  const key = readKeyEntry(options);
  const until = writeTime(new Date(Date.now() + options.overlap * 1000));
  changeTrustRoot(path, (document) => rotateKey(document, options.old, key, until));
}

export function revokeKeyOf(path: string, { keyName, since, reason }: RevokeOptions): void {
  const revoked = { since: since ?? writeTime(new Date()), reason };
  changeTrustRoot(path, (document) => revokeKey(document, keyName, revoked));
}

export function addBuilderTo(path: string, options: AddBuilderOptions): void {
  const { key } = options;
  const entry = {
    ...readBuilderEntry(options),
    ...(key !== undefined && { keys: key }),
    ...readCertificates(options),
  };
  changeTrustRoot(path, (document) => addBuilder(document, entry));
}

export function addVerifierTo(path: string, { verifierId, key, threshold = 1 }: AddVerifierOptions): void {
  changeTrustRoot(path, (document) => addVerifier(document, { id: verifierId, keys: key, threshold }));
}
