import type { BuildCase } from './case-format.ts';
import { BUILDER_ID, hex, SOURCE_COMMIT, SOURCE_REF, SOURCE_URI } from './statements.ts';
import { encodeText, vector, type Content, type Vector } from './vector.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The smallest job record of the cases. */
export const RECORD: Json & { readonly job: Json; readonly source: Json } = {
  apiVersion: 'danube.dev/v1',
  kind: 'JobRecord',
  job: { id: 'abc123', attempt: 1, uri: 'https://danube.example.com/jobs/abc123' },
  pipeline: { name: 'app-release' },
  status: 'succeeded',
  source: { uri: SOURCE_URI, ref: SOURCE_REF, commit: SOURCE_COMMIT },
  trigger: { kind: 'push' },
  steps: [],
  artifacts: { paths: ['app.tgz'] },
  builder: { id: BUILDER_ID },
  startedOn: '2026-01-10T12:34:56Z',
  finishedOn: '2026-01-10T12:36:02Z',
};

/** A step of it. */
export const STEP: Json = {
  name: 'build',
  command: ['make', 'dist'],
  startedOn: '2026-01-10T13:35:00+01:00',
  finishedOn: '2026-01-10T12:35:30.250Z',
  exitCode: 0,
};

export const IMAGE_DIGEST: string = hex('sha256', 'danube test vector: an image');
export const IMAGE: Json = {
  name: 'docker.io/library/node',
  tag: '24-slim',
  digest: { sha256: IMAGE_DIGEST },
};

/** What a case builds from. */
export interface Build {
  readonly record: Json | string;
  readonly options?: Pick<BuildCase, 'directory' | 'allowFailed'>;
  readonly files?: Readonly<Record<string, Content>>;
}

/** A case of a job record. */
export function building(
  name: string,
  description: string,
  { record, options = {}, files = {} }: Build,
  expect: BuildCase['expect'],
): Vector {
  const text = typeof record === 'string' ? record : encodeText(record);
  return vector(
    name,
    { description, kind: 'build', jobRecord: 'job.json', ...options, expect },
    { 'job.json': text, ...files },
  );
}
