import type { DigestSet, JsonValue } from 'in-toto-attestation';
import type { Image } from './image.ts';
import type { Vouching } from './vouching.ts';

/** Version of the job record's format. */
export const JOB_RECORD_API_VERSION = 'danube.dev/v1';

/**
 * How a job may end; only the first is a success. `running` is what a job can say of itself: what went before has succeeded,
 * and nobody knows yet how it ends.
 */
export const JOB_STATUSES = ['succeeded', 'failed', 'canceled', 'timed-out', 'running'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * What the control plane says about one job that has ended. Every field is documented in docs/job-record.md; times are
 * RFC 3339 with an offset, digests lower-case hex.
 */
export interface JobRecord {
  readonly apiVersion: typeof JOB_RECORD_API_VERSION;
  readonly kind: 'JobRecord';
  readonly job: Job;
  readonly pipeline: Pipeline;
  readonly status: JobStatus;
  /** Needed by this project's build type, pipeline/v1; another {@link Definition} may do without. */
  readonly source?: Source;
  readonly trigger?: Trigger;
  /** What whoever started the job could set; any JSON. */
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** The build in the words of another platform's build type; where it is left out, it is pipeline/v1. */
  readonly definition?: Definition;
  readonly steps: readonly Step[];
  /** What else the job took in, besides its source and the images of its steps. */
  readonly inputs?: readonly Input[];
  readonly artifacts: DeclaredArtifacts;
  readonly environment?: Environment;
  readonly builder: Builder;
  readonly startedOn?: string;
  readonly finishedOn?: string;
  /** Who vouches for which of these facts; where it is left out, nobody says so. */
  readonly vouching?: Vouching;
}

export interface Job {
  /** Plain name, unique among the jobs of the control plane. */
  readonly id: string;
  /** 1 for the first run of the job. */
  readonly attempt: number;
  /** This run of the job; becomes the invocation id. */
  readonly uri: string;
}

/** The pipeline that ran. `uri` and `digest` of its definition come together or not at all. */
export interface Pipeline {
  readonly name: string;
  readonly uri?: string;
  readonly digest?: DigestSet;
}

export interface Source {
  /** SPDX download location of the repository, `git+https://...`, without ref. */
  readonly uri: string;
  /** Fully qualified ref. */
  readonly ref?: string;
  /** Commit id that was checked out: 40 or 64 hex digits. */
  readonly commit: string;
}

export interface Trigger {
  /** What started the job: `push`, `tag`, `pull-request`, `schedule`, `manual`, `api`, or another lower-case word. */
  readonly kind: string;
  /** Who started it, as the control plane authenticated them. */
  readonly actor?: string;
}

/** A build as another build type than pipeline/v1 describes it (SLSA provenance v1, buildDefinition). */
export interface Definition {
  readonly buildType: string;
  /** At least one; all that a tenant could set. */
  readonly externalParameters: Readonly<Record<string, JsonValue>>;
  readonly internalParameters?: Readonly<Record<string, JsonValue>>;
}

/** One step that ran. */
export interface Step {
  /** Unique within the job. */
  readonly name: string;
  readonly image?: Image;
  readonly command?: readonly string[];
  readonly startedOn?: string;
  readonly finishedOn?: string;
  readonly exitCode?: number;
  readonly log?: StepLog;
  readonly resources?: Resources;
  /** Further facts, any JSON. */
  readonly annotations?: Readonly<Record<string, JsonValue>>;
}

/** Where a step's log is: a file that the builder hashes (`path`), a place for readers (`uri`), or both. */
export interface StepLog {
  readonly path?: string;
  readonly uri?: string;
  /** Digest that the control plane took itself; compared with the file's when there is a `path`. */
  readonly digest?: DigestSet;
}

/** Limits by name, as Kubernetes quantities: `{ "cpu": "2", "memory": "4Gi" }`. */
export type Resources = Readonly<Record<string, string>>;

/** Something the job took in, as an in-toto ResourceDescriptor; it has a digest, and a name or a URI. */
export interface Input {
  readonly name?: string;
  readonly uri?: string;
  readonly digest: DigestSet;
  readonly downloadLocation?: string;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, JsonValue>>;
}

/** What the job says it made. */
export interface DeclaredArtifacts {
  /** Files below the artifact folder, by path or glob pattern. */
  readonly paths?: readonly string[];
  /** Images that the job pushed. */
  readonly images?: readonly Image[];
  /** Folders below the artifact folder that hold an OCI image layout. */
  readonly ociLayouts?: readonly string[];
}

export interface Environment {
  /** Image that the job's pod ran. */
  readonly workerImage?: Image;
  /** Image of the coordinator that drove the steps; part of the builder. */
  readonly coordinatorImage?: Image;
  /** Limits of the job as a whole. */
  readonly resources?: Resources;
  /** The job had no network at all. */
  readonly network?: 'none';
  readonly isolation?: Isolation;
}

/** How the job was kept apart from others. */
export interface Isolation {
  readonly namespace: string;
  readonly pod: string;
  /** `metadata.uid` of the pod: never given to another one. */
  readonly podUid?: string;
  /** `metadata.labels` of the pod, by which policies select it. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Whether the environment was made for this job and is destroyed after it. */
  readonly ephemeral: boolean;
  /** When the pod was gone. */
  readonly deletedOn?: string;
  readonly security?: PodSecurity;
  readonly egressPolicy?: EgressPolicy;
}

/**
 * The security context of the pod, by the names that Kubernetes has for it. It is said of all containers of the pod, init
 * containers included, after defaults: `runAsNonRoot` is true when it is true for each, `privileged` when one of them is.
 */
export interface PodSecurity {
  readonly runAsNonRoot?: boolean;
  /** The user id of all containers. */
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  /** Whether a folder of the node is mounted (a volume of type `hostPath`). */
  readonly hostPath?: boolean;
}

/** The network policy in force: by a file that the builder hashes (`path`), by a digest, or both. */
export interface EgressPolicy {
  readonly name: string;
  readonly path?: string;
  readonly digest?: DigestSet;
}

export interface Builder {
  /** The deployment of the control plane, in one mode of operation (SLSA provenance v1, builder.id). */
  readonly id: string;
  /** Versions of its components. */
  readonly version?: Readonly<Record<string, string>>;
}
