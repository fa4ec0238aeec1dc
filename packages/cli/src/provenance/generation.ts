import { encodeStatement } from 'in-toto-attestation';
import { writeOutput } from '../file.ts';
import type { GenerateOptions } from './generate.ts';
import { describeJob } from './job.ts';

/**
 * Writes the statement of a job, unsigned.
 *
 * @throws DanubeError; nothing is written then.
 */
export async function generateStatement(options: GenerateOptions): Promise<void> {
  const { statement } = await describeJob(options);
  writeOutput(options.out ?? '-', Buffer.concat([encodeStatement(statement), Buffer.from('\n')]));
}
