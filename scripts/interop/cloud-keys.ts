import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyBackend, openKey, signPayload } from '@danube/signer';
import { encodeEnvelope, PAYLOAD_TYPE } from 'in-toto-attestation';
import { CREDENTIAL, REGION, startAws } from '../../packages/signer/test/servers/aws.ts';
import { startAzure, TOKEN as AZURE_TOKEN } from '../../packages/signer/test/servers/azure.ts';
import { KEY as GCP_KEY, startGcp, TOKEN as GCP_TOKEN } from '../../packages/signer/test/servers/gcp.ts';
import { findProgram } from '../peers.ts';
import { accepts, refuses, runProgram, type Case, type Peer } from './case.ts';
import { cosignVerifies, signByLibrary, verifies } from './key-service.ts';
import type { Material } from './material.ts';
import { attestPlatform } from './platforms.ts';

/** Keys of clouds, which we have no account of: our own servers hold them, by the rules of the real ones. */

type Algorithm = 'ed25519' | 'p256';

/** A key of AWS KMS at our strict server: its URI, and the environment of who may sign with it. */
export async function withAwsKey(
  algorithm: Algorithm,
  use: (uri: string, environment: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const server = await startAws();
  try {
    server.addKey(algorithm, 'danube');
    await use(`awskms://${server.host}/alias/danube`, {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
    });
  } finally {
    await server.close();
  }
}

const withAws = (algorithm: Algorithm, use: (key: KeyBackend) => Promise<void>): Promise<void> =>
  withAwsKey(algorithm, async (uri, environment) =>
    use(await openKey(uri, { service: { environment, allowLoopbackHttp: true } })),
  );

async function withGcp(algorithm: Algorithm, use: (key: KeyBackend) => Promise<void>): Promise<void> {
  const server = await startGcp();
  try {
    server.addVersion(1, algorithm === 'p256' ? 'EC_SIGN_P256_SHA256' : 'EC_SIGN_ED25519');
    const service = {
      environment: { GCP_TOKEN },
      credentials: { mode: 'static', token: { secret: 'gcp-token' } },
      endpoint: server.url,
      allowLoopbackHttp: true,
    } as const;
    await use(await openKey(`gcpkms://${GCP_KEY}/cryptoKeyVersions/1`, { service }));
  } finally {
    await server.close();
  }
}

async function withAzure(use: (key: KeyBackend) => Promise<void>): Promise<void> {
  const server = await startAzure();
  try {
    server.addKey();
    const service = {
      environment: { AZURE_TOKEN },
      credentials: { mode: 'static', token: { secret: 'azure-token' } },
      allowLoopbackHttp: true,
    } as const;
    await use(await openKey(`azurekms://${server.host}/danube`, { service }));
  } finally {
    await server.close();
  }
}

const accepted = (
  what: string,
  name: string,
  withKey: (use: (key: KeyBackend) => Promise<void>) => Promise<void>,
): Case => ({
  what: `accepts our bundle by ${what} (our strict server) with the public key that we print`,
  run: (m) =>
    withKey(async (key) => {
      const signed = await signByLibrary(m, name, key);
      verifies(m, signed);
      cosignVerifies(m, signed);
    }),
});

/** Cases of cosign. */
export const CLOUD_KEY_CASES: readonly Case[] = [
  accepted('an Ed25519 key of AWS KMS', 'aws-ed25519', (use) => withAws('ed25519', use)),
  accepted('a P-256 key of AWS KMS', 'aws-p256', (use) => withAws('p256', use)),
  accepted('an Ed25519 key of Google Cloud KMS', 'gcp-ed25519', (use) => withGcp('ed25519', use)),
  accepted('a P-256 key of Google Cloud KMS', 'gcp-p256', (use) => withGcp('p256', use)),
  accepted('a P-256 key of Azure Key Vault', 'azure-p256', withAzure),
];

function program(): string {
  const found = findProgram('slsa-verifier');
  if (found === undefined) throw new Error('slsa-verifier is missing');
  return found;
}

const VERIFIER = 'https://verifier.example.com';
const RESOURCE = 'https://packages.example.com/project.tgz';

function summary({ sha256 }: Material): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'project.tgz', digest: { sha256 } }],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: VERIFIER },
        timeVerified: '2026-01-02T03:04:05Z',
        resourceUri: RESOURCE,
        policy: { uri: 'https://example.com/policy', digest: { sha256 } },
        inputAttestations: [],
        verificationResult: 'PASSED',
        verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
        slsaVersion: '1.0',
      },
    }),
  );
}

export const slsaVerifier: Peer = {
  name: 'slsa-verifier',
  source: 'Go module github.com/slsa-framework/slsa-verifier/v2',
  version() {
    const found = findProgram('slsa-verifier');
    if (found === undefined) return undefined;
    return /GitVersion:\s*(\S+)/.exec(runProgram(found, ['version']).output)?.[1] ?? 'of unknown version';
  },
  cases: [
    {
      what: 'takes no public key for provenance: it stops at the signature of what our GitHub adapter writes',
      run: (m) => {
        const { path } = attestPlatform(m, 'github-actions by its environment');
        const workflow = 'https://github.com/acme/app/.github/workflows/release.yml';
        const facts = ['--source-uri', 'github.com/acme/app', '--builder-id', workflow];
        const args = ['verify-github-attestation', m.artifact, '--attestation-path', path, ...facts];
        refuses(program(), args, /github attestations must be signed by Sigstore/);
      },
    },
    {
      what: 'accepts a verification summary (VSA) that we signed with a P-256 key; refuses it for another artifact and another key',
      run: (m) =>
        withAws('p256', async (key) => {
          const { publicKey } = await signByLibrary(m, 'vsa-key', key);
          const path = join(m.folder, 'vsa.intoto.json');
          writeFileSync(path, encodeEnvelope(await signPayload(PAYLOAD_TYPE, summary(m), key)));
          const facts = {
            'verifier-id': VERIFIER,
            'resource-uri': RESOURCE,
            'verified-level': 'SLSA_BUILD_LEVEL_2',
          };
          const verify = (digest: string, pem: string): string[] => {
            const flags = {
              ...facts,
              'attestation-path': path,
              'subject-digest': `sha256:${digest}`,
              'public-key-path': pem,
              'public-key-id': key.publicKey.keyid,
            };
            return ['verify-vsa', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
          };
          accepts(program(), verify(m.sha256, publicKey));
          refuses(program(), verify('ab'.repeat(32), publicKey), /subject|digest/i);
          await withAws('p256', async (other) => {
            const { publicKey: wrong } = await signByLibrary(m, 'vsa-other-key', other);
            refuses(program(), verify(m.sha256, wrong), /signature|verif/i);
          });
        }),
    },
  ],
};
