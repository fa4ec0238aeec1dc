/** Which hosts may be asked, and by what scheme. Everything here says no unless it knows better. */
import { StoreError } from '../errors.ts';
import { show } from '../show.ts';

export interface HostRules {
  /** Registries (and token servers) that are reached by plain HTTP, `localhost:5000`; every other one by HTTPS. */
  readonly plainHttp?: readonly string[];
  /** By registry, the hosts of token servers that get its credentials, beside the registry's own host. */
  readonly tokenServers?: Readonly<Record<string, readonly string[]>>;
  /** When set, no other host is connected to, whatever a registry answers. */
  readonly allowedHosts?: readonly string[];
}

/** Where the big registries keep their token servers, when not on the host of the registry. */
const TOKEN_SERVERS: Readonly<Record<string, readonly string[]>> = {
  'docker.io': ['auth.docker.io'],
  'registry.gitlab.com': ['gitlab.com'],
};

/** The registry's own URL. @throws {StoreError} `ERR_STORE_REFUSED` */
export function registryUrl(registry: string, rules: HostRules): URL {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const url = new URL(`${schemeOf(registry, rules)}://${host}/`);
  checkAllowed(url, rules, [registry]);
  return url;
}

function schemeOf(host: string, { plainHttp = [] }: HostRules): 'http' | 'https' {
  return plainHttp.includes(host) ? 'http' : 'https';
}

/**
 * The URL of the token server that a registry names, when the registry's credentials may go there.
 *
 * @throws {StoreError} `ERR_STORE_REFUSED`
 */
export function tokenServerUrl(realm: string, registry: string, rules: HostRules): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined) throw refused(`${registry} names a token server that is no URL: ${show(realm)}`);
  const own = registryUrl(registry, rules);
  const known = [...(TOKEN_SERVERS[registry] ?? []), ...(rules.tokenServers?.[registry] ?? [])];
  if (url.host !== own.host && !known.includes(url.host)) {
    throw refused(`${registry} sends us to ${show(url.host)} with its credentials`, {
      hint: 'if this is its token server, allow it explicitly',
    });
  }
  const isPlain = url.protocol === 'http:' && schemeOf(url.host, rules) === 'http';
  if (
    (url.protocol !== 'https:' && !isPlain) ||
    url.username !== '' ||
    url.password !== '' ||
    url.hash !== ''
  ) {
    throw refused(`${registry} names ${show(realm)} as its token server, which is no plain https: URL`);
  }
  checkAllowed(url, rules, known);
  return url;
}

/** Where a redirect leads. */
export interface Redirect {
  readonly url: URL;
  /** The same scheme, host and port: only there does an Authorization header go along. */
  readonly isSameOrigin: boolean;
  /** Nobody but the one who answered named this host: it may not lead into a private network. */
  readonly publicOnly: boolean;
}

/**
 * Reads the Location of a redirect.
 *
 * @throws {StoreError} `ERR_STORE_REFUSED`, `ERR_STORE_PROTOCOL`
 */
export function followRedirect(from: URL, location: string | undefined, rules: HostRules): Redirect {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new StoreError('ERR_STORE_PROTOCOL', `${from.host} redirects to no URL`);
  }
  const url = new URL(location, from);
  if (url.origin === from.origin) return { url, isSameOrigin: true, publicOnly: false };
  const isPlain =
    url.protocol === 'http:' && schemeOf(url.host, rules) === 'http' && from.protocol === 'http:';
  if ((url.protocol !== 'https:' && !isPlain) || url.username !== '' || url.password !== '') {
    throw refused(`${from.host} redirects to ${url.protocol}//${show(url.host)}`);
  }
  checkAllowed(url, rules, []);
  const isNamed = isPlain || (rules.allowedHosts ?? []).includes(url.host);
  return { url, isSameOrigin: false, publicOnly: !isNamed };
}

/** @throws {StoreError} `ERR_STORE_REFUSED` */
function checkAllowed(url: URL, { allowedHosts }: HostRules, names: readonly string[]): void {
  if (allowedHosts === undefined || [url.host, ...names].some((host) => allowedHosts.includes(host))) return;
  throw refused(`${show(url.host)} is not among the hosts that may be reached`);
}

function refused(what: string, options: { readonly hint?: string } = {}): StoreError {
  return new StoreError('ERR_STORE_REFUSED', `refused: ${what}; nothing was sent there`, options);
}
