/**
 * Made-up credentials in the shapes of real ones. They are put together when the tests run, so that no scanner of
 * repositories takes this file for a leak.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Random } from './random.ts';

export interface Sample {
  /** The rule that must find it. */
  readonly rule: string;
  readonly make: (random: Random) => string;
}

const j = (...parts: readonly string[]): string => parts.join('');
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const ALNUM = `${UPPER}${LOWER}${DIGITS}`;
const HEX = '0123456789abcdef';
const URLSAFE = `${ALNUM}_-`;

function of(rule: string, make: (random: Random) => string): Sample {
  return { rule, make };
}

/** Tokens that are told by their shape. */
export const TOKENS: readonly Sample[] = [
  of('aws-access-key-id', (r) => j('AK', 'IA', r.text(16, `${UPPER}234567`))),
  of('aws-access-key-id', (r) => j('AS', 'IA', r.text(16, `${UPPER}234567`))),
  of('google-api-key', (r) => j('AI', 'za', r.text(35, URLSAFE))),
  of('google-oauth-secret', (r) => j('GOC', 'SPX-', r.text(28, URLSAFE))),
  of('google-oauth-token', (r) => j('ya', '29.', r.text(90, URLSAFE))),
  of('azure-storage-key', (r) =>
    j(
      'DefaultEndpointsProtocol=https;AccountName=acme;Account',
      'Key=',
      r.text(86, ALNUM),
      '==;EndpointSuffix=core.windows.net',
    ),
  ),
  of('azure-sas', (r) =>
    j(
      'https://acme.blob.core.windows.net/c/f?sv=2024-01-01&se=2026-01-01&si',
      'g=',
      r.text(43, ALNUM),
      '%3D',
    ),
  ),
  of('azure-client-secret', (r) => j(r.text(3, ALNUM), '8', 'Q~', r.text(34, ALNUM))),
  of('digitalocean-token', (r) => j('dop', '_v1_', r.text(64, HEX))),
  of('alibaba-access-key-id', (r) => j('LT', 'AI', r.text(20, ALNUM))),
  of('vault-token', (r) => j('hv', 's.', r.text(24, ALNUM))),
  of('terraform-cloud-token', (r) => j(r.text(14, ALNUM), '.atla', 'sv1.', r.text(67, ALNUM))),
  of('heroku-token', (r) => j('HR', 'KU-', r.text(60, URLSAFE))),
  of('fly-token', (r) => j('fm', '2_', r.text(120, ALNUM))),
  of('databricks-token', (r) => j('da', 'pi', r.text(32, HEX))),
  of('doppler-token', (r) => j('dp', '.pt.', r.text(43, ALNUM))),
  of('pulumi-token', (r) => j('pu', 'l-', r.text(40, HEX))),
  of('onepassword-token', (r) => j('ops', '_eyJ', r.text(200, ALNUM))),
  of('tailscale-key', (r) => j('tsk', 'ey-auth-', r.text(12, ALNUM), 'CNTRL-', r.text(32, ALNUM))),
  of('cloudflare-ca-key', (r) => j('v1', '.0-', r.text(24, HEX), '-', r.text(146, HEX))),
  of('github-token', (r) => j('gh', 'p_', r.text(36, ALNUM))),
  of('github-token', (r) => j('gh', 's_', r.text(36, ALNUM))),
  of('github-fine-grained-token', (r) => j('github', '_pat_', r.text(22, ALNUM), '_', r.text(59, ALNUM))),
  of('gitlab-token', (r) => j('gl', 'pat-', r.text(20, URLSAFE))),
  of('gitlab-token', (r) => j('gl', 'cbt-', '64_', r.text(20, URLSAFE))),
  of('gitlab-runner-token', (r) => j('GR1', '348941', r.text(20, URLSAFE))),
  of('atlassian-token', (r) => j('ATA', 'TT3', r.text(180, URLSAFE))),
  of('atlassian-token', (r) => j('AT', 'BB', r.text(32, ALNUM))),
  of('azure-devops-token', (r) => j(r.text(76, ALNUM), 'AZ', 'DO', r.text(4, ALNUM))),
  of('buildkite-token', (r) => j('bk', 'ua_', r.text(40, HEX))),
  of('circleci-token', (r) => j('CCI', 'PAT_', r.text(22, ALNUM), '_', r.text(40, HEX))),
  of('sonar-token', (r) => j('sq', 'p_', r.text(40, HEX))),
  of('npm-token', (r) => j('np', 'm_', r.text(36, ALNUM))),
  of('pypi-token', (r) => j('py', 'pi-', 'AgEIcHlwaS5vcmc', r.text(140, URLSAFE))),
  of('rubygems-token', (r) => j('ruby', 'gems_', r.text(48, HEX))),
  of('crates-token', (r) => j('ci', 'o', r.text(32, ALNUM))),
  of('nuget-key', (r) => j('oy', '2', r.text(43, `${LOWER}${DIGITS}`))),
  of('docker-token', (r) => j('dckr', '_pat_', r.text(27, URLSAFE))),
  of('artifactory-token', (r) => j('AK', 'Cp', r.text(69, ALNUM))),
  of('packagist-token', (r) => j('packa', 'gist_ort_', r.text(68, HEX))),
  of('clojars-token', (r) => j('CLO', 'JARS_', r.text(60, `${LOWER}${DIGITS}`))),
  of('slack-token', (r) =>
    j('xo', 'xb-', r.text(12, DIGITS), '-', r.text(12, DIGITS), '-', r.text(24, ALNUM)),
  ),
  of('slack-token', (r) =>
    j('xa', 'pp-1-A', r.text(10, ALNUM), '-', r.text(13, DIGITS), '-', r.text(64, HEX)),
  ),
  of('slack-webhook', (r) =>
    j(
      'https://hooks.sla',
      'ck.com/services/T',
      r.text(8, ALNUM),
      '/B',
      r.text(8, ALNUM),
      '/',
      r.text(24, ALNUM),
    ),
  ),
  of('discord-webhook', (r) =>
    j('https://disc', 'ord.com/api/webhooks/', r.text(18, DIGITS), '/', r.text(68, URLSAFE)),
  ),
  of('discord-token', (r) => j('M', r.text(25, ALNUM), '.', r.text(6, ALNUM), '.', r.text(38, ALNUM))),
  of('telegram-token', (r) => j(r.text(10, '123456789'), ':A', 'A', r.text(33, URLSAFE))),
  of('teams-webhook', (r) =>
    j(
      'https://acme.webhook.off',
      'ice.com/webhookb2/',
      r.uuid(),
      '@',
      r.uuid(),
      '/IncomingWebhook/',
      r.text(32, HEX),
    ),
  ),
  of('stripe-key', (r) => j('sk', '_live_', r.text(24, ALNUM))),
  of('sendgrid-key', (r) => j('S', 'G.', r.text(22, URLSAFE), '.', r.text(43, URLSAFE))),
  of('anthropic-key', (r) => j('sk-', 'ant-api03-', r.text(95, URLSAFE))),
  of('openai-key', (r) => j('sk-', 'proj-', r.text(20, ALNUM), 'T3Blbk', 'FJ', r.text(20, ALNUM))),
  of('huggingface-token', (r) => j('h', 'f_', r.text(34, `${LOWER}${UPPER}`))),
  of('linear-key', (r) => j('lin', '_api_', r.text(40, ALNUM))),
  of('shopify-token', (r) => j('shp', 'at_', r.text(32, HEX))),
  of('grafana-token', (r) => j('gl', 'sa_', r.text(32, ALNUM), '_', r.text(8, HEX))),
  of('newrelic-key', (r) => j('NR', 'AK-', r.text(27, `${UPPER}${DIGITS}`))),
  of('sentry-token', (r) => j('sntr', 'yu_', r.text(64, HEX))),
  of('postman-key', (r) => j('PM', 'AK-', r.text(24, HEX), '-', r.text(34, HEX))),
  of('mailgun-key', (r) => j('ke', 'y-', r.text(32, HEX))),
  of('twilio-key', (r) => j('S', 'K', r.text(32, HEX))),
  of('jwt', (r) => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return j(
      part({ alg: 'ES256', typ: 'JWT' }),
      '.',
      part({ iss: 'https://ci.example.com', sub: r.text(12, ALNUM) }),
      '.',
      r.text(86, URLSAFE),
    );
  }),
];

