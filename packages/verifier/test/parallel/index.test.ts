import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { encodePublicKeyPem, parsePublicKey, type PublicKey } from '@danube/keys';
import { ParallelSignatures } from '@danube/verifier/parallel';
import {
  type ArtifactInput,
  type Evidence,
  type EvidenceFile,
  type SignatureProofs,
  evaluateProvenance,
  loadEvidence,
} from '../../src/index.ts';
import { APP, AUDITOR, BUILDER, NOW, STRANGER, artifactOf, signed, statementOf } from '../fixture.ts';

const threads = process.getBuiltinModule('node:worker_threads');
const { Worker } = threads;
const COUNT = 1300;

/** As many artifacts as attestations, of which some are by nobody that is trusted, and some are broken. */
function release(): { artifacts: ArtifactInput[]; evidence: Evidence } {
  const artifacts = Array.from({ length: COUNT }, (_, number) => artifactOf(`part-${number}`));
  const files = artifacts.map((artifact, number): EvidenceFile => {
    const bytes = signed(statementOf({ subject: [artifact] }), {
      keys: number % 7 === 0 ? [STRANGER] : number % 2 === 0 ? [BUILDER] : [AUDITOR],
      ...(number % 5 === 0 && { keyid: '' }),
      ...(number % 11 === 0 && { keyid: AUDITOR.publicKey.keyid }),
    });
    return { path: `${number}.json`, bytes: number % 97 === 0 ? bytes.subarray(1) : bytes };
  });
  return { artifacts, evidence: loadEvidence(files) };
}

const KEYS = [BUILDER.publicKey, AUDITOR.publicKey];

function judge(
  { artifacts, evidence }: ReturnType<typeof release>,
  signatures?: SignatureProofs,
): ReturnType<typeof evaluateProvenance> {
  return evaluateProvenance({
    evidence,
    artifacts,
    expectations: { publicKeys: KEYS },
    now: NOW,
    ...(signatures !== undefined && { signatures }),
  });
}

const PARTS = Array.from({ length: 50 }, (_, number) => artifactOf(`part-${number}`));

/** An attestation as a property describes it. */
const SKETCH = fc.record({
  part: fc.constantFrom(...PARTS),
  keys: fc.subarray([BUILDER, AUDITOR, STRANGER], { minLength: 1 }),
  keyid: fc.constantFrom(undefined, undefined, '', AUDITOR.publicKey.keyid),
  flaw: fc.constantFrom('none', 'none', 'cut', 'changed'),
  at: fc.nat(),
});
type Sketch = typeof SKETCH extends fc.Arbitrary<infer Value> ? Value : never;

function draw({ part, keys, keyid, flaw, at }: Sketch, number: number): EvidenceFile {
  const bytes = signed(statementOf({ subject: [part] }), { keys, ...(keyid !== undefined && { keyid }) });
  const place = at % bytes.length;
  if (flaw === 'changed') bytes[place] = (bytes[place] ?? 0) ^ 1;
  return { path: `${number}.json`, bytes: flaw === 'cut' ? bytes.subarray(0, place) : bytes };
}

