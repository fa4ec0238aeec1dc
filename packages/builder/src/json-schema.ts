import { z } from 'zod';
import { jobRecordSchema } from './job-record-schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a job record, for authors in other languages. It holds the shape of every field;
 * what fields say about each other (docs/job-record.md) only {@link parseJobRecord} checks.
 */
export function jobRecordJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(jobRecordSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly; // a word on who may write a field later, not on its type
    },
  });
  return { $schema, $id: 'https://danube.dev/schemas/job-record.schema.json', ...schema };
}
