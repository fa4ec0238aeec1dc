import assert from 'node:assert/strict';
import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ServiceOptions } from '@danube/signer';
import { awsCredentials } from '../src/aws-credentials.ts';
import { azureCredentials } from '../src/azure-credentials.ts';
import { renewedCredential } from '../src/credential-source.ts';
import { gcpCredentials } from '../src/gcp-credentials.ts';
import { CREDENTIAL, REGION, signatureFlaw } from './servers/aws.ts';
import { type Answer, type LocalServer, type Responder, startServer } from './servers/http.ts';
import { refusal } from './service.ts';

const root = mkdtempSync(join(tmpdir(), 'danube-credentials-'));
const servers: LocalServer[] = [];
after(async () => {
  rmSync(root, { recursive: true });
  for (const server of servers) await server.close();
});

async function serve(respond: Responder): Promise<LocalServer> {
  const server = await startServer(respond);
  servers.push(server);
  return server;
}

function file(name: string, content: string | object): string {
  const path = join(root, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const { signal } = new AbortController();
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();
const local = (environment: Record<string, string>): ServiceOptions => ({
  environment,
  allowLoopbackHttp: true,
});
const bearer = (token: string): Answer => ({
  body: { access_token: token, token_type: 'Bearer', expires_in: 3600 },
});

function stsXml(): Answer {
  return {
    body: `<R><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>CANARY/secret</SecretAccessKey><SessionToken>CANARY-session</SessionToken><Expiration>${soon()}</Expiration></Credentials></R>`,
  };
}

describe('AWS credentials', () => {
  it('static: warns and names the better mode, but not for a session', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' };
    const { warnings } = await awsCredentials(REGION, { environment });
    assert.match(`${warnings[0]?.message} ${warnings[0]?.hint}`, /static.*iam_role/);
    const session = await awsCredentials(REGION, { environment: { ...environment, AWS_SESSION_TOKEN: 'T' } });
    assert.deepEqual(session.warnings, []);
  });

  it('web identity: the token of the file for a role, unsigned, and the file is read anew each time', async () => {
    const sts = await serve(() => stsXml());
    const tokenFile = file('web-token', 'first\n');
    const options = local({
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
    });
    const source = await awsCredentials(REGION, options);
    assert.equal((await source.get(signal)).accessKeyId, 'ASIA1');
    source.renew();
    file('web-token', 'second');
    await source.get(signal);
    const forms = sts.received.map(({ body }) => new URLSearchParams(body));
    assert.deepEqual(
      forms.map((form) => form.get('WebIdentityToken')),
      ['first', 'second'],
    );
    assert.deepEqual(
      [forms[0]?.get('Action'), forms[0]?.get('RoleArn')],
      ['AssumeRoleWithWebIdentity', 'arn:aws:iam::1:role/r'],
    );
    assert.equal(sts.received[0]?.headers.authorization, undefined);
  });

  it('assume role: signed with the first credential, with the external id', async () => {
    const first = { ...CREDENTIAL, sessionToken: 'session' };
    const container = await serve(() => ({
      body: {
        AccessKeyId: first.accessKeyId,
        SecretAccessKey: first.secretAccessKey,
        Token: 'session',
        Expiration: soon(),
      },
    }));
    const flaws: unknown[] = [];
    const sts = await serve(async (request) => {
      flaws.push(await signatureFlaw(request, [first], 'sts'));
      return stsXml();
    });
    const source = await awsCredentials(REGION, {
      ...local({
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/role`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'CANARY',
      }),
      credentials: { mode: 'iam_role', roleArn: 'arn:aws:iam::2:role/signer', externalId: 'x-1' },
    });
    assert.equal((await source.get(signal)).sessionToken, 'CANARY-session');
    assert.deepEqual(flaws, [undefined]);
    assert.equal(new URLSearchParams(sts.received[0]?.body).get('ExternalId'), 'x-1');
    assert.equal(container.received[0]?.headers.authorization, 'CANARY');
  });

  it('container: refuses a foreign host without sending the token (keys.md 17)', async () => {
    for (const uri of ['http://evil.example.com/x', 'http://10.0.0.1/x', 'http://169.254.169.253/x']) {
      const options = local({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: uri,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'CANARY',
      });
      await refusal((await awsCredentials(REGION, options)).get(signal), 'ERR_SIGN_ENDPOINT');
    }
  });

  it('instance: opens a session first, and never falls back to version 1 (keys.md 17)', async () => {
    const imds = await serve(({ method, path, headers }) => {
      if (path === '/latest/api/token') {
        return method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined
          ? { body: 'session' }
          : { status: 400 };
      }
      if (headers['x-aws-ec2-metadata-token'] !== 'session') return { status: 401 };
      if (path.endsWith('/')) return { body: 'role-1' };
      return {
        body: { Code: 'Success', AccessKeyId: 'ASIA2', SecretAccessKey: 's', Token: 't', Expiration: soon() },
      };
    });
    const options = local({ AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url });
    assert.equal((await (await awsCredentials(REGION, options)).get(signal)).accessKeyId, 'ASIA2');
    const old = await serve(({ path }) =>
      path === '/latest/api/token' ? { status: 403 } : { body: 'role-1' },
    );
    await refusal(
      (await awsCredentials(REGION, local({ AWS_EC2_METADATA_SERVICE_ENDPOINT: old.url }))).get(signal),
      'ERR_SIGN_CREDENTIALS',
    );
    assert.deepEqual(
      old.received.map(({ path }) => path),
      ['/latest/api/token'],
    );
  });

  it('says what there is when there is nothing', async () => {
    const error = await refusal(
      awsCredentials(REGION, { environment: { AWS_EC2_METADATA_DISABLED: 'true' } }),
      'ERR_SIGN_CREDENTIALS',
    );
    assert.match(error.hint ?? '', /role/);
    const oauth2 = {
      mode: 'oauth2',
      tokenUrl: 'https://x',
      clientId: 'c',
      clientSecret: { secret: 's' },
    } as const;
    await refusal(awsCredentials(REGION, { environment: {}, credentials: oauth2 }), 'ERR_SIGN_CREDENTIALS');
  });

  it('refuses a token file that is too long, and an answer that names a credential twice', async () => {
    const sts = await serve(() => ({ body: '<AccessKeyId>A</AccessKeyId><AccessKeyId>B</AccessKeyId>' }));
    const environment = { AWS_ENDPOINT_URL_STS: sts.url, AWS_ROLE_ARN: 'r' };
    const long = { ...environment, AWS_WEB_IDENTITY_TOKEN_FILE: file('long', 'x'.repeat(70_000)) };
    await refusal((await awsCredentials(REGION, local(long))).get(signal), 'ERR_SIGN_CREDENTIALS');
    const twice = { ...environment, AWS_WEB_IDENTITY_TOKEN_FILE: file('ok', 'x') };
    await refusal((await awsCredentials(REGION, local(twice))).get(signal), 'ERR_SIGN_CREDENTIALS');
  });
});

describe('Google Cloud credentials', () => {
  it('metadata: sends the flavour and wants it back (keys.md 17)', async () => {
    let flavour = { 'metadata-flavor': 'Google' };
    const metadata = await serve(({ headers }) =>
      headers['metadata-flavor'] === 'Google' ? { ...bearer('CANARY-m'), headers: flavour } : { status: 403 },
    );
    const options = local({ GCE_METADATA_HOST: metadata.host });
    assert.equal((await (await gcpCredentials(options)).get(signal)).token, 'CANARY-m');
    flavour = { 'metadata-flavor': 'other' };
    await refusal((await gcpCredentials(options)).get(signal), 'ERR_SIGN_CREDENTIALS');
  });

  it('workload identity federation: exchanges the token, then impersonates', async () => {
    const google = await serve(({ path, body, headers }) => {
      if (path === '/v1/token')
        return new URLSearchParams(body).get('subject_token') === 'subject'
          ? bearer('federated')
          : { status: 400 };
      return headers.authorization === 'Bearer federated'
        ? { body: { accessToken: 'CANARY-sa', expireTime: soon() } }
        : { status: 403 };
    });
    const account = {
      type: 'external_account',
      audience: '//iam.googleapis.com/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.url}/v1/token`,
      service_account_impersonation_url: `${google.url}/v1/sa:generateAccessToken`,
      credential_source: { file: file('subject', 'subject') },
    };
    const options = local({ GOOGLE_APPLICATION_CREDENTIALS: file('federation.json', account) });
    assert.equal((await (await gcpCredentials(options)).get(signal)).token, 'CANARY-sa');
  });

  it('refuses a credential file that sends tokens elsewhere, or runs a program', async () => {
    const account = {
      type: 'external_account',
      audience: 'a',
      subject_token_type: 't',
      token_url: 'https://sts.googleapis.com.evil.net/v1/token',
      credential_source: { file: file('subject', 'CANARY') },
    };
    const open = (content: object): Promise<unknown> =>
      gcpCredentials({
        environment: {},
        credentials: { mode: 'service_account', file: file('bad.json', content) },
      });
    await refusal(open(account), 'ERR_SIGN_ENDPOINT');
    const good = { ...account, token_url: 'https://sts.googleapis.com/v1/token' };
    await refusal(
      open({ ...good, credential_source: { executable: { command: 'x' } } }),
      'ERR_SIGN_CREDENTIALS',
    );
    await refusal(
      open({ ...good, credential_source: { url: 'http://169.254.169.254' } }),
      'ERR_SIGN_CREDENTIALS',
    );
    await refusal(
      open({ ...good, service_account_impersonation_url: 'https://evil.net' }),
      'ERR_SIGN_ENDPOINT',
    );
  });

  it('key file: an assertion that its key signed, with a warning', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const google = await serve(({ body }) => {
      const [head = '', claims = '', signature = ''] =
        new URLSearchParams(body).get('assertion')?.split('.') ?? [];
      const good = verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      );
      return good ? bearer('key-token') : { status: 401 };
    });
    const account = {
      type: 'service_account',
      client_email: 'a@p.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: `${google.url}/token`,
    };
    const source = await gcpCredentials(local({ GOOGLE_APPLICATION_CREDENTIALS: file('sa.json', account) }));
    assert.equal((await source.get(signal)).token, 'key-token');
    assert.match(source.warnings[0]?.message ?? '', /static/);
  });
});

describe('Azure credentials', () => {
  it('workload identity: the assertion of the file, for our resource', async () => {
    const entra = await serve(() => bearer('CANARY-a'));
    const environment = {
      AZURE_AUTHORITY_HOST: entra.url,
      AZURE_FEDERATED_TOKEN_FILE: file('azure-token', 'assertion'),
      AZURE_CLIENT_ID: 'client',
      AZURE_TENANT_ID: 'tenant',
    };
    const source = await azureCredentials('https://vault.azure.net', local(environment));
    assert.equal((await source.get(signal)).token, 'CANARY-a');
    const form = new URLSearchParams(entra.received[0]?.body);
    assert.equal(entra.received[0]?.path, '/tenant/oauth2/v2.0/token');
    assert.deepEqual(
      [form.get('scope'), form.get('client_assertion')],
      ['https://vault.azure.net/.default', 'assertion'],
    );
  });

  it('managed identity: asks for our resource with the Metadata header', async () => {
    const imds = await serve(({ headers }) =>
      headers['metadata'] === 'true' ? bearer('managed') : { status: 400 },
    );
    const source = await azureCredentials(
      'https://vault.azure.net',
      local({ AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url }),
    );
    assert.equal((await source.get(signal)).token, 'managed');
    assert.match(imds.received[0]?.path ?? '', /resource=https%3A%2F%2Fvault\.azure\.net$/);
  });

  it('refuses another authority than Microsoft’s', async () => {
    const environment = {
      AZURE_AUTHORITY_HOST: 'https://login.evil.net',
      AZURE_FEDERATED_TOKEN_FILE: 'x',
      AZURE_CLIENT_ID: 'c',
      AZURE_TENANT_ID: 't',
    };
    await refusal(azureCredentials('https://vault.azure.net', { environment }), 'ERR_SIGN_ENDPOINT');
  });
});

describe('OAuth 2.0 client credentials', () => {
  const credentials = (tokenUrl: string, clientAuthentication: 'basic' | 'body') =>
    ({
      mode: 'oauth2',
      tokenUrl,
      clientId: 'id:ä',
      clientSecret: { secret: 'client-secret' },
      scope: 's',
      clientAuthentication,
    }) as const;

  it('sends id and secret form-encoded in the header, or in the body', async () => {
    const server = await serve(() => bearer('t'));
    for (const way of ['basic', 'body'] as const) {
      const options = {
        ...local({ CLIENT_SECRET: 'p/+ w' }),
        credentials: credentials(`${server.url}/token`, way),
      };
      await (await gcpCredentials(options)).get(signal);
    }
    const [basic, body] = server.received;
    const decoded = Buffer.from(String(basic?.headers.authorization).slice(6), 'base64').toString();
    assert.equal(decoded, 'id%3A%C3%A4:p%2F%2B+w');
    assert.equal(new URLSearchParams(basic?.body).get('client_secret'), null);
    assert.equal(new URLSearchParams(body?.body).get('client_secret'), 'p/+ w');
  });

  it('wants a bearer token, and shows nothing of an error but its name', async () => {
    const options = (url: string): ServiceOptions => ({
      ...local({ CLIENT_SECRET: 'CANARY' }),
      credentials: credentials(url, 'body'),
    });
    const mac = await serve(() => ({ body: { access_token: 'x', token_type: 'mac' } }));
    await refusal((await gcpCredentials(options(mac.url))).get(signal), 'ERR_SIGN_CREDENTIALS');
    const refusing = await serve(() => ({
      status: 401,
      body: { error: 'invalid_client', error_description: 'CANARY is wrong' },
    }));
    const error = await refusal(
      (await gcpCredentials(options(refusing.url))).get(signal),
      'ERR_SIGN_CREDENTIALS',
    );
    assert.match(error.message, /invalid_client/);
    assert.equal(refusing.received.length, 1);
  });
});

describe('a renewed credential', () => {
  it('is asked for once, however many wait, and again before it expires', async () => {
    let fetched = 0;
    let life = 3_600_000;
    const source = renewedCredential('x', {}, async () => ({
      token: ++fetched,
      expiresAt: Date.now() + life,
    }));
    const got = await Promise.all(Array.from({ length: 20 }, () => source.get(signal)));
    assert.deepEqual(new Set(got.map(({ token }) => token)), new Set([1]));
    await source.get(signal);
    assert.equal(fetched, 1);
    life = 0;
    source.renew();
    await source.get(signal);
    await source.get(signal);
    assert.equal(fetched, 3);
  });

  it('stays in use while a renewal fails and it is still valid', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
    let failures = 0;
    let down = false;
    const source = renewedCredential('x', {}, async () => {
      if (down) throw new Error(`down ${(failures += 1)}`);
      return { expiresAt: Date.now() + 60_000 };
    });
    const first = await source.get(signal);
    down = true;
    context.mock.timers.setTime(1_059_999);
    assert.equal(await source.get(signal), first);
    assert.equal(failures, 1);
    context.mock.timers.setTime(1_060_000);
    await assert.rejects(source.get(signal), { message: 'down 2' });
  });

  it('goes on for others when one stops waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<{ expiresAt: number }>();
    const source = renewedCredential('x', {}, () => promise);
    const stop = new AbortController();
    const [impatient, patient] = [source.get(stop.signal), source.get(signal)];
    stop.abort(new Error('enough'));
    await assert.rejects(impatient, { message: 'enough' });
    resolve({ expiresAt: Date.now() + 1000 });
    await patient;
  });
});
