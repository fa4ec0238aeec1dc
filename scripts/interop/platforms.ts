import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnvelope, parseSigstoreBundle } from 'in-toto-attestation';
import { ENVIRONMENTS, EVENTS } from '../../packages/builder/test/adapters/platform-samples.ts';
import { DANUBE } from '../repository.ts';
import { accepts } from './case.ts';
import type { Material } from './material.ts';

/** Provenance of a job of a CI platform, made by our command from what the platform documents. */
export interface PlatformProvenance {
  readonly path: string;
  readonly payload: Uint8Array;
  readonly builderId: string;
}

/** `github-actions by its environment`, and so on: every way in which a job is described. */
export const DESCRIPTIONS: readonly string[] = [
  ...Object.keys(ENVIRONMENTS).map((platform) => `${platform} by its environment`),
  ...Object.keys(EVENTS).map((platform) => `${platform} by an event`),
];

/** Attests the material's artifact as made by a job of the platform; signed, as a DSSE envelope or a Sigstore bundle. */
export function attestPlatform(
  m: Material,
  description: string,
  format: 'dsse' | 'bundle' = 'dsse',
): PlatformProvenance {
  const [platform = '', , ...kind] = description.split(' ');
  const path = join(m.folder, `${description.replaceAll(' ', '-')}.${format}.json`);
  const event = join(m.folder, 'events', `${platform}.json`);
  mkdirSync(dirname(event), { recursive: true });
  const options = ['--from', platform, '--artifacts', dirname(m.artifact), '--key', m.key];
  const out = [
    '--data-dir',
    join(m.folder, `data-${description}-${format}`),
    '--out',
    path,
    '--format',
    format,
  ];
  if (kind.includes('event')) {
    writeFileSync(event, JSON.stringify(Object.entries(EVENTS).find(([name]) => name === platform)?.[1]));
    options.push('--event', event);
    if (platform === 'tekton') options.push('--builder-id', 'https://tekton.example.com/prod');
  }
  const environment = Object.entries(ENVIRONMENTS).find(([name]) => name === platform)?.[1] ?? {};
  const set = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  accepts(process.execPath, [DANUBE, 'provenance', 'attest', ...options, ...out], Object.fromEntries(set));
  const bytes = readFileSync(path);
  const envelope = format === 'dsse' ? parseEnvelope(bytes) : parseSigstoreBundle(bytes).dsseEnvelope;
  const payload = envelope?.payload ?? new Uint8Array();
  return { path, payload, builderId: builderOf(payload) };
}

function builderOf(payload: Uint8Array): string {
  const { predicate } = JSON.parse(Buffer.from(payload).toString()) as {
    predicate: { runDetails: { builder: { id: string } } };
  };
  return predicate.runDetails.builder.id;
}
