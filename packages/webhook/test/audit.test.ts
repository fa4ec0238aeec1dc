import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createAuditLog, decisionLine, encodeFindings, type AuditLine } from '../src/audit.ts';
import type { Finding } from '../src/finding.ts';
import { request } from './reviews.ts';

const LINE: AuditLine = { timestamp: '2026-01-02T03:04:05.000Z', level: 'info', event: 'something' };

const FINDING: Finding = {
  verdict: 'accepted',
  mode: 'enforce',
  image: 'registry.example.com/app"\n:v1',
  reference: null,
  digest: `sha256:${'a'.repeat(64)}`,
  policy: 'release',
  check: null,
  expected: null,
  actual: null,
  hint: null,
};

describe('the log', () => {
  it('writes the lines of one turn at once and in their order, and the rest when it is told to', async () => {
    const written: string[] = [];
    const { log, flush } = createAuditLog((text) => written.push(text));
    for (const event of ['a', 'b', 'c']) log({ ...LINE, event });
    assert.deepEqual(written, []);
    await turn();
    assert.equal(written.length, 1);
    log({ ...LINE, event: 'd' });
    flush();
    flush();
    const lines = written.join('').split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).event),
      ['a', 'b', 'c', 'd'],
    );
    assert.equal(written.length, 2);
    await turn();
    assert.equal(written.length, 2);
  });

  it('has what is said of images at the end of a line, whatever they are called', () => {
    const written: string[] = [];
    const { log, flush } = createAuditLog((text) => written.push(text));
    log(LINE, encodeFindings([FINDING]));
    flush();
    const [text = '', ...more] = written.join('').trimEnd().split('\n');
    assert.deepEqual(more, []);
    const { image, digest, verdict, policy } = FINDING;
    assert.deepEqual(JSON.parse(text), { ...LINE, images: [{ image, digest, verdict, policy }] });
  });

  it('says of findings what they are each time', () => {
    const accepted = [FINDING];
    const refused: Finding[] = [{ ...FINDING, verdict: 'rejected', check: 'signature', actual: 'none' }];
    for (let time = 0; time < 2; time += 1) {
      assert.equal(JSON.parse(encodeFindings(accepted))[0].verdict, 'accepted');
      assert.equal(JSON.parse(encodeFindings(refused))[0].check, 'signature');
    }
  });

  it('says when a decision was made, to the millisecond', () => {
    const response = { uid: '1', allowed: true };
    for (let time = 0; time < 3; time += 1) {
      const before = Date.now();
      const decision = { response, findings: [], nothing: 'no image' };
      const { timestamp } = decisionLine('validate', request(), decision, 1.26);
      const after = Date.now();
      const at = Date.parse(timestamp);
      assert.match(timestamp, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      assert.ok(before <= at && at <= after, `${before} ${timestamp} ${after}`);
      while (Date.now() === after);
    }
  });
});
