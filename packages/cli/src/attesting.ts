import { basename } from 'node:path';
import { hashFile } from '@danube/artifact';
import { buildAttestation } from '@danube/builder';
import { signStatement } from '@danube/signer';
import {
  LIMITS,
  MalformedError,
  type ResourceDescriptor,
  type Statement,
  type Subject,
} from 'in-toto-attestation';
import type { AttestOptions } from './attest.ts';
import { usageError } from './exit-code.ts';
import { readInput, writeOutput } from './file.ts';
import { encodeAttestations } from './provenance/encoding.ts';
import { hashTargets } from './provenance/hashing.ts';
import { findTargets, isArtifact } from './provenance/targets.ts';
import { clearSecrets } from './secrets.ts';
import { withDelegatedKey } from './signing-key.ts';
import { requireTimestampFormat, timestampsFor } from './timestamp-option.ts';

/** Which options say something about which predicate; elsewhere they would be ignored. */
const OF_TYPE = [
  ['testConfiguration', '--test-configuration', 'test-result'],
  ['scanStartedOn', '--scan-started-on', 'vulns'],
  ['scanFinishedOn', '--scan-finished-on', 'vulns'],
  ['dbUpdatedOn', '--db-updated-on', 'vulns'],
] as const;

/**
 * Signs a statement with the given predicate about what the caller names.
 *
 * @throws DanubeError; nothing is written then.
 */
export async function attestFiles(paths: readonly string[], options: AttestOptions): Promise<void> {
  for (const [name, flag, type] of OF_TYPE) {
    if (options[name] !== undefined && options.predicateType !== type) {
      throw usageError(`${flag} is for --predicate-type ${type}`);
    }
  }
  if (options.predicate === '-' && options.passphraseFile === '-') {
    throw usageError('predicate and passphrase cannot both come from stdin');
  }
  requireTimestampFormat(options, options.format);
  const statement = await readStatement(paths, options);
  const cleared = clearSecrets(statement, options);
  const { envelope, certificate } = await withDelegatedKey(options, async (backend) => ({
    envelope: await signStatement(cleared, backend),
    certificate: backend.certificate,
  }));
  const timestamps = await timestampsFor([envelope], options);
  writeOutput(
    options.out ?? '-',
    encodeAttestations([envelope], options.format, { timestamps, certificate }),
  );
}

async function readStatement(paths: readonly string[], options: AttestOptions): Promise<Statement> {
  const document = readInput(options.predicate, LIMITS.envelopeBytes);
  const subjects = await listSubjects(paths, options);
  const configuration = await Promise.all((options.testConfiguration ?? []).map(describeFile));
  try {
    return buildAttestation(options.predicateType, document, subjects, { ...options, configuration });
  } catch (error) {
    if (!(error instanceof MalformedError) || error.pointer === '/predicateType') throw error;
    throw usageError(`--predicate ${options.predicate}: ${error.message}`, error.hint);
  }
}

async function listSubjects(
  paths: readonly string[],
  { digest = [] }: AttestOptions,
): Promise<readonly Subject[]> {
  const targets = findTargets(paths, digest);
  const files = targets.files.filter((target) => isArtifact(target, new Set()));
  const { artifacts, problems } = await hashTargets(files, ['sha256']);
  const [problem] = [...targets.problems, ...problems];
  if (problem !== undefined) throw problem.error;
  const subjects: Subject[] = [
    ...artifacts.map((artifact, index) => ({
      name: files[index]?.nameInRoot ?? artifact.name,
      digest: artifact.digest,
    })),
    ...targets.digests.map((target) => ({ digest: target.digest })),
  ];
  if (subjects.length === 0)
    throw usageError('nothing to attest', 'name files or directories, or give --digest');
  const names = new Set<string>();
  for (const { name } of subjects) {
    if (name === undefined) continue;
    if (names.has(name)) throw usageError(`two artifacts have the name ${JSON.stringify(name)}`);
    names.add(name);
  }
  return subjects;
}

async function describeFile(path: string): Promise<ResourceDescriptor> {
  const { digest } = await hashFile(path, { algorithms: ['sha256'] });
  return { name: basename(path), digest };
}
