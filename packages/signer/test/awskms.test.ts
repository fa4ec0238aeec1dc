import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, describe, it } from 'node:test';
import {
  type AuditRecord,
  type KeyBackend,
  openKey,
  type ServiceOptions,
  type SignErrorCode,
  signStatement,
} from '@danube/signer';
import { pae } from 'in-toto-attestation';
import { signRequest } from '../src/sigv4.ts';
import { mockDeadlines, until } from './clock.ts';
import { type AwsLie, CREDENTIAL, officialHeaders, REGION, startAws } from './servers/aws.ts';
import type { Answer } from './servers/http.ts';
import { assertClean, refusal, signs, statement, statementWithPae } from './service.ts';

const aws = await startAws();
after(() => aws.close());
const ed = aws.addKey('ed25519', 'danube');
const p256 = aws.addKey('p256', 'p256');
aws.addKey('p384', 'p384');

const audit: AuditRecord[] = [];
const environment = {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
};

function open(key: string, changes: ServiceOptions = {}): Promise<KeyBackend> {
  const service = {
    environment,
    allowLoopbackHttp: true,
    audit: (record: AuditRecord) => void audit.push(record),
    ...changes,
  };
  return openKey(`awskms://${aws.host}/${key}`, { service });
}

afterEach(() => {
  assertClean(JSON.stringify(audit));
  audit.length = 0;
  aws.lie = undefined;
  aws.failures.length = 0;
  aws.received.length = 0;
  aws.denied.clear();
});

function failure(name: string, status = 400, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { __type: name, message: CREDENTIAL.secretAccessKey } };
}

describe('awskms:', () => {
  it('signs the PAE itself with Ed25519, and pins the key behind an alias', async () => {
    const backend = await open('alias/danube');
    assert.equal(backend.algorithm, 'ed25519');
    const envelope = await signs(backend);
    const sent = JSON.parse(aws.received.at(-1)!.body);
    assert.deepEqual(
      [sent.KeyId, sent.MessageType, sent.SigningAlgorithm, sent.Message],
      [
        ed.arn,
        'RAW',
        'ED25519_SHA_512',
        Buffer.from(pae(envelope.payloadType, envelope.payload)).toString('base64'),
      ],
    );
  });

  it('signs the SHA-256 of the PAE with P-256, however long it is', async () => {
    const backend = await open('alias/p256');
    assert.equal(backend.algorithm, 'ecdsa-p256-sha256');
    await signs(backend, await statementWithPae(100_000));
    const sent = JSON.parse(aws.received.at(-1)!.body);
    assert.deepEqual(
      [sent.KeyId, sent.MessageType, sent.SigningAlgorithm],
      [p256.arn, 'DIGEST', 'ECDSA_SHA_256'],
    );
  });

  it('opens a key by alias, id and ARN', async () => {
    for (const name of ['alias/danube', ed.arn.split('/')[1]!, ed.arn]) {
      assert.equal((await (await open(name)).describe?.({}))?.key, ed.arn);
    }
  });

  it('refuses what names no key of AWS KMS before it asks anybody', async () => {
    for (const key of ['', 'alias/', 'x', 'arn:aws:s3:::bucket', '../x', 'alias/a?x=1']) {
      await refusal(open(key), 'ERR_SIGN_KEY_URI');
    }
    await refusal(openKey('awskms:///alias/x', { service: { environment: {} } }), 'ERR_SIGN_KEY_URI');
    assert.equal(aws.received.length, 0);
  });

  it('refuses a key of another algorithm or usage (keys.md 8)', async () => {
    await refusal(open('alias/p384'), 'ERR_SIGN_KEY');
    ed.usage = 'KEY_AGREEMENT';
    await refusal(open('alias/danube'), 'ERR_SIGN_KEY');
    ed.usage = 'SIGN_VERIFY';
  });

  it('never shows a canary when the key is opened without its secret', async () => {
    const { AWS_SECRET_ACCESS_KEY: _, ...half } = environment;
    await refusal(open('alias/danube', { environment: half }), 'ERR_SIGN_CREDENTIALS');
  });
});

describe('awskms: 4096 bytes (keys.md 12)', () => {
  it('signs a PAE of 4096 bytes', async () => {
    await signs(await open('alias/danube'), await statementWithPae(4096));
  });

  it('refuses 4097 bytes before any request, and names the ways out', async () => {
    const backend = await open('alias/danube');
    aws.received.length = 0;
    const error = await refusal(signStatement(await statementWithPae(4097), backend), 'ERR_SIGN_LIMIT');
    assert.equal(error.message, 'PAE is 4097 bytes; AWS KMS signs at most 4096 with Ed25519');
    assert.match(error.hint ?? '', /P-256 key.*--delegate.*smaller/);
    assert.equal(aws.received.length, 0);
  });
});

