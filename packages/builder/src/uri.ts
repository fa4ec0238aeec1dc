import { z } from 'zod';

/** RFC 3986 characters, an absolute URI, scheme in lower case (in-toto field_types.md, TypeURI and ResourceURI). */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
/** Scheme, user information (which may hold a credential), authority without it. */
const AUTHORITY = /^[^:/?#]*:\/\/(?:([^/?#]*)@)?([^/?#]*)/;
const MAX_LENGTH = 2048;

const EXPECTED = 'expected an absolute URI with scheme and host in lower case';
const CREDENTIALS = 'holds credentials: a user or password stands before the host';

/** An absolute URI without credentials in it. */
export const uriSchema: z.ZodType<string> = z
  .string()
  .max(MAX_LENGTH, { error: `expected at most ${MAX_LENGTH} characters` })
  .refine((uri) => !holdsCredentials(uri), { error: CREDENTIALS, abort: true, params: { secret: true } })
  .refine(isUri, { error: EXPECTED });

/** An absolute URI that names a thing as a whole, so that `#...` can name a part of it. */
export const wholeUriSchema: z.ZodType<string> = uriSchema.refine((uri) => !uri.includes('#'), {
  error: 'expected a URI without fragment',
});

const SOURCE_SCHEME = /^(?:git\+(?:https|http|ssh|git|file)|git):\/\/(?=[^?#]+$)/;

/**
 * Where the source comes from, as an SPDX download location: `git+https://host/path`, without ref, query and fragment.
 * `@refs/` cannot be part of it, because the provenance writes `<uri>@<ref>`.
 */
export const sourceUriSchema: z.ZodType<string> = uriSchema
  .refine((uri) => SOURCE_SCHEME.test(uri), {
    error: 'expected the URI of a Git repository such as "git+https://github.com/acme/app"',
  })
  .refine((uri) => !uri.includes('@refs/'), {
    error: 'expected a URI without "@refs/...": the ref has its own field',
  });

/** git-check-ref-format's rules, and no character that cannot be seen. */
const REF = /^refs(?:\/(?!\.)(?:(?!\.\.|@\{)[^\p{Cc}\p{Cf}\s~^:?*[\\/])+(?<!\.lock|\.)(?=\/|$))+$/u;

/** A fully qualified Git ref; one that holds `@refs/` would make `<uri>@<ref>` ambiguous. */
export const refSchema: z.ZodType<string> = z
  .string()
  .max(1024, { error: 'expected at most 1024 characters' })
  .refine((ref) => !ref.includes('@refs/'), { error: 'expected a ref without "@refs/" in it' })
  .regex(REF, {
    error: 'expected a fully qualified Git ref such as "refs/heads/main" or "refs/tags/v1.2.0"',
  });

function isUri(uri: string): boolean {
  if (!ABSOLUTE.test(uri)) return false;
  const host = AUTHORITY.exec(uri)?.[2];
  return host === undefined || (URL.canParse(uri) && host === host.toLowerCase());
}

/**
 * A name before the host is a credential, too (tokens are passed so); only SSH has names that are none, such as `git@`.
 */
function holdsCredentials(uri: string): boolean {
  const user = AUTHORITY.exec(uri)?.[1];
  if (user === undefined) return false;
  return user.includes(':') || !/^(?:git\+)?ssh:/i.test(uri);
}
