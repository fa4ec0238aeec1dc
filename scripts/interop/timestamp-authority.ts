import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, acceptsMeanwhile, refuses, runProgram, type Peer } from './case.ts';
import { withAwsKey } from './cloud-keys.ts';
import { freePort } from './free-port.ts';
import { says, whileRunning } from './key-service.ts';
import { danube, type Material } from './material.ts';

interface Authority {
  readonly url: string;
  /** Its certificates in PEM, the one that signs first. */
  readonly chain: string;
}

function program(): string {
  const found = findProgram('timestamp-server');
  if (found === undefined) throw new Error('timestamp-server is missing');
  return found;
}

/** A timestamp authority with keys of its own, that ends with the case. */
async function withAuthority(use: (authority: Authority) => Promise<void>): Promise<void> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const args = ['serve', '--port', String(port), '--timestamp-signer', 'memory', '--disable-ntp-monitoring'];
  const ready = async (child: Parameters<typeof says>[0]): Promise<void> =>
    says(child, 'Serving timestamp server at');
  await whileRunning(program(), args, {}, ready, async () => {
    const response = await fetch(`${origin}/api/v1/timestamp/certchain`);
    await use({ url: `${origin}/api/v1/timestamp`, chain: await response.text() });
  });
}

/** One that ran before, with other keys: two cannot run at once, because both would serve their metrics at one port. */
async function anotherAuthority(): Promise<Authority> {
  let other: Authority | undefined;
  await withAuthority(async (authority) => {
    other = authority;
  });
  if (other === undefined) throw new Error('it did not run');
  return other;
}

/** Signs the material's statement, with a timestamp. */
function stamp(m: Material, name: string, { url }: Authority): string {
  const [statement, bundle] = [
    join(m.folder, 'stamped.statement.json'),
    join(m.folder, `${name}.sigstore.json`),
  ];
  writeFileSync(statement, m.envelope.payload);
  const output = ['--format', 'bundle', '--timestamp-url', url, '--out', bundle];
  danube('provenance', 'sign', '--key', m.key, ...output, statement);
  return bundle;
}

