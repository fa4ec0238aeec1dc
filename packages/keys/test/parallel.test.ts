import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsePublicKey, type PublicKey, verifySignature } from '@danube/keys';
import { SignatureWorkers, type SignatureWorkersOptions, type Ticket } from '@danube/keys/parallel';
import { sampleKey, utf8 } from './sample-keys.ts';
import { refuseThreads, restoreThreads, startedThreads, threadsGone, watchThreads } from './threads.ts';

interface Question {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyid?: string;
}

const KEYS = [1, 2, 3].map(sampleKey);
const PUBLIC = KEYS.map(({ publicKey }) => publicKey);
const STRANGER = sampleKey(9);

/** Some signatures are over something else, some have no keyid. */
function questions(count: number): Question[] {
  return Array.from({ length: count }, (_, number) => {
    const key = KEYS[number % KEYS.length]!;
    const message = utf8(`message ${number}`);
    const signature = key.sign(number % 4 === 0 ? utf8('another') : message);
    return { message, signature, ...(number % 5 !== 0 && { keyid: key.publicKey.keyid }) };
  });
}

/** What is true. */
function signerOf({ message, signature }: Question, keys: readonly PublicKey[]): PublicKey | undefined {
  return keys.find((key) => verifySignature(key, message, signature));
}

function queue(workers: SignatureWorkers, all: readonly Question[]): (Ticket | undefined)[] {
  return all.map(({ message, signature, keyid }) => workers.add(message, signature, keyid));
}

/** Until each worker has found nothing left in any batch: each takes one turn more than there are tasks. */
async function untilDone(tickets: readonly (Ticket | undefined)[], threads: number): Promise<void> {
  for (const batch of new Set(tickets.map((ticket) => ticket?.batch))) {
    if (batch?.sent === undefined) continue;
    const [count = 0] = new Uint32Array(batch.sent.shared, 0, 1);
    const turn = new Uint32Array(batch.sent.shared, 4, 1);
    while (Atomics.load(turn, 0) < count + threads) await sleep(1);
  }
}

async function askAll(
  all: readonly Question[],
  options: SignatureWorkersOptions = { threads: 2 },
  keys: readonly PublicKey[] = PUBLIC,
): Promise<(PublicKey | undefined)[]> {
  const workers = new SignatureWorkers(keys, options);
  const tickets = queue(workers, all);
  await untilDone(tickets, options.threads ?? 1);
  const found = tickets.map((ticket) => (ticket === undefined ? undefined : workers.keyOf(ticket)));
  workers.end();
  return found;
}

describe('signature workers', () => {
  afterEach(restoreThreads);

  it('find the key of every good signature, and of no other', async () => {
    const all = questions(1280);
    const found = await askAll(all);
    assert.deepEqual(
      found.map((key) => key?.keyid),
      all.map((question) => signerOf(question, PUBLIC)?.keyid),
    );
    assert.ok(found.includes(PUBLIC[0]) && found.includes(undefined));
  });

  it('answer with the very key that they were given', async () => {
    const found = await askAll(questions(1280));
    for (const key of found) assert.ok(key === undefined || PUBLIC.includes(key));
  });

  it('know keys of P-256, and both forms of their signatures', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));
    const all = Array.from({ length: 1024 }, (_, number) => {
      const message = utf8(`message ${number}`);
      const dsaEncoding = number % 2 === 0 ? 'der' : 'ieee-p1363';
      const signed = number % 3 === 0 ? utf8('another') : message;
      return {
        message,
        signature: sign('sha256', signed, { key: privateKey, dsaEncoding }),
        keyid: key.keyid,
      };
    });
    const found = await askAll(all, { threads: 1 }, [...PUBLIC, key]);
    assert.deepEqual(
      found,
      all.map((question) => signerOf(question, [key])),
    );
  });

  it('take no signature of a form that the strict profile refuses, and none of an unknown key', () => {
    const workers = new SignatureWorkers(PUBLIC, { threads: 1 });
    const message = utf8('message');
    const signature = KEYS[0]!.sign(message);
    assert.equal(workers.add(message, signature.subarray(1)), undefined);
    const high = Uint8Array.from(signature);
    high.fill(0xff, 32);
    assert.equal(workers.add(message, high), undefined);
    assert.equal(workers.add(message, new Uint8Array(64)), undefined);
    assert.equal(workers.add(message, STRANGER.sign(message), STRANGER.publicKey.keyid), undefined);
    assert.notEqual(workers.add(message, signature), undefined);
    workers.end();
    assert.equal(workers.add(message, signature), undefined);
  });

  it('start for a thousand signatures, and not for fewer', () => {
    watchThreads();
    const workers = new SignatureWorkers(PUBLIC, { threads: 2 });
    const tickets = queue(workers, questions(999));
    assert.equal(startedThreads(), 0);
    assert.ok(tickets.every((ticket) => ticket === undefined || workers.keyOf(ticket) === undefined));
    queue(workers, questions(128));
    assert.equal(startedThreads(), 2);
    workers.end();
  });

  it('start before when the caller says so, and look at the first batch at once', async () => {
    watchThreads();
    const workers = new SignatureWorkers(PUBLIC, { threads: 2 });
    workers.start();
    workers.start();
    assert.equal(startedThreads(), 2);
    const all = questions(128);
    const tickets = queue(workers, all);
    await untilDone(tickets, 2);
    assert.deepEqual(
      tickets.map((ticket) => ticket && workers.keyOf(ticket)),
      all.map((question) => signerOf(question, PUBLIC)),
    );
    workers.end();
    workers.start();
    assert.equal(startedThreads(), 2);
  });

  it('are as many as other processors, or as the caller wants', () => {
    watchThreads();
    const none = new SignatureWorkers(PUBLIC, { threads: 0 });
    assert.equal(queue(none, questions(1280)).filter(Boolean).length, 0);
    assert.equal(startedThreads(), 0);
    for (const threads of [-1, 1.5, Number.NaN]) {
      assert.throws(() => new SignatureWorkers(PUBLIC, { threads }), TypeError);
    }
  });

  it('leave alone what the caller asked before they came to it', async () => {
    const all = questions(1280);
    const workers = new SignatureWorkers(PUBLIC, { threads: 1 });
    const early = queue(workers, all.slice(0, 500));
    assert.ok(early.every((ticket) => ticket === undefined || workers.keyOf(ticket) === undefined));
    const later = queue(workers, all.slice(500));
    await untilDone([...early, ...later], 1);
    assert.ok(early.every((ticket) => ticket === undefined || workers.keyOf(ticket) === undefined));
    assert.ok(later.some((ticket) => ticket && workers.keyOf(ticket) !== undefined));
    workers.end();
  });

  it('know nothing where no thread can be started', () => {
    refuseThreads();
    const workers = new SignatureWorkers(PUBLIC, { threads: 2 });
    const tickets = queue(workers, questions(1280));
    assert.ok(tickets.every((ticket) => ticket === undefined || workers.keyOf(ticket) === undefined));
    workers.end();
  });
});

