/** Writes docs/schemas/job-record.schema.json: `node --conditions=@danube/source packages/builder/schema.ts`. */
import { writeFileSync } from 'node:fs';
import { jobRecordJsonSchema } from '@danube/builder';

const file = new URL('../../docs/schemas/job-record.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(jobRecordJsonSchema(), undefined, 2)}\n`);
