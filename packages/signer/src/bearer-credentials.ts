/** Credential modes that end in a bearer token and are the same for every cloud. */
import type { OAuth2Credentials, StaticCredentials } from './credential-options.ts';
import {
  type CredentialSource,
  type Expiring,
  fixedCredential,
  renewedCredential,
} from './credential-source.ts';
import { type HostPattern, parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { KeyWarning } from './key-backend.ts';
import type { ServiceOptions } from './key-service.ts';
import { resolveSecretText } from './secret-reference.ts';
import { jsonOf, type ServiceReply } from './service-client.ts';
import { expiryIn, formRequest, requiredText, tokenCall } from './token-client.ts';

export interface BearerToken extends Expiring {
  readonly token: string;
}

/** A token that somebody else got and renews. */
export async function staticToken(
  cloud: string,
  { token }: StaticCredentials,
  options: ServiceOptions,
  warning: KeyWarning,
): Promise<CredentialSource<BearerToken>> {
  if (token === undefined) {
    throw new SignError('ERR_SIGN_CREDENTIALS', `the mode static needs token for ${cloud}`);
  }
  return fixedCredential({ token: await resolveSecretText(token.secret, options), expiresAt: undefined }, [
    warning,
  ]);
}

/**
 * OAuth 2.0 client credentials.
 *
 * @param hosts where the token endpoint may be, beside the hosts that the user allows.
 */
export function oauth2Token(
  service: string,
  credentials: OAuth2Credentials,
  hosts: readonly HostPattern[],
  options: ServiceOptions,
): CredentialSource<BearerToken> {
  const url = URL.canParse(credentials.tokenUrl) ? new URL(credentials.tokenUrl) : undefined;
  if (url === undefined)
    throw new SignError('ERR_SIGN_CREDENTIALS', 'the mode oauth2 needs a URL as tokenUrl');
  const endpoint = parseEndpoint(url.origin, hosts, options);
  const name = 'the OAuth 2.0 token endpoint';
  const call = tokenCall(endpoint, name, { ...options, service });
  return renewedCredential(name, options, async (signal) => {
    const secret = await resolveSecretText(credentials.clientSecret.secret, options);
    const { clientId, scope, audience, resource, clientAuthentication = 'basic' } = credentials;
    const form = { grant_type: 'client_credentials', scope, audience, resource };
    const path = url.pathname + url.search;
    const request =
      clientAuthentication === 'basic'
        ? formRequest(path, form, { authorization: basicAuthorization(clientId, secret) })
        : formRequest(path, { ...form, client_id: clientId, client_secret: secret });
    return readBearerToken(await call(request, signal), name);
  });
}

/** RFC 6749, 2.3.1: id and secret are form-encoded before they are joined. */
function basicAuthorization(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`;
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** RFC 6749, 5.1. */
export function readBearerToken(reply: ServiceReply, name: string): BearerToken {
  const json = jsonOf(reply, name);
  if (requiredText(json, 'token_type', name).toLowerCase() !== 'bearer') {
    throw new SignError('ERR_SIGN_CREDENTIALS', `${name} answered with another token_type than Bearer`);
  }
  return { token: requiredText(json, 'access_token', name), expiresAt: expiryIn(json['expires_in']) };
}
