/** Layers of `.att` with certificates, of the vectors' own Sigstore instance: cosign 2, slsa-verifier and we must say the same. */
import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { cosignLayer, ISSUER, type Mistakes, REPOSITORY, trustedRoot } from '../vectors/sigstore-instance.ts';
import { workflowStatement } from '../vectors/verify-sigstore.ts';
import { releaseFiles, roleKey, rootRole, serveRepository, signed } from '../test/tuf/repository.ts';
import { acceptsMeanwhile, type Case, type Peer, type Ran, runProgram } from './case.ts';
import { slsaVerifier } from './cloud-keys.ts';
import { cosign2 } from './cosign.ts';
import { pushImage, type SmallImage, smallImage } from './image.ts';
import type { Material } from './material.ts';
import { BUILDER } from './matrix/builders.ts';
import { type Running, startDistribution } from './registries.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** The attestation of an image as cosign 2 stores it, under a tag that says whose it is. */
function attOf(
  { digest }: SmallImage,
  mistakes: Mistakes,
): { readonly tag: string; readonly att: SmallImage } {
  const subject = [{ name: 'shop/app', digest: { sha256: digest.slice(7) } }];
  const statement = { ...workflowStatement({ builder: BUILDER }), subject };
  const { envelope, annotations } = cosignLayer(statement, { identity: BUILDER, ...mistakes });
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

/** The trusted root, for us as a file. */
function writeRoot(m: Material): string {
  const file = join(m.folder, 'att-root.json');
  writeFileSync(file, JSON.stringify(trustedRoot()));
  return file;
}

/** The same for programs that take it from the cache of a TUF client: `cosign initialize` writes one, of a repository here. */
async function writeCache(m: Material): Promise<string> {
  const { certificateAuthorities, tlogs, ctlogs } = trustedRoot() as Root;
  const [authority] = certificateAuthorities[0]?.certChain.certificates ?? [];
  const keys = [roleKey()];
  const files = releaseFiles({
    version: 1,
    keys,
    name: 'fulcio_v1.crt.pem',
    target: pem('CERTIFICATE', authority?.rawBytes),
    others: {
      'rekor.pub': pem('PUBLIC KEY', tlogs[0]?.publicKey.rawBytes),
      'ctfe.pub': pem('PUBLIC KEY', ctlogs[0]?.publicKey.rawBytes),
    },
  });
  const root = join(m.folder, 'att-tuf-root.json');
  writeFileSync(root, signed(rootRole({ keys }), keys));
  const cache = join(m.folder, `att-tuf-${randomUUID()}`);
  const repository = await serveRepository();
  try {
    for (const [path, bytes] of files) repository.files.set(`/${path}`, bytes);
    const from = ['--mirror', new URL(repository.url).origin, '--root', root];
    await acceptsMeanwhile(findProgram('cosign-2') ?? '', ['initialize', ...from], { TUF_ROOT: cache });
    return cache;
  } finally {
    repository.server.close();
  }
}

function pem(label: string, base64: string | undefined): Buffer {
  const lines = base64?.match(/.{1,64}/g)?.join('\n') ?? '';
  return Buffer.from(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
}

/** Another program that reads such layers. */
interface Reader {
  readonly peer: Pick<Peer, 'name' | 'source' | 'version'>;
  readonly program: string;
  readonly args: (reference: string) => readonly string[];
}

const COSIGN_2: Reader = {
  peer: cosign2,
  program: 'cosign-2',
  args: (reference) => {
    // The certificates name their issuer as Fulcio does today; cosign 2 reads the older extension alone.
    const signer = ['--certificate-identity', BUILDER, '--certificate-oidc-issuer-regexp', '.*'];
    const how = ['--type', 'slsaprovenance1', '--offline', '--allow-insecure-registry'];
    return ['verify-attestation', ...signer, ...how, reference];
  },
};

const SLSA_VERIFIER: Reader = {
  peer: slsaVerifier,
  program: 'slsa-verifier',
  args: (reference) => {
    const source = REPOSITORY.replace('https://', '');
    return ['verify-image', reference, '--builder-id', BUILDER, '--source-uri', source];
  },
};

/** What the reader and we say of an image whose layer has these mistakes. */
async function judge(
  m: Material,
  running: Running,
  mistakes: Mistakes,
  { program, args }: Reader,
): Promise<readonly [theirs: Ran, ours: Ran]> {
  const image = smallImage(JSON.stringify(mistakes));
  await pushImage(running.base, 'shop/app', 'v1', image);
  const { tag, att } = attOf(image, mistakes);
  await pushImage(running.base, 'shop/app', tag, att);
  const reference = `${running.host}/shop/app@${image.digest}`;
  const expected = ['--sigstore-root', writeRoot(m), '--certificate-identity', BUILDER];
  const ours = ['provenance', 'verify', `oci:${reference}`, ...expected, '--certificate-issuer', ISSUER];
  return [
    runProgram(findProgram(program) ?? '', args(reference), { TUF_ROOT: await writeCache(m) }),
    runProgram(process.execPath, [DANUBE, ...ours, ...running.reach]),
  ];
}

const rows: readonly (readonly [what: string, mistakes: Mistakes, reason?: RegExp])[] = [
  ['accepts, as we do, an envelope with its certificate and log entry', {}],
  [
    'refuses, as we do, a certificate of an authority that nobody named',
    { forged: true },
    /certificate signed by unknown authority/,
  ],
  [
    'refuses, as we do, the log entry of another certificate',
    { splicedSigner: true },
    /comparing public key PEMs/,
  ],
  [
    'refuses, as we do, a time that the log did not sign',
    { editedTime: '2026-02-01T10:06:00Z' },
    /unable to verify SET/,
  ],
  [
    'refuses, as we do, a signature after the certificate',
    { signedAt: '2026-02-01T10:10:01Z' },
    /certificate expired before signatures/,
  ],
];

const peerOf = (reader: Reader): Peer => ({
  ...reader.peer,
  name: `${reader.peer.name}, .att with certificates`,
  version: () => (findProgram('docker-registry') === undefined ? undefined : reader.peer.version()),
  cases: rows.map(([what, mistakes, reason]): Case => ({
    what,
    run: (m) =>
      startDistribution('docker-registry', m, {}, async (running) => {
        const [theirs, ours] = await judge(m, running, mistakes, reader);
        const [wanted, codes] = [reason ? '1, 1' : '0, 0', `${theirs.status}, ${ours.status}`];
        if (codes !== wanted || reason?.test(theirs.output) === false)
          throw new Error(`exit codes ${codes}: ${theirs.output}`);
      }),
  })),
});

export const attLayers: readonly Peer[] = [COSIGN_2, SLSA_VERIFIER].map(peerOf);
