import { InvalidArgumentError } from 'commander';
import { matchOffsetTimestamp } from 'in-toto-attestation';

/** @throws InvalidArgumentError unless it is a time with its offset (RFC 3339). */
export function parseTime(text: string): string {
  if (matchOffsetTimestamp(text)) return text;
  throw new InvalidArgumentError('It must be a time such as 2027-01-01T00:00:00Z (RFC 3339).');
}

/** A moment as documents write it, to the second. */
export function writeTime(moment: Date): string {
  return moment.toISOString().replace(/\.\d+Z$/, 'Z');
}
