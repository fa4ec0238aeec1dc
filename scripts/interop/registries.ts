/** Registries of others, with cosign and skopeo on the other side. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAttestations } from 'in-toto-attestation';
import { makeImage } from '../image.ts';
import { findProgram } from '../peers.ts';
import { DANUBE } from '../repository.ts';
import { accepts, type Case, type Peer, refuses, runProgram, same } from './case.ts';
import { cosign, cosign2 } from './cosign.ts';
import { freePort } from './free-port.ts';
import { pushImage, type SmallImage, smallImage, writeLayout } from './image.ts';
import { says, whileRunning } from './key-service.ts';
import { danube, type Material, PASSPHRASE } from './material.ts';

const PASSWORD = { COSIGN_PASSWORD: PASSPHRASE };

/** A registry that runs while a case does. */
export interface Running {
  readonly host: string;
  readonly base: string;
  /** So that our command reaches it. */
  readonly reach: readonly string[];
}

interface Server {
  readonly name: string;
  readonly source: string;
  readonly program: string;
  version(program: string): string | undefined;
  /** Its own list of referrers loses entries of writers at the same time, and has them again after the next push. */
  readonly isForgetful?: true;
  start(m: Material, use: (running: Running) => Promise<void>): Promise<void>;
}

function need(program: string): string {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} is missing`);
  return found;
}

function runningAt(port: number): Running {
  const host = `127.0.0.1:${port}`;
  return { host, base: `http://${host}`, reach: ['--plain-http', host] };
}

