/** Names whose value is a secret even when it looks like nothing. */
const STRONG =
  /(?:password|passwd|pwd|passphrase|passcode|clientsecret|secretkey|secretaccesskey|privatekey|apikey|apitoken|accesstoken|authtoken|refreshtoken|bearertoken|sessiontoken|deploytoken|signingkey|signingsecret|encryptionkey|accountkey|masterkey|sharedkey|accesskey)$/;

/** Names whose value is a secret when it looks like one: the words have other uses as well. */
const WEAK =
  /(?:secret|token|credentials?|authorization|auth|cookie|sessionid|sessionkey|seed|privkey|privatepem|sastoken|webhookkey)$/;

/** What every such name contains: a quick no for all others. */
const STEM = /pass|pwd|secret|token|key|cred|auth|cookie|session|seed|pem/i;

/** Endings that say where or how a value is kept, and leave it the same value. */
const QUALIFIER =
  /(?:[-_. ]?(?:[0-9]{1,3}|value|plaintext|plain|text|base64|b64|encoded|prod|production|staging|dev|test))+$/;

/** No name is longer; what is longer is text. */
export const NAME_LENGTH = 64;

export type Telling = 'strong' | 'weak';

/** Whether a name, in any spelling (`API_KEY`, `apiKey`, `db.password.2`), says that its value is a secret. */
export function tellName(name: string): Telling | undefined {
  if (name.length > NAME_LENGTH || name.length < 3) return undefined;
  if (!STEM.test(name)) return undefined;
  const lower = name.toLowerCase();
  const plain = lower.replace(QUALIFIER, '').replaceAll(/[-_. ]/g, '');
  if (STRONG.test(plain)) return 'strong';
  return WEAK.test(plain) ? 'weak' : undefined;
}

/** Values that stand for a secret and are none: references, templates, words. */
const PLACEHOLDER =
  /^(?:[$%(`<{[@]|\*|x+$|\.{3}|env[.:]|[a-z][a-z0-9+.-]{1,20}:\/\/|arn:|vault:|file:|ref\+|sha(?:1|256|384|512)[:-]|projects\/|\/|\.{1,2}\/|~\/|secrets?[./]|[a-z0-9._-]*(?:example|changeme|placeholder|redacted|dummy|replace.?me|your[-_]))|\$\{|\$\(|\{\{|\*{3}|…/i;

const WORDS = /^[A-Za-z]+(?:[-_./:][A-Za-z0-9]+)*$/;

/** Whether the value of a telling name looks like the secret itself, rather than like a word or a reference to one. */
export function isTellingValue(telling: Telling, value: string): boolean {
  const text = value.trim();
  if (text.length < 6 || text.length > 4096 || PLACEHOLDER.test(text)) return false;
  if (telling === 'strong') return isPassword(text);
  return text.length >= 16 && !/\s/.test(text) && isMixed(text) && entropy(text) >= 3 && !isWords(text);
}

function isPassword(text: string): boolean {
  if (text.length < 16) return classes(text) >= 2 && !isWords(text) && entropy(text) * text.length >= 12;
  return entropy(text) * text.length >= 40 && !isWords(text);
}

function isMixed(text: string): boolean {
  return /[0-9]/.test(text) && /[A-Za-z]/.test(text);
}

/** `registry-credentials`, `build_v2`: words with a number here and there. */
function isWords(text: string): boolean {
  if (!WORDS.test(text)) return false;
  return text
    .split(/[-_./:]/)
    .every((word) => /^(?:[A-Za-z]?[a-z]{0,24}|[A-Z]{0,24}|v?[0-9]{1,4})$/.test(word));
}

function classes(text: string): number {
  return [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((pattern) => pattern.test(text)).length;
}

/** Shannon entropy in bits a character, by how often each occurs at the beginning of the text. */
export function entropy(whole: string): number {
  const text = whole.slice(0, 512);
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
