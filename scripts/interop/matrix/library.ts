import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { toSignedEntity, VerificationError } from '@sigstore/verify';
import type { Content } from '../../vectors/vector.ts';
import { ACCEPTS, type Answer, rejects } from './table.ts';

/** A bundle as `@sigstore/verify` takes it. */
export function readBundle(bundle: Content): ReturnType<typeof toSignedEntity> {
  return toSignedEntity(bundleFromJSON(JSON.parse(Buffer.from(bundle).toString()) as SerializedBundle));
}

/** What is thrown is a no, whatever its class. */
export function libraryAnswer(verify: () => void): Answer {
  try {
    verify();
    return ACCEPTS;
  } catch (error) {
    if (error instanceof VerificationError) return rejects(`${error.code}: ${error.message}`);
    return rejects(error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error));
  }
}
