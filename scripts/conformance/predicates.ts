import { PROVENANCE_V02, PROVENANCE_V1, parseProvenance, type JsonObject } from 'in-toto-attestation';

type PredicateReader = (predicate: JsonObject) => void;

const READERS: ReadonlyMap<string, PredicateReader> = new Map<string, PredicateReader>(
  [PROVENANCE_V1, PROVENANCE_V02].map((type) => [type, (predicate) => void parseProvenance(type, predicate)]),
);

/** Reads a predicate of a type that this project knows; one of another type is carried as it is. */
export function readPredicate(predicateType: string, predicate: JsonObject): void {
  READERS.get(predicateType)?.(predicate);
}
