import { z } from 'zod';
import { isVisible } from './text.ts';

/** RFC 3986 characters, an absolute URI, scheme in lower case (in-toto field_types.md, TypeURI and ResourceURI). */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=[\]-]|%[0-9A-Fa-f]{2})+$/;
/** Scheme, user information (which may hold a credential), authority without it. */
const AUTHORITY = /^[^:/?#]*:\/\/(?:([^/?#]*)@)?([^/?#]*)/;

const LENGTH = { error: 'expected at most 2048 characters' };
const EXPECTED = { error: 'expected an absolute URI with scheme and host in lower case' };
const CREDENTIALS = {
  error: 'expected a URI without credentials, found a user or password before the host',
  abort: true,
  params: { secret: true },
};

/** A URI of at least this pattern, without credentials in it. */
function uriOf(pattern: RegExp, expected: { readonly error: string }): z.ZodString {
  return z
    .string()
    .max(2048, LENGTH)
    .refine((uri) => !holdsCredentials(uri), CREDENTIALS)
    .regex(pattern, expected)
    .refine(hasPlainHost, EXPECTED);
}

/** An absolute URI. */
export const uriSchema: z.ZodType<string> = uriOf(ABSOLUTE, EXPECTED);

/** An absolute URI that names a thing as a whole, so that `#...` can name a part of it. */
export const wholeUriSchema: z.ZodType<string> = uriOf(ABSOLUTE, EXPECTED).regex(/^[^#]*$/, {
  error: 'expected a URI without fragment',
});

const SOURCE =
  /^(?:git\+(?:https|http|ssh|git|file)|git):\/\/(?:[A-Za-z0-9._~:/@!$&'()*+,;=[\]-]|%[0-9A-Fa-f]{2})+$/;

/**
 * Where the source comes from, as an SPDX download location: `git+https://host/path`, without ref, query and fragment.
 * `@refs/` cannot be part of it, because the provenance writes `<uri>@<ref>`.
 */
export const sourceUriSchema: z.ZodType<string> = uriOf(SOURCE, {
  error: 'expected the URI of a Git repository such as "git+https://github.com/acme/app"',
}).refine((uri) => !uri.includes('@refs/'), {
  error: 'expected a URI without "@refs/...": the ref has its own field',
});

const REF = /^refs(?:\/[^/\s~^:?*[\\]+)+$/;
const FULL_REF = {
  error: 'expected a fully qualified Git ref such as "refs/heads/main" or "refs/tags/v1.2.0"',
};

/** A fully qualified Git ref; one that holds `@refs/` would make `<uri>@<ref>` ambiguous. */
export const refSchema: z.ZodType<string> = z
  .string()
  .max(1024, { error: 'expected at most 1024 characters' })
  .regex(REF, FULL_REF)
  .refine((ref) => isGitRef(ref) && isVisible(ref), FULL_REF)
  .refine((ref) => !ref.includes('@refs/'), { error: 'expected a ref without "@refs/" in it' });

/** The rules of git-check-ref-format that the pattern leaves open. */
function isGitRef(ref: string): boolean {
  if (ref.includes('..') || ref.includes('@{')) return false;
  return ref
    .split('/')
    .every((part) => !part.startsWith('.') && !part.endsWith('.') && !part.endsWith('.lock'));
}

/** Schemes that browsers read as if they had a host behind them, however it is written. */
const HIERARCHICAL = /^(?:https?|wss?|ftp):/;

function hasPlainHost(uri: string): boolean {
  const host = AUTHORITY.exec(uri)?.[2];
  if (host === undefined) return !HIERARCHICAL.test(uri);
  if (host === '') return /^(?:git\+)?file:/.test(uri);
  return URL.canParse(uri) && host === host.toLowerCase();
}

/**
 * A name before the host is a credential, too (tokens are passed so); only SSH has names that are none, such as `git@`.
 * Read both as RFC 3986 has it and as browsers do, which find a host behind one slash or none.
 */
function holdsCredentials(uri: string): boolean {
  const { username, password } = URL.parse(uri) ?? {};
  const user = AUTHORITY.exec(uri)?.[1] ?? (username === '' ? undefined : username);
  if (user === undefined) return false;
  return user.includes(':') || Boolean(password) || !/^(?:git\+)?ssh:/i.test(uri);
}
