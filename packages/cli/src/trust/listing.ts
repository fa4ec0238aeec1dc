import type { TrustedBuilderEntry, TrustRootDocument } from '@danube/verifier/documents';
import { toTrustRoot } from '@danube/verifier/documents';
import type { Envelope } from 'in-toto-attestation';
import { print, printable } from '../terminal.ts';
import { encodeDocument, readTrustRootFile } from './file.ts';
import type { ShowTrustRootOptions } from './show.ts';

/** Prints a trust root, signed or not. @throws CliError */
export function showTrustRoot(path: string, { format }: ShowTrustRootOptions): void {
  const { document, envelope } = readTrustRootFile(path);
  print(format === 'json' ? encodeDocument(document).trimEnd() : describeDocument(document, envelope));
}

function describeDocument(document: TrustRootDocument, envelope: Envelope | undefined): string {
  const {
    version,
    expires,
    builders = [],
    verifiers = [],
    sigstore = [],
    timestampAuthorities = [],
  } = document;
  const lines = [
    `trust root  version ${version}, expires on ${expires}`,
    `signatures  ${describeSignatures(envelope)}`,
    ...describeKeys(document),
    ...builders.flatMap(describeBuilder),
    ...verifiers.map(({ id, keys, threshold }) => `verifier    ${id}: ${threshold} of ${keys.join(', ')}`),
    ...sigstore.map(({ name }) => `sigstore    ${name}`),
    ...timestampAuthorities.map(
      ({ name, notBefore, notAfter }) => `timestamps  ${name}: from ${notBefore} to ${notAfter}`,
    ),
  ];
  return lines.map(printable).join('\n');
}

function describeSignatures(envelope: Envelope | undefined): string {
  if (envelope === undefined) return 'none: it is the bare document';
  const claimed = envelope.signatures.map(({ keyid }) => keyid ?? 'no keyid').join(', ');
  return `${envelope.signatures.length}, which claim to be by ${claimed} (not verified)`;
}

function describeKeys(document: TrustRootDocument): string[] {
  const { keys } = toTrustRoot(document);
  return (document.keys ?? []).flatMap(({ name, notBefore, notAfter, revoked }, index) => [
    `key         ${name}: ${keys[index]?.publicKey.keyid}, from ${notBefore} to ${notAfter}`,
    ...(revoked === undefined ? [] : [`            revoked since ${revoked.since}: ${revoked.reason}`]),
  ]);
}

function describeBuilder(builder: TrustedBuilderEntry): string[] {
  const { id, keys = [], certificates = [], threshold, maxLevel, buildTypes, sources } = builder;
  const signers = [...keys, ...certificates.map(({ identity, sigstore }) => `${identity} (${sigstore})`)];
  return [
    `builder     ${id}: SLSA Build L${maxLevel} by ${threshold} of ${signers.join(', ')}`,
    `            sources: ${sources?.join(', ') ?? 'any'}; build types: ${buildTypes?.join(', ') ?? 'any'}`,
  ];
}
