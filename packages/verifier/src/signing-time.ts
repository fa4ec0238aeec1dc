/** A time that somebody whom the caller trusts vouches for: the signature was there already. */
export interface ProvenTime {
  /** Who vouches for it, in words. */
  readonly by: string;
  readonly time: Date;
}

/** What was found out about the timestamps of an attestation, by whoever knows them (@danube/sigstore). */
export interface TimeProof {
  /** Proven times of its only signature. */
  readonly times: readonly ProvenTime[];
  /** Why its other timestamps prove nothing. */
  readonly problems: readonly string[];
}

/** The earliest time that is proven; `undefined` when none is. */
export function earliest(times: readonly ProvenTime[]): ProvenTime | undefined {
  return times.reduce<ProvenTime | undefined>(
    (first, proven) => (first === undefined || proven.time < first.time ? proven : first),
    undefined,
  );
}
