import type { JobStatus } from '../job-record.ts';
import type { EventReader } from './reading.ts';

/**
 * How a job ended, by the platform's words for it.
 *
 * @throws {PlatformError} for a word that stands for no end: provenance of a job that still runs would be a guess.
 */
export function endOf(
  event: EventReader,
  pointer: string,
  words: Readonly<Partial<Record<JobStatus, readonly string[]>>>,
): JobStatus {
  const word = event.need(pointer);
  for (const [status, names] of Object.entries(words)) {
    if (names.includes(word) && isStatus(status)) return status;
  }
  const known = Object.values(words).flat();
  throw event.wrong(pointer, `one of ${known.join(', ')}`, 'provenance is written when the job has ended');
}

function isStatus(text: string): text is JobStatus {
  return text === 'succeeded' || text === 'failed' || text === 'canceled' || text === 'timed-out';
}
