/*
 * The format of `test-vectors/<kind>/<name>/case.json`, as test-vectors/README.md documents it for other
 * implementers. Paths are relative to the folder of the case, pointers are RFC 6901.
 */

/** The content of a `case.json`. */
export type Case =
  | VerifyCase
  | ParseCase
  | KeyCase
  | KeyFileCase
  | SignatureCase
  | SignCase
  | BuildCase
  | TreeCase
  | ChecksumsCase
  | OciLayoutCase
  | ImageReferenceCase
  | StoreCase
  | SecretsCase;

/** The cases of one kind. */
export type CaseOf<Kind extends Case['kind']> = Extract<Case, { readonly kind: Kind }>;

interface Described<Kind extends string> {
  /** One line: what the case is, and why the verdict is right. */
  readonly description: string;
  readonly kind: Kind;
}

/** The verdict of every kind but `verify` when it is no: the code, and the place where there is one. */
export interface Rejection {
  readonly verdict: 'rejected';
  readonly code: string;
  readonly pointer?: string;
}

/** Evidence and expectations in, a verdict and checks out. */
export interface VerifyCase extends Described<'verify'> {
  readonly artifacts: VerifyArtifacts;
  readonly evidence: readonly string[];
  readonly expectations: VerifyExpectations;
  /** The clock. Where it is left out, the verdict is the same at any time from February 2026 to 2050. */
  readonly now?: string;
  readonly expect: VerifyVerdict;
}

/** What is judged: named files, the files of a directory, digests, entries of a checksum file, a package, or nothing. */
export type VerifyArtifacts =
  | { readonly files: readonly string[] }
  | { readonly directory: string }
  | { readonly digests: readonly string[] }
  | { readonly checksums: string }
  /** A package of npm; `publicKeys` are then its registry's, as keys or as the list that a registry answers. */
  | { readonly package: string; readonly tarball: string }
  | { readonly package: string; readonly packageLock: string }
  | 'provenance-only';

export interface VerifyExpectations {
  /** Paths of public keys. */
  readonly publicKeys: readonly string[];
  /** Path of the Sigstore trusted root that certificates are judged by. */
  readonly sigstoreRoot?: string;
  readonly certificateIdentity?: string;
  readonly certificateIssuer?: string;
  /** Path of a trust root that root keys signed. */
  readonly trustRoot?: string;
  /** Paths of the public root keys. */
  readonly trustRootKeys?: readonly string[];
  readonly trustRootThreshold?: number;
  /** Path of a trust root that nobody signed. */
  readonly plainTrustRoot?: string;
  /** Path of what is remembered of the trust root that was trusted before. */
  readonly trustState?: string;
  readonly buildLevel?: number;
  /** A verification summary in place of provenance: by whom, about what. */
  readonly verifierId?: string;
  readonly resourceUri?: string;
  /** Paths of policies. */
  readonly policies?: readonly string[];
  /** How many levels of dependencies are verified as well. */
  readonly follow?: number;
  /** One that nothing speaks for rejects. */
  readonly followAll?: boolean;
  /** `LEVEL=PATH` of policies for the dependencies of a level. */
  readonly followPolicies?: readonly string[];
  /** Paths of attestations that speak for dependencies and for nothing else. */
  readonly dependencyEvidence?: readonly string[];
  /** Path of a lockfile. */
  readonly lockfile?: string;
  /** What the only artifact is called: a package URL, or an image reference. */
  readonly as?: string;
  readonly threshold?: number;
  readonly builderId?: string;
  readonly buildType?: string;
  readonly sourceUri?: string;
  readonly sourceRef?: string;
  readonly sourceBranch?: string;
  readonly sourceTag?: string;
  readonly sourceCommit?: string;
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly allowParameters?: readonly string[];
  readonly predicateType?: string;
  readonly maxAgeSeconds?: number;
  readonly strict?: boolean;
  readonly noExtra?: boolean;
  readonly noMissing?: boolean;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type VerifyVerdict =
  | { readonly verdict: 'accepted'; readonly checks: readonly ExpectedCheck[] }
  | {
      readonly verdict: 'rejected';
      /** Every check that fails for some artifact and attestation, and no other. */
      readonly failed: readonly string[];
      readonly checks?: readonly ExpectedCheck[];
    }
  /** The expectation cannot mean what it says: nothing is judged. */
  | { readonly verdict: 'refused'; readonly expectation: string };

/** One check that the report holds, for some artifact and attestation that fit. */
export interface ExpectedCheck {
  readonly id: string;
  readonly status: 'pass' | 'fail' | 'warn' | 'not-run';
  /** Line of a JSON Lines file, from 1. */
  readonly line?: number;
  /** Where a parser refused: its code. */
  readonly code?: string;
  readonly pointer?: string;
}

export type ParsedFormat =
  | 'json'
  | 'statement'
  | 'provenance'
  | 'envelope'
  | 'sigstore-bundle'
  | 'attestations'
  | 'trust-root'
  | 'policy'
  | 'lock'
  | 'policy-test';

/** Untrusted bytes, read as a format. */
export interface ParseCase extends Described<'parse'> {
  readonly format: ParsedFormat;
  readonly input: string;
  readonly expect: { readonly verdict: 'accepted' } | Rejection;
}

/** A key, read for a slot. */
export interface KeyCase extends Described<'key'> {
  readonly slot: 'public' | 'private';
  readonly input: string;
  readonly passphrase?: string;
  /** How the bytes lie on disk when they are opened as a key file; without it they are only parsed. */
  readonly file?: {
    readonly form: 'file' | 'symlink' | 'fifo' | 'directory' | 'missing';
    /** As `chmod` takes it. */
    readonly mode?: string;
  };
  readonly expect:
    | {
        readonly verdict: 'accepted';
        readonly algorithm: 'ed25519' | 'ecdsa-p256-sha256';
        readonly keyid: string;
        readonly spkiSha256: string;
      }
    | Rejection;
}

/** A key pair that is written beside what is there already. */
export interface KeyFileCase extends Described<'key-file'> {
  /** The private key to write; its public half goes into `<target>.pub`. */
  readonly input: string;
  /** Where to, relative to an empty folder. */
  readonly target: string;
  /** Files that are there already. */
  readonly existing: readonly string[];
  /** The files that are there afterwards, with their modes; a rejection leaves only what was there. */
  readonly expect:
    { readonly verdict: 'accepted'; readonly modes: Readonly<Record<string, string>> } | Rejection;
}

/** A bare signature under the strict profile: files of raw bytes. */
export interface SignatureCase extends Described<'signature'> {
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly expect: { readonly verdict: 'accepted' | 'rejected' };
}

/** A statement to sign, or an envelope to add signatures to, by keys in their order. */
export interface SignCase extends Described<'sign'> {
  /** Key URIs; a relative path is relative to the case. */
  readonly keys: readonly string[];
  readonly statement?: string;
  readonly envelope?: string;
  /** The very bytes of the envelope: Ed25519 signatures are deterministic. */
  readonly expect: { readonly verdict: 'accepted'; readonly envelope: string } | Rejection;
}

/** A job record to read, and with a directory to turn into a statement. */
export interface BuildCase extends Described<'build'> {
  readonly jobRecord: string;
  /** Holds the artifacts, the logs and the policies that the record names. */
  readonly directory?: string;
  readonly allowFailed?: boolean;
  readonly expect: { readonly verdict: 'accepted'; readonly statement?: string } | Rejection;
}

/** An entry of a tree that the runner makes: version control and archives cannot carry all of them. */
export type TreeEntry =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly symlink: string }
  | { readonly path: string; readonly directory: true }
  | { readonly path: string; readonly fifo: true }
  /** A file whose name is not valid UTF-8. */
  | { readonly pathHex: string; readonly text: string };

