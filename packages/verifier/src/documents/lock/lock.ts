import type { Statement } from 'in-toto-attestation';
import { parseImageReference } from '@danube/artifact/image-reference';
import type { Context } from '../../context.ts';
import { fail, notRun, pass } from '../../finding.ts';
import type { ArtifactInput } from '../../matching.ts';
import type { Lock } from '../../policy.ts';
import type { Finding } from '../../report.ts';
import { vouchedLevel } from '../../trust-checks.ts';
import { DocumentError } from '../errors.ts';
import { describeIssue, parseStrictJson } from '../reading.ts';
import { artifactsOf } from '../policy/ask.ts';
import { parsePackage } from '../policy/selectors.ts';
import { lockSchema, type LockDocument, type LockEntry } from './lock-schema.ts';

/** A lockfile of ten thousand artifacts has less. */
const LIMITS = { maxBytes: 16 * 1024 * 1024, depth: 8 } as const;

/** Reads a lockfile as it was written. @throws {DocumentError} `ERR_LOCK` with the pointer. */
export function parseLockDocument(bytes: Uint8Array): LockDocument {
  const result = lockSchema.safeParse(parseStrictJson(bytes, LIMITS, 'ERR_LOCK'));
  if (!result.success) throw describeIssue(result.error, 'ERR_LOCK', 'lockfile');
  return result.data;
}

/** Reads a lockfile as the value that a verification takes. @throws {DocumentError} `ERR_LOCK` with the pointer. */
export function parseLock(bytes: Uint8Array): Lock {
  return toLock(parseLockDocument(bytes));
}

/** Demands that nothing is weaker or older than what was locked. */
export function toLock({ artifacts }: LockDocument): Lock {
  const entries = new Map(Object.entries(artifacts));
  return {
    judge: (context) => {
      const named = artifactsOf(context);
      if (named === undefined || !context.opened.build.reached) return notRun(reasonOf(context));
      const found = factsOf(context);
      const findings = named.map((artifact) => {
        const name = lockName(artifact);
        return compare(name, entries.get(name), found);
      });
      return (
        findings.find(({ status }) => status !== 'pass') ?? findings[0] ?? notRun('there is no artifact')
      );
    },
  };
}

function reasonOf({ opened: { build } }: Context): string {
  return build.reached ? 'there is no artifact' : build.reason;
}

/** Remembers what the provenance of each statement says, and demands nothing. */
export interface LockRecorder extends Lock {
  /** What would be locked of an accepted attestation. */
  readonly entryOf: (statement: Statement) => LockEntry | undefined;
}

export function recordLock(): LockRecorder {
  const entries = new WeakMap<Statement, LockEntry>();
  return {
    judge: (context) => {
      const { statement, build } = context.opened;
      if (!statement.reached || !build.reached) return notRun(reasonOf(context));
      entries.set(statement.value, factsOf(context));
      return pass({ actual: 'to be locked' });
    },
    entryOf: (statement) => entries.get(statement),
  };
}

function factsOf(context: Context): LockEntry {
  const { build, signers, certificate } = context.opened;
  if (!build.reached) throw new TypeError('there is no provenance');
  const { provenance, source } = build.value;
  const identity = certificate?.accepted === true && certificate.isTimed ? [certificate.identity] : [];
  return {
    builder: provenance.runDetails.builder.id,
    source: (typeof source === 'string' ? undefined : source.uri?.value) ?? null,
    level: vouchedLevel(context) ?? null,
    signers: [...signers.map(({ keyid }) => keyid), ...identity].sort(),
    finishedOn: provenance.runDetails.metadata?.finishedOn ?? null,
  };
}

function compare(name: string, locked: LockEntry | undefined, found: LockEntry): Finding {
  if (locked === undefined) {
    return fail({
      expected: 'an artifact that is locked',
      actual: `${name} is not in the lockfile`,
      hint: 'Look at it, and lock it: danube provenance lock.',
    });
  }
  const expected = describeEntry(locked);
  const weaker = weakerThan(locked, found);
  const result = { expected: `${name}: ${expected}, or better`, actual: weaker ?? describeEntry(found) };
  return weaker === undefined
    ? pass(result)
    : fail({ ...result, hint: 'If that is meant, lock it anew: danube provenance lock --accept-weaker.' });
}

/** In what a build is weaker or older than what was locked; `undefined` when in nothing. */
export function weakerThan(locked: LockEntry, found: LockEntry): string | undefined {
  if (found.builder !== locked.builder) return `another builder, ${found.builder}`;
  if (found.source !== locked.source) return `another source, ${found.source ?? 'not said'}`;
  if (locked.level !== null && (found.level ?? 0) < locked.level)
    return `a lower Build level, ${found.level ?? 'none'}`;
  const missing = locked.signers.find((signer) => !found.signers.includes(signer));
  if (missing !== undefined) return `not signed by ${missing}`;
  if (locked.finishedOn === null) return undefined;
  if (found.finishedOn === null) return 'a build that does not say when it finished';
  return Date.parse(found.finishedOn) < Date.parse(locked.finishedOn)
    ? `an older build, finished on ${found.finishedOn}`
    : undefined;
}

function describeEntry({ builder, source, level, signers, finishedOn }: LockEntry): string {
  return [
    builder,
    source ?? 'no source',
    level === null ? 'no level' : `SLSA Build L${level}`,
    signers.join(' and '),
    finishedOn ?? 'no time',
  ].join(', ');
}

/**
 * The name under which an artifact is locked: a package without its version, an image without tag and digest, a file
 * without its folder and with `*` in place of its version numbers.
 */
export function lockName({ name, packageUrl, image }: ArtifactInput): string {
  const found = packageUrl === undefined ? undefined : parsePackage(packageUrl);
  if (found !== undefined) return `pkg:${found.type}/${found.path}`;
  if (image !== undefined) {
    const { registry, repository } = parseImageReference(image);
    return `${registry}/${repository}`;
  }
  return name.slice(name.lastIndexOf('/') + 1).replaceAll(VERSION, '*');
}

/** `1.2.0`, `1.2.0-rc.1`, `2026.11`: numbers with dots, and what announces a version before its time. */
const VERSION = /(?<!\d)\d+(?:\.\d+)+(?:[-+.]?(?:alpha|beta|dev|pre|rc|snapshot)[.-]?\d*)?/gi;

/** A lockfile as it is written: names in order, one member a line. */
export function encodeLock(artifacts: ReadonlyMap<string, LockEntry>): string {
  const names = [...artifacts.keys()].sort();
  const document: LockDocument = {
    $schema: 'https://danube.dev/schemas/provenance-lock.schema.json',
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenanceLock',
    artifacts: Object.fromEntries(
      names.flatMap((name) => {
        const entry = artifacts.get(name);
        return entry === undefined ? [] : [[name, entry]];
      }),
    ),
  };
  if (names.length === 0) throw new DocumentError('ERR_LOCK', '/artifacts', 'holds no artifact');
  return `${JSON.stringify(document, null, 2)}\n`;
}
