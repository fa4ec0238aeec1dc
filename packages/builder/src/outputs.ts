import type { DigestSet } from 'in-toto-attestation';

/** Something that the job made, as it was found. */
export interface Artifact {
  /** Relative to the artifact folder, `/` between segments. */
  readonly name: string;
  readonly digest: DigestSet;
}

/** What {@link buildProvenance} needs and the job record does not hold: digests of what lies on disk. */
export interface JobOutputs {
  /** Files and OCI layouts; images that were pushed stand in the job record. */
  readonly artifacts: readonly Artifact[];
  /** Digests of step logs by the step's name. */
  readonly logs?: ReadonlyMap<string, DigestSet>;
  /** Digest of the egress policy's file. */
  readonly egressPolicy?: DigestSet;
  /** What the job took in besides what its record says: lock files, what they pin, files that were read. */
  readonly dependencies?: readonly Dependency[];
}

/** A resolved dependency as an in-toto ResourceDescriptor; it has a URI or a digest. */
export interface Dependency {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: DigestSet;
  readonly downloadLocation?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
