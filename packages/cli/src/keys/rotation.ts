import { encodePublicKeyPem, type PublicKey, spkiSha256 } from '@danube/keys';
import { usageError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { withSigningKey } from '../signing-key.ts';
import { print, printable, printJson } from '../terminal.ts';
import type { RotateOptions } from './rotate.ts';

/**
 * Makes a new version of a key and prints the entries that a trust root needs.
 *
 * @throws CliError ERR_USAGE where there is no service that could; SignError, KeyError.
 */
export async function rotateKey(uri: string, options: RotateOptions): Promise<void> {
  await withSigningKey({ ...options, key: uri }, async (backend) => {
    if (backend.rotate === undefined) {
      throw usageError(
        `${uri} cannot be rotated by its service`,
        'make a new key, and let the trust root hold both',
      );
    }
    const rotation = await backend.rotate({});
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const entries = {
      add: { ...entryOf(rotation.publicKey), validFrom: now },
      keep: entryOf(backend.publicKey),
    };
    if (options.out !== undefined) writeOutput(options.out, encodePublicKeyPem(rotation.publicKey));
    if (options.format === 'json') printJson({ uri: rotation.uri, trustRoot: entries });
    else
      print(text(rotation.uri, rotation.publicKey, backend.publicKey, JSON.stringify(entries.add, null, 2)));
  });
}

function entryOf(key: PublicKey): { keyid: string; spkiSha256: string; publicKey: string } {
  return { keyid: key.keyid, spkiSha256: spkiSha256(key), publicKey: encodePublicKeyPem(key) };
}

function text(uri: string, added: PublicKey, kept: PublicKey, entry: string): string {
  return [
    `new key uri  ${printable(uri)}`,
    `new key id   ${added.keyid}`,
    `old key id   ${kept.keyid}`,
    '',
    'Before the new key signs, add it to the trust root of everybody who verifies:',
    entry,
    'Keep the old one there, with validTo as soon as it signs no more: what it signed until then stays valid.',
  ].join('\n');
}
