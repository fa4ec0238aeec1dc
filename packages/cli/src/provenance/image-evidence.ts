import type { FoundAttestations, ImageAt, RegistryClient } from '@danube/store/oci';
import type { EvidenceFile } from '@danube/verifier';
import { sayHint, sayWarning } from '../terminal.ts';

/** What a registry holds about one image. */
export interface ImageEvidence {
  readonly files: readonly EvidenceFile[];
  /** Something that might have been an attestation could not be read. */
  readonly isBlind: boolean;
  /** Says where nothing was, for whoever has to be told why there is no verdict for the image. */
  readonly explain: () => Promise<void>;
}

/** Fetches the attestations of an image, and says what could not be read. */
export async function fetchEvidence(
  client: RegistryClient,
  image: ImageAt,
  name: string,
): Promise<ImageEvidence> {
  const found = await client.findAttestations(image);
  for (const { path, reason } of found.unreadable) sayWarning(`${path}: ${reason}`);
  const explain = async (): Promise<void> => {
    if (found.attestations.length === 0) await sayNothingFound(client, image, name, found);
  };
  const files = found.attestations.map(({ bytes, path }) => ({ path: `oci:${path}`, bytes }));
  return { files, isBlind: found.unreadable.length > 0, explain };
}

async function sayNothingFound(
  client: RegistryClient,
  image: ImageAt,
  name: string,
  found: FoundAttestations,
): Promise<void> {
  sayWarning(`${name} has no attestation in its registry`);
  sayHint(describePlaces(found));
  const { attestations } = await client.findAttestations(image, { unsigned: true });
  if (attestations.length === 0) return;
  sayWarning(
    `${name}: ${attestations.length} statements are in its index as BuildKit leaves them; nobody signed them`,
  );
}

/** Where was looked for attestations, and with what success. */
export function describePlaces({ lookedAt }: FoundAttestations): string {
  const places = lookedAt.map(({ path, isThere }) => `${path} (${isThere ? 'has none' : 'is not there'})`);
  return `looked at ${places.join(', ')}`;
}
