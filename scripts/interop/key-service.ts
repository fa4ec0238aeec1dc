import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKeyPem } from '@danube/keys';
import { type KeyBackend, signPayload } from '@danube/signer';
import { encodeEnvelope } from 'in-toto-attestation';
import { findProgram } from '../peers.ts';
import { cleanEnvironment, DANUBE } from '../repository.ts';
import { accepts, runProgram } from './case.ts';
import { danube, type Material } from './material.ts';

type Environment = Readonly<Record<string, string>>;

/** Files about one key of a service. */
export interface Signed {
  readonly publicKey: string;
  readonly provenance: string;
}

/** Signs the material's statement by our library, and writes the public key as `danube keys public` prints it. */
export async function signByLibrary(m: Material, name: string, backend: KeyBackend): Promise<Signed> {
  const signed = filesOf(m, name);
  const { payloadType, payload } = m.envelope;
  writeFileSync(signed.provenance, encodeEnvelope(await signPayload(payloadType, payload, backend)));
  writeFileSync(signed.publicKey, encodePublicKeyPem(backend.publicKey));
  return signed;
}

export interface CommandOptions {
  /** Another copy of our command, as one beside an optional package. */
  readonly launcher?: string;
  readonly keyConfig?: string;
}

/** Signs the material's statement by our command, with the key that a URI names. */
export function signByCommand(
  m: Material,
  name: string,
  uri: string,
  env: Environment,
  { launcher = DANUBE, keyConfig }: CommandOptions = {},
): Signed {
  const signed = filesOf(m, name);
  const statement = join(m.folder, `${name}.statement.json`);
  writeFileSync(statement, m.envelope.payload);
  const config = keyConfig === undefined ? [] : ['--key-config', keyConfig];
  const run = (...args: readonly string[]): string =>
    accepts(process.execPath, [launcher, ...args, ...config], env);
  run('provenance', 'sign', '--key', uri, '--out', signed.provenance, statement);
  writeFileSync(signed.publicKey, run('keys', 'public', uri));
  return signed;
}

function filesOf({ folder }: Material, name: string): Signed {
  return { publicKey: join(folder, `${name}.pub`), provenance: join(folder, `${name}.provenance.json`) };
}

/** Our command accepts what was signed, with this key and with no other. */
export function verifies(m: Material, { provenance, publicKey }: Signed): void {
  const verify = (key: string): string[] => [
    'provenance',
    'verify',
    '--provenance',
    provenance,
    '--public-key',
    key,
  ];
  danube(...verify(publicKey), m.artifact);
  const { status } = runProgram(process.execPath, [DANUBE, ...verify(m.otherPublicKey), m.artifact]);
  if (status !== 1) throw new Error(`another key: exit code ${status}, not 1`);
}

/** cosign accepts a bundle with the signature, given the public key that we print. */
export function cosignVerifies(m: Material, { provenance, publicKey }: Signed): void {
  const cosign = findProgram('cosign');
  if (cosign === undefined) throw new Error('cosign is missing');
  const bundle = `${provenance}.sigstore.json`;
  danube('provenance', 'convert', '--format', 'bundle', '--out', bundle, provenance);
  const offline = ['--insecure-ignore-tlog', '--type', 'slsaprovenance1'];
  accepts(cosign, [
    'verify-blob-attestation',
    '--key',
    publicKey,
    '--bundle',
    bundle,
    ...offline,
    m.artifact,
  ]);
}

/** @throws Error when both are the same key. */
export function differ(one: Signed, other: Signed): void {
  if (readFileSync(one.publicKey, 'utf8') === readFileSync(other.publicKey, 'utf8'))
    throw new Error('the new key is the old one');
}

/** A program that runs while `use` does. */
export async function whileRunning(
  program: string,
  args: readonly string[],
  env: Environment,
  ready: (child: ChildProcess) => Promise<void>,
  use: () => Promise<void> | void,
): Promise<void> {
  const child = spawn(program, args, { env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  child.on('exit', () => resolve());
  try {
    await ready(child);
    await use();
  } finally {
    child.kill();
    await ended;
  }
}

/** Resolves when the program has written this; rejects when it ends before. */
export async function says(child: ChildProcess, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
  }
  child.on('error', reject);
  child.on('exit', () => reject(new Error(`it ended: ${output.slice(-500)}`)));
  await promise;
}
