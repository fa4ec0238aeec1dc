import { join } from 'node:path';
import { signStatement } from '@danube/signer';
import { type AttestationStore, openJobDirectory, StoreError } from '@danube/store';
import { type PublicKey, verifySignature } from '@danube/keys';
import { type Envelope, MalformedError, pae, parseEnvelope } from 'in-toto-attestation';
import { resolveDataDir } from '../data-dir.ts';
import { CliError } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { finish } from '../interruption.ts';
import { withSigningKey } from '../signing-key.ts';
import { print, say } from '../terminal.ts';
import type { AttestOptions } from './attest.ts';
import { encodeAttestations } from './encoding.ts';
import { describeJob } from './job.ts';

const FILE = 'provenance.json';

/**
 * Builds, signs and stores the provenance of a job, and prints where it is.
 *
 * @throws DanubeError; what was stored before is untouched then.
 */
export async function attestJob(options: AttestOptions): Promise<void> {
  const { record, statement } = await describeJob(options);
  const store = openJobDirectory(resolveDataDir(options.dataDir));
  const jobId = record.job.id;
  const { envelope, isNew } = await withSigningKey(options, async (backend) =>
    storeOnce(store, jobId, await signStatement(statement, backend), backend.publicKey),
  );
  if (options.out !== undefined) writeOutput(options.out, encodeAttestations([envelope], options.format));
  if (!isNew) say('already attested: the same facts are stored, nothing was changed');
  print(join(store.pathOf(jobId), FILE));
}

interface Stored {
  readonly envelope: Envelope;
  readonly isNew: boolean;
}

/**
 * Stores an envelope unless the same facts are there. Signatures may differ (another key may have been added since, and
 * not every algorithm gives the same bytes twice), so what is there is looked into before it is called a conflict.
 */
async function storeOnce(
  store: AttestationStore,
  jobId: string,
  envelope: Envelope,
  publicKey: PublicKey,
): Promise<Stored> {
  try {
    const files = new Map([[FILE, encodeAttestations([envelope], 'dsse')]]);
    const { written } = await finish(() => store.put(jobId, files));
    return { envelope, isNew: written.length > 0 };
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_CONFLICT') throw error;
    const stored = parseStored((await store.read(jobId)).get(FILE));
    if (stored !== undefined && isSame(stored, envelope) && isSignedBy(stored, publicKey)) {
      return { envelope: stored, isNew: false };
    }
    throw conflict(jobId, stored !== undefined && isSame(stored, envelope), error);
  }
}

function parseStored(bytes: Uint8Array | undefined): Envelope | undefined {
  try {
    return bytes === undefined ? undefined : parseEnvelope(bytes);
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

function conflict(jobId: string, sameFacts: boolean, cause: StoreError): CliError {
  if (sameFacts) {
    return new CliError('ERR_CONFLICT', `job ${jobId} is attested already, but not by this key`, {
      hint: 'add a signature by `danube provenance sign --append`, or use the key of the first run',
      cause,
    });
  }
  return new CliError('ERR_CONFLICT', `job ${jobId} is attested already, with other facts`, {
    hint: 'a stored attestation is never replaced; another attempt of a job needs another job id',
    cause,
  });
}
