import { createHash } from 'node:crypto';
import type { IsolationReport } from '@danube/builder';
import { type KeyBackend, signStatement } from '@danube/signer';
import { type AttestationStore, StoreError } from '@danube/store';
import { type PublicKey, verifySignature } from '@danube/keys';
import {
  type Envelope,
  MalformedError,
  pae,
  parseAttestations,
  parseEnvelope,
  parseStatement,
} from 'in-toto-attestation';
import { resolveDataDir } from '../data-dir.ts';
import { CliError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { finish } from '../interruption.ts';
import { clearSecrets } from '../secrets.ts';
import { withSigningKey } from '../signing-key.ts';
import { print, printJson, say } from '../terminal.ts';
import { requireTimestampFormat, timestampsFor } from '../timestamp-option.ts';
import type { AttestOptions } from './attest.ts';
import { encodeAttestations } from './encoding.ts';
import { type Further, readFurther } from './further-attestations.ts';
import { reportIsolation } from './isolation.ts';
import { type DescribedJob, describeJob } from './job.ts';
import { type JobStore, withJobStore } from './job-stores.ts';

const FILE = 'provenance.json';
const ISOLATION_FILE = 'isolation.json';
/** The same signature as in {@link FILE} with its timestamp, for which an envelope has no place. */
const STAMPED_FILE = 'provenance.sigstore.json';

/**
 * Builds, signs and stores the attestations of a job, and prints where its provenance is.
 *
 * @throws DanubeError; what was stored before is untouched then.
 */
export async function attestJob(options: AttestOptions): Promise<void> {
  if (options.out !== undefined) requireTimestampFormat(options, options.format);
  const { path, report } = await storeJob(await describeJob(options), options);
  if (options.json === true) printJson(report);
  else print(path);
}

/** Where the provenance of a job is, and what else is stored of it. */
interface StoredJob {
  readonly path: string;
  readonly report: object;
}

/** Signs and stores the attestations of a job that is described. @throws DanubeError */
export async function storeJob(job: DescribedJob, options: AttestOptions): Promise<StoredJob> {
  const isolation = reportIsolation(job, options);
  const further = readFurther(job.statement.subject, options, [FILE, STAMPED_FILE, ISOLATION_FILE]);
  if (isolation.statement !== undefined) {
    further.unshift({ name: ISOLATION_FILE, statement: clearSecrets(isolation.statement, options) });
  }
  // Whoever lists the directory finds the provenance last.
  further.push({ name: FILE, statement: job.statement });
  return withJobStore(options.store ?? resolveDataDir(options.dataDir), async (store) =>
    keepJob(job.record.job.id, further, store, isolation, options),
  );
}

async function keepJob(
  jobId: string,
  further: readonly Further[],
  store: JobStore,
  isolation: IsolationReport,
  options: AttestOptions,
): Promise<StoredJob> {
  const { files, written } = await withSigningKey(options, async (backend) =>
    storeOnce(store, jobId, await signAll(further, backend, options), backend.publicKey),
  );
  if (options.out !== undefined) {
    const envelope = parseEnvelope(files.get(FILE) ?? new Uint8Array());
    const stamped = files.get(STAMPED_FILE);
    writeOutput(options.out, stamped ?? encodeAttestations([envelope], options.format));
  }
  if (written.length === 0) say('already attested: the same facts are stored, nothing was changed');
  const stored = await store.read(jobId);
  const report = describeStored(jobId, store, stored, written, isolation);
  return { path: store.locate(jobId, FILE, stored.get(FILE) ?? new Uint8Array()), report };
}

type Files = ReadonlyMap<string, Uint8Array>;

/** In order: a key that asks for every use is asked once for each. */
async function signAll(
  further: readonly Further[],
  backend: KeyBackend,
  options: AttestOptions,
): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  for (const item of further) {
    if ('signed' in item) {
      files.set(item.name, item.signed);
      continue;
    }
    const envelope = await signStatement(item.statement, backend);
    const timestamps = item.name === FILE ? await timestampsFor([envelope], options) : [];
    if (timestamps.length > 0)
      files.set(STAMPED_FILE, encodeAttestations([envelope], 'bundle', { timestamps }));
    files.set(item.name, encodeAttestations([envelope], 'dsse'));
  }
  return files;
}