/** Waits until it answers, whatever it answers. */
async function answers(base: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      await fetch(`${base}/v2/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`${base} does not answer`);
}

/** distribution's registry, which Debian calls docker-registry. */
export async function startDistribution(
  program: string,
  m: Material,
  auth: object,
  use: (running: Running) => Promise<void>,
): Promise<void> {
  const running = runningAt(await freePort());
  const folder = join(m.folder, `${program}-${running.host.replace(/.*:/, '')}`);
  mkdirSync(folder);
  // YAML is a superset of JSON.
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: running.host },
    ...auth,
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  await whileRunning(
    need(program),
    ['serve', join(folder, 'config.yml')],
    { OTEL_TRACES_EXPORTER: 'none' },
    () => answers(running.base),
    () => use(running),
  );
}

const versionOutput =
  (pattern: RegExp) =>
  (program: string): string | undefined => {
    const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    return pattern.exec(stdout + stderr)?.[1];
  };

const SERVERS: readonly Server[] = [
  {
    name: 'docker-registry',
    source: 'Debian 12',
    program: 'docker-registry',
    version: versionOutput(/(v?\d+\.\d+\.\d+\S*)\s*$/m),
    start: (m, use) => startDistribution('docker-registry', m, {}, use),
  },
  {
    name: 'distribution',
    source: 'Go module github.com/distribution/distribution/v3',
    program: 'registry',
    version: versionOutput(/(v\d+\.\d+\.\d+)/),
    start: (m, use) => startDistribution('registry', m, {}, use),
  },
  {
    name: 'go-containerregistry (referrers API)',
    source: 'Go module github.com/google/go-containerregistry, scripts/interop/referrers-registry.go',
    program: 'referrers-registry',
    version: moduleVersion,
    async start(_, use) {
      const running = runningAt(await freePort());
      const ready = async (): Promise<void> => answers(running.base);
      await whileRunning(need('referrers-registry'), [running.host], {}, ready, () => use(running));
    },
  },
  {
    name: 'olareg',
    source: 'Go module github.com/olareg/olareg',
    program: 'olareg',
    version: programVersion,
    isForgetful: true,
    async start(m, use) {
      const running = runningAt(await freePort());
      const [addr = '', port = ''] = running.host.split(':');
      const folder = join(m.folder, `olareg-${port}`);
      mkdirSync(folder);
      const args = ['serve', '--addr', addr, '--port', port, '--dir', folder];
      const ready = async (): Promise<void> => answers(running.base);
      await whileRunning(need('olareg'), args, {}, ready, () => use(running));
    },
  },
];

/** What the programs of regclient and olareg say of themselves. */
function programVersion(program: string): string | undefined {
  return /VCSTag:\s*(v[0-9.]+)/.exec(runProgram(program, ['version']).stdout)?.[1];
}

/** What Go wrote into a program about itself. */
function moduleVersion(program: string): string | undefined {
  const built = readFileSync(program, 'latin1');
  return /dep\tgithub\.com\/google\/go-containerregistry\t(v[0-9.]+)/.exec(built)?.[1] ?? 'unknown';
}

interface Attested {
  readonly image: SmallImage;
  readonly reference: string;
  readonly provenance: string;
}

let made = 0;

/** An image in the registry, and provenance of ours about it. */
async function attestedImage(m: Material, { host, base }: Running): Promise<Attested> {
  made += 1;
  const image = smallImage(`image ${made}`);
  await pushImage(base, 'shop/app', `v${made}`, image);
  return { image, reference: `${host}/shop/app@${image.digest}`, provenance: provenanceOf(m, image) };
}

function provenanceOf(m: Material, { digest }: SmallImage): string {
  const statement = JSON.parse(Buffer.from(m.envelope.payload).toString()) as object;
  const path = join(m.folder, `image-${digest.slice(7, 19)}`);
  const subject = [{ name: 'shop/app', digest: { sha256: digest.slice(7) } }];
  writeFileSync(`${path}.statement.json`, JSON.stringify({ ...statement, subject }));
  danube('provenance', 'sign', '--key', m.key, '--out', `${path}.provenance.json`, `${path}.statement.json`);
  return `${path}.provenance.json`;
}

const pushed = (
  { reference, provenance }: Attested,
  { reach }: Running,
  ...more: readonly string[]
): string => danube('provenance', 'push', reference, '--provenance', provenance, ...reach, ...more);

const verify = (reference: string, key: string, { reach }: Running): string[] => [
  'provenance',
  'verify',
  `oci:${reference}`,
  '--public-key',
  key,
  ...reach,
];

const ownCases = (server: Server): readonly Case[] => [
  {
    what: 'keeps what we push; we find it by digest and by tag, and another key is refused',
    run: (m) =>
      server.start(m, async (running) => {
        const attested = await attestedImage(m, running);
        pushed(attested, running, '--compat', 'att');
        danube(...verify(attested.reference, m.publicKey, running));
        danube(...verify(attested.reference.replace(/@.*/, `:v${made}`), m.publicKey, running));
        refuses(
          process.execPath,
          [DANUBE, ...verify(attested.reference, m.otherPublicKey, running)],
          /rejected/,
        );
        const pulled = join(m.folder, 'pulled.jsonl');
        danube('provenance', 'pull', attested.reference, '--out', pulled, ...running.reach);
        const { attestations } = parseAttestations(readFileSync(pulled));
        if (attestations.length !== 2) throw new Error(`${attestations.length} attestations, not 2`);
      }),
  },
  {
    what:
      server.isForgetful === true
        ? 'loses some of eight attestations that are pushed at the same time from its list, and none when they are pushed again'
        : 'loses none of eight attestations that are pushed at the same time',
    run: (m) =>
      server.start(m, async (running) => {
        const attested = await attestedImage(m, running);
        const { createRegistryClient } = await import('@danube/store/oci');
        const { signStatement, openKey } = await import('@danube/signer');
        const key = await openKey(m.key);
        const image = { registry: running.host, repository: 'shop/app', digest: attested.image.digest };
        const { encodeEnvelope } = await import('in-toto-attestation');
        const statement = JSON.parse(
          readFileSync(attested.provenance.replace('provenance', 'statement'), 'utf8'),
        ) as Parameters<typeof signStatement>[0];
        const client = createRegistryClient({ plainHttp: [running.host] });
        const eight = await Promise.all(
          Array.from({ length: 8 }, async (_, index) =>
            encodeEnvelope(
              await signStatement({ ...statement, predicate: { ...statement.predicate, index } }, key),
            ),
          ),
        );
        await Promise.all(eight.map(async (envelope) => client.attach(image, envelope)));
        if (server.isForgetful === true) for (const envelope of eight) await client.attach(image, envelope);
        const { attestations } = await client.findAttestations(image);
        client.close();
        await key.close?.();
        if (attestations.length !== 8) throw new Error(`${attestations.length} of 8 are left`);
      }),
  },
];

interface Cosign {
  readonly program: string;
  readonly name: string;
  readonly source: string;
  version(): string | undefined;
  /** What we push for it. */
  readonly push: readonly string[];
  readonly verify: readonly string[];
  readonly attest: readonly string[];
}

const COSIGNS: readonly Cosign[] = [
  {
    ...cosign,
    program: 'cosign',
    push: [],
    verify: [],
    attest: ['--use-signing-config=false'],
  },
  {
    ...cosign2,
    program: 'cosign-2',
    push: ['--compat', 'att'],
    verify: [],
    attest: [],
  },
];

const cosignCases = (server: Server, cosign: Cosign): readonly Case[] => {
  const offline = ['--insecure-ignore-tlog', '--allow-insecure-registry', '--type', 'slsaprovenance1'];
  const verification = (key: string, reference: string): string[] => [
    'verify-attestation',
    '--key',
    key,
    ...offline,
    ...cosign.verify,
    reference,
  ];
  return [
    {
      what: `${server.name}: cosign verify-attestation accepts what we push, and refuses another key`,
      run: (m) =>
        server.start(m, async (running) => {
          const attested = await attestedImage(m, running);
          pushed(attested, running, ...cosign.push);
          accepts(need(cosign.program), verification(m.publicKey, attested.reference));
          const { status, output } = runProgram(
            need(cosign.program),
            verification(m.otherPublicKey, attested.reference),
          );
          if (status === 0 || !/invalid signature|no matching|signature/i.test(output))
            throw new Error(output);
        }),
    },
    {
      what: `${server.name}: we accept what cosign attest pushes, and refuse another key`,
      run: (m) =>
        server.start(m, async (running) => {
          const { image, reference } = await attestedImage(m, running);
          const key = join(m.folder, `${cosign.program}-oci-${made}`);
          accepts(need(cosign.program), ['generate-key-pair', '--output-key-prefix', key], PASSWORD);
          const predicate = join(m.folder, 'oci-predicate.json');
          const buildDefinition = {
            buildType: 'https://example.com/type',
            externalParameters: { of: image.digest },
          };
          const runDetails = { builder: { id: 'https://example.com/builder' } };
          writeFileSync(predicate, JSON.stringify({ buildDefinition, runDetails }));
          const what = ['--predicate', predicate, '--type', 'slsaprovenance1', '--key', `${key}.key`];
          const how = ['--tlog-upload=false', '--yes', '--allow-insecure-registry', ...cosign.attest];
          accepts(need(cosign.program), ['attest', ...what, ...how, reference], PASSWORD);
          danube(...verify(reference, `${key}.pub`, running));
          refuses(process.execPath, [DANUBE, ...verify(reference, m.publicKey, running)], /rejected/);
        }),
    },
  ];
};

function present(...programs: readonly string[]): boolean {
  return programs.every((program) => findProgram(program) !== undefined);
}

const serverPeer = (server: Server): Peer => ({
  name: server.name,
  source: server.source,
  version() {
    const found = findProgram(server.program);
    return found === undefined ? undefined : server.version(found);
  },
  cases: ownCases(server),
});

const cosignPeer = (server: Server, cosign: Cosign): Peer => ({
  name: `${cosign.name} with ${server.name}`,
  source: cosign.source,
  version: () => (present(server.program, cosign.program) ? cosign.version() : undefined),
  cases: cosignCases(server, cosign),
});

/** distribution with a token server before it. */
const tokenAuth: Peer = {
  name: 'distribution with a token server',
  source: 'Go module github.com/distribution/distribution/v3',
  version: () => (present('registry', 'openssl') ? SERVERS[1]?.version(need('registry')) : undefined),
  cases: [
    {
      what: 'lets us push and read with credentials, and not without',
      async run(m) {
        const [key, certificate] = [join(m.folder, 'tokens.key'), join(m.folder, 'tokens.pem')];
        const request = [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-subj',
          '/CN=tokens',
          '-days',
          '2',
        ];
        accepts(need('openssl'), [...request, '-keyout', key, '-out', certificate]);
        const port = await freePort();
        const token = {
          realm: `http://127.0.0.1:${port}/token`,
          service: 'registry, tried',
          issuer: 'tokens',
          rootcertbundle: certificate,
        };
        const script = join(import.meta.dirname, 'token-server.ts');
        const ready = async (child: Parameters<typeof says>[0]): Promise<void> => says(child, 'listening');
        await whileRunning(process.execPath, [script, String(port), key, certificate], {}, ready, () =>
          startDistribution('registry', m, { auth: { token } }, async (running) => {
            made += 1;
            const image = smallImage(`image ${made}`);
            await pushWithToken(running, token.realm, image);
            const auth = Buffer.from('bob:secret').toString('base64');
            const file = join(m.folder, 'registry-auth.json');
            writeFileSync(file, JSON.stringify({ auths: { [running.host]: { auth } } }));
            const tokens = `127.0.0.1:${port}`;
            const reach = [...running.reach, '--plain-http', tokens, '--token-server', tokens];
            const known = { ...running, reach: [...reach, '--registry-auth', file] };
            const reference = `${running.host}/shop/app@${image.digest}`;
            pushed({ image, reference, provenance: provenanceOf(m, image) }, known, '--compat', 'att');
            danube(...verify(reference, m.publicKey, known));
            const unknown = verify(reference, m.publicKey, { ...running, reach });
            refuses(process.execPath, [DANUBE, ...unknown], /refuses pull/, { code: 3 });
          }),
        );
      },
    },
  ],
};

