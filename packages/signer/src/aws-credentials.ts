/** The credential modes of AWS: static keys, and the roles of a workload. */
import type { IamRoleCredentials, StaticCredentials } from './credential-options.ts';
import { type CredentialSource, fixedCredential, renewedCredential } from './credential-source.ts';
import { type EndpointRules, METADATA_ADDRESSES, metadataEndpoint, parseEndpoint } from './endpoint.ts';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import { resolveSecretText } from './secret-reference.ts';
import { jsonOf, type ServiceReply } from './service-client.ts';
import { type AwsCredential, signRequest } from './sigv4.ts';
import {
  expiryAt,
  formRequest,
  readTokenFile,
  requiredText,
  tokenCall,
  utf8,
  wrongMode,
} from './token-client.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Fetch = (signal: AbortSignal) => Promise<AwsCredential>;

const STS_HOST = /^sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/;
const STATIC_WARNING = {
  message: 'the AWS key in use is a static one: it does not expire, and whoever copies it can sign',
  hint: 'give the workload a role instead (credential mode iam_role: web identity, container or instance)',
};

/**
 * Where credentials for AWS come from: what the mode says; else environment keys, web identity, the container's
 * endpoint, the instance's metadata (version 2 only), whichever is set up first.
 *
 * @throws {SignError} ERR_SIGN_CREDENTIALS
 */
export async function awsCredentials(
  region: string,
  options: ServiceOptions,
): Promise<CredentialSource<AwsCredential>> {
  const environment = options.environment ?? process.env;
  const { credentials } = options;
  if (credentials === undefined) {
    return environment['AWS_ACCESS_KEY_ID'] === undefined
      ? roleCredentials({ mode: 'iam_role' }, region, environment, options)
      : staticFromEnvironment(environment);
  }
  if (credentials.mode === 'static') return staticCredentials(credentials, options);
  if (credentials.mode === 'iam_role') return roleCredentials(credentials, region, environment, options);
  throw wrongMode('AWS', credentials.mode, ['static', 'iam_role']);
}

function staticFromEnvironment(environment: Environment): CredentialSource<AwsCredential> {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'] ?? '';
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'] ?? '';
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (accessKeyId === '' || secretAccessKey === '') {
    throw new SignError(
      'ERR_SIGN_CREDENTIALS',
      'AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY, or empty',
    );
  }
  return fixedAws(accessKeyId, secretAccessKey, sessionToken === '' ? undefined : sessionToken);
}

async function staticCredentials(
  { accessKeyId, secretAccessKey, sessionToken }: StaticCredentials,
  options: ServiceOptions,
): Promise<CredentialSource<AwsCredential>> {
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new SignError(
      'ERR_SIGN_CREDENTIALS',
      'the mode static needs accessKeyId and secretAccessKey for AWS',
    );
  }
  return fixedAws(
    accessKeyId,
    await resolveSecretText(secretAccessKey.secret, options),
    sessionToken === undefined ? undefined : await resolveSecretText(sessionToken.secret, options),
  );
}

function fixedAws(
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string | undefined,
): CredentialSource<AwsCredential> {
  const credential = { accessKeyId, secretAccessKey, expiresAt: undefined };
  return sessionToken === undefined
    ? fixedCredential(credential, [STATIC_WARNING])
    : fixedCredential({ ...credential, sessionToken });
}

function roleCredentials(
  mode: IamRoleCredentials,
  region: string,
  environment: Environment,
  options: ServiceOptions,
): CredentialSource<AwsCredential> {
  const source = mode.source ?? sourceIn(environment);
  const first = FIRST[source](mode, region, environment, options);
  const assumed =
    mode.roleArn === undefined || source === 'web_identity'
      ? first
      : assumeRole(first, mode.roleArn, mode, region, environment, options);
  return renewedCredential(`the AWS credential (${source})`, options, assumed);
}

function sourceIn(environment: Environment): NonNullable<IamRoleCredentials['source']> {
  if (environment['AWS_WEB_IDENTITY_TOKEN_FILE'] !== undefined) return 'web_identity';
  const container = ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (container.some((name) => environment[name] !== undefined)) return 'container';
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() !== 'true') return 'imds';
  throw new SignError('ERR_SIGN_CREDENTIALS', 'there is no AWS credential here', {
    hint: 'give the workload a role (web identity, container or instance), or set AWS_ACCESS_KEY_ID and its companions',
  });
}

type RoleSource = (
  mode: IamRoleCredentials,
  region: string,
  environment: Environment,
  options: ServiceOptions,
) => Fetch;

const FIRST: Readonly<Record<NonNullable<IamRoleCredentials['source']>, RoleSource>> = {
  web_identity: (mode, region, environment, options) => async (signal) => {
    const tokenFile = needed(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE');
    const request = formRequest('/', {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: mode.roleArn ?? needed(environment, 'AWS_ROLE_ARN'),
      RoleSessionName: sessionName(mode, environment),
      WebIdentityToken: await readTokenFile(tokenFile),
    });
    return readStsReply(await sts(region, environment, options)(request, signal));
  },
  container: (_, __, environment, options) => async (signal) => {
    const { endpoint, path } = containerEndpoint(environment, options);
    const call = tokenCall(endpoint, 'the AWS container endpoint', {
      ...options,
      service: 'awskms',
      maxAttempts: 3,
    });
    const authorization = await containerToken(environment);
    const headers = authorization === undefined ? {} : { authorization };
    return readAwsJson(await call({ method: 'GET', path, headers }, signal), 'the AWS container endpoint');
  },
  imds: (_, __, environment, options) => (signal) => readInstanceRole(environment, options, signal),
};

function needed(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new SignError('ERR_SIGN_CREDENTIALS', `${name} is not set, and this AWS credential needs it`);
  }
  return value;
}