/** Files of a directory, listed and hashed. */
export interface TreeCase extends Described<'tree'> {
  readonly tree: readonly TreeEntry[];
  /** The folder of the tree that is listed; what lies beside it is outside. */
  readonly root: string;
  readonly include?: readonly string[];
  readonly expect:
    | {
        readonly verdict: 'accepted';
        readonly files: readonly { readonly name: string; readonly sha256: string }[];
      }
    | Rejection;
}

/** A checksum file such as SHA256SUMS. */
export interface ChecksumsCase extends Described<'checksums'> {
  readonly input: string;
  readonly expect:
    | {
        readonly verdict: 'accepted';
        readonly entries: readonly {
          readonly name: string;
          readonly digest: Readonly<Record<string, string>>;
        }[];
      }
    | Rejection;
}

/** An OCI image layout on disk. */
export interface OciLayoutCase extends Described<'oci-layout'> {
  readonly directory: string;
  readonly expect: { readonly verdict: 'accepted'; readonly sha256: readonly string[] } | Rejection;
}

/** The name of a container image. */
export interface ImageReferenceCase extends Described<'image-reference'> {
  readonly reference: string;
  readonly expect:
    | {
        readonly verdict: 'accepted';
        readonly registry: string;
        readonly repository: string;
        readonly tag?: string;
        readonly digest?: string;
      }
    | Rejection;
}

/** Files put into an empty store one after the other, then perhaps a job read: the last call decides. */
export interface StoreCase extends Described<'store'> {
  readonly put: readonly { readonly job: string; readonly files: Readonly<Record<string, string>> }[];
  readonly read?: string;
  readonly expect:
    { readonly verdict: 'accepted'; readonly files: Readonly<Record<string, string>> } | Rejection;
}

/** A statement that is looked through for credentials before it is signed. */
export interface SecretsCase extends Described<'secrets'> {
  readonly statement: string;
  readonly allowlist?: string;
  /** The clock, for entries of the allow-list that run out. */
  readonly now: string;
  readonly expect:
    | { readonly verdict: 'accepted'; readonly allowed: readonly ExpectedSecret[] }
    | (Rejection & { readonly findings?: readonly ExpectedSecret[] });
}

/** A credential by the rule that finds it and the JSON pointer to it. */
export interface ExpectedSecret {
  readonly rule: string;
  readonly pointer: string;
}