interface Stored {
  /** What is stored now, of the files that were to be. */
  readonly files: Files;
  readonly written: readonly string[];
}

/**
 * Stores attestations unless the same facts are there. Signatures may differ (another key may have been added since, and
 * not every algorithm gives the same bytes twice), so what is there is looked into before it is called a conflict.
 */
async function storeOnce(
  store: AttestationStore,
  jobId: string,
  files: Files,
  publicKey: PublicKey,
): Promise<Stored> {
  try {
    return { files, written: (await finish(() => store.put(jobId, files))).written };
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_CONFLICT') throw error;
    const stored = await store.read(jobId, [...files.keys()]);
    const kept = new Map<string, Uint8Array>();
    for (const [name, bytes] of files) {
      kept.set(name, keepStored(jobId, name, bytes, stored.get(name), publicKey, error));
    }
    return { files: kept, written: (await finish(() => store.put(jobId, kept))).written };
  }
}

/** What is stored under the name when it says the same by the same key, else the new bytes; a conflict when they differ. */
function keepStored(
  jobId: string,
  name: string,
  bytes: Uint8Array,
  stored: Uint8Array | undefined,
  publicKey: PublicKey,
  cause: StoreError,
): Uint8Array {
  if (stored === undefined || Buffer.from(stored).equals(bytes)) return bytes;
  const [before, now] = [parseStored(stored), parseStored(bytes)];
  const isSameFacts = before !== undefined && now !== undefined && isSame(before, now);
  if (isSameFacts && isSignedBy(before, publicKey)) return stored;
  throw conflict(jobId, name, isSameFacts, cause);
}

function parseStored(bytes: Uint8Array): Envelope | undefined {
  try {
    const [entry, ...others] = parseAttestations(bytes).attestations;
    return entry === undefined || 'error' in entry || others.length > 0 ? undefined : entry.envelope;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function isSame(stored: Envelope, envelope: Envelope): boolean {
  return stored.payloadType === envelope.payloadType && Buffer.from(stored.payload).equals(envelope.payload);
}

function isSignedBy({ payloadType, payload, signatures }: Envelope, publicKey: PublicKey): boolean {
  const message = pae(payloadType, payload);
  return signatures.some(({ sig }) => verifySignature(publicKey, message, sig));
}

function conflict(jobId: string, name: string, sameFacts: boolean, cause: StoreError): CliError {
  const which = name === FILE ? '' : ` in ${name}`;
  if (sameFacts) {
    return new CliError('ERR_CONFLICT', `job ${jobId} is attested already${which}, but not by this key`, {
      hint: 'add a signature by `danube provenance sign --append`, or use the key of the first run',
      cause,
    });
  }
  return new CliError('ERR_CONFLICT', `job ${jobId} is attested already${which}, with other facts`, {
    hint: 'a stored attestation is never replaced; another attempt of a job needs another job id',
    cause,
  });
}

function describeStored(
  job: string,
  store: JobStore,
  files: Files,
  written: readonly string[],
  { proven, unproven }: IsolationReport,
): object {
  const attestations = [...files].map(([name, bytes]) => ({
    name,
    path: store.locate(job, name, bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    predicateTypes: predicateTypesOf(bytes),
    written: written.includes(name),
  }));
  return { job, directory: store.pathOf(job), attestations, isolation: { proven, unproven } };
}

/** None for what another program put there and is no attestation. */
function predicateTypesOf(bytes: Uint8Array): string[] {
  try {
    return parseAttestations(bytes).attestations.flatMap((entry) =>
      'error' in entry ? [] : [parseStatement(entry.envelope.payload).predicateType],
    );
  } catch (error) {
    if (error instanceof MalformedError) return [];
    throw error;
  }
}
