/**
 * The registry of the webhook's benchmark, a process of its own. Prints nothing: says where it is, then puts images with
 * provenance where it is told to, or becomes as slow as it is told.
 */
import { createRegistryClient } from '@danube/store/oci';
import { startRegistry } from '@danube/test-registry';
import { PAYLOAD_TYPE, publicKeyBundle, encodeSigstoreBundle } from 'in-toto-attestation';
import { fixedKey, signProvenance } from './fixtures.ts';
import { answerAsActor } from './webhook-processes.ts';

/** What the registry is told. */
export type RegistryOrder =
  | { readonly kind: 'put'; readonly repositories: readonly string[]; readonly signed: boolean }
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** An image that was put, and what has to be read to judge it. */
export interface PutImage {
  /** As a pod names it. */
  readonly image: string;
  /** Below the registry's address: referrers, manifest, blob and tag. */
  readonly paths: readonly string[];
}

const registry = await startRegistry();
const client = createRegistryClient({ plainHttp: [registry.host] });
const key = fixedKey(0);

async function put(repository: string, isSigned: boolean): Promise<PutImage> {
  const { digest } = registry.putImage(repository, { tag: 'v1', content: repository });
  const image = `${registry.host}/${repository}:v1@${digest}`;
  if (!isSigned) return { image, paths: [] };
  const subject = { name: repository, digest: { sha256: digest.slice('sha256:'.length) } };
  const { payload, signature } = signProvenance([subject], key);
  const { keyid } = key.publicKey;
  const envelope = { payloadType: PAYLOAD_TYPE, payload, signatures: [{ keyid, sig: signature }] };
  const bundle = encodeSigstoreBundle(publicKeyBundle(envelope, keyid));
  const { referrer } = await client.attach({ registry: registry.host, repository, digest }, bundle);
  const manifest: unknown = JSON.parse(String(registry.manifests.get(`${repository}@${referrer}`)?.bytes));
  const documents = [
    `referrers/${digest}`,
    `manifests/${referrer}`,
    `blobs/${digestOfLayer(manifest)}`,
    `manifests/${digest.replace(':', '-')}.att`,
  ];
  return { image, paths: documents.map((document) => `/v2/${repository}/${document}`) };
}

function digestOfLayer(manifest: unknown): string {
  const text = JSON.stringify(manifest);
  return /"layers":\[\{[^}]*"digest":"([^"]+)"/.exec(text)?.[1] ?? '';
}

function isOrder(message: unknown): message is RegistryOrder {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

answerAsActor(async (message) => {
  if (!isOrder(message)) return undefined;
  // Nobody looks at what was asked, and there will be much of it.
  registry.requests.length = 0;
  if (message.kind === 'delay') {
    const { milliseconds } = message;
    registry.misbehave = milliseconds === 0 ? undefined : () => ({ delay: milliseconds });
    return true;
  }
  const images: PutImage[] = [];
  for (const repository of message.repositories) images.push(await put(repository, message.signed));
  return images;
});
process.send?.(registry.host);
