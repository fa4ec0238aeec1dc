/** Bundles of the vectors' own Sigstore instance, whose keys come from fixed seeds. */
import { X509Certificate } from 'node:crypto';
import { parseTrustedRoot, type SigstoreRoot } from '@danube/sigstore';
import { parseSigstoreBundle, type SigstoreBundle } from 'in-toto-attestation';
import { keylessBundle, trustedRoot, type Mistakes } from '../../vectors/sigstore-instance.ts';

export const STATEMENT: object = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'a', digest: { sha256: '0'.repeat(64) } }],
  predicateType: 'https://example.com/p',
  predicate: {},
};

export const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The certificates of a chain in PEM. */
export function derOf(chain: string): Buffer[] {
  return chain
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((block) => block !== '')
    .map((block) => new X509Certificate(block).raw);
}

export const ROOT: SigstoreRoot = parseTrustedRoot(bytesOf(trustedRoot()));

export function bundleOf(mistakes: Mistakes = {}): SigstoreBundle {
  return parseSigstoreBundle(bytesOf(keylessBundle(STATEMENT, mistakes)));
}
