import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signStatements } from '@danube/signer';
import { encodeStatement } from 'in-toto-attestation';
import { backendOf, sampleKey } from './backends.ts';
import { mockClock } from './clock.ts';
import { statementOf } from './service.ts';

const key = await sampleKey(1);
const statements = Array.from({ length: 40 }, (_, index) => statementOf(String(index)));

describe('signStatements', () => {
  it('gives an envelope a statement, in order, with so many in flight and no more', async () => {
    let inFlight = 0;
    let most = 0;
    const backend = backendOf(key, {
      sign: async (message) => {
        most = Math.max(most, ++inFlight);
        await new Promise(setImmediate);
        inFlight -= 1;
        return key.sign(message);
      },
    });
    const envelopes = await signStatements(statements, backend, { concurrency: 7 });
    assert.deepEqual(
      envelopes.map(({ payload }) => payload),
      statements.map((statement) => encodeStatement(statement)),
    );
    assert.equal(most, 7);
  });

  it('keeps to the rate', async (context) => {
    const clock = mockClock(context);
    const begun: number[] = [];
    const backend = backendOf(key, {
      sign: async (message) => {
        begun.push(clock.now());
        return key.sign(message);
      },
    });
    await signStatements(statements, backend, { ratePerSecond: 200 });
    assert.deepEqual(
      begun,
      statements.map((_, index) => 5 * index),
    );
  });

  it('stops at the first failure, and gives nothing', async () => {
    let asked = 0;
    const backend = backendOf(key, {
      sign: async (message) => {
        if (++asked === 5) throw new Error('down');
        return key.sign(message);
      },
    });
    await assert.rejects(signStatements(statements, backend, { concurrency: 2 }), {
      code: 'ERR_SIGN_BACKEND',
    });
    assert.ok(asked < statements.length);
  });

  it('stops when the caller does', async () => {
    const reason = new Error('enough');
    await assert.rejects(
      signStatements(statements, backendOf(key), { signal: AbortSignal.abort(reason) }),
      reason,
    );
  });

  it('refuses a concurrency or rate that is none', async () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(signStatements(statements, backendOf(key), { concurrency }), TypeError);
    }
    await assert.rejects(signStatements(statements, backendOf(key), { ratePerSecond: 0 }), TypeError);
  });
});