describe('awskms: a wrong key (keys.md 9)', () => {
  it('signs with the pinned key after its alias was pointed to another', async () => {
    const backend = await open('alias/danube');
    aws.aliases.set('alias/danube', aws.addKey('ed25519').arn);
    await signs(backend);
    aws.aliases.set('alias/danube', ed.arn);
  });

  it('refuses an answer by another ARN', async () => {
    const backend = await open('alias/danube');
    aws.lie = 'other-arn';
    await refusal(signStatement(statement, backend), 'ERR_SIGN_KEY');
  });

  it('refuses another key than the one that was expected when it is opened', async () => {
    const service = { environment, allowLoopbackHttp: true };
    const uri = `awskms://${aws.host}/alias/p256`;
    await refusal(openKey(uri, { service, expectedKey: 'ab'.repeat(32) }), 'ERR_SIGN_KEY');
  });
});

describe('awskms: a lying service leaves nothing behind (keys.md 10)', () => {
  for (const lie of ['random', 'ph', 'ph-standard', 'digest', 'other-key', 'short', 'der'] as const) {
    it(`refuses ${lie}`, async () => {
      const backend = await open('alias/danube');
      aws.lie = lie satisfies AwsLie;
      await refusal(signStatement(statement, backend), 'ERR_SIGN_SELF_CHECK');
    });
  }

  it('refuses a public key of small order, and one that is no base64', async () => {
    aws.lie = 'small-order';
    await assert.rejects(open('alias/danube'), { name: 'KeyError', code: 'ERR_KEY_POINT' });
    aws.lie = 'not-base64';
    await refusal(open('alias/danube'), 'ERR_SIGN_BACKEND');
  });
});

describe('awskms: errors', () => {
  const table: readonly [string, SignErrorCode, RegExp][] = [
    ['AccessDeniedException', 'ERR_SIGN_DENIED', /^AWS KMS does not let this identity use alias\/danube/],
    ['NotFoundException', 'ERR_SIGN_KEY', /^AWS KMS has no key alias\/danube in this region and account/],
    ['DisabledException', 'ERR_SIGN_KEY', /^the key alias\/danube is disabled in AWS KMS/],
    [
      'KMSInvalidStateException',
      'ERR_SIGN_KEY',
      /^the key alias\/danube cannot be used in its present state/,
    ],
    ['InvalidKeyUsageException', 'ERR_SIGN_KEY', /^the key alias\/danube in AWS KMS is not for this kind/],
    ['InvalidGrantTokenException', 'ERR_SIGN_DENIED', /^AWS KMS does not take the grant for alias\/danube/],
    ['ValidationException', 'ERR_SIGN_BACKEND', /^AWS KMS finds the request about alias\/danube invalid/],
    [
      'ExpiredTokenException',
      'ERR_SIGN_DENIED',
      /^AWS KMS does not take the credential \(ExpiredTokenException\)/,
    ],
    ...[
      'IncompleteSignatureException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'MissingAuthenticationTokenException',
      'UnrecognizedClientException',
    ].map((name): [string, SignErrorCode, RegExp] => [
      name,
      'ERR_SIGN_DENIED',
      new RegExp(`^AWS KMS does not take the credential \\(${name}\\)$`),
    ]),
    ['SomethingNewException', 'ERR_SIGN_BACKEND', /^AWS KMS refused the request \(SomethingNewException\)/],
  ];
  for (const [name, code, message] of table) {
    it(`says what ${name} means, once`, async () => {
      const backend = await open('alias/danube');
      audit.length = 0;
      aws.failures.push(failure(name));
      const error = await refusal(signStatement(statement, backend), code);
      assert.match(error.message, message);
      assert.deepEqual(
        audit.map(({ outcome }) => outcome),
        [name],
      );
    });
  }

  for (const name of [
    'DependencyTimeoutException',
    'KeyUnavailableException',
    'KMSInternalException',
    'ThrottlingException',
  ]) {
    it(`tries again after ${name}: one signature, an audit record an attempt (keys.md 26)`, async () => {
      const backend = await open('alias/danube');
      audit.length = 0;
      aws.signatures = 0;
      aws.failures.push(failure(name), failure('x', 503), 'reset');
      const envelope = await signs(backend);
      assert.equal(aws.signatures, 1);
      const paeSha256 = createHash('sha256')
        .update(pae(envelope.payloadType, envelope.payload))
        .digest('hex');
      assert.deepEqual(
        audit.map(({ operation, key, paeSha256, attempt, outcome }) => ({
          operation,
          key,
          paeSha256,
          attempt,
          outcome,
        })),
        [name, 'x', 'connection', 'ok'].map((outcome, index) => ({
          operation: 'sign',
          key: ed.arn,
          paeSha256,
          attempt: index + 1,
          outcome,
        })),
      );
      assert.equal(audit.at(-1)?.requestId, 'req-1');
    });
  }

  it('names what the service says when it is never ready (keys.md 26)', async () => {
    const backend = await open('alias/danube');
    for (const [name, status] of [
      ['DependencyTimeoutException', 503],
      ['KeyUnavailableException', 500],
      ['KMSInternalException', 500],
      ['ThrottlingException', 400],
      ['ServiceUnavailable', 503],
    ] as const) {
      aws.failures.push(...Array.from({ length: 6 }, () => failure(name, status, { 'retry-after': '0' })));
      const error = await refusal(signStatement(statement, backend), 'ERR_SIGN_UNAVAILABLE');
      assert.equal(error.message, `AWS KMS cannot answer now (${name})`);
      assert.equal(aws.failures.length, 0, 'tried six times');
    }
  });

  it('gives up when the service stays down, and says so', async (context) => {
    const backend = await open('alias/danube', { deadlines: { totalMs: 400 } });
    audit.length = 0;
    const pass = mockDeadlines(context);
    aws.failures.push(failure('ThrottlingException', 400, { 'retry-after': '3600' }));
    const refused = refusal(signStatement(statement, backend), 'ERR_SIGN_UNAVAILABLE');
    await until(() => audit.length > 0);
    pass(400);
    assert.equal((await refused).message, 'AWS KMS did not finish within 0.4 s');
    assert.equal(audit.length, 1, 'Retry-After asks for longer than there is time');
  });

  it('does not wait for a service that accepts and is silent (keys.md 26)', async (context) => {
    const backend = await open('alias/danube', { deadlines: { callMs: 50, totalMs: 5_000 } });
    audit.length = 0;
    const pass = mockDeadlines(context);
    const asked = aws.received.length;
    aws.failures.push('silence');
    const signing = signs(backend);
    await until(() => aws.received.length > asked);
    pass(50);
    await signing;
    assert.deepEqual(
      audit.map(({ outcome }) => outcome),
      ['timeout', 'ok'],
    );
  });

  it('stops at once when the caller does', async () => {
    const backend = await open('alias/danube');
    audit.length = 0;
    aws.failures.push('silence');
    const stop = new AbortController();
    const work = signStatement(statement, backend, { signal: stop.signal });
    const reason = new Error('stop');
    stop.abort(reason);
    await assert.rejects(work, reason);
  });

  it('fails when the attempt cannot be written down', async () => {
    const full = new Error('disk full');
    await assert.rejects(
      open('alias/danube', {
        audit: () => {
          throw full;
        },
      }),
      full,
    );
  });
});

