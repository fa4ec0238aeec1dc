/** Backends for tests: an honest one on a key from a fixed seed, and whatever a broken or hostile service may do. */
import { parsePrivateKey, type PrivateKey } from '@danube/keys';
import type { KeyBackend } from '@danube/signer';

/** Fixed seeds of throwaway keys. */
export function sampleSeed(n: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => ((n * 31 + i * 7) % 255) + 1);
}

export async function sampleKey(n: number): Promise<PrivateKey> {
  return parsePrivateKey(sampleSeed(n));
}

/** Signs with `key`; anything can be replaced. */
export function backendOf(key: PrivateKey, changes: Partial<KeyBackend> = {}): KeyBackend {
  return {
    uri: 'test:key',
    publicKey: key.publicKey,
    algorithm: 'ed25519',
    maxMessageBytes: Infinity,
    sign: async (message) => key.sign(message),
    ...changes,
  };
}