function pem(label: string, der: Uint8Array): string {
  const body = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return j('-----BEG', `IN ${label}-----\n${body}\n-----`, `END ${label}-----\n`);
}

/** Every format of private key that danube reads, and those of the tools beside it. */
export const PRIVATE_KEYS: readonly Sample[] = [
  of('private-key', () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ),
  of('private-key', () =>
    generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString(),
  ),
  of('private-key', () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'sec1', format: 'pem' })
      .toString(),
  ),
  ...[
    'RSA PRIVATE KEY',
    'DSA PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED SIGSTORE PRIVATE KEY',
    'ENCRYPTED COSIGN PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ].map((label) => of('private-key', (r) => pem(label, r.bytes(180)))),
  of('openssh-private-key', (r) => j('b3BlbnNzaC1rZXkt', 'djE', r.text(300, ALNUM))),
  of('pkcs8-hex', (r) => j('302e0201003005', '06032b657004220420', r.text(64, HEX))),
  of('age-key', (r) => j('AGE-SECRET', '-KEY-1', r.text(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'))),
  of('minisign-key', (r) => j('RWRT', 'Y0Iy', r.text(204, ALNUM))),
  of('putty-key', (r) => j('PuTTY-User', '-Key-File-3: ssh-ed25519 ', r.text(20, ALNUM))),
  of('jwk-private-key', (r) =>
    JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: r.text(43, URLSAFE), d: r.text(43, URLSAFE) }),
  ),
  of('cosign-key', (r) =>
    JSON.stringify({
      kdf: { name: 'scrypt' },
      cipher: { name: 'nacl/secretbox', nonce: r.text(32, ALNUM) },
      ciphertext: r.text(120, ALNUM),
    }),
  ),
];

/** Private keys whose bytes alone tell what they are, as base64 without a label. */
export const KEY_BYTES: readonly (() => Uint8Array)[] = [
  () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
  () => generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' }),
  () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }),
  () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'sec1', format: 'der' }),
  () =>
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs1', format: 'der' }),
  () =>
    generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    }),
];

