import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvelope, parseSigstoreBundle, type Envelope, type SigstoreBundle } from 'in-toto-attestation';
import { jobRecord } from '../demo/job-record.ts';
import { DANUBE } from '../repository.ts';
import { accepts } from './case.ts';

/** What a job of ours leaves behind, made by our own command: the peers are shown these files. */
export interface Material {
  readonly folder: string;
  readonly artifact: string;
  readonly sha256: string;
  readonly tamperedArtifact: string;
  readonly key: string;
  readonly publicKey: string;
  readonly otherPublicKey: string;
  readonly encryptedKey: string;
  readonly encryptedPublicKey: string;
  /** A file that holds the passphrase of `encryptedKey`. */
  readonly passphrase: string;
  readonly provenance: string;
  readonly envelope: Envelope;
  readonly bundlePath: string;
  readonly bundle: SigstoreBundle;
}

/** Runs our command as a user does. */
export function danube(...args: readonly string[]): string {
  return accepts(process.execPath, [DANUBE, ...args]);
}

/** Signs the material's statement with a key, by our command, and verifies it with the public key. */
export function signAndVerify(m: Material, key: string, publicKey: string, ...more: readonly string[]): void {
  const [statement, signed] = [`${key}.statement.json`, `${key}.provenance.json`];
  writeFileSync(statement, m.envelope.payload);
  danube('provenance', 'sign', '--key', key, ...more, '--out', signed, statement);
  danube('provenance', 'verify', '--provenance', signed, '--public-key', publicKey, m.artifact);
}

/** Of every encrypted key here, ours and theirs. */
export const PASSPHRASE = 'correct horse';

const STEP = {
  name: 'build',
  command: ['make'],
  log: 'build.log',
  startedOn: '2026-01-02T03:04:05Z',
  finishedOn: '2026-01-02T03:05:05Z',
};
const COMMIT = {
  uri: 'git+https://git.example.com/team/project',
  ref: 'refs/heads/main',
  id: '0123456789abcdef0123456789abcdef01234567',
  dirty: false,
};

/** Makes the files in an empty folder. */
export function makeMaterial(folder: string): Material {
  const at = (...parts: string[]): string => join(folder, ...parts);
  for (const name of ['artifacts', 'logs']) mkdirSync(at(name));
  const artifact = at('artifacts', 'project.tgz');
  writeFileSync(artifact, 'not really a tarball\n');
  writeFileSync(at('tampered.tgz'), 'not really a tarbal1\n');
  writeFileSync(at('logs', 'build.log'), 'made\n');
  writeFileSync(at('job.json'), JSON.stringify({ ...jobRecord(COMMIT, STEP) }));
  for (const name of ['ours.key', 'other.key']) danube('keys', 'generate', '--out', at(name));
  writeFileSync(at('passphrase'), PASSPHRASE, { mode: 0o600 });
  danube('keys', 'generate', '--out', at('encrypted.key'), '--passphrase-file', at('passphrase'));
  const facts = ['--job-record', at('job.json'), '--artifacts', at('artifacts'), '--logs', at('logs')];
  danube('provenance', 'attest', ...facts, '--key', at('ours.key'), '--data-dir', at('data'));
  const provenance = at('data', 'artifacts', 'demo-1', 'provenance.json');
  danube('provenance', 'convert', '--format', 'bundle', '--out', at('bundle.json'), provenance);
  return {
    folder,
    artifact,
    sha256: createHash('sha256').update(readFileSync(artifact)).digest('hex'),
    tamperedArtifact: at('tampered.tgz'),
    key: at('ours.key'),
    publicKey: at('ours.key.pub'),
    otherPublicKey: at('other.key.pub'),
    encryptedKey: at('encrypted.key'),
    encryptedPublicKey: at('encrypted.key.pub'),
    passphrase: at('passphrase'),
    provenance,
    envelope: parseEnvelope(readFileSync(provenance)),
    bundlePath: at('bundle.json'),
    bundle: parseSigstoreBundle(readFileSync(at('bundle.json'))),
  };
}
