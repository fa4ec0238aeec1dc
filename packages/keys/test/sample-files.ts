/** The key files that other tools made; see fixtures/README.md. */
import { readFileSync } from 'node:fs';

/** Of every encrypted key in the folder. */
export const PASSPHRASE: Uint8Array = new TextEncoder().encode('correct horse');

export function fixture(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}
