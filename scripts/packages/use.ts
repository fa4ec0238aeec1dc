// Runs in an empty project that has only the packed tarballs: a job is attested and verified by command and by library.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hashFiles, listFiles } from '@danube/artifact';
import { buildProvenance, collectOutputs, parseJobRecord } from '@danube/builder';
import { parsePublicKey, type PublicKey } from '@danube/keys';
import { readPublicKeyFile } from '@danube/keys/file';
import { openKey, signStatement } from '@danube/signer';
import { openJobDirectory } from '@danube/store';
import { evaluateProvenance, loadEvidence, VerificationError, verifyProvenance } from '@danube/verifier';
import { encodeEnvelope, parseStatement } from 'in-toto-attestation';

function danube(...args: readonly string[]): string {
  return execFileSync('danube', args, { encoding: 'utf8' });
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`${what}: no`);
  console.log(`${what}: ok`);
}

const record = {
  apiVersion: 'danube.dev/v1',
  kind: 'JobRecord',
  job: { id: 'installed', attempt: 1, uri: 'https://ci.example.com/jobs/installed' },
  pipeline: { name: 'release' },
  status: 'succeeded',
  source: {
    uri: 'git+https://git.example.com/team/app',
    ref: 'refs/heads/main',
    commit: '0123456789abcdef0123456789abcdef01234567',
  },
  trigger: { kind: 'push' },
  steps: [],
  artifacts: { paths: ['*.txt'] },
  builder: { id: 'https://ci.example.com/danube' },
  startedOn: '2026-01-02T03:04:05Z',
  finishedOn: '2026-01-02T03:05:05Z',
};

mkdirSync('dist');
writeFileSync('dist/app.txt', 'hello\n');
writeFileSync('job.json', JSON.stringify(record));

danube('keys', 'generate', '--out', 'signing.key');
danube(
  'provenance',
  'attest',
  '--job-record',
  'job.json',
  '--artifacts',
  'dist',
  '--key',
  'signing.key',
  '--data-dir',
  'data',
);
danube(
  'provenance',
  'verify',
  '--job',
  'installed',
  '--data-dir',
  'data',
  '--public-key',
  'signing.key.pub',
  'dist/app.txt',
);
expect('the command attests and verifies', true);

const publicKey: PublicKey = readPublicKeyFile('signing.key.pub');
expect(
  'a public key is the same from bytes',
  parsePublicKey(readFileSync('signing.key.pub')).keyid === publicKey.keyid,
);

const stored = await openJobDirectory('data').read('installed');
const bytes = stored.get('provenance.json');
if (bytes === undefined) throw new Error('the store has no provenance.json');
const artifacts = await hashFiles('dist', listFiles('dist'));
const verification = {
  artifacts,
  expectations: { publicKeys: [publicKey] },
  now: new Date('2026-01-03T00:00:00Z'),
};
const report = verifyProvenance({
  ...verification,
  evidence: loadEvidence([{ path: 'provenance.json', bytes }]),
});
expect('the library verifies what the command wrote', report.verdict === 'accepted');

const job = parseJobRecord(Buffer.from(JSON.stringify(record)));
const statement = buildProvenance(job, await collectOutputs(job, 'dist'));
const backend = await openKey('signing.key');
const envelope = await signStatement(statement, backend);
expect('the library signs what the builder built', parseStatement(envelope.payload).subject.length === 1);

const broken = { ...envelope, payload: Buffer.from(envelope.payload).fill(0x20, 0, 1) };
const evidence = loadEvidence([{ path: 'broken.json', bytes: encodeEnvelope(broken) }]);
expect(
  'a changed payload is rejected',
  evaluateProvenance({ ...verification, evidence }).verdict === 'rejected',
);
try {
  verifyProvenance({ ...verification, evidence });
  throw new Error('a changed payload was accepted');
} catch (error) {
  expect('and thrown', error instanceof VerificationError && error.report.verdict === 'rejected');
}
