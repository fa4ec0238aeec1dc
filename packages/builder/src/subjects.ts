import { LIMITS, type Subject } from 'in-toto-attestation';
import { JobError } from './errors.ts';
import { imageName } from './image.ts';
import type { JobRecord } from './job-record.ts';
import { compareText, sortMembers } from './json-object.ts';
import type { JobOutputs } from './outputs.ts';

/** Everything that the job made, sorted by name: files and layouts as they were found, images as the record has them. */
export function listSubjects({ artifacts }: JobRecord, outputs: JobOutputs): Subject[] {
  const images = (artifacts.images ?? []).map((image) => ({ name: imageName(image), digest: image.digest }));
  const subjects = [...outputs.artifacts, ...images].sort((a, b) => compareText(a.name, b.name));
  if (subjects.length === 0) {
    throw new JobError('ERR_JOB_OUTPUT', '/artifacts', 'expected at least one artifact, found none');
  }
  if (subjects.length > LIMITS.subjects) {
    const message = `expected at most ${LIMITS.subjects} artifacts, found ${subjects.length}`;
    throw new JobError('ERR_JOB_OUTPUT', '/artifacts', message);
  }
  refuseRepeated(subjects);
  return subjects.map(({ name, digest }) => ({ name, digest: sortMembers(digest) }));
}

function refuseRepeated(subjects: readonly { readonly name: string }[]): void {
  subjects.forEach(({ name }, index) => {
    if (name !== subjects[index - 1]?.name) return;
    const message = `expected every artifact to have its own name, found ${JSON.stringify(name)} twice`;
    throw new JobError('ERR_JOB_OUTPUT', '/artifacts', message);
  });
}