/** A trust root that knows the authority, and our key (or the one of this file) until the given moment. */
function trustRoot(
  m: Material,
  { chain }: Authority,
  revokedSince: Date,
  publicKey: string = m.publicKey,
): string {
  const path = join(m.folder, 'stamped.trust-root.json');
  const forever = { notBefore: '2020-01-01T00:00:00Z', notAfter: '2056-01-01T00:00:00Z' };
  const { runDetails } = (
    JSON.parse(Buffer.from(m.envelope.payload).toString()) as {
      predicate: { runDetails: { builder: { id: string } } };
    }
  ).predicate;
  const document = {
    apiVersion: 'danube.dev/v1',
    kind: 'TrustRoot',
    version: 1,
    expires: '2056-01-01T00:00:00Z',
    keys: [
      {
        name: 'ours',
        publicKey: readFileSync(publicKey, 'utf8'),
        ...forever,
        revoked: { since: revokedSince.toISOString(), reason: 'tried' },
      },
    ],
    builders: [{ id: runDetails.builder.id, keys: ['ours'], threshold: 1, maxLevel: 2 }],
    timestampAuthorities: [{ name: 'peer', certificateChain: chain, ...forever }],
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const verifyArguments = (m: Material, bundle: string, root: string): string[] => [
  'provenance',
  'verify',
  '--provenance',
  bundle,
  '--plain-trust-root',
  root,
  m.artifact,
];

/** For a Node.js whose clock is an hour ahead. */
const AN_HOUR_LATER = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    'const now = Date.now; Date.now = () => now() + 3_600_000;' +
      'globalThis.Date = class extends Date { constructor(...of) { super(...(of.length === 0 ? [Date.now()] : of)); } };',
  )}`,
};

/** Our command with a key of a server that runs in this process. */
function commandWithKey(
  m: Material,
  environment: Readonly<Record<string, string>>,
): (...args: readonly string[]) => Promise<string> {
  const config = join(m.folder, 'delegating-key-config.json');
  const kms = { allowLoopbackHttp: true };
  writeFileSync(config, JSON.stringify({ apiVersion: 'danube.dev/v1', kind: 'KeyConfig', kms }));
  return (...args) =>
    acceptsMeanwhile(process.execPath, [DANUBE, ...args, '--key-config', config], environment);
}

export const timestampAuthority: Peer = {
  name: 'timestamp-authority',
  source: 'Go module github.com/sigstore/timestamp-authority/v2',
  version() {
    const found = findProgram('timestamp-server');
    return found === undefined
      ? undefined
      : /^GitVersion:\s*(\S+)$/m.exec(runProgram(found, ['version']).output)?.[1];
  },
  cases: [
    {
      what: 'proves when we signed: what the key signed before it was revoked stays acceptable',
      run: (m) =>
        withAuthority(async (authority) => {
          const bundle = stamp(m, 'stamped', authority);
          const [signed, revoked] = [new Date(), new Date(Date.now() + 2000)];
          await wait(2100);
          danube(...verifyArguments(m, bundle, trustRoot(m, authority, revoked)));
          const before = trustRoot(m, authority, new Date(signed.getTime() - 60_000));
          refuses(process.execPath, [DANUBE, ...verifyArguments(m, bundle, before)], /key\.revoked failed/);
        }),
    },
    {
      what: 'proves when a delegated key signed, certified by a key in AWS KMS (our strict server): accepted when the certificate has expired, and refused without the timestamp',
      run: (m) =>
        withAuthority((authority) =>
          withAwsKey('ed25519', async (uri, environment) => {
            const publicKey = join(m.folder, 'delegating.pub');
            const run = commandWithKey(m, environment);
            writeFileSync(publicKey, await run('keys', 'public', uri));
            const [stamped, plain] = [
              join(m.folder, 'delegated.json'),
              join(m.folder, 'delegated-plain.json'),
            ];
            const statement = join(m.folder, 'delegated.statement.json');
            writeFileSync(statement, m.envelope.payload);
            const sign = ['provenance', 'sign', '--key', uri, '--delegate', '--format', 'bundle', statement];
            await run(...sign, '--timestamp-url', authority.url, '--out', stamped);
            await run(...sign, '--out', plain);
            const root = trustRoot(m, authority, new Date('2050-01-01'), publicKey);
            const verify = (bundle: string): string[] => [DANUBE, ...verifyArguments(m, bundle, root)];
            accepts(process.execPath, verify(plain));
            const report = accepts(process.execPath, [...verify(stamped), '--format', 'json'], AN_HOUR_LATER);
            for (const check of ['time.proof', 'key.delegation']) {
              if (!new RegExp(`"${check}",\\s*"status": "pass"`).test(report))
                throw new Error(`${check} does not pass\n${report}`);
            }
            refuses(process.execPath, verify(plain), /key\.delegation failed/, { more: AN_HOUR_LATER });
          }),
        ),
    },
    {
      what: 'another authority of the same names proves nothing',
      run: async (m) => {
        const stranger = await anotherAuthority();
        await withAuthority(async (authority) => {
          const bundle = stamp(m, 'other', authority);
          const root = trustRoot(m, stranger, new Date('2050-01-01'));
          refuses(process.execPath, [DANUBE, ...verifyArguments(m, bundle, root)], /time\.proof failed/);
        });
      },
    },
    {
      what: 'cosign accepts our bundle with its timestamp, and refuses it with that of another authority',
      run: async (m) => {
        const stranger = await anotherAuthority();
        await withAuthority(async (authority) => {
          const bundle = stamp(m, 'cosign', authority);
          accepts(cosign(), cosignArguments(m, bundle, authority));
          refuses(cosign(), cosignArguments(m, bundle, stranger), /timestamp/);
        });
      },
    },
  ],
};

function cosign(): string {
  const found = findProgram('cosign');
  if (found === undefined) throw new Error('cosign is missing');
  return found;
}

function cosignArguments(m: Material, bundle: string, { chain, url }: Authority): string[] {
  const [certificates, root] = [join(m.folder, 'chain.pem'), join(m.folder, 'cosign-root.json')];
  writeFileSync(certificates, chain);
  const tsa = `url=${url},certificate-chain=${certificates}`;
  const none = ['--no-default-fulcio', '--no-default-rekor', '--no-default-ctfe', '--no-default-tsa'];
  accepts(cosign(), ['trusted-root', 'create', '--tsa', tsa, ...none, '--out', root]);
  const offline = ['--insecure-ignore-tlog', '--type', 'slsaprovenance1'];
  const time = ['--use-signed-timestamps', '--trusted-root', root];
  return [
    'verify-blob-attestation',
    '--key',
    m.publicKey,
    '--bundle',
    bundle,
    ...offline,
    ...time,
    m.artifact,
  ];
}
