import type { SignCase } from './case-format.ts';
import { envelope } from './dsse.ts';
import { AUDITOR, BUILDER } from './fixed-keys.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { statement } from './statements.ts';
import { encodeText, vector, type Vector } from './vector.ts';

const BUILDER_KEY = '../../keys/builder.key';
const AUDITOR_KEY = '../../keys/auditor.key';
const TWICE = envelope(PAYLOAD, [BUILDER, AUDITOR]);

function signs(
  name: string,
  description: string,
  keys: readonly string[],
  input: SignInput,
  result: object,
): Vector {
  return signing(name, description, keys, input, { verdict: 'accepted', envelope: 'expected.json' }, result);
}

function refuses(
  name: string,
  description: string,
  keys: readonly string[],
  input: SignInput,
  code: string,
  pointer?: string,
): Vector {
  const expect = { verdict: 'rejected', code, ...(pointer === undefined ? {} : { pointer }) } as const;
  return signing(name, description, keys, input, expect);
}

type SignInput = { readonly statement: object } | { readonly envelope: object };

function signing(
  name: string,
  description: string,
  keys: readonly string[],
  input: SignInput,
  expect: SignCase['expect'],
  result?: object,
): Vector {
  const [[kind, content] = ['', {}]] = Object.entries(input);
  return vector(
    name,
    {
      description,
      kind: 'sign',
      keys,
      ...(kind === 'statement' ? { statement: 'statement.json' } : { envelope: 'envelope.json' }),
      expect,
    },
    {
      [`${kind}.json`]: encodeText(content),
      ...(result === undefined ? {} : { 'expected.json': encodeText(result) }),
    },
  );
}

const full = { ...SIGNED, signatures: Array.from({ length: 64 }, () => ({ sig: 'AA==' })) };

/** Envelopes as they are made. */
export const SIGN_VECTORS: readonly Vector[] = [
  signs(
    'one-key',
    'A statement signed by one key: compact JSON in the order of the specification.',
    [BUILDER_KEY],
    { statement: statement() },
    SIGNED,
  ),
  signs(
    'two-keys',
    'A statement signed by two keys, one after the other.',
    [BUILDER_KEY, AUDITOR_KEY],
    { statement: statement() },
    TWICE,
  ),
  signs(
    'append',
    'A signature by another key is added, and the first one stays as it is.',
    [AUDITOR_KEY],
    { envelope: SIGNED },
    TWICE,
  ),
  signs(
    'file-url',
    'A key named by a URI of the scheme file.',
    [`file:${BUILDER_KEY}`],
    { statement: statement() },
    SIGNED,
  ),
  refuses(
    'same-key-twice',
    'A second signature by the same key would count for nothing.',
    [BUILDER_KEY],
    { envelope: SIGNED },
    'ERR_SIGN_DUPLICATE_KEY',
  ),
  refuses(
    'same-key-under-another-keyid',
    'The same, although its signature claims another keyid.',
    [BUILDER_KEY],
    {
      envelope: {
        ...SIGNED,
        signatures: SIGNED.signatures.map(({ sig }) => ({ keyid: AUDITOR.keyid, sig })),
      },
    },
    'ERR_SIGN_DUPLICATE_KEY',
  ),
  refuses(
    'full-envelope',
    'The envelope holds as many signatures as it may.',
    [BUILDER_KEY],
    { envelope: full },
    'ERR_SIGN_LIMIT',
  ),
  refuses(
    'unknown-scheme',
    'A key URI of a scheme that nobody knows.',
    ['example://key'],
    { statement: statement() },
    'ERR_SIGN_KEY_URI',
  ),
  refuses(
    'malformed-statement',
    'A statement that no verifier would take is not signed.',
    [BUILDER_KEY],
    { statement: statement({ subject: [] }) },
    'ERR_VALUE',
    '/subject',
  ),
];