/** Lets the token server open the registry for the image itself. */
async function pushWithToken({ base }: Running, realm: string, image: SmallImage): Promise<void> {
  const url = new URL(realm);
  url.searchParams.set('service', 'registry, tried');
  url.searchParams.set('scope', 'repository:shop/app:pull,push');
  const authorization = `Basic ${Buffer.from('bob:secret').toString('base64')}`;
  const { token } = (await (await fetch(url, { headers: { authorization } })).json()) as { token: string };
  await pushImage(base, 'shop/app', 'v1', image, { authorization: `Bearer ${token}` });
}

const skopeo: Peer = {
  name: 'skopeo',
  source: 'Debian',
  version: () =>
    present('skopeo', 'docker-registry')
      ? /(\d+\.\d+\.\d+)/.exec(runProgram(need('skopeo'), ['--version']).stdout)?.[1]
      : undefined,
  cases: [
    {
      what: "reads the layout of the webhook's image that we make without an engine, and pushes it under the same digest",
      run: (m) =>
        startDistribution('docker-registry', m, {}, async (running) => {
          const [base, out] = [join(m.folder, 'image-base'), join(m.folder, 'image-made')];
          const small = smallImage('a base');
          writeLayout(base, 'base', small);
          const digest = makeImage(base, small.digest, out);
          const inspected = accepts(need('skopeo'), ['inspect', '--raw', `oci:${out}`]);
          const { layers } = JSON.parse(inspected) as { readonly layers: readonly unknown[] };
          if (layers.length !== 2) throw new Error(`${layers.length} layers, not 2`);
          const target = `docker://${running.host}/danube/webhook:v1`;
          const copy = ['--insecure-policy', 'copy', '--preserve-digests', '--dest-tls-verify=false'];
          accepts(need('skopeo'), [...copy, `oci:${out}`, target]);
          const reference = `${running.host}/danube/webhook@${digest}`;
          const image = { ...small, digest };
          pushed({ image, reference, provenance: provenanceOf(m, image) }, running);
          danube(...verify(`${running.host}/danube/webhook:v1`, m.publicKey, running));
        }),
    },
    {
      what: 'pushes an image and copies it with its attestations to another registry, where we find them',
      run: (m) =>
        startDistribution('docker-registry', m, {}, (from) =>
          startDistribution('docker-registry', m, {}, async (to) => {
            const image = smallImage('copied');
            const layout = join(m.folder, 'layout');
            writeLayout(layout, 'v1', image);
            const copy = (source: string, target: string): string =>
              accepts(need('skopeo'), [
                '--insecure-policy',
                'copy',
                '--all',
                '--preserve-digests',
                '--src-tls-verify=false',
                '--dest-tls-verify=false',
                source,
                target,
              ]);
            copy(`oci:${layout}:v1`, `docker://${from.host}/shop/app:v1`);
            const reference = `${from.host}/shop/app@${image.digest}`;
            pushed({ image, reference, provenance: provenanceOf(m, image) }, from, '--compat', 'att');
            for (const tag of ['v1', `sha256-${image.digest.slice(7)}.att`]) {
              copy(`docker://${from.host}/shop/app:${tag}`, `docker://${to.host}/shop/app:${tag}`);
            }
            danube(...verify(`${to.host}/shop/app:v1`, m.publicKey, to));
          }),
        ),
    },
  ],
};

