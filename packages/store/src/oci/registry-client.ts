import type { ImageReference } from '@danube/artifact/image-reference';
import type { Credential } from './credentials.ts';
import type { RegistryLimits } from './limits.ts';

/** One image, by what cannot move: everything that is decided about an image is decided about this. */
export interface ImageAt {
  /** As `parseImageReference` writes it: `docker.io`, `registry.example.com:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** `sha256:` or `sha512:` and lower-case hex, of the image's manifest or index. */
  readonly digest: string;
}

/** The platform that an entry of an image index is for (image-spec image-index.md). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An image that an image index names. */
export interface PlatformImage extends ImageAt {
  /** Not set where the index does not say it. */
  readonly platform?: Platform;
}

/** The manifest of an image, or the index of several, whose bytes have the digest that was asked for. */
export interface Image extends ImageAt {
  readonly mediaType: string;
  /** Bytes of the manifest or index. */
  readonly size: number;
  /**
   * For an index: the images in it, without what is no image (BuildKit's attestations and other entries for the
   * platform unknown/unknown). Not set for the manifest of one image.
   */
  readonly platforms?: readonly PlatformImage[];
}

/**
 * How an attestation lies in a registry:
 *
 * - `bundle-referrer`: a Sigstore bundle in a manifest whose `subject` is the image (OCI 1.1);
 * - `dsse-referrer`: a DSSE envelope likewise;
 * - `att-tag`: a DSSE envelope in cosign's `sha256-<hex>.att`; with a certificate beside it, a Sigstore bundle made of
 *   both and of the log entry;
 * - `buildkit`: a statement that BuildKit put into the image's index. Nobody signed it.
 */
export type AttestationKind = 'bundle-referrer' | 'dsse-referrer' | 'att-tag' | 'buildkit';

/** An attestation as it was found. Whatever it says of itself is a claim until a verifier looked at it. */
export interface FoundAttestation {
  readonly kind: AttestationKind;
  /** False for a bare statement. Bytes of any other kind go to `parseAttestations`, which reads them by content. */
  readonly isSigned: boolean;
  /** The bytes of the blob, of the size and digest that its manifest says; for `att-tag` perhaps the bundle with it. */
  readonly bytes: Uint8Array;
  /** Of the blob. */
  readonly digest: string;
  /** For people: the manifest that it was in, `registry/repository@sha256:...`. */
  readonly path: string;
}

/** Where was looked for attestations: what to say when there are none. */
export interface LookedAt {
  readonly place: 'referrers' | 'fallback-tag' | 'att-tag' | 'index';
  /** For people: `GET /v2/...` without the host. */
  readonly path: string;
  /** Whether anything is there. */
  readonly isThere: boolean;
  /** Attestations found there. */
  readonly found: number;
}

/** Something that looked like an attestation and could not be taken for one. Anybody who can push can put it there. */
export interface Unreadable {
  readonly path: string;
  /** One line, for people. */
  readonly reason: string;
}

export interface FoundAttestations {
  readonly attestations: readonly FoundAttestation[];
  readonly lookedAt: readonly LookedAt[];
  readonly unreadable: readonly Unreadable[];
}

export interface CallOptions {
  /** Ends everything that the call has under way; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ResolveOptions extends CallOptions {
  /** Credentials for this call, tried in this order before those of the client, then without any. */
  readonly credentials?: readonly Credential[];
}

export interface FindOptions extends ResolveOptions {
  /** Tighter limits than the client's own. */
  readonly limits?: Partial<RegistryLimits>;
  /** BuildKit's unsigned statements as well. Needs the image's index; false when left out. */
  readonly unsigned?: boolean;
}

export interface AttachOptions extends ResolveOptions {
  /**
   * `att`: also as cosign's `.att` tag, for consumers that read nothing else (cosign 2 by default, policy-controller with
   * keys).
   */
  readonly compat?: 'att';
}

/** Where an attestation is now. */
export interface Attached {
  /** Digest of the manifest that refers to the image. */
  readonly referrer: string;
  /** The tag that lists it, where the registry does not do so itself. */
  readonly fallbackTag?: string;
  /** The `.att` tag, with `compat`. */
  readonly attTag?: string;
}

/**
 * Images and attestations in OCI registries (distribution-spec 1.1). Nothing that a registry answers is believed:
 * content is hashed, sizes and counts are limited before they are read, credentials go to the registry's own host and to
 * allowed token servers only, never along a redirect.
 *
 * Every call throws {@link StoreError}:
 *
 * - `ERR_STORE_UNAVAILABLE`: no answer, or one that says "later" (timeouts, 429, 5xx). The only code that is transient: the same call
 *   may succeed later, and no decision may be remembered for it. Tried again a few times before, within limits.
 * - `ERR_STORE_NOT_FOUND`: there is no such image.
 * - `ERR_STORE_DENIED`: the registry refuses with every credential there is.
 * - `ERR_STORE_REFUSED`: we refuse: a host, a scheme, a redirect or a token server that is not allowed.
 * - `ERR_STORE_DIGEST`: content that has not the digest or size that was asked for.
 * - `ERR_STORE_PROTOCOL`: an answer outside the specification.
 * - `ERR_STORE_LIMIT`: more, or larger, than the limits allow.
 */
export interface RegistryClient {
  /**
   * The image that a reference means now. Asks the registry once for a tag (HEAD, which costs no pull), and not at all
   * for a digest. A missing tag is `latest`.
   */
  resolve(reference: ImageReference, options?: ResolveOptions): Promise<ImageAt>;

  /** The image's manifest or index. */
  readImage(image: ImageAt, options?: ResolveOptions): Promise<Image>;

  /**
   * All attestations whose subject is this very digest: bundles and envelopes that refer to it, by the referrers API or the
   * fallback tag, and cosign's `.att` tag. None is no error. That something was found says nothing about who wrote it.
   */
  findAttestations(image: ImageAt, options?: FindOptions): Promise<FoundAttestations>;

  /**
   * Stores an attestation beside its image: a Sigstore bundle, or a DSSE envelope, as it is, in a manifest that refers to
   * the image. The same again changes nothing. Nothing is verified.
   *
   * Where the registry does not list referrers itself, the tag that lists them is read, changed, written and read again
   * until the entry stays: registries cannot do that in one step, and others may be at it.
   *
   * @throws {MalformedError} when the bytes are no attestation
   * @throws {TypeError} when they are several, or when `compat` cannot hold them: `.att` takes no certificates from us
   */
  attach(image: ImageAt, attestation: Uint8Array, options?: AttachOptions): Promise<Attached>;

  /** Closes idle connections and forgets tokens. */
  close(): void;
}
