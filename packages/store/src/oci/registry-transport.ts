/**
 * Requests to registries, with whatever it takes to get an answer: tokens, credentials in their order, patience,
 * redirects. What an answer means is for the caller.
 */
import { StoreError } from '../errors.ts';
import { createHttpClient, type HttpOptions, type HttpReply } from '../http/http-client.ts';
import { type RetryOptions, sendPatiently } from '../http/retry.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import {
  basicAuthorization,
  type Credential,
  credentialKey,
  type CredentialSource,
  type RepositoryAt,
} from './credentials.ts';
import { followRedirect, type HostRules, registryUrl } from './hosts.ts';
import { type Actions, createTokenSource, type Wanted } from './tokens.ts';

export interface TransportOptions extends HttpOptions, HostRules {
  /** The credentials for a repository; without it, everything is asked anonymously. */
  readonly credentials?: CredentialSource;
  readonly retry?: RetryOptions;
}

export interface RegistryRequest extends RepositoryAt {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Below `/v2/<repository>/`; or a URL of the registry's own, which it named before. */
  readonly path: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxBytes: number;
  readonly actions: Actions;
  /** Credentials to try before those of the transport. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Sent once only, because what was sent may be half done. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface RegistryReply extends HttpReply {
  /** Where the registry itself was asked. */
  readonly url: URL;
}

export interface RegistryTransport {
  /**
   * Any answer but 401, 403, redirects and those that say "later".
   *
   * @throws {StoreError} `ERR_STORE_DENIED`, `_UNAVAILABLE`, `_REFUSED`, `_PROTOCOL`, `_LIMIT`; the signal's reason.
   */
  send(request: RegistryRequest): Promise<RegistryReply>;
  close(): void;
}

const MAX_REDIRECTS = 5;
const MAX_REMEMBERED = 4_096;

