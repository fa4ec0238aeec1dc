import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '../peers.ts';
import { accepts, refuses, runProgram, type Peer } from './case.ts';
import { danube, PASSPHRASE, signAndVerify, type Material } from './material.ts';
import { attestPlatform } from './platforms.ts';

const PASSWORD = { COSIGN_PASSWORD: PASSPHRASE };

/** One line of cosign's releases. Version 2 knows Sigstore's bundles only when it is told so. */
interface Release {
  readonly program: string;
  readonly name: string;
  readonly source: string;
  /** So that it reads and writes Sigstore bundles. */
  readonly bundles: readonly string[];
  /** It fetches Sigstore's own root even for a key, unless it is given another: here one that names nobody. */
  readonly needsRoot: boolean;
  /** So that it signs without any service. */
  readonly offline: readonly string[];
}

function path({ program }: Release): string {
  const found = findProgram(program);
  if (found === undefined) throw new Error(`${program} is missing`);
  return found;
}

function verifyArguments(cosign: Release, key: string, bundle: string, artifact: string): string[] {
  const root = join(dirname(bundle), 'empty-trusted-root.json');
  writeFileSync(
    root,
    JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' }),
  );
  const offline = ['--insecure-ignore-tlog', '--type', 'slsaprovenance1', ...cosign.bundles];
  if (cosign.needsRoot) offline.push('--trusted-root', root);
  return ['verify-blob-attestation', '--key', key, '--bundle', bundle, ...offline, artifact];
}

/** Our bundle with one byte of its payload changed, still well-formed. */
function tamperedBundle({ bundlePath, folder }: Material): string {
  const bundle = JSON.parse(readFileSync(bundlePath, 'utf8')) as { dsseEnvelope: { payload: string } };
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString().replace('"pack"', '"pick"');
  bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
  const path = join(folder, 'tampered.sigstore.json');
  writeFileSync(path, JSON.stringify(bundle));
  return path;
}

/** Lets cosign sign provenance of its own about our artifact, without any service. */
function attestByCosign(cosign: Release, m: Material, key: string): string {
  const predicate = join(m.folder, 'predicate.json');
  const bundle = `${key}.sigstore.json`;
  const build = { buildType: 'https://example.com/type', externalParameters: { target: 'all' } };
  const run = { builder: { id: 'https://example.com/builder' } };
  writeFileSync(predicate, JSON.stringify({ buildDefinition: build, runDetails: run }));
  const what = ['--predicate', predicate, '--type', 'slsaprovenance1', '--bundle', bundle];
  const how = ['--tlog-upload=false', '--yes', ...cosign.bundles, ...cosign.offline];
  accepts(path(cosign), ['attest-blob', '--key', `${key}.key`, ...what, ...how, m.artifact], PASSWORD);
  return bundle;
}

const casesOf = (cosign: Release): Peer['cases'] => [
  {
    what: 'accepts our Sigstore bundle with our public key',
    run: (m) => void accepts(path(cosign), verifyArguments(cosign, m.publicKey, m.bundlePath, m.artifact)),
  },
  ...['github-actions by its environment', 'tekton by an event'].map((description) => ({
    what: `accepts our bundle of a job of ${description}`,
    run: (m: Material) => {
      const { path: bundle } = attestPlatform(m, description, 'bundle');
      accepts(path(cosign), verifyArguments(cosign, m.publicKey, bundle, m.artifact));
    },
  })),
  {
    what: 'refuses our bundle for another artifact',
    run: (m) =>
      refuses(path(cosign), verifyArguments(cosign, m.publicKey, m.bundlePath, m.tamperedArtifact), /digest/),
  },
  {
    what: 'refuses our bundle with a changed payload',
    run: (m) =>
      refuses(path(cosign), verifyArguments(cosign, m.publicKey, tamperedBundle(m), m.artifact), /signature/),
  },
  {
    what: 'refuses our bundle with another public key',
    run: (m) =>
      refuses(path(cosign), verifyArguments(cosign, m.otherPublicKey, m.bundlePath, m.artifact), /signature/),
  },
  {
    what: 'signs provenance (ECDSA P-256) that we accept',
    run: (m) => {
      const key = join(m.folder, cosign.program);
      accepts(path(cosign), ['generate-key-pair', '--output-key-prefix', key], PASSWORD);
      const bundle = attestByCosign(cosign, m, key);
      danube('provenance', 'verify', '--provenance', bundle, '--public-key', `${key}.pub`, m.artifact);
    },
  },
  {
    what: 'imports our private key, and we read the encrypted key it wrote',
    run: (m) => {
      const key = join(m.folder, `${cosign.program}-imported`);
      accepts(path(cosign), ['import-key-pair', '--key', m.key, '--output-key-prefix', key], PASSWORD);
      signAndVerify(m, `${key}.key`, m.publicKey, '--passphrase-file', m.passphrase);
    },
  },
];

const VERSION_3: Release = {
  program: 'cosign',
  name: 'cosign',
  source: 'Go module github.com/sigstore/cosign/v3',
  bundles: [],
  needsRoot: false,
  offline: ['--use-signing-config=false'],
};

const VERSION_2: Release = {
  program: 'cosign-2',
  name: 'cosign 2',
  source: 'Debian 13',
  bundles: ['--new-bundle-format'],
  needsRoot: true,
  offline: [],
};

/** Debian's program does not know its version; `.ci/peers` keeps it beside the program. */
function versionOf({ program }: Release): string | undefined {
  const found = findProgram(program);
  if (found === undefined) return undefined;
  const said = /^GitVersion:\s*(\S+)$/m.exec(runProgram(found, ['version']).output)?.[1];
  return said === 'devel' ? readFileSync(join(dirname(found), `.${program}.version`), 'utf8').trim() : said;
}

const peerOf = (cosign: Release): Peer => ({
  name: cosign.name,
  source: cosign.source,
  version: () => versionOf(cosign),
  cases: casesOf(cosign),
});

export const cosign: Peer = peerOf(VERSION_3);
export const cosign2: Peer = peerOf(VERSION_2);
