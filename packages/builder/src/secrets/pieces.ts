import { HASH_ALGORITHMS, isJsonArray, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { mayHide } from './layers.ts';
import { isSecretbox, privatePartOfJwk } from './private-keys.ts';
import { isTellingValue, type Telling, tellName } from './telling-name.ts';

/** A place in a document, by the way to it. */
export interface Place {
  readonly parent: Place | undefined;
  readonly key: string | number;
}

/** Text to look through, and where it comes from. */
export interface Piece {
  readonly place: Place;
  readonly text: string;
  /** The name of a member, not its value. */
  readonly isKey: boolean;
  /** Strings of an array in one: where each begins. What lies within a single one is found there. */
  readonly parts?: readonly number[];
}

/** A string that is a secret because of what stands around it. */
export interface Told {
  readonly place: Place;
  readonly rule: string;
  readonly text: string;
}

export interface Pieces {
  readonly pieces: Piece[];
  readonly told: Told[];
}

/** A word that can say something about the one behind it. */
const TELLS_NEXT = /^-|[:=-]$|BEGIN|PRIVATE|bearer$|basic$|token$/i;

/** Shorter text holds no credential that could be told from a word. */
const SHORTEST = 6;

/** All text of a document, except digests that are what their algorithm says. */
export function collectPieces(value: JsonValue): Pieces {
  const collector = new Collector();
  collector.visit(value, { parent: undefined, key: '' }, undefined);
  return collector;
}

class Collector implements Pieces {
  readonly pieces: Piece[] = [];
  readonly told: Told[] = [];
  readonly #keys = new Set<string>();
  readonly #telling = new Map<string, Telling | undefined>();

  visit(value: JsonValue, place: Place, telling: Telling | undefined): void {
    if (typeof value === 'string') this.#visitText(value, place, telling);
    else if (typeof value !== 'object' || value === null) return;
    else if (isJsonArray(value)) this.#visitArray(value, place, telling);
    else this.#visitObject(value, place, telling);
  }

  #visitText(text: string, place: Place, telling: Telling | undefined): void {
    if (text.length < SHORTEST || (telling === undefined && isDigestText(text))) return;
    this.pieces.push({ place, text, isKey: false });
    if (telling !== undefined && isTellingValue(telling, text)) {
      this.told.push({ place, rule: 'named-secret', text });
    }
  }

  #visitArray(items: readonly JsonValue[], place: Place, telling: Telling | undefined): void {
    const texts: string[] = [];
    items.forEach((item, key) => {
      this.visit(item, { parent: place, key }, telling);
      if (typeof item === 'string') texts.push(item);
    });
    if (texts.length < 2 || texts.length !== items.length) return;
    if (texts.some((text) => TELLS_NEXT.test(text))) this.#addJoined(texts, ' ', place);
    if (texts.some((text) => text.length >= 16)) this.#addJoined(texts, '', place);
  }

  /** The words of a command, or the lines of a key, as one. */
  #addJoined(texts: readonly string[], glue: string, place: Place): void {
    let at = 0;
    const parts = texts.map((text) => {
      const start = at;
      at += text.length + glue.length;
      return start;
    });
    this.pieces.push({ place, text: texts.join(glue), isKey: false, parts });
  }

  #visitObject(object: JsonObject, place: Place, telling: Telling | undefined): void {
    const isDigest = place.key === 'digest';
    let named: Telling | undefined;
    let isNamed = false;
    for (const key in object) {
      const member = object[key];
      if (member === undefined) continue;
      const at = { parent: place, key };
      this.#visitKey(key, at);
      if (isDigest && isDigestOf(key, member)) continue;
      if (key === 'kty' || key === 'ciphertext') this.#visitKeyObject(object, place);
      const isValue = key === 'value' || key === 'default' || key === 'content';
      if (isValue && !isNamed) [named, isNamed] = [nameOf(object), true];
      this.visit(member, at, this.#tell(key) ?? (isValue ? (named ?? telling) : undefined));
    }
  }

  #visitKey(key: string, place: Place): void {
    if (key.length < SHORTEST || this.#keys.has(key)) return;
    this.#keys.add(key);
    this.pieces.push({ place, text: key, isKey: true });
  }

  #tell(key: string): Telling | undefined {
    let telling = this.#telling.get(key);
    if (telling === undefined && !this.#telling.has(key)) {
      telling = tellMember(key);
      this.#telling.set(key, telling);
    }
    return telling;
  }

  #visitKeyObject(object: JsonObject, place: Place): void {
    const part = privatePartOfJwk(object);
    const text = part === undefined ? undefined : object[part];
    if (part !== undefined && typeof text === 'string') {
      this.told.push({ place: { parent: place, key: part }, rule: 'jwk-private-key', text });
    }
    const { ciphertext } = object;
    if (isSecretbox(object) && typeof ciphertext === 'string') {
      this.told.push({ place: { parent: place, key: 'ciphertext' }, rule: 'cosign-key', text: ciphertext });
    }
  }
}

/** What a name says about a value, or about each of several. */
function tellMember(key: string): Telling | undefined {
  return tellName(key) ?? (/[sS]$/.test(key) ? tellName(key.slice(0, -1)) : undefined);
}

/** `{ "name": "DB_PASSWORD", "value": "..." }` */
function nameOf({ name, key, Name, Key }: JsonObject): Telling | undefined {
  for (const text of [name, key, Name, Key]) {
    const telling = typeof text === 'string' ? tellName(text) : undefined;
    if (telling !== undefined) return telling;
  }
  return undefined;
}

/** A whole string that is a digest, as package managers, registries and key ids write it. */
const DIGEST_TEXT =
  /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|sha512-[A-Za-z0-9+/]{86}==|sha384-[A-Za-z0-9+/]{64}|sha256-[A-Za-z0-9+/]{43}=|h1:[A-Za-z0-9+/]{43}=|SHA256:[A-Za-z0-9+/]{43})$/;

/** Whether the text is a digest, and its base64 no text in disguise: digests of that length are as good as never text. */
function isDigestText(text: string): boolean {
  if (HEX_LENGTHS.has(text.length) && HEX.test(text)) return !text.startsWith(KEY_IN_HEX);
  if (!/^(?:sha|h1:|SHA)/.test(text) || !DIGEST_TEXT.test(text)) return false;
  return text.includes(':') && !/^(?:h1|SHA256):/.test(text)
    ? true
    : !mayHide(text.slice(text.search(/[-:]/) + 1));
}

const HEX = /^[0-9a-f]+$/;
const HEX_LENGTHS: ReadonlySet<number> = new Set([40, 64, 96, 128]);
/** An Ed25519 key as PKCS#8 has the length of a SHA-384 digest. */
const KEY_IN_HEX = '302e020100';

/** Whether a member of a digest set is a digest and nothing else. */
function isDigestOf(algorithm: string, value: JsonValue): boolean {
  const lengths = HASH_ALGORITHMS.get(algorithm);
  if (lengths === undefined || typeof value !== 'string' || !HEX.test(value)) return false;
  return (
    (lengths.length === 0 ? value.length <= 128 : lengths.includes(value.length)) &&
    !value.startsWith(KEY_IN_HEX)
  );
}
