import { ArtifactError, listFiles } from '@danube/artifact';
import { JobError } from './errors.ts';
import type { JobRecord } from './job-record.ts';

/** The files below `dir` that the record declares as artifacts, each once, sorted by name. */
export function findArtifacts(
  { artifacts }: JobRecord,
  dir: string,
  exclude: (name: string) => boolean = () => false,
): string[] {
  const found = (artifacts.paths ?? []).flatMap((pattern, index) => {
    const pointer = `/artifacts/paths/${index}`;
    const names = findDeclared(dir, pattern, pointer).filter((name) => !exclude(name));
    if (names.length === 0) throw notFound(dir, pattern, pointer);
    return names;
  });
  return [...new Set(found)].sort();
}

/** The files below `dir` that a path or pattern of the record names: at least one. */
export function findDeclared(dir: string, pattern: string, pointer: string): string[] {
  try {
    return listFiles(dir, { include: [pattern] });
  } catch (cause) {
    throw cause instanceof ArtifactError && cause.code === 'ERR_ARTIFACT_NO_MATCH'
      ? notFound(dir, pattern, pointer, cause)
      : cause;
  }
}

function notFound(dir: string, pattern: string, pointer: string, cause?: ArtifactError): JobError {
  const message = `expected at least one file for ${JSON.stringify(pattern)}, found none in ${JSON.stringify(dir)}`;
  return new JobError('ERR_JOB_OUTPUT', pointer, message, {
    ...(cause === undefined ? {} : { cause }),
    ...(cause?.hint === undefined ? {} : { hint: cause.hint }),
  });
}
