/** Provenance as CI systems write it: real shapes, made-up facts, and no secret in it. */
import type { JsonObject, JsonValue } from 'in-toto-attestation';
import type { Random } from './random.ts';

export const CORPUS_SIZE = 2000;

const NAMES = [
  'frontend',
  'auth-service',
  'token-exchange',
  'secrets-operator',
  'keyring',
  'password-policy',
  'api',
  'app',
];
const PACKAGES = [
  '@babel/core',
  '@aws-sdk/credential-provider-env',
  'js-tokens',
  'passport',
  'jsonwebtoken',
  'left-pad',
  'tokenize',
  '@types/node',
];
const COMMANDS: readonly (readonly string[])[] = [
  ['npm', 'ci', '--ignore-scripts'],
  ['sh', '-c', 'npm run build -- --mode=production && npm test'],
  [
    'docker',
    'build',
    '--secret',
    'id=npm,src=/run/secrets/npmrc',
    '-t',
    'registry.example.com/acme/app:1.2.0',
    '.',
  ],
  [
    'bash',
    '-euo',
    'pipefail',
    '-c',
    'GITHUB_TOKEN=$(cat /run/secrets/token) ./release.sh --token "$GITHUB_TOKEN"',
  ],
  ['go', 'build', '-trimpath', '-ldflags=-s -w -X main.version=v1.2.3', './cmd/...'],
  ['curl', '--user', '1000:1000', '-fsSL', 'https://example.com/install.sh?ref=main&sig=none'],
  [
    'cosign',
    'sign',
    '--key',
    'awskms:///alias/release',
    '--tlog-upload=false',
    'registry.example.com/acme/app',
  ],
  [
    'helm',
    'upgrade',
    'app',
    './chart',
    '--set',
    'image.pullSecret=registry-credentials',
    '--set-string',
    'auth.token=${TOKEN}',
  ],
  ['cargo', 'publish', '--token', '${CARGO_TOKEN}', '--locked'],
  ['make', 'CC=clang', 'CFLAGS=-O2 -g', 'PASSWORD_FILE=/run/secrets/db', 'dist'],
  ['mvn', '-B', '-Dgpg.passphrase=${env.GPG_PASSPHRASE}', '-Dmaven.repo.local=.m2', 'deploy'],
];
const PARAMETERS: readonly JsonObject[] = [
  { environment: 'production', region: 'eu-central-1', replicas: 3 },
  { secretName: 'registry-credentials', tokenUri: 'https://sts.example.com/token', passwordless: true },
  { DB_PASSWORD: '${DB_PASSWORD}', API_KEY: '***', TOKEN: '{{ secrets.TOKEN }}', password: '<redacted>' },
  {
    secret: 'vault:secret/data/ci#token',
    apiKey: 'op://ci/app/key',
    token: 'required',
    password: 'changeme-example',
  },
  { max_tokens: 4096, tokenizer: 'cl100k_base', key: 'build-cache-v2-linux', publicKeyFile: 'cosign.pub' },
  {
    secretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:app-AbCdEf',
    passwordFile: '/run/secrets/db',
  },
  { author: 'sam@example.com', auth: 'oidc', authorization: 'keycloak', cookie: 'session-cookie' },
  {
    credentials: 'registry-credentials-v2',
    SECRET_KEY_REF: 'app/secret',
    signingKey: 'awskms:///alias/release-2026',
  },
];

function digest(r: Random): JsonObject {
  return r.below(4) === 0 ? { sha256: r.hex(64), sha512: r.hex(128) } : { sha256: r.hex(64) };
}

function base64(r: Random, length: number): string {
  return Buffer.from(r.bytes(length)).toString('base64');
}

function dependency(r: Random): JsonObject {
  const name = r.pick(PACKAGES);
  const version = `${r.below(20)}.${r.below(30)}.${r.below(9)}`;
  const descriptors: readonly (() => JsonObject)[] = [
    () => ({ uri: `pkg:npm/${name.replace('@', '%40')}@${version}`, digest: { sha512: r.hex(128) } }),
    () => ({
      name,
      uri: `https://registry.example.com/${name}/-/x-${version}.tgz`,
      annotations: { integrity: `sha512-${base64(r, 64)}` },
      digest: digest(r),
    }),
    () => ({
      uri: `pkg:golang/github.com/acme/x@v${version}`,
      digest: { dirHash1: r.hex(64) },
      annotations: { sum: `h1:${base64(r, 32)}` },
    }),
    () => ({
      uri: `pkg:docker/node@22?repository_url=docker.io%2Flibrary&digest=sha256:${r.hex(64)}`,
      digest: { sha256: r.hex(64) },
    }),
    () => ({ uri: `git+ssh://git@git.example.com/acme/x@refs/heads/main`, digest: { gitCommit: r.hex(40) } }),
    () => ({ uri: `oci://registry.example.com:5000/acme/x@sha256:${r.hex(64)}`, digest: digest(r) }),
  ];
  return r.pick(descriptors)();
}

