import { createPublicKey } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { findPython } from '../../peers.ts';
import { cleanEnvironment } from '../../repository.ts';
import type { Content } from '../../vectors/vector.ts';
import { cosign, cosign2, cosignAnswer, EMPTY_ROOT } from './cosign.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { libraryAnswer, readBundle } from './library.ts';
import { type Answer, ACCEPTS, type Column, notAsked, OURS, rejects } from './table.ts';
import { versionOfPackage, versionOfPython } from './versions.ts';

export interface PublicKeyFile {
  readonly pem: string;
  /** As it stands in envelopes that the key signed. */
  readonly keyid: string;
}

/** An attestation that keys signed, and what its reader expects. */
export interface KeyFiles {
  readonly artifact: Content;
  /** Either form; a bundle holds an envelope with one signature. */
  readonly bundle?: Content;
  readonly envelope: Content;
  readonly statement: Content;
  readonly publicKeys: readonly PublicKeyFile[];
  readonly threshold?: number;
  /** How cosign names the predicate type. */
  readonly type: string;
  readonly builderId: string;
  readonly sourceUri: string;
  /** A trust root of ours, which says which level the builder has. */
  readonly trustRoot?: string;
  readonly buildLevel?: number;
}

const danube: Column<KeyFiles> = {
  name: OURS,
  version: () => 'this',
  verify(files, folder) {
    const args = [writeFile(folder, 'app.tgz', files.artifact)];
    args.push('--provenance', writeFile(folder, 'provenance.json', files.bundle ?? files.envelope));
    if (files.trustRoot === undefined) {
      for (const [index, key] of files.publicKeys.entries())
        args.push('--public-key', writeFile(folder, `${index}.pub`, key.pem));
      if (files.threshold !== undefined) args.push('--threshold', String(files.threshold));
    } else {
      args.push('--plain-trust-root', writeFile(folder, 'trust-root.json', files.trustRoot));
      args.push('--build-level', String(files.buildLevel));
    }
    return danubeAnswer([...args, '--builder-id', files.builderId, '--source-uri', files.sourceUri], folder);
  },
};

const ONE_KEY = 'it reads bundles, with one signature of one key';

function byCosign(program: typeof cosign): Column<KeyFiles> {
  return {
    ...program,
    verify({ bundle, publicKeys: [key, ...others], artifact, type }, folder) {
      if (bundle === undefined || key === undefined || others.length > 0) return notAsked(ONE_KEY);
      const args = [
        '--key',
        writeFile(folder, 'key.pub', key.pem),
        '--bundle',
        writeFile(folder, 'bundle.json', bundle),
      ];
      args.push('--insecure-ignore-tlog', '--trusted-root', writeFile(folder, 'root.json', EMPTY_ROOT));
      return cosignAnswer(program, [...args, '--type', type, writeFile(folder, 'app.tgz', artifact)], folder);
    },
  };
}

/** As its documentation says for a key of one's own: no log, no timestamp, the key by its hint. */
const sigstoreVerify: Column<KeyFiles> = {
  name: '@sigstore/verify',
  version: () => versionOfPackage('@sigstore/verify'),
  verify({ bundle, publicKeys: [key, ...others] }) {
    if (bundle === undefined || key === undefined || others.length > 0) return notAsked(ONE_KEY);
    const none = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
    return libraryAnswer(() => {
      const publicKey = { publicKey: createPublicKey(key.pem), validFor: () => true };
      const trust = toTrustMaterial(TrustedRoot.fromJSON({}), () => publicKey);
      new Verifier(trust, none).verify(readBundle(bundle));
    });
  },
};

function pythonAnswer(module: string, program: string, args: readonly string[], input: Content): Answer {
  const python = findPython(module);
  if (python === undefined) throw new Error(`Python has no ${module}`);
  const path = join(import.meta.dirname, program);
  const ran = spawnSync(python, [path, ...args], {
    env: cleanEnvironment(),
    encoding: 'utf8',
    input: Buffer.from(input),
  });
  if (ran.status === 0) return ACCEPTS;
  if (ran.status !== 1) throw new Error(`${program}: exit code ${ran.status}\n${ran.stderr}`);
  return rejects(ran.stderr.trim().split('\n').at(-1) ?? '');
}

/** Envelopes alone: signatures by a threshold of keys. */
const securesystemslib: Column<KeyFiles> = {
  name: 'securesystemslib',
  version: () => versionOfPython('securesystemslib.dsse', 'securesystemslib'),
  verify({ envelope, publicKeys, threshold = 1 }, folder) {
    const keys = publicKeys.map(
      ({ pem, keyid }, index) => `${keyid}=${writeFile(folder, `${index}.pem`, pem)}`,
    );
    const args = [String(threshold), ...keys];
    return pythonAnswer('securesystemslib.dsse', 'securesystemslib-threshold.py', args, envelope);
  },
};

/** Statements alone: their form, and that of their predicate where it is provenance v1. */
const inTotoAttestation: Column<KeyFiles> = {
  name: 'in-toto-attestation',
  version: () => versionOfPython('in_toto_attestation', 'in-toto-attestation'),
  verify: ({ statement }) =>
    pythonAnswer('in_toto_attestation', 'in-toto-attestation-validate.py', [], statement),
};

export const KEY_VERIFIERS: readonly Column<KeyFiles>[] = [
  danube,
  byCosign(cosign),
  byCosign(cosign2),
  sigstoreVerify,
  securesystemslib,
  inTotoAttestation,
];
