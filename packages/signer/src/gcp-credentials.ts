/** The credential modes of Google Cloud: workload identity federation, metadata, and static keys with a warning. */
import { createPrivateKey, sign } from 'node:crypto';
import { isJsonObject, type JsonObject, MalformedError, parseJson } from 'in-toto-attestation';
import { type BearerToken, oauth2Token, readBearerToken, staticToken } from './bearer-credentials.ts';
import { readCredentialFile } from './credential-file.ts';
import type { ServiceAccountCredentials } from './credential-options.ts';
import { type CredentialSource, renewedCredential } from './credential-source.ts';
import { metadataEndpoint, parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import { jsonOf } from './service-client.ts';
import {
  expiryAt,
  formRequest,
  readTokenFile,
  requiredText,
  tokenCall,
  type TokenCall,
  wrongMode,
} from './token-client.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloudkms';
/** A credential file says where tokens are fetched, and may come from somebody else: only to Google's own hosts. */
const HOSTS = ['.googleapis.com'];
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
const STATIC_WARNING = {
  message: 'the Google Cloud credential in use is a static one: whoever copies it can sign',
  hint: 'use workload identity federation or the metadata service instead (credential mode service_account)',
};

/**
 * Where tokens for Google Cloud come from: what the mode says; else GOOGLE_APPLICATION_CREDENTIALS, else the metadata
 * service.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS
 */
export async function gcpCredentials(options: ServiceOptions): Promise<CredentialSource<BearerToken>> {
  const { credentials = { mode: 'service_account' } } = options;
  if (credentials.mode === 'static') return staticToken('Google Cloud', credentials, options, STATIC_WARNING);
  if (credentials.mode === 'oauth2') return oauth2Token('gcpkms', credentials, HOSTS, options);
  if (credentials.mode !== 'service_account') {
    throw wrongMode('Google Cloud', credentials.mode, ['static', 'oauth2', 'service_account']);
  }
  const file = fileOf(credentials, options);
  return file === undefined ? metadataToken(options) : fileToken(file, options);
}

function fileOf(
  { source, file }: ServiceAccountCredentials,
  { environment = process.env }: ServiceOptions,
): string | undefined {
  if (source === 'metadata') return undefined;
  const named = file ?? environment['GOOGLE_APPLICATION_CREDENTIALS'];
  if (named === undefined && source === 'workload_identity') {
    throw new SignError(
      'ERR_SIGN_CREDENTIALS',
      'GOOGLE_APPLICATION_CREDENTIALS is not set, and names the federation file',
    );
  }
  return named;
}

function metadataToken(options: ServiceOptions): CredentialSource<BearerToken> {
  const { environment = process.env } = options;
  const name = 'the Google metadata service';
  const endpoint = metadataEndpoint(
    `http://${environment['GCE_METADATA_HOST'] ?? '169.254.169.254'}`,
    options,
  );
  const deadlines = { ...options.deadlines, connectMs: 1_000 };
  const call = tokenCall(endpoint, name, { ...options, deadlines, service: 'gcpkms', maxAttempts: 2 });
  return renewedCredential(name, options, async (signal) => {
    const headers = { 'metadata-flavor': 'Google' };
    const reply = await call({ method: 'GET', path: TOKEN_PATH, headers }, signal);
    if (reply.headers['metadata-flavor'] !== 'Google') {
      throw new SignError('ERR_SIGN_CREDENTIALS', `${endpoint.url.host} answers, but is not ${name}`);
    }
    return readBearerToken(reply, name);
  });
}

async function fileToken(path: string, options: ServiceOptions): Promise<CredentialSource<BearerToken>> {
  const file = await readFile(path);
  if (file['type'] === 'external_account') return federatedToken(file, options);
  if (file['type'] === 'service_account') return keyFileToken(file, options);
  throw new SignError(
    'ERR_SIGN_CREDENTIALS',
    `${path} is a Google credential of a type that is not used here`,
    {
      hint: 'use external_account (workload identity federation) or service_account',
    },
  );
}

async function readFile(path: string): Promise<JsonObject> {
  const bytes = await readCredentialFile(path);
  try {
    const value = parseJson(bytes);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  throw new SignError('ERR_SIGN_CREDENTIALS', `${path} is no Google credential file`);
}

const FILE = 'the Google credential file';

/** A URL in a credential file as a call to its host, and the path there. */
function callOf(
  json: JsonObject,
  field: string,
  name: string,
  options: ServiceOptions,
): { call: TokenCall; path: string } {
  const text = requiredText(json, field, FILE);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new SignError('ERR_SIGN_CREDENTIALS', `${field} in ${FILE} is no URL`);
  const endpoint = parseEndpoint(url.origin, HOSTS, options);
  return {
    call: tokenCall(endpoint, name, { ...options, service: 'gcpkms' }),
    path: url.pathname + url.search,
  };
}

/** Workload identity federation: somebody's token for a Google token, and with that one a service account's. */
function federatedToken(file: JsonObject, options: ServiceOptions): CredentialSource<BearerToken> {
  const name = 'Google STS';
  const { call, path } = callOf(file, 'token_url', name, options);
  const audience = requiredText(file, 'audience', FILE);
  const tokenType = requiredText(file, 'subject_token_type', FILE);
  const readSubject = subjectReader(file['credential_source']);
  const impersonated = file['service_account_impersonation_url'] !== undefined;
  const impersonate = impersonated ? impersonator(file, options) : undefined;
  return renewedCredential(name, options, async (signal) => {
    const request = formRequest(path, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: impersonated ? 'https://www.googleapis.com/auth/cloud-platform' : SCOPE,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: await readSubject(),
      subject_token_type: tokenType,
    });
    const token = readBearerToken(await call(request, signal), name);
    return impersonate === undefined ? token : impersonate(token, signal);
  });
}

/** The token of the platform, which it keeps in a file. Addresses and programs in the file are not followed. */
function subjectReader(source: JsonObject[string] | undefined): () => Promise<string> {
  const { file, format } = source !== undefined && isJsonObject(source) ? source : {};
  if (typeof file !== 'string') {
    throw new SignError('ERR_SIGN_CREDENTIALS', `${FILE} has no credential_source.file`, {
      hint: 'other sources would let the file choose an address or a program',
    });
  }
  const field =
    format !== undefined && isJsonObject(format) && format['type'] === 'json'
      ? requiredText(format, 'subject_token_field_name', FILE)
      : undefined;
  return async () =>
    field === undefined ? readTokenFile(file) : requiredText(await readFile(file), field, file);
}

function impersonator(
  file: JsonObject,
  options: ServiceOptions,
): (token: BearerToken, signal: AbortSignal) => Promise<BearerToken> {
  const name = 'Google IAM credentials';
  const { call, path } = callOf(file, 'service_account_impersonation_url', name, options);
  return async ({ token }, signal) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ scope: [SCOPE], lifetime: '3600s' });
    const json = jsonOf(await call({ method: 'POST', path, headers, body }, signal), name);
    const expiresAt = expiryAt(requiredText(json, 'expireTime', name), name);
    return { token: requiredText(json, 'accessToken', name), expiresAt };
  };
}

/** A service account's key file: a signed assertion (RFC 7523) for a token. */
function keyFileToken(file: JsonObject, options: ServiceOptions): CredentialSource<BearerToken> {
  const name = 'Google OAuth 2.0';
  const tokenUri = requiredText(file, 'token_uri', FILE);
  const { call, path } = callOf(file, 'token_uri', name, options);
  const issuer = requiredText(file, 'client_email', FILE);
  const key = readRsaKey(file['private_key']);
  const source = renewedCredential(name, options, async (signal) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, scope: SCOPE, aud: tokenUri, iat: now, exp: now + 3600 };
    const text = [{ alg: 'RS256', typ: 'JWT' }, claims].map(encodePart).join('.');
    const assertion = `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    return readBearerToken(await call(formRequest(path, form), signal), name);
  });
  return { ...source, warnings: [STATIC_WARNING] };
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function readRsaKey(pem: unknown): ReturnType<typeof createPrivateKey> {
  try {
    const key = createPrivateKey(typeof pem === 'string' ? pem : '');
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // OpenSSL's reason may quote what it read.
  }
  throw new SignError('ERR_SIGN_CREDENTIALS', `${FILE} holds no RSA private key`);
}
