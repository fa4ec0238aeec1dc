import { createHash } from 'node:crypto';

/** What identifies us to one registry. Never in an error, a log or on a command line. */
export interface Credential {
  readonly username: string;
  readonly password: string;
  /** An OAuth 2 refresh token, which takes the place of both (distribution token specification). */
  readonly identityToken?: string;
}

/** What is to be reached: credentials may be for a registry, or for a part of it. */
export interface RepositoryAt {
  readonly registry: string;
  readonly repository: string;
}

/**
 * The credentials for a repository, best first; none when there are none.
 *
 * @throws {StoreError} `ERR_STORE_CREDENTIALS`
 */
export type CredentialSource = (
  repository: RepositoryAt,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<readonly Credential[]>;

/** The same text for the same credential, from which nothing can be learnt of it. */
export function credentialKey(credential: Credential | undefined): string {
  if (credential === undefined) return '';
  const { username, password, identityToken = '' } = credential;
  return createHash('sha256')
    .update(JSON.stringify([username, password, identityToken]))
    .digest('hex');
}

export function basicAuthorization({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
