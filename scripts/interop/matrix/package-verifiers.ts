import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findProgram } from '../../peers.ts';
import { cleanEnvironment } from '../../repository.ts';
import type { FixedKey } from '../../vectors/fixed-keys.ts';
import type { Content } from '../../vectors/vector.ts';
import { runProgram } from '../case.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { HOST, serveSigstoreTuf, type SigstoreTuf, TUF_ROOT } from './sigstore-tuf.ts';
import { slsaVerifier as releasedSlsaVerifier, slsaVerifierAnswer } from './slsa-verifier.ts';
import { ACCEPTS, type Answer, type Column, OURS, rejects } from './table.ts';

/** A package of npm, as its registry answers. */
export interface PackageFiles {
  readonly name: string;
  readonly version: string;
  readonly tarball: Content;
  /** Of the tarball, as `dist.integrity` of the registry has it. */
  readonly integrity: string;
  /** Signs what `dist.signatures` holds. */
  readonly registryKey: FixedKey;
  /** What `/-/npm/v1/keys` answers. */
  readonly keys: Content;
  /** What `/-/npm/v1/attestations/NAME@VERSION` answers. */
  readonly attestations: Content;
  readonly trustedRoot: Content;
  readonly identity: string;
  readonly issuer: string;
  /** The repository that it must have been built from, where the verifier can be asked for one. */
  readonly source: string;
}

/** What GitHub's own machines are called as a builder. */
export const RUNNER = 'https://github.com/actions/runner/github-hosted';

const danube: Column<PackageFiles> = {
  name: OURS,
  version: () => 'this',
  verify(files, folder) {
    const { name, version, tarball, attestations, keys, trustedRoot, identity, issuer, source } = files;
    const file = ['--tarball', writeFile(folder, 'app.tgz', tarball)];
    const evidence = ['--provenance', writeFile(folder, 'attestations.json', attestations)];
    const trusted = ['--public-key', writeFile(folder, 'keys.json', keys)];
    trusted.push('--sigstore-root', writeFile(folder, 'root.json', trustedRoot));
    trusted.push('--certificate-identity', identity, '--certificate-issuer', issuer);
    trusted.push('--builder-id', RUNNER, '--source-uri', source);
    return danubeAnswer([`pkg:npm/${name}@${version}`, ...file, ...evidence, ...trusted], folder);
  },
};

/** What a registry answers about the package. */
function answersOf(files: PackageFiles, url: string): ReadonlyMap<string, Content> {
  const { name, version, integrity, registryKey } = files;
  const message = `${name}@${version}:${integrity}`;
  const sig = Buffer.from(registryKey.sign(Buffer.from(message))).toString('base64');
  const path = `/-/npm/v1/attestations/${name}@${version}`;
  const dist = {
    tarball: `${url}/${name}/-/app-${version}.tgz`,
    integrity,
    signatures: [{ keyid: registryKey.keyid, sig }],
    attestations: { url: `${url}${path}`, provenance: { predicateType: 'https://slsa.dev/provenance/v1' } },
  };
  const packument = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist } },
  };
  return new Map<string, Content>([
    [`/${name}`, JSON.stringify(packument)],
    ['/-/npm/v1/keys', files.keys],
    [path, files.attestations],
  ]);
}

async function withRegistry<Result>(
  files: PackageFiles,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  let answers: ReadonlyMap<string, Content> = new Map();
  const server = createServer((request, response) => {
    const body = answers.get(decodeURIComponent(request.url ?? ''));
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answers = answersOf(files, url);
  try {
    return await use(url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A project that has installed the package, and npm's cache with the root of the TUF repository in it. */
function installPackage({ name, version }: PackageFiles, { authority }: SigstoreTuf, folder: string): void {
  const installed = join(folder, 'node_modules', name);
  const cache = join(folder, 'cache', '_tuf', HOST);
  for (const path of [installed, cache]) mkdirSync(path, { recursive: true });
  const project = { name: 'a-consumer', version: '1.0.0', dependencies: { [name]: version } };
  writeFile(folder, 'package.json', JSON.stringify(project));
  writeFile(installed, 'package.json', JSON.stringify({ name, version }));
  writeFile(cache, 'root.json', TUF_ROOT);
  writeFile(folder, 'authority.pem', authority);
}

/**
 * The command itself. It has no option for another TUF repository, but it believes the root that is in its cache, and goes
 * through a proxy.
 */
const npmAudit: Column<PackageFiles> = {
  name: '`npm audit signatures`',
  version() {
    const found = findProgram('npm');
    return found === undefined ? undefined : runProgram(found, ['--version']).stdout.trim();
  },
  async verify(files, folder) {
    const found = findProgram('npm');
    if (found === undefined) throw new Error('npm is missing');
    const tuf = await serveSigstoreTuf(files.trustedRoot);
    try {
      installPackage(files, tuf, folder);
      return await withRegistry(files, async (url) => {
        const environment = {
          HTTPS_PROXY: tuf.proxy,
          NO_PROXY: '127.0.0.1',
          NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
          HOME: folder,
          npm_config_cache: join(folder, 'cache'),
          npm_config_registry: url,
          npm_config_fetch_retries: '0',
        };
        return auditAnswer(found, folder, environment);
      });
    } finally {
      tuf.close();
    }
  },
};

interface Audit {
  readonly invalid?: readonly { readonly code: string; readonly message: string }[];
  readonly missing?: readonly unknown[];
  readonly error?: { readonly code?: string | null; readonly summary: string };
}

async function auditAnswer(
  npm: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Answer> {
  const options = { cwd: folder, env: cleanEnvironment(environment) };
  const { status, stdout, stderr } = await new Promise<{ status: unknown; stdout: string; stderr: string }>(
    (resolve) =>
      execFile(npm, ['audit', 'signatures', '--json'], options, (error, stdout, stderr) =>
        resolve({ status: error?.code ?? 0, stdout, stderr }),
      ),
  );
  if (status === 0) return ACCEPTS;
  if (status !== 1) throw new Error(`npm audit signatures: ${String(status)}\n${stderr}`);
  const { invalid = [], missing = [], error } = JSON.parse(stdout) as Audit;
  const [first] = invalid;
  if (first !== undefined) return rejects(`${first.code}: ${first.message}`);
  if (missing.length > 0) return rejects('a registry signature is missing');
  return rejects(`${error?.code ?? 'error'}: ${error?.summary}`);
}

/** It expects a repository, and of GitHub's machines whose they are; the workflow it does not compare. */
const slsaVerifier: Column<PackageFiles> = {
  ...releasedSlsaVerifier,
  async verify({ name, version, tarball, attestations, keys, trustedRoot, source }, folder) {
    const file = writeFile(folder, 'app.tgz', tarball);
    const evidence = ['--attestations-path', writeFile(folder, 'attestations.json', attestations)];
    const expected = ['--package-name', name, '--package-version', version, '--builder-id', RUNNER];
    expected.push('--source-uri', source.replace('https://', ''));
    const args = ['verify-npm-package', file, ...evidence, ...expected];
    return slsaVerifierAnswer(args, { trustedRoot, registryKeys: keys }, folder);
  },
};

export const PACKAGE_VERIFIERS: readonly Column<PackageFiles>[] = [danube, npmAudit, slsaVerifier];