const BUNDLE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** A client for referrers that is of neither of those projects whose registries these are. */
const regctlPeer = (server: Server): Peer => {
  const regctl = (m: Material, running: readonly Running[], ...args: readonly string[]): string => {
    const hosts = running.flatMap(({ host }) => ['--host', `reg=${host},tls=disabled`]);
    return accepts(need('regctl'), [...hosts, ...args], { HOME: m.folder });
  };
  return {
    name: `regctl with ${server.name}`,
    source: 'Go module github.com/regclient/regclient',
    version: () => (present(server.program, 'regctl') ? programVersion(need('regctl')) : undefined),
    cases: [
      {
        what: 'finds what we push among the referrers of the image, byte for byte',
        run: (m) =>
          server.start(m, async (running) => {
            const attested = await attestedImage(m, running);
            pushed(attested, running);
            const theirs = regctl(m, [running], 'artifact', 'get', '--subject', attested.reference);
            const pulled = join(m.folder, 'for-regctl.jsonl');
            danube('provenance', 'pull', attested.reference, '--out', pulled, ...running.reach);
            same(readFileSync(pulled, 'utf8').trimEnd(), theirs.trimEnd());
          }),
      },
      {
        what: 'attaches our bundle to the image, and we accept it there, and refuse another key',
        run: (m) =>
          server.start(m, async (running) => {
            const { image, reference, provenance } = await attestedImage(m, running);
            const bundle = join(m.folder, `regctl-${image.digest.slice(7, 19)}.json`);
            danube('provenance', 'convert', '--format', 'bundle', '--out', bundle, provenance);
            const what = ['--artifact-type', BUNDLE_V03, '--file', bundle, '--file-media-type', BUNDLE_V03];
            regctl(m, [running], 'artifact', 'put', '--subject', reference, ...what);
            danube(...verify(reference, m.publicKey, running));
            const other = verify(reference, m.otherPublicKey, running);
            refuses(process.execPath, [DANUBE, ...other], /rejected/);
          }),
      },
      {
        what: 'copies an image with its referrers to docker-registry, where we find them by the tag',
        run: (m) =>
          server.start(m, (from) =>
            startDistribution('docker-registry', m, {}, async (to) => {
              const attested = await attestedImage(m, from);
              pushed(attested, from);
              const target = attested.reference.replace(from.host, to.host);
              regctl(m, [from, to], 'image', 'copy', '--referrers', attested.reference, target);
              danube(...verify(target, m.publicKey, to));
            }),
          ),
      },
    ],
  };
};

export const registries: readonly Peer[] = [
  ...SERVERS.map(serverPeer),
  tokenAuth,
  skopeo,
  ...SERVERS.map(regctlPeer),
  ...SERVERS.flatMap((server) => COSIGNS.map((cosign) => cosignPeer(server, cosign))),
];