describe('signatures verified by other threads', () => {
  let started = 0;
  let answered: Promise<unknown> = Promise.resolve();
  afterEach(() => {
    threads.Worker = Worker;
  });

  function watch(change: (code: string) => string): void {
    started = 0;
    threads.Worker = class extends Worker {
      constructor(code: string, options?: ConstructorParameters<typeof Worker>[1]) {
        super(change(code), options);
        started += 1;
        answered = new Promise((resolve) => this.once('message', resolve));
      }
    };
  }

  /** A worker that tells when it is done with a batch. */
  function telling(code: string): string {
    const begin = /function check\(shared[^{]*\{/.exec(code)?.[0] ?? '';
    assert.notEqual(begin, '');
    return code.replace(
      begin,
      `function check(shared) { inner(shared); port.postMessage('done'); } ${begin.replace('check', 'inner')}`,
    );
  }

  it('give the same report', async () => {
    const all = release();
    const expected = judge(all);
    const signatures = new ParallelSignatures(KEYS, { threads: 1 });
    watch(telling);
    signatures.add(all.evidence);
    assert.equal(started, 1);
    await answered;
    let proven = 0;
    const counted: SignatureProofs = {
      keyOf: (item, position) => {
        const key = signatures.keyOf(item, position);
        if (key !== undefined) proven += 1;
        return key;
      },
    };
    assert.deepEqual(judge(all, counted), expected);
    assert.ok(proven > 0);
    signatures.end();
  });

  it('give the same report of any release, whatever is broken in it', async () => {
    const count = { sent: 0, done: 0, proven: 0 };
    const workers: InstanceType<typeof Worker>[] = [];
    threads.Worker = class extends Worker {
      constructor(code: string, options?: ConstructorParameters<typeof Worker>[1]) {
        super(telling(code), options);
        workers.push(this.on('message', () => (count.done += 1)));
      }
      override postMessage(batch: unknown): void {
        count.sent += 1;
        super.postMessage(batch);
      }
    };
    const signatures = new ParallelSignatures(KEYS, { threads: 1 });
    signatures.start();
    const counted: SignatureProofs = {
      keyOf: (item, position) => {
        const key = signatures.keyOf(item, position);
        if (key !== undefined) count.proven += 1;
        return key;
      },
    };
    const check = async (attestations: readonly Sketch[]): Promise<void> => {
      const all = { artifacts: PARTS, evidence: loadEvidence(attestations.map(draw)) };
      signatures.add(all.evidence);
      while (count.done < count.sent) await once(workers[0]!, 'message');
      assert.deepEqual(judge(all, counted), judge(all));
    };
    const releases = fc.array(SKETCH, { minLength: 150, maxLength: 200, size: 'max' });
    await fc.assert(fc.asyncProperty(releases, check), { numRuns: 8 });
    assert.ok(count.proven > 0);
    signatures.end();
  });

  it('give the same report when the threads die, or say yes to everything', () => {
    const all = release();
    const expected = judge(all);
    const yes = `require('node:worker_threads').parentPort.on('message', (shared) => {
      const [count] = new Uint32Array(shared, 0, 1);
      new Uint32Array(shared, 8, count).fill(0x80000000);
    });`;
    for (const code of ["throw new Error('broken');", yes]) {
      watch(() => code);
      const signatures = new ParallelSignatures(KEYS, { threads: 1 });
      signatures.add(all.evidence);
      assert.equal(started, 1);
      assert.deepEqual(judge(all, signatures), expected);
      assert.deepEqual(judge(all, signatures), expected);
      signatures.end();
    }
  });

  it('leave what they have not said to whoever else is asked, and then to the engine', () => {
    const [good, unknown] = [BUILDER, STRANGER].map((key) =>
      loadEvidence([{ path: 'a', bytes: signed(undefined, { keys: [key] }) }]),
    );
    assert.ok(good && unknown);
    const asked: number[] = [];
    const otherwise: SignatureProofs = {
      keyOf(_, position) {
        asked.push(position);
        return BUILDER.publicKey;
      },
    };
    const signatures = new ParallelSignatures(KEYS, { threads: 0, otherwise });
    signatures.add(good);
    assert.equal(judge({ artifacts: [APP], evidence: good }, signatures).verdict, 'accepted');
    assert.deepEqual(asked, [0]);
    const none = new ParallelSignatures(KEYS, { threads: 0, otherwise: { keyOf: () => undefined } });
    assert.equal(judge({ artifacts: [APP], evidence: good }, none).verdict, 'accepted');
    assert.equal(judge({ artifacts: [APP], evidence: unknown }, none).verdict, 'rejected');
  });

  it('are not started for little evidence, and know nothing of other evidence', () => {
    watch((code) => code);
    const signatures = new ParallelSignatures(KEYS);
    const evidence = loadEvidence([{ path: 'a', bytes: signed() }]);
    signatures.add(evidence);
    assert.equal(started, 0);
    const report = judge(
      { artifacts: [APP], evidence: loadEvidence([{ path: 'a', bytes: signed() }]) },
      signatures,
    );
    assert.equal(report.verdict, 'accepted');
    signatures.end();
  });
});

describe('what is proven of signatures', () => {
  const good = loadEvidence([{ path: 'a', bytes: signed() }]);
  const bad = loadEvidence([{ path: 'a', bytes: signed(undefined, { keys: [STRANGER] }) }]);
  const twice = loadEvidence([{ path: 'a', bytes: signed(undefined, { keys: [BUILDER, BUILDER] }) }]);

  function verdict(evidence: Evidence, key: PublicKey, keys: readonly PublicKey[], threshold = 1): string {
    const expectations = { publicKeys: keys, threshold };
    const signatures = { keyOf: () => key };
    return evaluateProvenance({ evidence, artifacts: [APP], expectations, now: NOW, signatures }).verdict;
  }

  it('is believed of a key that is expected: who gives it has verified', () => {
    assert.equal(verdict(bad, BUILDER.publicKey, [BUILDER.publicKey]), 'accepted');
  });

  it('counts for a key that is expected, and for no other', () => {
    assert.equal(verdict(good, STRANGER.publicKey, [BUILDER.publicKey]), 'accepted');
    assert.equal(verdict(bad, STRANGER.publicKey, [BUILDER.publicKey]), 'rejected');
    assert.equal(verdict(bad, AUDITOR.publicKey, [BUILDER.publicKey]), 'rejected');
  });

  it('counts once for each key, whatever it says', () => {
    assert.equal(verdict(twice, BUILDER.publicKey, KEYS, 2), 'rejected');
  });

  it('does not make a key of what only looks like one', () => {
    const { algorithm, keyid, spki, raw } = STRANGER.publicKey;
    const lookalike = { algorithm, keyid, spki, raw };
    assert.throws(() => verdict(bad, lookalike, [lookalike]), TypeError);
  });

  it('counts for the same key that was read twice when it is the very object', () => {
    const again = parsePublicKey(new TextEncoder().encode(encodePublicKeyPem(BUILDER.publicKey)));
    assert.equal(verdict(good, again, [BUILDER.publicKey]), 'accepted');
    assert.equal(verdict(bad, again, [BUILDER.publicKey]), 'rejected');
  });
});