function sessionName(mode: IamRoleCredentials, environment: Environment): string {
  return mode.sessionName ?? environment['AWS_ROLE_SESSION_NAME'] ?? 'danube-provenance';
}

function stsEndpoint(region: string, environment: Environment): string {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return environment['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.${suffix}`;
}

function sts(
  region: string,
  environment: Environment,
  options: ServiceOptions,
): ReturnType<typeof tokenCall> {
  const endpoint = parseEndpoint(stsEndpoint(region, environment), [STS_HOST], options);
  return tokenCall(endpoint, 'AWS STS', { ...options, service: 'awskms' });
}

function assumeRole(
  first: Fetch,
  roleArn: string,
  mode: IamRoleCredentials,
  region: string,
  environment: Environment,
  options: ServiceOptions,
): Fetch {
  return async (signal) => {
    const form = formRequest('/', {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: sessionName(mode, environment),
      ExternalId: mode.externalId,
    });
    const headers = signRequest(
      {
        method: 'POST',
        host: new URL(stsEndpoint(region, environment)).host,
        path: '/',
        headers: { ...form.headers },
        body: String(form.body),
      },
      await first(signal),
      { region, service: 'sts' },
      new Date(),
    );
    return readStsReply(await sts(region, environment, options)({ ...form, headers }, signal));
  };
}

/** STS answers in XML: four elements, each exactly once. */
function readStsReply(reply: ServiceReply): AwsCredential {
  const xml = utf8(reply.body);
  const element = (name: string): string => {
    const [only, ...others] = [...xml.matchAll(new RegExp(`<${name}>\\s*([!-~]+?)\\s*</${name}>`, 'g'))];
    if (only?.[1] === undefined || others.length > 0) {
      throw new SignError('ERR_SIGN_CREDENTIALS', `AWS STS answered without exactly one ${name}`);
    }
    return only[1];
  };
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
    expiresAt: expiryAt(element('Expiration'), 'AWS STS'),
  };
}

/** The container's endpoint: at its fixed address, on the loopback interface, or by https: (as AWS's SDKs have it). */
function containerEndpoint(
  environment: Environment,
  rules: EndpointRules,
): { readonly endpoint: ReturnType<typeof parseEndpoint>; readonly path: string } {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full =
    relative === undefined
      ? needed(environment, 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
      : `http://169.254.170.2${relative}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined)
    throw new SignError('ERR_SIGN_CREDENTIALS', 'the address of the AWS container endpoint is no URL');
  const fixed = url.protocol === 'http:' && METADATA_ADDRESSES.has(url.hostname);
  const endpoint = fixed
    ? metadataEndpoint(url.origin, rules)
    : parseEndpoint(url.origin, url.protocol === 'https:' ? ['*'] : [], {
        ...rules,
        allowLoopbackHttp: true,
      });
  return { endpoint, path: url.pathname + url.search };
}

async function containerToken(environment: Environment): Promise<string | undefined> {
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  return file === undefined ? environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : readTokenFile(file);
}

const IMDS = 'the EC2 metadata service';
const ROLES = '/latest/meta-data/iam/security-credentials/';

/** Instance metadata, version 2: a session first. Version 1 answers to anybody who can make the host send a GET. */
async function readInstanceRole(
  environment: Environment,
  options: ServiceOptions,
  signal: AbortSignal,
): Promise<AwsCredential> {
  const address = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? 'http://169.254.169.254';
  const deadlines = { ...options.deadlines, connectMs: 1_000 };
  const call = tokenCall(metadataEndpoint(address, options), IMDS, {
    ...options,
    deadlines,
    service: 'awskms',
    maxAttempts: 2,
  });
  const session = await call(
    { method: 'PUT', path: '/latest/api/token', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' } },
    signal,
  );
  const headers = { 'x-aws-ec2-metadata-token': utf8(session.body).trim() };
  const role = utf8((await call({ method: 'GET', path: ROLES, headers }, signal)).body).trim();
  if (!/^[\w+=,.@-]{1,64}$/.test(role))
    throw new SignError('ERR_SIGN_CREDENTIALS', 'this EC2 instance has no role');
  return readAwsJson(await call({ method: 'GET', path: ROLES + role, headers }, signal), IMDS);
}

function readAwsJson(reply: ServiceReply, name: string): AwsCredential {
  const json = jsonOf(reply, name);
  return {
    accessKeyId: requiredText(json, 'AccessKeyId', name),
    secretAccessKey: requiredText(json, 'SecretAccessKey', name),
    sessionToken: requiredText(json, 'Token', name),
    expiresAt: expiryAt(requiredText(json, 'Expiration', name), name),
  };
}
