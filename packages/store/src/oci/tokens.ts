/** Bearer tokens of registries (distribution token specification, and its OAuth 2 form for refresh tokens). */
import { asObject, MalformedError, member, optionalString, parseJson } from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import type { HttpClient, HttpReply, HttpRequest } from '../http/http-client.ts';
import { type RetryOptions, sendPatiently } from '../http/retry.ts';
import { SharedWork } from '../http/share.ts';
import type { Challenge } from './challenge.ts';
import { basicAuthorization, type Credential, credentialKey, type RepositoryAt } from './credentials.ts';
import { type HostRules, tokenServerUrl } from './hosts.ts';

/** What is to be done in a repository. */
export type Actions = 'pull' | 'pull,push';

type BearerChallenge = Extract<Challenge, { readonly scheme: 'bearer' }>;

export interface TokenSource {
  /**
   * A token for one repository; undefined when the token server refuses the credential.
   *
   * @throws {StoreError} `ERR_STORE_UNAVAILABLE`, `_REFUSED`, `_PROTOCOL`, `_LIMIT`; the signal's reason.
   */
  get(wanted: Wanted, signal: AbortSignal | undefined): Promise<string | undefined>;
  /** A token that was refused is not used again. */
  forget(wanted: Wanted): void;
  clear(): void;
}

export interface Wanted extends RepositoryAt {
  readonly challenge: BearerChallenge;
  readonly actions: Actions;
  /** Without one, anonymously. */
  readonly credential: Credential | undefined;
}

interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const MAX_TOKENS = 4_096;
const ANSWER_BYTES = 262_144;
const CLIENT_ID = 'danube-provenance';
/** The specification's, for a token that does not say it. */
const DEFAULT_SECONDS = 60;
const LONGEST_SECONDS = 3_600;
/** A token must outlive the request that it is for. */
const MARGIN_SECONDS = 10;

/** Tokens are kept by repository, actions and credential until they expire; each is fetched once at a time. */
export function createTokenSource(client: HttpClient, rules: HostRules, retry: RetryOptions): TokenSource {
  const tokens = new Map<string, Token>();
  const fetching = new SharedWork<Token | undefined>();
  return {
    async get(wanted, signal) {
      const key = keyOf(wanted);
      const known = tokens.get(key);
      if (known !== undefined && known.expiresAt > Date.now()) return known.value;
      const token = await fetching.run(key, signal, (stop) => fetchToken(client, rules, retry, wanted, stop));
      if (token === undefined) return undefined;
      tokens.delete(key);
      tokens.set(key, token);
      for (const oldest of tokens.keys()) {
        if (tokens.size <= MAX_TOKENS) break;
        tokens.delete(oldest);
      }
      return token.value;
    },
    forget: (wanted) => void tokens.delete(keyOf(wanted)),
    clear: () => tokens.clear(),
  };
}

function keyOf({ registry, repository, actions, challenge, credential }: Wanted): string {
  const { realm, service = '' } = challenge;
  return JSON.stringify([registry, repository, actions, realm, service, credentialKey(credential)]);
}

async function fetchToken(
  client: HttpClient,
  rules: HostRules,
  retry: RetryOptions,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Token | undefined> {
  const url = tokenServerUrl(wanted.challenge.realm, wanted.registry, rules);
  const reply = await sendPatiently(client, { ...tokenRequest(url, wanted), signal }, retry);
  if (reply.status === 200) return readToken(reply, url);
  // 400 is what OAuth 2 answers to a refresh token that is not valid (RFC 6749, 5.2).
  if ([400, 401, 403, 404].includes(reply.status)) return undefined;
  throw new StoreError('ERR_STORE_PROTOCOL', `the token server ${url.host} answers ${reply.status}`);
}

function tokenRequest(url: URL, wanted: Wanted): HttpRequest {
  const { credential, challenge, repository, actions } = wanted;
  const parameters = new URLSearchParams();
  if (challenge.service !== undefined) parameters.set('service', challenge.service);
  parameters.set('scope', `repository:${repository}:${actions}`);
  if (credential?.identityToken !== undefined) {
    parameters.set('grant_type', 'refresh_token');
    parameters.set('client_id', CLIENT_ID);
    parameters.set('refresh_token', credential.identityToken);
    const body = Buffer.from(parameters.toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body, maxBytes: ANSWER_BYTES };
  }
  const target = new URL(url);
  for (const [name, value] of parameters) target.searchParams.set(name, value);
  const headers = credential === undefined ? {} : { authorization: basicAuthorization(credential) };
  return { method: 'GET', url: target, headers, maxBytes: ANSWER_BYTES };
}

function readToken({ body }: HttpReply, url: URL): Token {
  try {
    const answer = asObject(parseJson(body), '');
    const value = optionalString(answer, 'token', '') || optionalString(answer, 'access_token', '');
    if (value === undefined || !/^[!-~]+$/.test(value)) {
      throw new MalformedError('ERR_MISSING', '/token', 'no token');
    }
    const announced = member(answer, 'expires_in');
    const seconds = typeof announced === 'number' && announced > 0 ? announced : DEFAULT_SECONDS;
    const lifetime = Math.max(Math.min(seconds, LONGEST_SECONDS) - MARGIN_SECONDS, 1);
    return { value, expiresAt: Date.now() + lifetime * 1000 };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    // The answer may hold a token: none of it is quoted.
    throw new StoreError('ERR_STORE_PROTOCOL', `the token server ${url.host} answers without a token`);
  }
}
