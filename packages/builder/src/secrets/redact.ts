import { isJsonArray, isJsonObject, joinPointer, type JsonValue } from 'in-toto-attestation';
import { type Located, pointerTo } from './scan.ts';

/** What stands where a credential stood. */
export function redactionOf(rule: string): string {
  return `[redacted: ${rule}]`;
}

/** The document without the credentials that were located in it: each becomes `[redacted: RULE]`, names included. */
export function redactJson(value: JsonValue, located: readonly Located[]): JsonValue {
  const values = new Map<string, Located[]>();
  const names = new Map<string, string>();
  for (const item of located) {
    if (item.isKey) names.set(String(item.place.key), item.rule);
    else values.set(pointerTo(item.place), [...(values.get(pointerTo(item.place)) ?? []), item]);
  }
  return redactAt(value, '', values, names);
}

function redactAt(
  value: JsonValue,
  pointer: string,
  values: ReadonlyMap<string, readonly Located[]>,
  names: ReadonlyMap<string, string>,
): JsonValue {
  const found = values.get(pointer);
  if (typeof value === 'string') return found === undefined ? value : redactText(value, found);
  if (isJsonArray(value))
    return value.map((item, index) => redactAt(item, `${pointer}/${index}`, values, names));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member], index) => {
    const rule = names.get(key);
    const name = rule === undefined ? key : `${redactionOf(rule)} ${index + 1}`;
    return [name, redactAt(member, joinPointer(pointer, key), values, names)] as const;
  });
  return Object.fromEntries(members);
}

/** The text with each credential replaced; as a whole where one stands in it encoded. */
export function redactText(text: string, found: readonly Pick<Located, 'rule' | 'span'>[]): string {
  const whole = found.find(({ span }) => span === undefined);
  if (whole !== undefined) return redactionOf(whole.rule);
  const spans = found.flatMap(({ rule, span }) =>
    span === undefined ? [] : [{ rule, start: span[0], end: span[1] }],
  );
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  let [result, at] = ['', 0];
  for (const { rule, start, end } of spans) {
    if (end <= at) continue;
    result += start < at ? '' : text.slice(at, start) + redactionOf(rule);
    at = end;
  }
  return result + text.slice(at);
}