function annotations(r: Random): JsonObject {
  const der = Buffer.concat([Buffer.from('308202e0308201c8a003020102021400', 'hex'), r.bytes(300)]);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), r.bytes(32)]);
  return r.pick<JsonObject>([
    { sig: base64(r, 64), keyid: `SHA256:${base64(r, 32).slice(0, 43)}` },
    {
      certificate: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    },
    { publicKey: `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n` },
    { sshKey: `ssh-ed25519 ${base64(r, 51)} sam@example.com` },
    { runId: r.uuid(), etag: `"${r.hex(32)}"`, traceparent: `00-${r.hex(32)}-${r.hex(16)}-01` },
    {
      logEntry: {
        logIndex: '123456789',
        inclusionPromise: base64(r, 71),
        canonicalizedBody: Buffer.from(JSON.stringify({ kind: 'dsse', spec: { hash: r.hex(64) } })).toString(
          'base64',
        ),
      },
    },
    {
      sbom: Buffer.from(
        JSON.stringify({ bomFormat: 'CycloneDX', components: [r.hex(64), r.uuid()] }),
      ).toString('base64'),
    },
    {
      commit: r.hex(40),
      tree: r.hex(40),
      nar: `sha256-${base64(r, 32)}`,
      nix: r.text(52, '0123456789abcdfghijklmnpqrsvwxyz'),
    },
    { jwk: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(r.bytes(32)).toString('base64url') } },
    {
      message:
        'fix: rotate the token, do not log the password: see SECURITY.md (#42)\n\nCo-authored-by: Sam <sam@example.com>',
    },
    {
      path: `C:\\Users\\ci\\new\\token\\build-${r.below(99)}`,
      url: `https://ci.example.com/jobs/${r.uuid()}?tab=logs#L10`,
    },
    { digests: [r.hex(64), r.hex(64), r.hex(128)], serial: r.hex(32), build: r.text(12, '0123456789') },
  ]);
}

function pipeline(r: Random): JsonObject {
  return {
    buildDefinition: {
      buildType: 'https://danube.dev/buildtypes/pipeline/v1',
      externalParameters: {
        pipeline: r.pick(NAMES),
        source: 'git+https://github.com/acme/app@refs/heads/main',
        trigger: 'push',
        parameters: r.pick(PARAMETERS),
      },
      internalParameters: {
        actor: 'sam@example.com',
        attempt: 1,
        isolation: { namespace: 'ci', pod: `job-${r.hex(8)}`, ephemeral: true },
      },
      resolvedDependencies: Array.from({ length: 2 + r.below(12) }, () => dependency(r)),
    },
    runDetails: {
      builder: { id: 'https://danube.example.com/builders/pods/v1' },
      metadata: {
        invocationId: `https://danube.example.com/jobs/${r.uuid()}`,
        startedOn: '2026-01-10T12:34:56.789Z',
      },
      byproducts: [
        {
          name: 'logs/build.txt',
          digest: digest(r),
          annotations: { name: 'build', command: r.pick(COMMANDS), exitCode: 0 },
        },
        { name: 'extra', digest: digest(r), annotations: annotations(r) },
      ],
    },
  };
}

function workflow(r: Random): JsonObject {
  return {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: 'refs/tags/v1.2.0',
          repository: 'https://github.com/acme/app',
          path: '.github/workflows/release.yml',
        },
      },
      internalParameters: {
        github: {
          event_name: 'push',
          repository_id: r.text(9, '123456789'),
          repository_owner_id: '1234567',
          runner_environment: 'github-hosted',
        },
      },
      resolvedDependencies: [
        { uri: 'git+https://github.com/acme/app@refs/tags/v1.2.0', digest: { gitCommit: r.hex(40) } },
        dependency(r),
      ],
    },
    runDetails: {
      builder: { id: 'https://github.com/actions/runner/github-hosted' },
      metadata: {
        invocationId: `https://github.com/acme/app/actions/runs/${r.text(11, '123456789')}/attempts/1`,
      },
      byproducts: [{ name: 'x', digest: digest(r), annotations: annotations(r) }],
    },
  };
}

function taskRun(r: Random): JsonObject {
  return {
    builder: { id: 'https://tekton.dev/chains/v2' },
    buildType: 'tekton.dev/v1beta1/TaskRun',
    invocation: {
      configSource: {
        uri: 'git+https://github.com/acme/app',
        digest: { sha1: r.hex(40) },
        entryPoint: 'task.yaml',
      },
      parameters: {
        IMAGE: 'registry.example.com/acme/app',
        DIGEST: `sha256:${r.hex(64)}`,
        TLSVERIFY: 'true',
        ...r.pick(PARAMETERS),
      },
      environment: {
        labels: { 'app.kubernetes.io/managed-by': 'tekton-pipelines', 'tekton.dev/task': 'kaniko' },
        annotations: annotations(r),
      },
    },
    buildConfig: {
      steps: [
        {
          entryPoint: r.pick(COMMANDS).join(' '),
          arguments: r.pick(COMMANDS),
          environment: { image: `docker-pullable://gcr.io/kaniko@sha256:${r.hex(64)}` },
        },
      ],
    },
    materials: Array.from({ length: 3 }, () => dependency(r)),
  };
}

/** One statement. */
export function statement(r: Random): JsonObject {
  const [predicateType, predicate] = r.pick<readonly [string, (random: Random) => JsonObject]>([
    ['https://slsa.dev/provenance/v1', pipeline],
    ['https://slsa.dev/provenance/v1', workflow],
    ['https://slsa.dev/provenance/v0.2', taskRun],
  ]);
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: Array.from({ length: 1 + r.below(8) }, (_, index) => ({
      name: `dist/app-${r.hex(8)}-${index}.js`,
      digest: digest(r),
    })),
    predicateType,
    predicate: predicate(r),
  };
}

/** The document with something in one more place: where tenants and tools put text. */
export function plant(document: JsonObject, value: JsonValue, key: string = 'note'): JsonObject {
  return {
    ...document,
    predicate: { ...(document['predicate'] as JsonObject), extension: { [key]: value } },
  };
}