/** A worker that writes the same expression for every task, and never looks at a signature. */
function saying(answer: string): string {
  return `require('node:worker_threads').parentPort.on('message', (shared) => {
    const [count] = new Uint32Array(shared, 0, 1);
    const answers = new Uint32Array(shared, 8, count);
    const tasks = new Uint32Array(shared, 8 + 4 * count, 4 * count);
    const nonce = (index) => tasks[4 * (index % count) + 3];
    for (let index = 0; index < count; index += 1) Atomics.store(answers, index, ${answer});
    Atomics.store(new Uint32Array(shared, 4, 1), 0, count + 1);
  });`;
}

/** What says yes to something that was not asked. */
const WRONG: Readonly<Record<string, string>> = {
  'for its neighbour': 'nonce(index + 1) ^ 0',
  'with a key alone': 'index % 3',
  'with all ones': '0xffffffff',
  'with the highest bit': '0x80000000',
  'with a key that nobody gave': 'nonce(index) ^ 3',
};

describe('a signature worker that breaks (threat: a bad signature is accepted)', () => {
  const all = questions(1280);
  afterEach(restoreThreads);

  for (const [what, answer] of Object.entries(WRONG)) {
    it(`and answers ${what} is not believed`, async () => {
      watchThreads(() => saying(answer));
      const found = await askAll(all, { threads: 1 });
      assert.ok(found.every((key) => key === undefined));
    });
  }

  it('and dies at once, by itself or by an error, answers nothing', async () => {
    for (const code of ['process.exit(1);', "throw new Error('broken');", 'no JavaScript']) {
      watchThreads(() => code);
      const workers = new SignatureWorkers(PUBLIC, { threads: 1 });
      const tickets = queue(workers, all);
      await threadsGone();
      assert.ok(tickets.every((ticket) => ticket === undefined || workers.keyOf(ticket) === undefined));
      workers.end();
    }
  });

  it('and dies on the way has answered what it looked at, and nothing else', async () => {
    watchThreads((code) => {
      const broken = code.replace(
        'const index =',
        "if (next === 40) throw new Error('broken'); const index =",
      );
      assert.notEqual(broken, code);
      return broken;
    });
    const workers = new SignatureWorkers(PUBLIC, { threads: 1 });
    const tickets = queue(workers, all);
    await threadsGone();
    const found = tickets.map((ticket) => ticket && workers.keyOf(ticket));
    assert.ok(found.filter(Boolean).length > 0 && found.filter(Boolean).length <= 40);
    for (const [index, key] of found.entries()) {
      assert.ok(key === undefined || key === signerOf(all[index]!, PUBLIC));
    }
    workers.end();
  });
});
