import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeAdmissionResponse, parseAdmissionReview } from '../src/admission-review.ts';
import { encode, pod, review } from './reviews.ts';

const MALFORMED = { name: 'WebhookError', code: 'ERR_WEBHOOK_REVIEW' };

function changed(change: (value: Record<string, Record<string, unknown>>) => void): Uint8Array {
  const value = JSON.parse(JSON.stringify(review({ object: pod(['a']) })));
  change(value);
  return encode(value);
}

describe('parseAdmissionReview', () => {
  it('reads what a decision needs', () => {
    const { object, ...rest } = parseAdmissionReview(encode(review({ object: pod(['a']), dryRun: true })));
    assert.deepEqual(rest, {
      uid: '6a3f0d98-f293-41f5-8c91-99159d225d6c',
      group: '',
      kind: 'Pod',
      resource: 'pods',
      subResource: '',
      operation: 'CREATE',
      namespace: 'team-a',
      name: 'p',
      user: 'alice',
      dryRun: true,
      oldObject: undefined,
    });
    assert.deepEqual(object, pod(['a']));
  });

  it('reads a request whose name has not been made yet', () => {
    const bytes = changed(({ request }) => delete request?.['name']);
    assert.equal(parseAdmissionReview(bytes).name, '');
  });

  const BAD: readonly (readonly [string, Uint8Array])[] = [
    ['what is not JSON', new TextEncoder().encode('{')],
    ['an empty body', new Uint8Array()],
    ['a list', encode([])],
    ['another version', encode({ ...review(), apiVersion: 'admission.k8s.io/v1beta1' })],
    ['another kind', encode({ ...review(), kind: 'ConversionReview' })],
    ['no request', encode({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' })],
    ['no uid', changed(({ request }) => delete request?.['uid'])],
    ['an empty uid', changed(({ request }) => Object.assign(request ?? {}, { uid: '' }))],
    ['an unknown operation', changed(({ request }) => Object.assign(request ?? {}, { operation: 'PATCH' }))],
    ['an object that is a text', changed(({ request }) => Object.assign(request ?? {}, { object: 'Pod' }))],
    ['a kind that is a text', changed(({ request }) => Object.assign(request ?? {}, { kind: 'Pod' }))],
  ];
  for (const [what, bytes] of BAD) {
    it(`refuses ${what}`, () => assert.throws(() => parseAdmissionReview(bytes), MALFORMED));
  }
});

describe('encodeAdmissionResponse', () => {
  it('writes a refusal with its reason', () => {
    const { response } = JSON.parse(
      encodeAdmissionResponse({ uid: 'u', allowed: false, message: 'no', warnings: ['w'] }),
    );
    assert.deepEqual(response, {
      uid: 'u',
      allowed: false,
      status: { status: 'Failure', reason: 'Forbidden', code: 403, message: 'no' },
      warnings: ['w'],
    });
  });

  it('writes a patch with its type, in base64', () => {
    const patch = [{ op: 'replace', path: '/spec/containers/0/image', value: 'a@b' }] as const;
    const { response } = JSON.parse(encodeAdmissionResponse({ uid: 'u', allowed: true, patch }));
    assert.equal(response.patchType, 'JSONPatch');
    assert.deepEqual(JSON.parse(Buffer.from(response.patch, 'base64').toString()), patch);
  });

  it('writes neither patch nor type when nothing changes', () => {
    const { response } = JSON.parse(encodeAdmissionResponse({ uid: 'u', allowed: true, patch: [] }));
    assert.deepEqual(response, { uid: 'u', allowed: true });
  });
});
