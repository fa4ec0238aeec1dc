import type { ParseCase, ParsedFormat } from './case-format.ts';
import { encodeText, vector, type Content, type Vector } from './vector.ts';

type Input = Content | object;

/** Bytes that are this format. */
export function parses(format: ParsedFormat, name: string, description: string, input: Input): Vector {
  return parsing(format, name, description, input, { verdict: 'accepted' });
}

/** Bytes that are not, and what is wrong where. */
export function refusesParsing(
  format: ParsedFormat,
  name: string,
  description: string,
  input: Input,
  code: string,
  pointer?: string,
): Vector {
  return parsing(format, name, description, input, {
    verdict: 'rejected',
    code,
    ...(pointer === undefined ? {} : { pointer }),
  });
}

function parsing(
  format: ParsedFormat,
  name: string,
  description: string,
  input: Input,
  expect: ParseCase['expect'],
): Vector {
  const content = typeof input === 'string' || input instanceof Uint8Array ? input : encodeText(input);
  return vector(
    `${format}-${name}`,
    { description, kind: 'parse', format, input: 'input', expect },
    { input: content },
  );
}