export function createTransport(options: TransportOptions): RegistryTransport {
  const client = createHttpClient(options);
  const retry = options.retry ?? {};
  const tokens = createTokenSource(client, options, retry);
  /** What a registry asked for last. */
  const challenges = new Map<string, Challenge>();
  /** The credential that a repository took last, by its key. */
  const winners = new Map<string, string>();

  const exchange = async (
    request: RegistryRequest,
    authorization: string | undefined,
  ): Promise<RegistryReply> => {
    const first = urlOf(request, options);
    let redirect = { url: first, isSameOrigin: true, publicOnly: false };
    let allowed = authorization;
    for (let hops = 0; ; hops += 1) {
      const { method, headers, body, maxBytes, signal } = request;
      const { url, publicOnly } = redirect;
      const reply = await sendPatiently(
        client,
        {
          method,
          url,
          headers: { ...headers, ...(allowed === undefined ? {} : { authorization: allowed }) },
          ...(body === undefined ? {} : { body }),
          maxBytes,
          publicOnly,
          signal,
        },
        request.once === true ? { ...retry, attempts: 1 } : retry,
      );
      if (!isRedirect(reply.status)) return { ...reply, url: first };
      redirect = nextHop(request, reply, url, hops);
      // Once it is gone it stays away, also when a redirect leads back.
      if (!redirect.isSameOrigin) allowed = undefined;
    }
  };

  const nextHop = (
    { method }: RegistryRequest,
    { headers }: HttpReply,
    url: URL,
    hops: number,
  ): ReturnType<typeof followRedirect> => {
    if (method !== 'GET' && method !== 'HEAD') {
      throw new StoreError('ERR_STORE_REFUSED', `${url.host} redirects what we would store there`);
    }
    if (hops === MAX_REDIRECTS) {
      throw new StoreError('ERR_STORE_PROTOCOL', `${url.host} redirects more than ${MAX_REDIRECTS} times`);
    }
    return followRedirect(url, headers.location, options);
  };

  /** Undefined when the credential is refused. */
  const attempt = async (
    request: RegistryRequest,
    credential: Credential | undefined,
  ): Promise<RegistryReply | undefined> => {
    const known = challenges.get(request.registry);
    if (known === undefined) {
      const reply = await exchange(request, undefined);
      if (reply.status !== 401) return isDenied(reply) ? undefined : reply;
      const challenge = parseChallenges(reply.headers['www-authenticate'] ?? '');
      if (challenge === undefined) return undefined;
      remember(challenges, request.registry, challenge);
      return answer(request, challenge, credential);
    }
    return answer(request, known, credential);
  };

  const answer = async (
    request: RegistryRequest,
    challenge: Challenge,
    credential: Credential | undefined,
  ): Promise<RegistryReply | undefined> => {
    if (challenge.scheme === 'basic') {
      if (credential?.identityToken !== undefined) return undefined;
      const reply = await exchange(
        request,
        credential === undefined ? undefined : basicAuthorization(credential),
      );
      return isDenied(reply) ? undefined : reply;
    }
    const wanted: Wanted = { ...request, challenge, credential };
    for (const isSecond of [false, true]) {
      const token = await tokens.get(wanted, request.signal).catch((error: unknown) => {
        // Whoever answered once for the registry must not decide about what it is asked later.
        challenges.delete(request.registry);
        throw error;
      });
      if (token === undefined) return undefined;
      const reply = await exchange(request, `Bearer ${token}`);
      if (!isDenied(reply)) return reply;
      tokens.forget(wanted);
      if (isSecond || reply.status === 403) {
        renewChallenge(request, challenge, reply);
        return undefined;
      }
    }
    return undefined;
  };

  /** A registry that moved its token server says so when it refuses. */
  const renewChallenge = ({ registry }: RegistryRequest, known: Challenge, { headers }: HttpReply): void => {
    const named = parseChallenges(headers['www-authenticate'] ?? '');
    if (named !== undefined && JSON.stringify(named) !== JSON.stringify(known)) challenges.delete(registry);
  };

  return {
    async send(request) {
      const { registry, repository, signal } = request;
      const own = (await options.credentials?.({ registry, repository }, { signal })) ?? [];
      const candidates = [...(request.credentials ?? []), ...own, undefined];
      const place = JSON.stringify([
        request.registry,
        request.repository,
        request.actions,
        ...candidates.map(credentialKey),
      ]);
      const winner = winners.get(place);
      const isWinner = (credential: Credential | undefined): boolean => credentialKey(credential) === winner;
      const ordered =
        winner === undefined
          ? candidates
          : [...candidates.filter(isWinner).slice(0, 1), ...candidates.filter((item) => !isWinner(item))];
      for (const credential of ordered) {
        const reply = await attempt(request, credential);
        if (reply === undefined) continue;
        remember(winners, place, credentialKey(credential));
        return reply;
      }
      throw denied(request, candidates.length - 1);
    },
    close() {
      tokens.clear();
      challenges.clear();
      winners.clear();
      client.close();
    },
  };
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= MAX_REMEMBERED) break;
    map.delete(oldest);
  }
}

function urlOf({ registry, repository, path }: RegistryRequest, rules: HostRules): URL {
  const base = registryUrl(registry, rules);
  if (typeof path === 'string') return new URL(`v2/${repository}/${path}`, base);
  if (path.origin === base.origin) return path;
  throw new StoreError(
    'ERR_STORE_REFUSED',
    `${registry} leads us to ${path.host} with its credentials; nothing was sent`,
  );
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function isDenied({ status }: HttpReply): boolean {
  return status === 401 || status === 403;
}

function denied({ registry, repository, actions }: RegistryRequest, credentials: number): StoreError {
  const tried =
    credentials === 0 ? 'there are no credentials for it here' : `${credentials} credentials were tried`;
  return new StoreError('ERR_STORE_DENIED', `${registry} refuses ${actions} in ${repository}; ${tried}`, {
    hint: `sign in with "docker login ${registry}", or name the file that holds the credentials`,
  });
}
