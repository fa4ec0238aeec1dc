/** The credential modes of Azure: workload identity, managed identity, and client secrets with a warning. */
import { type BearerToken, oauth2Token, readBearerToken, staticToken } from './bearer-credentials.ts';
import type { ServiceAccountCredentials } from './credential-options.ts';
import { type CredentialSource, renewedCredential } from './credential-source.ts';
import { metadataEndpoint, parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import { formRequest, readTokenFile, tokenCall, wrongMode } from './token-client.ts';

const AUTHORITIES = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
];
const STATIC_WARNING = {
  message: 'the Azure credential in use is a static one: whoever copies it can sign',
  hint: 'use workload identity or a managed identity instead (credential mode service_account)',
};

/**
 * Where tokens for Azure come from: what the mode says; else workload identity where AZURE_FEDERATED_TOKEN_FILE is set,
 * else the managed identity.
 *
 * @param resource what the token is for: `https://vault.azure.net`. Decided by us, never by a challenge of the server.
 * @throws {SignError} ERR_SIGN_CREDENTIALS
 */
export async function azureCredentials(
  resource: string,
  options: ServiceOptions,
): Promise<CredentialSource<BearerToken>> {
  const { credentials = { mode: 'service_account' } } = options;
  if (credentials.mode === 'static') return staticToken('Azure', credentials, options, STATIC_WARNING);
  if (credentials.mode === 'oauth2') {
    const scope = credentials.scope ?? `${resource}/.default`;
    const source = oauth2Token('azurekms', { ...credentials, scope }, AUTHORITIES, options);
    return { ...source, warnings: [STATIC_WARNING] };
  }
  if (credentials.mode !== 'service_account') {
    throw wrongMode('Azure', credentials.mode, ['static', 'oauth2', 'service_account']);
  }
  const { environment = process.env } = options;
  const federated =
    credentials.source ??
    (environment['AZURE_FEDERATED_TOKEN_FILE'] === undefined ? 'metadata' : 'workload_identity');
  return federated === 'workload_identity'
    ? federatedToken(resource, credentials, options)
    : managedToken(resource, credentials, options);
}

/** The token of the pod's service account for one of Microsoft Entra. Its file is read anew each time: it rotates. */
function federatedToken(
  resource: string,
  credentials: ServiceAccountCredentials,
  options: ServiceOptions,
): CredentialSource<BearerToken> {
  const { environment = process.env } = options;
  const needed = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') {
      throw new SignError('ERR_SIGN_CREDENTIALS', `${name} is not set, and Azure workload identity needs it`);
    }
    return value;
  };
  const tokenFile = needed('AZURE_FEDERATED_TOKEN_FILE');
  const clientId = credentials.clientId ?? needed('AZURE_CLIENT_ID');
  const tenant = needed('AZURE_TENANT_ID');
  if (!/^[\w.-]+$/.test(tenant)) throw new SignError('ERR_SIGN_CREDENTIALS', 'AZURE_TENANT_ID is no tenant');
  const name = 'Microsoft Entra';
  const authority = environment['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com';
  const endpoint = parseEndpoint(authority, AUTHORITIES, options);
  const call = tokenCall(endpoint, name, { ...options, service: 'azurekms' });
  return renewedCredential(name, options, async (signal) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: `${resource}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await readTokenFile(tokenFile),
    };
    return readBearerToken(await call(formRequest(`/${tenant}/oauth2/v2.0/token`, form), signal), name);
  });
}

function managedToken(
  resource: string,
  { clientId }: ServiceAccountCredentials,
  options: ServiceOptions,
): CredentialSource<BearerToken> {
  const { environment = process.env } = options;
  const name = 'the Azure metadata service';
  const address = environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? 'http://169.254.169.254';
  const deadlines = { ...options.deadlines, connectMs: 1_000 };
  const call = tokenCall(metadataEndpoint(address, options), name, {
    ...options,
    deadlines,
    service: 'azurekms',
    maxAttempts: 2,
  });
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource,
    ...(clientId !== undefined && { client_id: clientId }),
  });
  const path = `/metadata/identity/oauth2/token?${query.toString()}`;
  return renewedCredential(name, options, async (signal) =>
    readBearerToken(await call({ method: 'GET', path, headers: { metadata: 'true' } }, signal), name),
  );
}
