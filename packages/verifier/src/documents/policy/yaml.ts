import { isMap, isScalar, parseAllDocuments, visit, type Document } from 'yaml';
import { DocumentError, type DocumentErrorCode } from '../errors.ts';

/** More than any policy of a thousand entries has. */
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;

/**
 * Reads one YAML 1.2 document (JSON is one as well) in its plain form: what two readers could take differently is
 * refused. That is a key that is there twice, a key that is no text, an anchor, an alias or a tag, a second document, a
 * number that JavaScript cannot hold.
 *
 * @throws {DocumentError} with `code`; its message names the line.
 */
export function parseYaml(bytes: Uint8Array, code: DocumentErrorCode): unknown {
  const text = decode(bytes, code);
  try {
    return readDocument(text, code);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DocumentError(code, '', 'is nested too deeply', { cause }); // the stack overflowed
  }
}

function readDocument(text: string, code: DocumentErrorCode): unknown {
  const [document, ...others] = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    merge: false,
    prettyErrors: true,
    stringKeys: true,
  }) as Document.Parsed[];
  if (document === undefined) throw new DocumentError(code, '', 'is empty');
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new DocumentError(code, '', firstLine(problem.message));
  if (others.length > 0) throw new DocumentError(code, '', 'holds more than one YAML document');
  refuseTricks(document, text, code);
  return document.toJS({ maxAliasCount: 0 });
}

function refuseTricks(document: Document.Parsed, text: string, code: DocumentErrorCode): void {
  const refuse = (offset: number | undefined, what: string): never => {
    const line = text.slice(0, offset ?? 0).split('\n').length;
    throw new DocumentError(code, '', `line ${line}: ${what}`);
  };
  visit(document, {
    Alias: (_, node) => refuse(node.range?.[0], 'holds an alias; write the value out'),
    Node: (_, node, path) => {
      const offset = node.range?.[0];
      if (node.anchor !== undefined) refuse(offset, 'holds an anchor; write values out');
      if (node.tag !== undefined && isExplicit(node.tag)) refuse(offset, `holds a tag, ${node.tag}`);
      if (path.length > 2 * MAX_DEPTH) refuse(offset, 'is nested too deeply');
      if (isScalar(node) && typeof node.value === 'number' && !isExact(node.value)) {
        refuse(offset, 'holds a number that is not exact; write a text');
      }
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string') return refuse(0, 'holds a key that is no text');
      if (key.value === '__proto__') return refuse(key.range?.[0], 'holds the key __proto__');
      return undefined;
    },
  });
  if (!isMap(document.contents)) throw new DocumentError(code, '', 'is no object');
}

/** The parser writes the tag down only where the document does. */
function isExplicit(tag: string): boolean {
  return tag !== '';
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? message;
}

function decode(bytes: Uint8Array, code: DocumentErrorCode): string {
  if (bytes.length > MAX_BYTES) throw new DocumentError(code, '', `is larger than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError(code, '', 'is not UTF-8', { cause });
  }
}
