import type { DigestSet, Statement, Subject } from 'in-toto-attestation';
import { ACCEPTED, digestOf, matchDigestSets } from 'in-toto-attestation';
import { fail, notRun, pass } from './finding.ts';
import type { FoundForArtifact } from './found.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** Was there evidence for what is judged? */
export function evidenceFound({ opened: { path, line }, found }: Context): Finding {
  const expected = found.kind === 'artifact' ? 'an attestation that names this artifact' : 'an attestation';
  if (path === null) return fail({ expected, actual: 'no attestation was found', hint: NOT_FOUND });
  const place = line === null ? '' : `, this one on line ${line}`;
  if (found.kind !== 'artifact') return pass({ expected, actual: `found${place}` });
  const { by, total, omitted } = found;
  const left = omitted === 0 ? '' : `, ${omitted} not listed`;
  if (by === 'unreadable')
    return pass({ expected, actual: `${total} found that cannot be read${left}${place}` });
  if (by !== 'other') return pass({ expected, actual: `${total} found by ${by}${left}${place}` });
  return fail({
    expected,
    actual: `${total} found${left}${place}, none names this artifact by digest or name`,
    hint: 'Was the right provenance given, and is this the artifact that was built?',
  });
}

const NOT_FOUND = 'Give the file that holds the provenance, or a directory with it.';

/** Is one of the subjects this artifact? By digest alone: the name is only told. */
export function subjectDigest({ opened: { statement }, found }: Context): Finding {
  if (found.kind === 'alone') return notRun('no artifact was given: only the provenance is judged');
  if (found.kind === 'missing') return notRun('there is no file to compare with');
  if (!statement.reached) return notRun(statement.reason);
  const { artifact } = found;
  const expected = describeDigests(artifact.digest);
  const best = matchingSubject(statement.value, found);
  if (best !== undefined) {
    const name = best.subject.name === undefined ? '' : ` (named ${best.subject.name})`;
    return pass({ expected, actual: expected + name, pointer: `/subject/${best.position}` });
  }
  return fail({ expected, ...describeMismatch(statement.value, found) });
}

interface Match {
  readonly subject: Subject;
  readonly position: number;
}

/** The first subject with the artifact's digests and its name; else the first with its digests. */
function matchingSubject(
  { subject: subjects }: Statement,
  { artifact, positions }: FoundForArtifact,
): Match | undefined {
  let unnamed: Match | undefined;
  for (const position of positions) {
    const subject = subjects[position];
    if (subject === undefined || !matchDigestSets(subject.digest, artifact.digest)) continue;
    if (subject.name === artifact.name) return { subject, position };
    unnamed ??= { subject, position };
  }
  return unnamed;
}

function describeMismatch(
  { subject: subjects }: Statement,
  { positions }: FoundForArtifact,
): Omit<Parameters<typeof fail>[0], 'expected'> {
  const position = positions[0];
  const subject = position === undefined ? undefined : subjects[position];
  if (subject !== undefined) {
    return {
      actual: `${describeDigests(subject.digest)} (named ${subject.name ?? 'nothing'})`,
      pointer: `/subject/${position}/digest`,
      hint: 'The file is not the one that was built, or it was changed since.',
    };
  }
  const [first, ...others] = subjects;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return {
    actual: `${first === undefined ? 'no subject' : describeDigests(first.digest)} (named ${first?.name ?? 'nothing'})${more}`,
    pointer: '/subject',
    hint: 'The attestation is about something else.',
  };
}

/** The accepted digests, which are all that is compared. */
function describeDigests(digest: DigestSet): string {
  let known = '';
  for (const algorithm of ACCEPTED) {
    const value = digestOf(digest, algorithm);
    if (value !== undefined) known += `${known === '' ? '' : ' '}${algorithm}:${value}`;
  }
  return known === '' ? 'no accepted digest' : known;
}

/** Is a file there that no provenance names? */
export function artifactExtra({ found }: Context): Finding {
  const expected = 'a file that provenance names';
  if (found.kind !== 'artifact') return notRun('there is no file');
  if (found.by === 'digest' || found.by === 'name') return pass({ expected, actual: found.artifact.name });
  return fail({
    expected,
    actual: `${found.artifact.name} is named by none`,
    hint: 'Remove the file, or attest it.',
  });
}

/** Is a subject of the provenance there as a file? */
export function artifactMissing({ opened: { statement }, found }: Context): Finding {
  const expected = 'a file for every subject';
  if (found.kind === 'alone') return notRun('no artifact was given');
  if (found.kind === 'artifact') return pass({ expected, actual: found.artifact.name });
  const subject = statement.reached ? statement.value.subject[found.position] : undefined;
  return fail({
    expected,
    actual: `no file is ${subject === undefined ? 'this subject' : `${describeDigests(subject.digest)} (named ${subject.name ?? 'nothing'})`}`,
    pointer: `/subject/${found.position}`,
    hint: 'Give every file that the provenance names.',
  });
}
