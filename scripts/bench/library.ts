import { spawnSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier as SigstoreVerifier } from '@sigstore/verify';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { encodeSigstoreBundle, parseEnvelope, publicKeyBundle } from 'in-toto-attestation';
import { createVerifier, loadEvidence, type Verifier } from '@danube/verifier';
import { type Libsodium, LibsodiumSignatures } from '@danube/verifier/libsodium';
import { ParallelSignatures } from '@danube/verifier/parallel';
import { findProgram, HOW_TO_INSTALL } from '../peers.ts';
import { cleanEnvironment } from '../repository.ts';
import { fakeSubject, fixedKey, signProvenance, type Signed, type SigningKey } from './fixtures.ts';
import { median, medianRatio, type Benchmark, type Effort, type Outcome, type Row } from './row.ts';
import { NOW, verifyAttestation, type Task } from './verify.ts';

const KEYS = 16;
const SLICE = 250;

/** Verification in memory: 10,000 distinct envelopes of 4 kB by 16 keys, each with one subject. */
export const library: Benchmark = {
  name: 'library',
  run(effort) {
    const keys = Array.from({ length: KEYS }, (_, number) => fixedKey(number));
    const count = effort.quick ? 500 : 10_000;
    const signed = Array.from({ length: count }, (_, n) => signProvenance([fakeSubject(n)], keyOf(keys, n)));
    return [
      besideBareVerify(keys, signed, effort),
      byLibsodium(keys, signed, effort),
      twoWorkers(keys, signed, effort),
      twoWorkers(keys, signed, effort, loadLibsodium()),
      besideSigstore(keys, signed.slice(0, count / 5), effort),
    ];
  },
};

function keyOf(keys: readonly SigningKey[], number: number): SigningKey {
  const key = keys[number % keys.length];
  if (key === undefined) throw new TypeError('no keys');
  return key;
}

function tasksOf(signed: readonly Signed[]): Task[] {
  return signed.map(({ bytes, subject }) => ({ bytes, sha256: subject.digest.sha256 }));
}

/** Seconds of each side, summed over slices that take turns. */
function takeTurns<T>(items: readonly T[], sides: readonly ((slice: readonly T[]) => void)[]): number[] {
  const spent = sides.map(() => 0);
  for (let from = 0; from < items.length; from += SLICE) {
    const slice = items.slice(from, from + SLICE);
    for (const [index, side] of sides.entries()) {
      const began = performance.now();
      side(slice);
      spent[index] = (spent[index] ?? 0) + (performance.now() - began);
    }
  }
  return spent;
}

/** The median over rounds of the first side's time divided by the second's; the first round only warms up. */
function ratioOfTurns<T>(
  items: readonly T[],
  rounds: number,
  sides: readonly [(slice: readonly T[]) => void, (slice: readonly T[]) => void],
): number {
  const spent = Array.from({ length: rounds + 1 }, () => takeTurns(items, sides)).slice(1);
  return median(spent.map(([ours = Number.NaN, theirs = Number.NaN]) => ours / theirs));
}

/** The floor: nothing but the signature. */
function bare(slice: readonly Signed[]): void {
  for (const { message, signature, key } of slice) {
    if (!verify(null, message, key.publicObject, signature)) throw new Error('a good signature failed');
  }
}

function besideBareVerify(keys: readonly SigningKey[], signed: readonly Signed[], { rounds }: Effort): Row {
  const verifier = createVerifier({ publicKeys: keys.map(({ publicKey }) => publicKey) });
  const ours = (slice: readonly Signed[]): void => {
    for (const task of tasksOf(slice)) verifyAttestation(task, verifier);
  };
  return {
    name: 'library-verify',
    what: 'verify 10,000 envelopes of 4 kB / the same number of bare crypto.verify',
    ratio: ratioOfTurns(signed, rounds, [ours, bare]),
    target: 1.15,
    better: 'lower',
  };
}

function loadLibsodium(): Libsodium {
  const libsodium: Libsodium = createRequire(import.meta.url)('sodium-native');
  return libsodium;
}

/** The same by the library of the signature that a program may bring. */
function byLibsodium(keys: readonly SigningKey[], signed: readonly Signed[], { rounds }: Effort): Row {
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const signatures = new LibsodiumSignatures(loadLibsodium(), publicKeys);
  const verifier = createVerifier({ publicKeys });
  const ours = (slice: readonly Signed[]): void => {
    for (const task of tasksOf(slice)) verifyAttestation(task, verifier, signatures);
  };
  return {
    name: 'library-verify-libsodium',
    what: 'the same with LibsodiumSignatures / the same number of bare crypto.verify',
    ratio: ratioOfTurns(signed, rounds, [ours, bare]),
    target: 1.15,
    better: 'lower',
  };
}

