/** What key services share: how they are called, and what they can tell beyond signing. */
import type { PublicKey } from '@danube/keys';
import type { CredentialOptions } from './credential-options.ts';

/** A call that can be stopped; the promise then rejects with the signal's reason. */
export interface ServiceCall {
  readonly signal?: AbortSignal;
}

/** What a service says about a key. Holds no secret. */
export interface KeyDescription {
  /** The service, as people call it: `AWS KMS`. */
  readonly service: string;
  /** The key's full name at the service, without its version. */
  readonly key: string;
  /** The pinned version, where the service has versions. */
  readonly version?: string;
  /** Whether the private key can leave the service; absent when the service does not say. */
  readonly exportable?: boolean;
  /** Where the key lives inside the service: `HSM`, `SOFTWARE`. */
  readonly protection?: string;
}

/** The questions of a doctor, in the order in which they are answered. */
export const KEY_CHECKS = [
  'reachable',
  'permitted',
  'algorithm',
  'exportable',
  'version',
  'clock',
  'latency',
] as const;
export type KeyCheck = (typeof KEY_CHECKS)[number];

/** One answer. `unknown` means that the service has no way to tell; it is not a yes. */
export interface KeyFinding {
  readonly check: KeyCheck;
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  readonly hint?: string;
}

/** The key's new version. Verifiers must trust it before it signs, and the old one for as long as its signatures count. */
export interface KeyRotation {
  /** The key URI of the new version. */
  readonly uri: string;
  readonly publicKey: PublicKey;
}

/** How long a service may take, in milliseconds. */
export interface Deadlines {
  /** From the first packet to an open connection, TLS included. 5,000. */
  readonly connectMs: number;
  /** One request with its answer. 10,000. */
  readonly callMs: number;
  /** A whole operation (sign, describe …), with every retry and the waiting in between. 30,000. */
  readonly totalMs: number;
}

/** One attempt at one request, for the audit log. Never holds a credential, a message or an answer. */
export interface AuditRecord {
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The scheme of the key URI: `awskms`. */
  readonly service: string;
  /** `sign`, `public-key`, `token` … */
  readonly operation: string;
  readonly key?: string;
  readonly version?: string;
  /** SHA-256 of the PAE, lower-case hex, when something is signed. */
  readonly paeSha256?: string;
  /** From 1. */
  readonly attempt: number;
  /** `ok`, the service's own name for its error, or `timeout`, `aborted`, `connection`. */
  readonly outcome: string;
  /** The service's id of the request, where it gave one. */
  readonly requestId?: string;
}

/** How key services are called. */
export interface ServiceOptions {
  /** Where credentials, addresses and proxies are looked for by their usual names; `process.env` when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where secrets are mounted; `/var/run/secrets` when left out. */
  readonly secretDirectory?: string;
  /** Which credential mode; left out, the usual places of the service are tried, the best first. */
  readonly credentials?: CredentialOptions;
  /** Base URL to use instead of the service's own. */
  readonly endpoint?: string;
  /** Hosts that may be asked beside those of the service itself: `kms.example.com`, or `.example.com` for all below it. */
  readonly allowedHosts?: readonly string[];
  /** Takes private and link-local addresses for `endpoint` and hosts that a key URI names. */
  readonly allowPrivateAddresses?: boolean;
  /** Takes `http:` for an address on the loopback interface. */
  readonly allowLoopbackHttp?: boolean;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
  readonly deadlines?: Partial<Deadlines>;
  /** Longest message to send where the service does not publish its limit (Google Cloud KMS with Ed25519: 65,536). */
  readonly maxMessageBytes?: number;
  /** Requests a second, at most, retries included; no limit when left out. */
  readonly ratePerSecond?: number;
  /** Called once for each attempt, before its outcome has any effect; when it throws, the operation fails. */
  readonly audit?: (record: AuditRecord) => void;
}
