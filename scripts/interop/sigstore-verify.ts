import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier, VerificationError } from '@sigstore/verify';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import type { Peer } from './case.ts';
import type { Material } from './material.ts';

/** Verifies as their documentation says for a key of one's own: no log, no timestamp, our key by its hint. */
function verify(bundle: SerializedBundle, publicKeyPath: string): void {
  const key = createPublicKey(readFileSync(publicKeyPath));
  const publicKey = { publicKey: key, validFor: () => true };
  const trust = toTrustMaterial(TrustedRoot.fromJSON({}), () => publicKey);
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
}

function refuses(bundle: SerializedBundle, publicKeyPath: string): void {
  try {
    verify(bundle, publicKeyPath);
  } catch (error) {
    if (error instanceof VerificationError && error.code === 'SIGNATURE_ERROR') return;
    throw error;
  }
  throw new Error('@sigstore/verify accepted it');
}

function readBundle(m: Material): SerializedBundle {
  return JSON.parse(readFileSync(m.bundlePath, 'utf8')) as SerializedBundle;
}

function withPayload(bundle: SerializedBundle, change: (text: string) => string): SerializedBundle {
  const dsse = bundle.dsseEnvelope;
  if (dsse === undefined) throw new Error('our bundle holds no envelope');
  const payload = Buffer.from(change(Buffer.from(dsse.payload, 'base64').toString())).toString('base64');
  return { ...bundle, dsseEnvelope: { ...dsse, payload } };
}

export const sigstoreVerify: Peer = {
  name: '@sigstore/verify',
  source: 'npm, a development dependency',
  version: () => packageVersion(),
  cases: [
    {
      what: 'accepts our Sigstore bundle with our public key',
      run: (m) => verify(readBundle(m), m.publicKey),
    },
    {
      what: 'refuses our bundle with a changed payload',
      run: (m) =>
        refuses(
          withPayload(readBundle(m), (text) => text.replace('"pack"', '"pick"')),
          m.publicKey,
        ),
    },
    {
      what: 'refuses our bundle with another public key',
      run: (m) => refuses(readBundle(m), m.otherPublicKey),
    },
  ],
};

function packageVersion(): string {
  const path = new URL('../../node_modules/@sigstore/verify/package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
