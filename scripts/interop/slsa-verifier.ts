import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProvenance, parseStatement, PROVENANCE_V1 } from 'in-toto-attestation';
import { findProgram } from '../peers.ts';
import { accepts, type Case, refuses } from './case.ts';
import { danube, type Material } from './material.ts';

const VERIFIER_ID = 'https://verify.example.com';
const RESOURCE_URI = 'https://example.com/project.tgz';
const LEVEL = 'SLSA_BUILD_LEVEL_2';

function program(): string {
  const found = findProgram('slsa-verifier');
  if (found === undefined) throw new Error('slsa-verifier is missing');
  return found;
}

/** A trust root in which the material's builder has the level. */
function writeTrustRoot(m: Material): string {
  const path = join(m.folder, 'trust-root-for-vsa.json');
  const { predicate } = parseStatement(m.envelope.payload);
  const { builder } = parseProvenance(PROVENANCE_V1, predicate).runDetails;
  const time = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2056-01-01T00:00:00Z' };
  const root = {
    apiVersion: 'danube.dev/v1',
    kind: 'TrustRoot',
    version: 1,
    expires: time.notAfter,
    keys: [{ name: 'ours', publicKey: readFileSync(m.publicKey, 'utf8'), ...time }],
    builders: [{ id: builder.id, keys: ['ours'], threshold: 1, maxLevel: 2 }],
  };
  writeFileSync(path, JSON.stringify(root));
  return path;
}

/** Our summary of a verification of the artifact, written by the command. */
function writeSummary(m: Material): string {
  const out = join(m.folder, 'project.vsa.json');
  const vsa = ['--vsa', out, '--vsa-key', m.key, '--verifier-id', VERIFIER_ID];
  const evidence = ['--provenance', m.provenance, '--plain-trust-root', writeTrustRoot(m)];
  const resource = ['--resource-uri', RESOURCE_URI, '--follow', '1'];
  danube('provenance', 'verify', m.artifact, ...evidence, ...vsa, ...resource);
  return out;
}

function verifyArguments(m: Material, change: Readonly<Record<string, string>> = {}): string[] {
  const options = {
    'subject-digest': `sha256:${m.sha256}`,
    'attestation-path': writeSummary(m),
    'verifier-id': VERIFIER_ID,
    'resource-uri': RESOURCE_URI,
    'verified-level': LEVEL,
    'public-key-path': m.publicKey,
    ...change,
  };
  return ['verify-vsa', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
}

/** What it makes of summaries that our command wrote. */
export const SUMMARY_CASES: readonly Case[] = [
  {
    what: 'verifies our verification summary (`verify-vsa`)',
    run: (m) => void accepts(program(), verifyArguments(m)),
  },
  {
    what: 'takes our verification summary for a lower level too',
    run: (m) => void accepts(program(), verifyArguments(m, { 'verified-level': 'SLSA_BUILD_LEVEL_1' })),
  },
  {
    what: 'refuses our verification summary for another artifact',
    run: (m) =>
      refuses(program(), verifyArguments(m, { 'subject-digest': `sha256:${'0'.repeat(64)}` }), /digest/),
  },
  {
    what: 'refuses our verification summary for another verifier',
    run: (m) => refuses(program(), verifyArguments(m, { 'verifier-id': `${VERIFIER_ID}/x` }), /verifier ID/i),
  },
  {
    what: 'refuses our verification summary for another resource',
    run: (m) =>
      refuses(program(), verifyArguments(m, { 'resource-uri': `${RESOURCE_URI}/x` }), /resource URI/i),
  },
  {
    what: 'refuses our verification summary for a higher level',
    run: (m) => refuses(program(), verifyArguments(m, { 'verified-level': 'SLSA_BUILD_LEVEL_3' }), /level/i),
  },
  {
    what: 'refuses our verification summary with another public key',
    run: (m) => refuses(program(), verifyArguments(m, { 'public-key-path': m.otherPublicKey }), /signature/i),
  },
];
