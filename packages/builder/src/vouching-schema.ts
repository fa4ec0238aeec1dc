import {
  isJsonObject,
  joinPointer,
  MalformedError,
  type JsonObject,
  type JsonValue,
} from 'in-toto-attestation';
import { z } from 'zod';
import { isVisible } from './text.ts';
import { VOUCHING_FIELD, type Vouching } from './vouching.ts';

/** RFC 6901, as deep as a document may be. */
const POINTER = /^(?:\/(?:[^~/]|~[01])*){0,64}$/;

const pointersSchema = z
  .array(
    z
      .string()
      .max(4096, { error: 'expected at most 4096 characters' })
      .regex(POINTER, { error: 'expected a JSON pointer such as "/parameters"; "" is the whole document' })
      .refine(isVisible, { error: 'expected text without control or invisible characters' }),
  )
  .max(100_000, { error: 'expected at most 100000 pointers' })
  .readonly();

/** Shape of {@link Vouching}, in a job record and in a predicate. */
export const vouchingSchema: z.ZodType<Vouching> = z
  .strictObject({
    controlPlane: pointersSchema
      .exactOptional()
      .describe('JSON pointers to what the control plane saw itself; "" is all.'),
    tenant: pointersSchema
      .exactOptional()
      .describe('JSON pointers to what the tenant supplied; the longest pointer decides.'),
  })
  .readonly();

/** Where the extension stands: in provenance of our own build type, and of others. */
const PLACES = [
  ['runDetails', 'metadata'],
  ['buildDefinition', 'internalParameters'],
] as const;

/**
 * Who vouches for what in the predicate of provenance; undefined where it does not say so.
 *
 * @throws {MalformedError} `ERR_VALUE` when the extension has another shape.
 */
export function parseVouching(predicate: JsonObject, pointer: string = '/predicate'): Vouching | undefined {
  for (const [part, field] of PLACES) {
    const value = memberOf(memberOf(memberOf(predicate, part), field), VOUCHING_FIELD);
    if (value !== undefined) return readVouching(value, `${pointer}/${part}/${field}/${VOUCHING_FIELD}`);
  }
  return undefined;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return value !== undefined && isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function readVouching(value: JsonValue, pointer: string): Vouching {
  const result = vouchingSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = (issue?.path ?? []).reduce<string>((path, key) => joinPointer(path, String(key)), pointer);
  throw new MalformedError('ERR_VALUE', place, issue?.message ?? 'not a list of pointers', {
    cause: result.error,
  });
}

/** The JSON Schema (draft 2020-12) of {@link Vouching}, in a job record or in provenance. */
export function vouchingJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(vouchingSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
  return {
    $schema,
    $id: 'https://danube.dev/schemas/vouching.schema.json',
    ...schema,
    title: 'Who vouches',
    description: 'Who says that a fact is so, by JSON pointers into the document; the longest one decides.',
  };
}
