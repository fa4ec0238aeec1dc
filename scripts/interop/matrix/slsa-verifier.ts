import { execFile } from 'node:child_process';
import { findProgram } from '../../peers.ts';
import { cleanEnvironment } from '../../repository.ts';
import type { Content } from '../../vectors/vector.ts';
import { slsaVerifier as released } from '../cloud-keys.ts';
import { writeFile } from './files.ts';
import { serveSigstoreTuf } from './sigstore-tuf.ts';
import { ACCEPTS, type Answer, rejects } from './table.ts';

const PROGRAM = 'slsa-verifier-test-root';

/**
 * slsa-verifier asks Sigstore's TUF repository whom to trust, by a root that is built in, and no option changes either. This one
 * is built with the root of the repository that stands for Sigstore's here, and with nothing else that is not its own.
 */
export const slsaVerifier = {
  name: 'slsa-verifier',
  version: (): string | undefined => (findProgram(PROGRAM) === undefined ? undefined : released.version()),
};

/** Whom it trusts. */
export interface Trust {
  readonly trustedRoot: Content;
  /** What a registry of npm answers for its keys. */
  readonly registryKeys?: Content;
}

interface RegistryKeys {
  readonly keys: readonly { readonly keyid: string; readonly key: string }[];
}

/** The keys as Sigstore's repository lists those of npm's registry. */
function keysTarget(keys: Content): Buffer {
  const known = JSON.parse(Buffer.from(keys).toString()) as RegistryKeys;
  const listed = known.keys.map(({ keyid, key }) => ({
    keyId: keyid,
    keyUsage: 'npm:attestations',
    publicKey: {
      rawBytes: key,
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2022-12-01T00:00:00.000Z' },
    },
  }));
  return Buffer.from(JSON.stringify({ keys: listed }));
}

export async function slsaVerifierAnswer(
  args: readonly string[],
  { trustedRoot, registryKeys }: Trust,
  folder: string,
): Promise<Answer> {
  const found = findProgram(PROGRAM);
  if (found === undefined) throw new Error(`${PROGRAM} is missing`);
  const others =
    registryKeys === undefined ? {} : { 'registry.npmjs.org/keys.json': keysTarget(registryKeys) };
  const tuf = await serveSigstoreTuf(trustedRoot, others);
  try {
    const env = cleanEnvironment({
      HOME: folder,
      HTTPS_PROXY: tuf.proxy,
      SSL_CERT_FILE: writeFile(folder, 'authority.pem', tuf.authority),
      SLSA_VERIFIER_EXPERIMENTAL: '1',
    });
    const { failed, stderr } = await new Promise<{ failed: boolean; stderr: string }>((resolve) =>
      execFile(found, args, { env }, (error, _, stderr) => resolve({ failed: error !== null, stderr })),
    );
    return failed ? rejects(reasonOf(stderr)) : ACCEPTS;
  } finally {
    tuf.close();
  }
}

/** @throws Error when it did not come to a judgement. */
function reasonOf(stderr: string): string {
  const reason = /^FAILED: SLSA verification failed: (.*)$/m.exec(stderr)?.[1];
  if (reason === undefined || /tuf|proxy/i.test(reason)) throw new Error(`${PROGRAM}:\n${stderr}`);
  return reason;
}
