import { envelope, type EnvelopeJson } from './dsse.ts';
import { BUILDER } from './fixed-keys.ts';
import { statement } from './statements.ts';
import type { Content } from './vector.ts';

/** The statement of the cases, as it is signed. */
export const PAYLOAD: string = JSON.stringify(statement());
/** The envelope that the builder made of it. */
export const SIGNED: EnvelopeJson = envelope(PAYLOAD, [BUILDER]);

/** An envelope of any payload, signed by the builder; what is no text and no bytes is written as JSON. */
export function signedByBuilder(payload: Content | object): EnvelopeJson {
  const isContent = typeof payload === 'string' || payload instanceof Uint8Array;
  return envelope(isContent ? payload : JSON.stringify(payload), [BUILDER]);
}

/** An envelope of the statement of the cases with another predicate. */
export function signedPredicate(predicate: object): EnvelopeJson {
  return signedByBuilder({ ...statement(), predicate });
}
