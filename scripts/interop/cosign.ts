import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { accepts, refuses, runProgram, type Peer } from './case.ts';
import { danube, PASSPHRASE, signAndVerify, type Material } from './material.ts';

const PASSWORD = { COSIGN_PASSWORD: PASSPHRASE };

function program(): string {
  const found = findProgram('cosign');
  if (found === undefined) throw new Error('cosign is missing');
  return found;
}

function verifyArguments(key: string, bundle: string, artifact: string): string[] {
  const offline = ['--insecure-ignore-tlog', '--type', 'slsaprovenance1'];
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
function attestByCosign(m: Material, key: string): string {
  const predicate = join(m.folder, 'predicate.json');
  const bundle = `${key}.sigstore.json`;
  const build = { buildType: 'https://example.com/type', externalParameters: { target: 'all' } };
  const run = { builder: { id: 'https://example.com/builder' } };
  writeFileSync(predicate, JSON.stringify({ buildDefinition: build, runDetails: run }));
  const what = ['--predicate', predicate, '--type', 'slsaprovenance1', '--bundle', bundle];
  const offline = ['--tlog-upload=false', '--use-signing-config=false', '--yes'];
  accepts(program(), ['attest-blob', '--key', `${key}.key`, ...what, ...offline, m.artifact], PASSWORD);
  return bundle;
}

export const cosign: Peer = {
  name: 'cosign',
  source: 'Go module github.com/sigstore/cosign/v3',
  version() {
    const found = findProgram('cosign');
    return found === undefined
      ? undefined
      : /^GitVersion:\s*(\S+)$/m.exec(runProgram(found, ['version']).output)?.[1];
  },
  cases: [
    {
      what: 'accepts our Sigstore bundle with our public key',
      run: (m) => void accepts(program(), verifyArguments(m.publicKey, m.bundlePath, m.artifact)),
    },
    {
      what: 'refuses our bundle for another artifact',
      run: (m) =>
        refuses(program(), verifyArguments(m.publicKey, m.bundlePath, m.tamperedArtifact), /digest/),
    },
    {
      what: 'refuses our bundle with a changed payload',
      run: (m) =>
        refuses(program(), verifyArguments(m.publicKey, tamperedBundle(m), m.artifact), /signature/),
    },
    {
      what: 'refuses our bundle with another public key',
      run: (m) =>
        refuses(program(), verifyArguments(m.otherPublicKey, m.bundlePath, m.artifact), /signature/),
    },
    {
      what: 'signs provenance (ECDSA P-256) that we accept',
      run: (m) => {
        const key = join(m.folder, 'cosign');
        accepts(program(), ['generate-key-pair', '--output-key-prefix', key], PASSWORD);
        const bundle = attestByCosign(m, key);
        danube('provenance', 'verify', '--provenance', bundle, '--public-key', `${key}.pub`, m.artifact);
      },
    },
    {
      what: 'imports our private key, and we read the encrypted key it wrote',
      run: (m) => {
        const key = join(m.folder, 'imported');
        accepts(program(), ['import-key-pair', '--key', m.key, '--output-key-prefix', key], PASSWORD);
        signAndVerify(m, `${key}.key`, m.publicKey, '--passphrase-file', m.passphrase);
      },
    },
  ],
};
