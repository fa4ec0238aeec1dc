import * as z from 'zod';

import { HASH_ALGORITHMS } from '../digest-set.ts';
import { LIMITS } from '../limits.ts';
import { STATEMENT_V01, STATEMENT_V1 } from '../statement.ts';
import { type Unset, type WireObject, base64, countSet, object, typeUri } from './wire.ts';

/** A digest set on the wire. */
export interface DigestSetWire {
  readonly [algorithm: string]: string | undefined;
}

/** A resource descriptor on the wire. */
export interface ResourceDescriptorWire extends WireObject {
  readonly name?: Unset<string>;
  readonly uri?: Unset<string>;
  readonly digest?: Unset<DigestSetWire>;
  readonly content?: Unset<string>;
  readonly downloadLocation?: Unset<string>;
  readonly mediaType?: Unset<string>;
  readonly annotations?: Unset<WireObject>;
}

/** A statement on the wire. */
export interface StatementWire extends WireObject {
  readonly _type: string;
  readonly subject: readonly ResourceDescriptorWire[];
  readonly predicateType: string;
  readonly predicate: WireObject;
}

const digests = Object.fromEntries(
  [...HASH_ALGORITHMS].map(([name, lengths]) => [name, hex(lengths).optional()]),
);

function hex(lengths: readonly number[]): z.ZodString {
  const sizes = lengths.map((length) => `[0-9a-f]{${length}}`);
  return z.string().regex(new RegExp(`^(?:${sizes.length > 0 ? sizes.join('|') : '(?:[0-9a-f]{2})+'})$`));
}

/** A digest set: values of known algorithms are lower-case hex of the right length. */
export const digestSetSchema: z.ZodType<DigestSetWire> = z
  .object(digests)
  .catchall(z.string().min(1))
  .refine((set) => {
    const { length } = Object.keys(set);
    return length > 0 && length <= LIMITS.digests;
  })
  .meta({
    title: 'DigestSet',
    description: 'Digests of one thing by algorithm',
    minProperties: 1,
    maxProperties: LIMITS.digests,
  });

const descriptorFields = {
  name: z.string().nullish(),
  uri: z.string().nullish(),
  content: base64.nullish(),
  downloadLocation: z.string().nullish(),
  mediaType: z.string().nullish(),
  annotations: object.nullish(),
};

/** A resource descriptor, which needs at least one of `uri`, `digest` and `content`. */
export const resourceDescriptorSchema: z.ZodType<ResourceDescriptorWire> = z
  .looseObject({ ...descriptorFields, digest: digestSetSchema.nullish() })
  .refine((descriptor) => countSet(descriptor, ['uri', 'digest', 'content']) > 0)
  .meta({
    title: 'ResourceDescriptor',
    description: 'Any software artifact or resource',
    anyOf: [{ required: ['uri'] }, { required: ['digest'] }, { required: ['content'] }],
  });

/** An in-toto statement v1 or v0.1. */
export const statementSchema: z.ZodType<StatementWire> = z.looseObject({
  _type: z.enum([STATEMENT_V1, STATEMENT_V01]),
  subject: z
    .array(z.looseObject({ ...descriptorFields, digest: digestSetSchema }))
    .min(1)
    .max(LIMITS.subjects),
  predicateType: typeUri,
  predicate: object,
});