describe('awskms: doctor and rotate', () => {
  it('finds a healthy key healthy, without a signature', async () => {
    const backend = await open('alias/danube');
    aws.signatures = 0;
    const findings = (await backend.doctor?.({})) ?? [];
    assert.deepEqual(
      findings.map(({ check, status }) => `${check} ${status}`),
      [
        'reachable ok',
        'permitted ok',
        'algorithm ok',
        'exportable ok',
        'version ok',
        'clock ok',
        'latency ok',
      ],
    );
    assert.equal(aws.signatures, 0);
  });

  it('finds out that signing is not permitted', async () => {
    const backend = await open('alias/danube');
    aws.denied.add('Sign');
    const permitted = (await backend.doctor?.({}))?.find(({ check }) => check === 'permitted');
    assert.equal(permitted?.status, 'failed');
    assert.match(permitted.hint ?? '', /kms:Sign/);
  });

  it('warns of a clock that is wrong', async () => {
    const backend = await open('alias/danube');
    aws.failures.push({
      headers: { date: new Date(Date.now() + 120_000).toUTCString() },
      body: {},
    });
    const clock = (await backend.doctor?.({}))?.find(({ check }) => check === 'clock');
    assert.equal(clock?.status, 'warning');
  });

  it('replaces the key behind an alias; the old one keeps signing until it is closed', async () => {
    aws.addKey('ed25519', 'turning');
    const old = await open('alias/turning');
    const rotation = await old.rotate?.({});
    const renewed = await open('alias/turning');
    assert.equal(renewed.publicKey.keyid, rotation?.publicKey.keyid);
    assert.notEqual(renewed.publicKey.keyid, old.publicKey.keyid);
    await signs(old);
    await signs(renewed);
  });

  it('rotates no key that is named by its id', async () => {
    const backend = await open(ed.arn);
    await refusal(backend.rotate?.({}) ?? Promise.resolve(), 'ERR_SIGN_KEY');
  });

  it('makes no second key when the answer to the first got lost', async () => {
    const backend = await open('alias/danube');
    const before = aws.keys.size;
    aws.failures.push(failure('KMSInternalException', 500));
    await refusal(backend.rotate?.({}) ?? Promise.resolve(), 'ERR_SIGN_UNAVAILABLE');
    assert.equal(aws.keys.size, before);
  });
});

describe('signature version 4', () => {
  it('is what the official implementation makes of the same request', async () => {
    for (const sessionToken of [undefined, 'CANARY-session/token==']) {
      for (const body of ['', '{}', 'ü'.repeat(1000)]) {
        const now = new Date('2026-03-04T05:06:07.089Z');
        const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Sign' };
        const identity = { ...CREDENTIAL, ...(sessionToken !== undefined && { sessionToken }) };
        const ours = signRequest(
          { method: 'POST', host: 'kms.eu-central-1.amazonaws.com', path: '/', headers, body },
          { ...identity, expiresAt: undefined },
          { region: REGION, service: 'kms' },
          now,
        );
        const request = { method: 'POST', path: '/', headers: { ...headers, host: ours['host']! }, body };
        const theirs = await officialHeaders(request, identity, 'kms', now);
        assert.equal(ours['authorization'], theirs['authorization']);
      }
    }
  });
});