function twoWorkers(
  keys: readonly SigningKey[],
  signed: readonly Signed[],
  effort: Effort,
  libsodium?: Libsodium,
): Outcome {
  const name = `library-verify-two-workers${libsodium === undefined ? '' : '-libsodium'}`;
  const what =
    libsodium === undefined
      ? 'envelopes a second with two threads / openssl speed ed25519, verifications a second'
      : 'the same with LibsodiumSignatures in one of them / openssl speed ed25519';
  const openssl = findProgram('openssl');
  if (openssl === undefined) return { name, what, notRun: `openssl is missing; ${HOW_TO_INSTALL}` };
  if (availableParallelism() < 2) return { name, what, notRun: 'this machine has one processor' };
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const signatures = new ParallelSignatures(publicKeys, {
    threads: 1,
    ...(libsodium !== undefined && { otherwise: new LibsodiumSignatures(libsodium, publicKeys) }),
  });
  const verifier = createVerifier({ publicKeys });
  const [ours, theirs]: [number[], number[]] = [[], []];
  verifyReleases(signed, verifier, signatures);
  for (let round = 0; round < effort.rounds; round += 1) {
    theirs.push(opensslVerifiesPerSecond(openssl));
    const began = performance.now();
    verifyReleases(signed, verifier, signatures);
    ours.push(signed.length / ((performance.now() - began) / 1000));
  }
  signatures.end();
  return { name, what, ratio: medianRatio(ours, theirs), target: 1.45, better: 'higher' };
}

const RELEASE = 1000;

/** A thousand at a time, as a user of the library does: the next is read, for the worker to begin, before one is judged. */
function verifyReleases(signed: readonly Signed[], verifier: Verifier, signatures: ParallelSignatures): void {
  let judgeLast = (): void => {};
  for (let from = 0; from < signed.length; from += RELEASE) {
    const part = signed.slice(from, from + RELEASE);
    const evidence = loadEvidence(part.map(({ subject, bytes }) => ({ path: subject.name, bytes })));
    const artifacts = part.map(({ subject }) => subject);
    signatures.add(evidence);
    judgeLast();
    judgeLast = () => void verifier.verify({ evidence, artifacts, now: NOW, signatures });
  }
  judgeLast();
}

function opensslVerifiesPerSecond(openssl: string): number {
  const options = { env: cleanEnvironment(), encoding: 'utf8' } as const;
  const { stdout } = spawnSync(openssl, ['speed', '-seconds', '1', 'ed25519'], options);
  const rate = /\(Ed25519\).*\s([\d.]+)\s*$/m.exec(stdout)?.[1];
  if (rate === undefined) throw new Error('openssl speed printed no rate for Ed25519');
  return Number(rate);
}

/** The same attestations as Sigstore bundles, by us and by @sigstore/verify with every threshold off. */
function besideSigstore(keys: readonly SigningKey[], signed: readonly Signed[], { rounds }: Effort): Row {
  const verifier = createVerifier({ publicKeys: keys.map(({ publicKey }) => publicKey) });
  const objects = new Map(keys.map(({ publicKey, publicObject }) => [publicKey.keyid, publicObject]));
  const trust = toTrustMaterial(TrustedRoot.fromJSON({}), (hint) => {
    const publicKey = objects.get(hint);
    if (publicKey === undefined) throw new Error(`no key for ${hint}`);
    return { publicKey, validFor: () => true };
  });
  const theirVerifier = new SigstoreVerifier(trust, {
    tlogThreshold: 0,
    ctlogThreshold: 0,
    timestampThreshold: 0,
  });
  const tasks = signed.map(({ bytes, subject, key }) => ({
    bytes: encodeSigstoreBundle(publicKeyBundle(parseEnvelope(bytes), key.publicKey.keyid)),
    sha256: subject.digest.sha256,
  }));
  const ours = (slice: readonly Task[]): void => {
    for (const task of slice) verifyAttestation(task, verifier);
  };
  const theirs = (slice: readonly Task[]): void => {
    for (const { bytes } of slice) {
      theirVerifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(Buffer.from(bytes).toString()))));
    }
  };
  return {
    name: 'library-verify-to-sigstore-verify',
    what: 'verify Sigstore bundles, statement and subject included / @sigstore/verify, the signature alone',
    ratio: ratioOfTurns(tasks, rounds, [ours, theirs]),
    target: 1,
    better: 'lower',
  };
}