/** Secrets that are told by what stands beside them. */
export const IN_CONTEXT: readonly Sample[] = [
  of('named-secret', (r) => `DB_PASSWORD=${r.password()}`),
  of('named-secret', (r) => `export AWS_SECRET_ACCESS_KEY="${r.text(40, `${ALNUM}+/`)}"`),
  of('named-secret', (r) => `login --password ${r.password()} --user sam`),
  of('named-secret', (r) => `{"clientSecret": "${r.text(32, ALNUM)}"}`),
  of('named-secret', (r) => `//registry.example.com/:_authToken=${r.uuid()}`),
  of('named-secret', (r) => `https://api.example.com/v1?access_token=${r.text(32, ALNUM)}&x=1`),
  of('named-secret', (r) => `helm upgrade app --set auth.apiKey=${r.text(24, ALNUM)}`),
  of('url-credential', (r) => `postgres://app:${r.password()}@db.example.com:5432/app`),
  of('url-credential', (r) => `https://sam:${r.text(12, ALNUM)}@git.example.com/acme/app.git`),
  of('url-credential', (r) => `git clone https://${r.text(32, ALNUM)}7a@git.example.com/acme/app`),
  of('url-credential', (r) => `redis://:${r.text(10, ALNUM)}@cache:6379`),
  of(
    'http-credential',
    (r) => `Authorization: Basic ${Buffer.from(`sam:${r.password()}`).toString('base64')}`,
  ),
  of(
    'http-credential',
    (r) => `curl -H "authorization: bearer ${r.text(32, ALNUM)}7a" https://api.example.com`,
  ),
  of('http-credential', (r) => `curl -u sam:${r.password()} https://api.example.com`),
];
