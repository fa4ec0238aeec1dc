/**
 * Which jobs have attestations about which digests, as one file. Everything in it is a hint: a job that is found by it is
 * read before anything is said of it.
 *
 * Layout: `DANUBEIX`, version, number of records, number of open jobs, bytes of names, bytes of the log that are in it
 * (each 64 bits, little-endian), the records, the names, SHA-256 of all before. A record is 40 bits of the digest and 24 bits of the
 * number of a job, in one integer, sorted. The names are those of the jobs, sorted, one a line, and then those of open jobs.
 */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';

export interface Snapshot {
  /** Sorted. */
  readonly records: BigUint64Array;
  readonly jobs: Names;
  /** Jobs that somebody was about to write when it was made. */
  readonly open: readonly string[];
  /** How much of the log it covers, in bytes. */
  readonly logBytes: number;
}

/** Many names in one buffer: a million strings would take ten times the memory. */
export interface Names {
  readonly count: number;
  at(index: number): string;
}

export const MAX_JOBS: number = 2 ** 24;

const MAGIC = Buffer.from('DANUBEIX');
const VERSION = 1n;
const HEADER_BYTES = MAGIC.length + 5 * 8;
const DIGEST_BYTES = 32;
const JOB_BITS = 24n;

/** The part of a record that stands for a subject. */
export function keyOf(subject: string): bigint {
  const hex = subject.slice(subject.indexOf(':') + 1);
  return BigInt(`0x${hex.slice(0, 10)}`) << JOB_BITS;
}

export function recordOf(subject: string, job: number): bigint {
  return keyOf(subject) | BigInt(job);
}

/** The numbers of the jobs that may have the subject. */
export function jobsOf({ records }: Snapshot, subject: string): number[] {
  const key = keyOf(subject);
  const end = key + (1n << JOB_BITS);
  const jobs: number[] = [];
  for (let at = firstFrom(records, key); at < records.length; at += 1) {
    const record = records[at] ?? end;
    if (record >= end) break;
    jobs.push(Number(record - key));
  }
  return jobs;
}

function firstFrom(records: BigUint64Array, key: bigint): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] ?? key) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function encodeSnapshot(
  records: BigUint64Array,
  jobs: readonly string[],
  open: readonly string[],
  logBytes: number,
): Uint8Array {
  const names = Buffer.from([...jobs, ...open].map((name) => `${name}\n`).join(''));
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  [VERSION, BigInt(records.length), BigInt(open.length), BigInt(names.length), BigInt(logBytes)].forEach(
    (value, index) => header.writeBigUInt64LE(value, MAGIC.length + index * 8),
  );
  const content = Buffer.concat([header, littleEndian(records), names]);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}

/** Numbers as they lie in the file; the same as in memory on every machine but those that begin with the large end. */
function littleEndian(records: BigUint64Array): Buffer {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap64();
}

function fromLittleEndian(bytes: Uint8Array): BigUint64Array {
  const copy = Uint8Array.from(bytes);
  if (endianness() === 'BE') Buffer.from(copy.buffer).swap64();
  return new BigUint64Array(copy.buffer);
}

/** Undefined for anything but a whole snapshot of this version: it is made anew then. */
export function decodeSnapshot(bytes: Buffer): Snapshot | undefined {
  const content = bytes.subarray(0, -DIGEST_BYTES);
  if (content.length < HEADER_BYTES || !content.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (!createHash('sha256').update(content).digest().equals(bytes.subarray(-DIGEST_BYTES))) return undefined;
  const [version, count = 0, openCount = 0, nameBytes = 0, logBytes = 0] = [0, 1, 2, 3, 4].map((index) =>
    Number(content.readBigUInt64LE(MAGIC.length + index * 8)),
  );
  const namesAt = HEADER_BYTES + count * 8;
  if (version !== Number(VERSION) || content.length !== namesAt + nameBytes) return undefined;
  const records = fromLittleEndian(content.subarray(HEADER_BYTES, namesAt));
  const names = readNames(content.subarray(namesAt));
  const jobs = names.count - openCount;
  const open = Array.from({ length: openCount }, (_, index) => names.at(jobs + index));
  return { records, jobs: { count: jobs, at: (index) => names.at(index) }, open, logBytes };
}

function readNames(bytes: Buffer): Names {
  const ends: number[] = [];
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, end + 1)) ends.push(end);
  const all = Uint32Array.from(ends);
  return {
    count: all.length,
    at: (index) => bytes.toString('latin1', index === 0 ? 0 : (all[index - 1] ?? 0) + 1, all[index]),
  };
}
