import type { FoundAttestations } from '@danube/store/oci';
import { StoreError } from '@danube/store';
import { encodeJson, MalformedError, parseJson } from 'in-toto-attestation';
import { writeOutput } from '../file.ts';
import { imageName, readImageReference, withRegistry } from '../registry.ts';
import { say, sayWarning } from '../terminal.ts';
import { describePlaces } from './image-evidence.ts';
import type { PullOptions } from './pull.ts';

/** Writes the attestations of an image. @throws StoreError ERR_STORE_NOT_FOUND when there are none */
export async function pullAttestations(argument: string, options: PullOptions): Promise<void> {
  const reference = readImageReference(argument);
  const { name, found } = await withRegistry(options, reference, async (client) => {
    const image = await client.resolve(reference);
    return { name: imageName({ ...reference, ...image }), found: await client.findAttestations(image) };
  });
  const lines = linesOf(found);
  if (lines.length === 0) {
    throw new StoreError('ERR_STORE_NOT_FOUND', `${name} has no attestation`, {
      hint: describePlaces(found),
    });
  }
  writeOutput(options.out ?? '-', Buffer.concat(lines));
  say(`${lines.length} of ${name}`);
}

function linesOf({ attestations, unreadable }: FoundAttestations): Buffer[] {
  for (const { path, reason } of unreadable) sayWarning(`${path}: ${reason}`);
  return attestations.flatMap(({ bytes, path }) => {
    try {
      return [Buffer.concat([encodeJson(parseJson(bytes)), Buffer.from('\n')])];
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      sayWarning(`${path}: ${error.message}`);
      return [];
    }
  });
}
