/** Layers of `.att` with certificates, of the vectors' own Sigstore instance: cosign 2 and we must say the same of each. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { cosignLayer, IDENTITY, ISSUER, type Mistakes, trustedRoot } from '../vectors/sigstore-instance.ts';
import { workflowStatement } from '../vectors/verify-sigstore.ts';
import { type Case, type Peer, runProgram } from './case.ts';
import { cosign2 } from './cosign.ts';
import { pushImage, type SmallImage, smallImage } from './image.ts';
import type { Material } from './material.ts';
import { type Running, startDistribution } from './registries.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** The attestation of an image as cosign 2 stores it, under a tag that says whose it is. */
function attOf(
  { digest }: SmallImage,
  mistakes: Mistakes,
): { readonly tag: string; readonly att: SmallImage } {
  const subject = [{ name: 'shop/app', digest: { sha256: digest.slice(7) } }];
  const { envelope, annotations } = cosignLayer({ ...workflowStatement(), subject }, mistakes);
  const rootfs = { type: 'layers', diff_ids: [digestOf(envelope)] };
  const config = Buffer.from(JSON.stringify({ architecture: '', os: '', config: {}, rootfs }));
  const predicateType = 'https://slsa.dev/provenance/v1';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [
        {
          ...describe('application/vnd.dsse.envelope.v1+json', envelope),
          annotations: { ...annotations, predicateType },
        },
      ],
    }),
  );
  const att = { manifest, digest: digestOf(manifest), blobs: [config, envelope] };
  return { tag: `${digest.replace(':', '-')}.att`, att };
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const describe = (mediaType: string, bytes: Uint8Array): object => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

interface Root {
  readonly certificateAuthorities: readonly {
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] };
  }[];
  readonly tlogs: readonly { readonly publicKey: { readonly rawBytes: string } }[];
  readonly ctlogs: readonly { readonly publicKey: { readonly rawBytes: string } }[];
}

/** The trusted root, for us as a file and for cosign 2 as it takes one. */
function writeRoot(m: Material): { readonly file: string; readonly env: Readonly<Record<string, string>> } {
  const root = trustedRoot() as Root;
  const write = (name: string, label: string, base64: string | undefined): string => {
    const path = join(m.folder, name);
    const lines = base64?.match(/.{1,64}/g)?.join('\n') ?? '';
    writeFileSync(path, `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
    return path;
  };
  const [authority] = root.certificateAuthorities[0]?.certChain.certificates ?? [];
  const file = join(m.folder, 'att-root.json');
  writeFileSync(file, JSON.stringify(root));
  return {
    file,
    env: {
      SIGSTORE_ROOT_FILE: write('att-root.pem', 'CERTIFICATE', authority?.rawBytes),
      SIGSTORE_REKOR_PUBLIC_KEY: write('att-log.pem', 'PUBLIC KEY', root.tlogs[0]?.publicKey.rawBytes),
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: write('att-ct.pem', 'PUBLIC KEY', root.ctlogs[0]?.publicKey.rawBytes),
    },
  };
}

/** The exit codes of cosign and of ours for an image whose layer has these mistakes. */
async function judge(m: Material, running: Running, mistakes: Mistakes): Promise<readonly (number | null)[]> {
  const image = smallImage(JSON.stringify(mistakes));
  await pushImage(running.base, 'shop/app', 'v1', image);
  const { tag, att } = attOf(image, mistakes);
  await pushImage(running.base, 'shop/app', tag, att);
  const { file, env } = writeRoot(m);
  const reference = `${running.host}/shop/app@${image.digest}`;
  // The certificates name their issuer as Fulcio does today; cosign 2 reads the older extension alone.
  const issuer = ['--certificate-oidc-issuer-regexp', '.*'];
  const how = ['--type', 'slsaprovenance1', '--offline', '--allow-insecure-registry'];
  const theirs = ['verify-attestation', '--certificate-identity', IDENTITY, ...issuer, ...how, reference];
  const expected = ['--sigstore-root', file, '--certificate-identity', IDENTITY];
  const ours = ['provenance', 'verify', `oci:${reference}`, ...expected, '--certificate-issuer', ISSUER];
  return [
    runProgram(findProgram('cosign-2') ?? '', theirs, env).status,
    runProgram(process.execPath, [DANUBE, ...ours, ...running.reach]).status,
  ];
}

const rows: readonly (readonly [what: string, mistakes: Mistakes, isGood: boolean])[] = [
  ['accepts, as we do, an envelope with its certificate and log entry', {}, true],
  ['refuses, as we do, a certificate of an authority that nobody named', { forged: true }, false],
  ['refuses, as we do, the log entry of another certificate', { splicedSigner: true }, false],
  ['refuses, as we do, a time that the log did not sign', { editedTime: '2026-02-01T10:06:00Z' }, false],
  ['refuses, as we do, a signature after the certificate', { signedAt: '2026-02-01T10:10:01Z' }, false],
];

export const attLayers: Peer = {
  ...cosign2,
  name: 'cosign 2, .att with certificates',
  version: () => (findProgram('docker-registry') === undefined ? undefined : cosign2.version()),
  cases: rows.map(([what, mistakes, isGood]): Case => ({
    what,
    run: (m) =>
      startDistribution('docker-registry', m, {}, async (running) => {
        const codes = await judge(m, running, mistakes);
        const wanted = isGood ? [0, 0] : [1, 1];
        if (codes.join() !== wanted.join()) throw new Error(`exit codes ${codes.join(', ')}`);
      }),
  })),
};
