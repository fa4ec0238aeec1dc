/** What is read from a registry at most; one more is refused with ERR_STORE_LIMIT, before it is read. */
export interface RegistryLimits {
  /** Bytes of a manifest or index. */
  readonly manifestBytes: number;
  /** Bytes of one attestation. */
  readonly attestationBytes: number;
  /** Bytes of all attestations of an image. */
  readonly totalBytes: number;
  /** Manifests that refer to an image, whatever they are; entries of a `.att` manifest. */
  readonly referrers: number;
  /** Pages of a list of referrers. */
  readonly pages: number;
  /** Images in an index. */
  readonly platforms: number;
}

export const REGISTRY_LIMITS: RegistryLimits = {
  manifestBytes: 4_194_304,
  attestationBytes: 10_485_760,
  totalBytes: 67_108_864,
  referrers: 256,
  pages: 64,
  platforms: 256,
};
