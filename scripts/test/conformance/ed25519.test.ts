import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { ed25519Speccheck } from '../../conformance/ed25519-speccheck.ts';
import { verifyOnPlatforms } from '../../conformance/ed25519-platforms.ts';
import { UnreadableError } from '../../conformance/folder.ts';
import { rfc8032 } from '../../conformance/rfc8032.ts';
import { wycheproofEd25519 } from '../../conformance/wycheproof-ed25519.ts';
import { BUILDER, pem, STRANGER } from '../../vectors/fixed-keys.ts';
import { addOrder } from '../../vectors/malleable.ts';
import { judged, resultsOf } from './judged.ts';

const MESSAGE = Buffer.from('a message');
const GOOD = BUILDER.sign(MESSAGE);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('rfc8032', () => {
  const record = {
    name: 'TEST',
    secret_seed: hex(BUILDER.seed),
    public_key: hex(BUILDER.raw),
    message: hex(MESSAGE),
    signature: hex(GOOD),
    result: 'valid',
  };
  const prehashed = {
    ...record,
    signature: hex(ed25519ph.sign(MESSAGE, BUILDER.seed)),
    result: undefined,
    result_ed25519ph: 'valid',
  };

  it('agrees with a signature that we verify and make, and with a prehashed one that must fail', async () => {
    const files = { 'pure.json': [record], 'ph.json': [{ ...prehashed, result_pure_ed25519: 'invalid' }] };
    assert.deepEqual(await resultsOf(rfc8032, files), ['agreed', 'agreed']);
  });

  it('disagrees when a changed signature is called valid, or a prehashed one pure', async () => {
    const files = {
      'a.json': [{ ...record, signature: hex(addOrder(GOOD)) }],
      'b.json': [{ ...prehashed, result_pure_ed25519: 'valid' }],
    };
    assert.deepEqual(await resultsOf(rfc8032, files), ['disagreed', 'disagreed']);
  });

  it('disagrees when the seed has another public key', async () => {
    const files = { 'a.json': [{ ...record, secret_seed: hex(STRANGER.seed) }] };
    assert.deepEqual(await resultsOf(rfc8032, files), ['disagreed']);
  });

  it('refuses a record without a verdict for pure Ed25519', async () => {
    await assert.rejects(judged(rfc8032, { 'a.json': [prehashed] }), UnreadableError);
  });
});

describe('wycheproof-ed25519', () => {
  const group = {
    type: 'EddsaVerify',
    publicKey: { curve: 'edwards25519', pk: hex(BUILDER.raw) },
    publicKeyPem: pem('PUBLIC KEY', BUILDER.spki),
  };
  const test = (result: string, sig: Uint8Array): object => ({
    tcId: 1,
    comment: '',
    msg: hex(MESSAGE),
    sig: hex(sig),
    result,
    flags: [],
  });
  const file = (...testGroups: object[]): Record<string, object> => ({ 'ed25519_test.json': { testGroups } });

  it('agrees with valid and invalid cases', async () => {
    const tests = [test('valid', GOOD), test('invalid', addOrder(GOOD)), test('invalid', new Uint8Array())];
    assert.deepEqual(await resultsOf(wycheproofEd25519, file({ ...group, tests })), [
      'agreed',
      'agreed',
      'agreed',
    ]);
  });

  it('disagrees with an invalid case that verifies, and a valid one whose PEM is another key', async () => {
    const files = file(
      { ...group, tests: [test('invalid', GOOD)] },
      { ...group, publicKeyPem: pem('PUBLIC KEY', STRANGER.spki), tests: [test('valid', GOOD)] },
    );
    assert.deepEqual(await resultsOf(wycheproofEd25519, files), ['disagreed', 'disagreed']);
  });

  it('leaves out groups of another curve, and cases of which the source accepts either verdict', async () => {
    const other = { ...group, publicKey: { curve: 'curve448', pk: '00' }, tests: [test('valid', GOOD)] };
    const files = file(other, { ...group, tests: [test('acceptable', GOOD)] });
    assert.deepEqual(await resultsOf(wycheproofEd25519, files), ['not-applicable', 'not-applicable']);
  });
});

describe('ed25519-speccheck', () => {
  const entry = (signature: Uint8Array): object => ({
    message: hex(MESSAGE),
    pub_key: hex(BUILDER.raw),
    signature: hex(signature),
  });
  const cases = [entry(GOOD), entry(addOrder(GOOD))];
  const expected = (...verdicts: string[]): object => ({ strict_profile: { verdicts } });
  const text = (signature: Uint8Array): string =>
    `msg=${hex(MESSAGE)}\npbk=${hex(BUILDER.raw)}\nsig=${hex(signature)}\n`;

  it('agrees by the strict profile, and reads the cases of both files', async () => {
    const files = {
      'cases.json': cases,
      'cases.txt': `2\n${text(GOOD)}${text(addOrder(GOOD))}`,
      'expected.json': expected('accept', 'reject'),
    };
    assert.deepEqual(await resultsOf(ed25519Speccheck, files), ['agreed', 'agreed']);
  });

  it('disagrees where a verdict is another', async () => {
    const files = { 'cases.json': cases, 'expected.json': expected('accept', 'accept') };
    assert.deepEqual(await resultsOf(ed25519Speccheck, files), ['agreed', 'disagreed']);
  });

  it('judges a case that is another in the second file', async () => {
    const files = {
      'cases.json': cases,
      'cases.txt': text(GOOD) + text(GOOD),
      'expected.json': expected('accept', 'reject'),
    };
    assert.deepEqual(await resultsOf(ed25519Speccheck, files), ['agreed', 'agreed', 'disagreed']);
  });

  it('refuses another number of verdicts than of cases', async () => {
    const files = { 'cases.json': cases, 'expected.json': expected('accept') };
    await assert.rejects(judged(ed25519Speccheck, files), UnreadableError);
    await assert.rejects(judged(ed25519Speccheck, { ...files, 'cases.txt': text(GOOD) }), UnreadableError);
  });
});

describe('verifyOnPlatforms', () => {
  it('asks both implementations', async () => {
    const question = { publicKey: BUILDER.raw, message: MESSAGE, signature: GOOD };
    const verdicts = await verifyOnPlatforms([question, { ...question, signature: addOrder(GOOD) }]);
    assert.deepEqual(verdicts, ['accept', 'reject']);
  });
});
