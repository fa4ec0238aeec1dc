/** PKCS #11 URIs (RFC 7512), as far as they name one private key of one token. What is not known is refused. */
import { isAbsolute } from 'node:path';
import { SignError } from './errors.ts';

/** Which key, of which token, by which module. */
export interface Pkcs11Address {
  /** Without anything about a PIN: for messages. */
  readonly uri: string;
  readonly token: string | undefined;
  readonly serial: string | undefined;
  readonly label: string | undefined;
  readonly id: Uint8Array | undefined;
  readonly modulePath: string | undefined;
  readonly pin: PinSource;
}

/** Where the PIN is. */
export type PinSource =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'value'; readonly pin: string };

const DEFAULT_PIN: PinSource = { kind: 'secret', name: 'danube-pkcs11-pin' };
const PATH_ATTRIBUTES = new Set(['token', 'serial', 'object', 'id', 'type']);
const QUERY_ATTRIBUTES = new Set(['module-path', 'pin-source', 'pin-value']);
const HINT =
  'write pkcs11:token=TOKEN;object=LABEL?module-path=/PATH/OF/MODULE.so, with serial for token and id for object where labels are not unique';

/** @throws {SignError} ERR_SIGN_KEY_URI; nothing of the URI is quoted. */
export function parsePkcs11Uri(keyUri: string): Pkcs11Address {
  const [path = '', query = '', ...more] = keyUri.slice('pkcs11:'.length).split('?');
  if (more.length > 0) throw refused('has two question marks');
  const named = readAttributes(path, ';', PATH_ATTRIBUTES);
  const asked = readAttributes(query, '&', QUERY_ATTRIBUTES);
  if (!named.has('token') && !named.has('serial')) throw refused('names no token');
  if (!named.has('object') && !named.has('id')) throw refused('names no key');
  if ((text(named, 'type') ?? 'private') !== 'private')
    throw refused('names something else than a private key');
  return {
    uri: `pkcs11:${path}`,
    token: text(named, 'token'),
    serial: text(named, 'serial'),
    label: text(named, 'object'),
    id: named.get('id'),
    modulePath: text(asked, 'module-path'),
    pin: pinSource(text(asked, 'pin-source'), text(asked, 'pin-value')),
  };
}

function readAttributes(list: string, separator: string, known: ReadonlySet<string>): Map<string, Buffer> {
  const attributes = new Map<string, Buffer>();
  for (const attribute of list === '' ? [] : list.split(separator)) {
    const [, name = '', value = ''] = /^([a-z-]+)=(.*)$/s.exec(attribute) ?? [];
    if (name === 'slot-id')
      throw refused('names a slot, whose number changes', 'name the token by its label or serial');
    if (!known.has(name)) throw refused('has an attribute that is not known here');
    if (attributes.has(name)) throw refused(`has the attribute ${name} twice`);
    const bytes = decodePercent(value);
    if (bytes.length === 0) throw refused(`has an empty ${name}`);
    attributes.set(name, bytes);
  }
  return attributes;
}

/** RFC 3986, 2.1: `%01` is a byte. */
function decodePercent(value: string): Buffer {
  if (!/^(?:[\x21-\x24\x26-\x7e]|%[0-9a-fA-F]{2})*$/.test(value)) throw refused('is not percent-encoded');
  return Buffer.from(
    value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}

function text(attributes: ReadonlyMap<string, Buffer>, name: string): string | undefined {
  const bytes = attributes.get(name);
  if (bytes === undefined) return undefined;
  const decoded = bytes.toString('utf8');
  // eslint-disable-next-line no-control-regex -- control characters are what must not be in it
  if (!Buffer.from(decoded).equals(bytes) || /[\u0000-\u001f\u007f]/.test(decoded))
    throw refused(`has a ${name} that is no text`);
  return decoded;
}

function pinSource(source: string | undefined, value: string | undefined): PinSource {
  if (source !== undefined && value !== undefined) throw refused('has two places for the PIN');
  if (value !== undefined) return { kind: 'value', pin: value };
  if (source === undefined) return DEFAULT_PIN;
  if (source.startsWith('secret:')) return { kind: 'secret', name: source.slice('secret:'.length) };
  const path = source.replace(/^file:(?:\/\/(?=\/))?/, '');
  if (!isAbsolute(path))
    throw refused(
      'has a pin-source that is not used here',
      'write pin-source=secret:NAME or pin-source=file:/PATH',
    );
  return { kind: 'file', path };
}

function refused(what: string, hint: string = HINT): SignError {
  return new SignError('ERR_SIGN_KEY_URI', `the PKCS #11 URI ${what}`, { hint });
}
