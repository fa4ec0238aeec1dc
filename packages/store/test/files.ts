import type { AttestationFiles } from '@danube/store';

/** Bytes that differ for each seed, and that show when a part is missing. */
export function bytesOf(seed: number, length: number = 70_000): Buffer {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset + 4 <= length; offset += 4) {
    bytes.writeUInt32LE((seed * 2654435761 + offset) >>> 0, offset);
  }
  return bytes;
}

/** The attestations of a job, by its seed. */
export function filesOf(seed: number): AttestationFiles {
  return new Map([
    ['provenance.json', bytesOf(seed)],
    ['release.jsonl', bytesOf(seed + 1_000_000)],
  ]);
}
