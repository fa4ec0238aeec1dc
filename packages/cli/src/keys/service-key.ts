import { spkiSha256 } from '@danube/keys';
import type { KeyDescription } from '@danube/signer';
import type { KeyFileOptions } from '../signing-key-options.ts';
import { withSigningKey } from '../signing-key.ts';
import { paint, printable, STDOUT } from '../terminal.ts';

/** A key in a key service, as far as the service tells. */
export interface ServiceKey extends Partial<Omit<KeyDescription, 'key'>> {
  readonly uri: string;
  readonly keyid: string;
  readonly spkiSha256: string;
  readonly algorithm: string;
  /** What one signature may cover, in bytes of the PAE; absent when only memory limits it. */
  readonly maxMessageBytes?: number;
  readonly key?: string;
}

/** Whether a key is named by a URI of a service, and not as a file. */
export function isServiceUri(key: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(key) && !/^file:/i.test(key);
}

/** @throws SignError, KeyError */
export async function describeServiceKey(uri: string, options: KeyFileOptions): Promise<ServiceKey> {
  return withSigningKey({ ...options, key: uri }, async (backend) => {
    const { publicKey, algorithm, maxMessageBytes } = backend;
    return {
      uri,
      keyid: publicKey.keyid,
      spkiSha256: spkiSha256(publicKey),
      algorithm,
      ...(Number.isFinite(maxMessageBytes) && { maxMessageBytes }),
      ...(await backend.describe?.({})),
    };
  });
}

export function serviceKeyText({ uri, ...key }: ServiceKey): string {
  const rows: readonly [string, string | number | boolean | undefined][] = [
    ['service', key.service],
    ['key', key.key],
    ['version', key.version],
    ['key id', key.keyid],
    ['spki sha256', key.spkiSha256],
    ['algorithm', key.algorithm],
    ['protection', key.protection],
    ['exportable', key.exportable === undefined ? 'unknown' : key.exportable ? 'yes' : 'no'],
    ['longest PAE', key.maxMessageBytes === undefined ? 'no limit' : `${key.maxMessageBytes} bytes`],
  ];
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${label.padEnd(12)} ${printable(String(text))}`],
  );
  return [paint(STDOUT, 'bold', printable(uri)), ...lines].join('\n');
}
