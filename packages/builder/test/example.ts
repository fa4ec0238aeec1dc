import { readFileSync } from 'node:fs';
import { encodeJson, type JsonValue } from 'in-toto-attestation';
import { JobRecordError, parseJobRecord, type JobRecord } from '@danube/builder';

/** A record under construction: the tests put into it what a careless author would. */
// eslint-disable-next-line typescript/no-explicit-any -- a document that is about to be broken has no type
export type Draft = any;

export type ExampleName = 'minimal' | 'full';

/** Bytes of an example from docs/. */
export function exampleBytes(name: ExampleName): Uint8Array {
  return readFileSync(new URL(`../../../docs/examples/job-record.${name}.json`, import.meta.url));
}

/** An example from docs/ with changes made to it. */
export function draft(name: ExampleName, change: (draft: Draft) => void = () => {}): JsonValue {
  const value: Draft = JSON.parse(new TextDecoder().decode(exampleBytes(name)));
  change(value);
  return value;
}

/** The record that an example is, after changes. */
export function example(name: ExampleName, change?: (draft: Draft) => void): JobRecord {
  return parseJobRecord(encodeJson(draft(name, change)));
}

/** The error that the full example gives after changes. */
export function refusal(change: (draft: Draft) => void): JobRecordError {
  const bytes = encodeJson(draft('full', change));
  try {
    parseJobRecord(bytes);
  } catch (error) {
    if (error instanceof JobRecordError) return error;
    throw error;
  }
  throw new Error('the record was accepted');
}
