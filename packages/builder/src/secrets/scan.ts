import { joinPointer, type JsonValue } from 'in-toto-attestation';
import type { Budget } from './layers.ts';
import { maskSecret } from './mask.ts';
import { matchText, RULE_NAMES, type Variant, variantsOf } from './match-text.ts';
import { collectPieces, type Piece, type Place } from './pieces.ts';
import type { Match } from './rule.ts';

/** A credential in a document. It holds nothing of the credential that could be used. */
export interface SecretFinding {
  /** JSON pointer (RFC 6901); a member's name that holds a credential is masked in it. */
  readonly pointer: string;
  /** Name of the rule that found it. */
  readonly rule: string;
  /** What the rule finds, for people. */
  readonly what: string;
  /** Its first characters, at most four, and its length. */
  readonly hint: string;
}

/** A finding with what is needed to take it out. */
export interface Located extends SecretFinding {
  readonly place: Place;
  readonly isKey: boolean;
  /** The part of the string that is the credential; all of the value when absent. */
  readonly span?: readonly [start: number, end: number];
  readonly secret: string;
}

/** Bytes that are unpacked from one document at most. */
const UNPACKED_BYTES = 64 * 1024 * 1024;
/** White space that no pattern goes across. */
const DIVIDER = '\f';

/**
 * Credentials in the strings and names of a document, in order of rule and place: private keys, tokens that can be told
 * by their shape, values of telling names, credentials in URLs; also in base64, URL encoding and gzip, two of them in
 * each other. Digests are left out where they are what their algorithm says. Linear in the length of the document.
 */
export function scanSecrets(value: JsonValue): SecretFinding[] {
  return locateSecrets(value).map(({ pointer, rule, what, hint }) => ({ pointer, rule, what, hint }));
}

/** Credentials in a text such as a log, as places in it; `span` counts UTF-16 units. */
export function scanText(text: string): (SecretFinding & { readonly span?: readonly [number, number] })[] {
  return locateSecrets(text).map(({ pointer, rule, what, hint, span }) => ({
    pointer,
    rule,
    what,
    hint,
    ...(span === undefined ? {} : { span }),
  }));
}

interface Spot {
  readonly place: Place;
  readonly isKey: boolean;
  readonly rule: string;
  readonly secret: string;
  readonly span?: readonly [start: number, end: number];
}

/** What {@link scanSecrets} finds, with the places. */
export function locateSecrets(value: JsonValue): Located[] {
  const { pieces, told } = collectPieces(value);
  const budget = { bytes: UNPACKED_BYTES };
  const spots = new Spots();
  for (const { place, rule, text } of told)
    spots.add({ place, isKey: false, rule, secret: text, span: [0, text.length] });
  matchPieces(pieces, budget, 0, (piece, match) => spots.addMatch(piece, match));
  for (const [layers, variants] of variantPieces(pieces)) {
    matchPieces(variants, budget, layers, (piece, match) => spots.addVariant(piece, match));
  }
  return describeSpots(spots.list());
}

/** Variants of the pieces by how many encodings were undone. */
function variantPieces(pieces: readonly Piece[]): Map<number, Piece[]> {
  const byLayers = new Map<number, Piece[]>();
  for (const piece of pieces) {
    if (!/[\\%\n\0]/.test(piece.text)) continue;
    for (const { text, layers } of variantsOf(piece.text)) {
      const { place, isKey } = piece;
      const list = byLayers.get(layers) ?? [];
      byLayers.set(layers, list);
      list.push({ place, isKey, text });
    }
  }
  return byLayers;
}

/** One look through all pieces at once: most rules ask for a substring first, and that pays off on long text. */
function matchPieces(
  pieces: readonly Piece[],
  budget: Budget,
  layers: Variant['layers'],
  found: (piece: Piece, match: Match) => void,
): void {
  const starts: number[] = [];
  let length = 0;
  for (const { text } of pieces) {
    starts.push(length);
    length += text.length + DIVIDER.length;
  }
  for (const { rule, start, end, from } of matchText(
    pieces.map(({ text }) => text).join(DIVIDER),
    budget,
    layers,
  )) {
    const index = lastAtOrBefore(starts, start);
    const [piece, offset] = [pieces[index], starts[index] ?? 0];
    if (piece === undefined) continue;
    const last = offset + piece.text.length;
    found(piece, {
      rule,
      start: start - offset,
      end: Math.min(end, last) - offset,
      from: Math.max(from, offset) - offset,
    });
  }
}

function lastAtOrBefore(starts: readonly number[], position: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Spots without those that say the same about the same string. */
class Spots {
  readonly #spots: Spot[] = [];
  /** By identity of the string's holder, then its key: an element of an array is met again when the array is joined. */
  readonly #seen = new Map<Place | undefined, Map<string, Spot>>();

  list(): readonly Spot[] {
    return this.#spots;
  }

  addMatch(piece: Piece, { rule, start, end, from }: Match): void {
    const secret = piece.text.slice(start, end);
    if (piece.parts === undefined) {
      this.add({ place: piece.place, isKey: piece.isKey, rule, secret, span: [start, end] });
      return;
    }
    const [first, last] = [
      lastAtOrBefore(piece.parts, Math.min(from, start)),
      lastAtOrBefore(piece.parts, end - 1),
    ];
    if (first === last) return;
    for (let key = lastAtOrBefore(piece.parts, start); key <= last; key += 1) {
      const offset = piece.parts[key] ?? 0;
      const next = piece.parts[key + 1] ?? piece.text.length;
      const span = [Math.max(0, start - offset), Math.min(end, next) - offset] as const;
      this.add({ place: { parent: piece.place, key }, isKey: false, rule, secret, span });
    }
  }

  /** In a variant the positions are others, so all of the string is meant; unless it was found as it stands. */
  addVariant({ place, isKey, text }: Piece, { rule, start, end }: Match): void {
    this.add({ place, isKey, rule, secret: text.slice(start, end) });
  }

  add(spot: Spot): void {
    const { place, isKey, rule, span } = spot;
    const ofHolder = this.#seen.get(place.parent) ?? new Map<string, Spot>();
    this.#seen.set(place.parent, ofHolder);
    const string = `${isKey ? 'k' : 'v'}${place.key}\n`;
    const id = span === undefined ? `${string}${rule}` : `${string}${rule}\n${span.join('-')}`;
    if (
      ofHolder.has(id) ||
      (span === undefined && [...ofHolder.keys()].some((other) => other.startsWith(`${string}${rule}\n`)))
    )
      return;
    ofHolder.set(id, spot);
    this.#spots.push(spot);
  }
}

function describeSpots(spots: readonly Spot[]): Located[] {
  const secretKeys = new Map(
    spots.flatMap(({ place, isKey, secret }) => (isKey ? [[String(place.key), secret]] : [])),
  );
  return spots.map((spot) => ({
    ...spot,
    pointer: pointerTo(spot.place, (key) => {
      const secret = secretKeys.get(key);
      return secret === undefined ? key : key.length === secret.length ? maskSecret(secret) : '(masked)';
    }),
    what: RULE_NAMES.get(spot.rule) ?? spot.rule,
    hint: maskSecret(spot.secret),
  }));
}

/** JSON pointer to a place; `write` may put something else in place of a name. */
export function pointerTo({ parent, key }: Place, write: (key: string) => string = String): string {
  return parent === undefined ? '' : joinPointer(pointerTo(parent, write), write(String(key)));
}
