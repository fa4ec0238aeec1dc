import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, beforeEach, describe, it } from 'node:test';
import { parseTrustRootDocument, type TrustRootDocument } from '@danube/verifier/documents';
import { parseEnvelope } from 'in-toto-attestation';
import { danube, folder, type Outcome } from './danube.ts';
import { testKey, write, writeKey } from './fixture.ts';

const root = folder();
const FILE = join(root, 'trust-root.json');
const BUILDER = 'https://ci.example.com/danube';
const UNTIL = '2056-01-01T00:00:00Z';

function trust(...args: readonly string[]): Outcome {
  return danube(['trust', ...args], { cwd: root });
}

function done(...args: readonly string[]): string {
  const { code, stdout, stderr } = trust(...args);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Nothing is changed, and the command ends with 2. */
function refused(message: RegExp, ...args: readonly string[]): void {
  const before = readFileSync(FILE);
  const { code, stdout, stderr } = trust(...args);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, message);
  assert.deepEqual(readFileSync(FILE), before);
  assert.deepEqual(
    readdirSync(root).filter((name) => name.endsWith('.tmp')),
    [],
  );
}

function document(): TrustRootDocument {
  return parseTrustRootDocument(readFileSync(FILE));
}

const key = (name: string, file: string): string[] => [
  `--key-name=${name}`,
  `--public-key=${file}.key.pub`,
  '--not-before=2026-01-01T00:00:00Z',
  `--not-after=${UNTIL}`,
];

const INIT = [
  'trust-root.json',
  '--expires=2056-06-01T00:00:00Z',
  ...key('first', 'first'),
  `--builder-id=${BUILDER}`,
  '--max-level=2',
];

describe('danube trust', () => {
  before(async () => {
    for (const [index, name] of ['first', 'second', 'third', 'root', 'other'].entries())
      await writeKey(join(root, `${name}.key`), await testKey(index + 1));
    const path = join(import.meta.dirname, '../../../test-vectors/verify/time-proof/root.json');
    const { timestampAuthorities = [] } = parseTrustRootDocument(readFileSync(path));
    const chain = timestampAuthorities[0]?.certificateChain ?? '';
    write(join(root, 'tsa.pem'), chain);
    const certificates = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    write(join(root, 'reversed.pem'), certificates.toReversed().join(''));
  });

  beforeEach(() => {
    write(FILE, 'to be replaced');
    danube(['trust', 'init', 'new.json', ...INIT.slice(1)], { cwd: root });
    write(FILE, readFileSync(join(root, 'new.json')));
  });

  it('init begins with one key and one builder, and overwrites nothing', () => {
    const { version, keys, builders } = document();
    assert.deepEqual([version, keys?.length, builders?.[0]?.keys], [1, 1, ['first']]);
    refused(/is there already/, 'init', ...INIT);
  });

  it('init refuses a private key, a level 4 and a time that is none', () => {
    const init = ['init', 'none.json', ...INIT.slice(1)];
    refused(/private/, ...init.map((arg) => arg.replace('.key.pub', '.key')));
    refused(/1, 2 or 3/, ...init.map((arg) => arg.replace('level=2', 'level=4')));
    refused(/RFC 3339/, ...init.map((arg) => arg.replace('2056-06-01', '2056-06-31')));
  });

  it('add-key adds a key where it is named, and counts the version up', () => {
    assert.match(done('add-key', FILE, ...key('second', 'second')), /signs for nobody yet/);
    assert.match(
      done('add-key', FILE, ...key('third', 'third'), `--for=${BUILDER}`),
      /what is accepted now stays/,
    );
    assert.deepEqual([document().version, document().builders?.[0]?.keys], [3, ['first', 'third']]);
  });

  it('add-key refuses a key and a name that are there, and a builder that is not', () => {
    refused(/is there twice/, 'add-key', FILE, ...key('again', 'first'));
    refused(/is there twice/, 'add-key', FILE, ...key('first', 'second'));
    refused(
      /no builder or verifier/,
      'add-key',
      FILE,
      ...key('second', 'second'),
      '--for=https://other.example.com',
    );
  });

  it('rotate lets both keys sign during the overlap, and says what that means', () => {
    const said = done('rotate', FILE, '--old=first', '--overlap=30d', ...key('second', 'second'));
    assert.match(said, /everything that first signed is rejected after .*no timestamp authority/);
    const { keys, builders } = document();
    assert.deepEqual(builders?.[0]?.keys, ['first', 'second']);
    const days = (Date.parse(keys?.[0]?.notAfter ?? '') - Date.now()) / 86_400_000;
    assert.ok(days > 29 && days <= 30);
  });

  it('rotate warns that one owner meets a threshold of two meanwhile', () => {
    done('add-key', FILE, ...key('second', 'second'));
    done(
      'add-builder',
      FILE,
      '--builder-id=https://two.example.com',
      '--max-level=3',
      '--key=first',
      '--key=second',
      '--threshold=2',
    );
    assert.match(
      done('rotate', FILE, '--old=first', '--overlap=1d', ...key('third', 'third')),
      /count as two of the 2 signers of https:\/\/two\.example\.com, although both are of one owner/,
    );
  });

  it('rotate refuses an unknown key, a revoked one, and to make one live longer', () => {
    refused(/no key nobody/, 'rotate', FILE, '--old=nobody', '--overlap=1d', ...key('second', 'second'));
    refused(/ends on/, 'rotate', FILE, '--old=first', '--overlap=9999w', ...key('second', 'second'));
    done('revoke', FILE, '--key-name=first', '--reason=lost');
    refused(/is revoked/, 'rotate', FILE, '--old=first', '--overlap=1d', ...key('second', 'second'));
  });

  it('revoke tells who has too few keys left, and is never taken back', () => {
    const said = done(
      'revoke',
      FILE,
      '--key-name=first',
      '--since=2026-05-01T00:00:00Z',
      '--reason=found in a log',
    );
    assert.match(said, /has 0 signers left .* nothing new of it can be accepted/);
    const later = ['revoke', FILE, '--key-name=first', '--since=2026-05-01T00:00:01Z', '--reason=later'];
    refused(/not taken back/, ...later);
    done('revoke', FILE, '--key-name=first', '--since=2026-04-01T00:00:00Z', '--reason=earlier');
    assert.equal(document().keys?.[0]?.revoked?.since, '2026-04-01T00:00:00Z');
  });

  it('revoke says that timestamps keep what was signed before', () => {
    const authority = ['--name=tsa', '--certificate-chain=tsa.pem', '--not-before=2026-01-01T00:00:00Z'];
    done('add-timestamp-authority', FILE, ...authority, `--not-after=${UNTIL}`);
    assert.match(
      done('revoke', FILE, '--key-name=first', '--reason=lost'),
      /stays acceptable when a timestamp proves/,
    );
    const unusable = ['add-timestamp-authority', FILE, '--name=b', '--not-before=2026-01-01T00:00:00Z'];
    refused(
      /first certificate is one that issues others/,
      ...unusable,
      '--certificate-chain=reversed.pem',
      `--not-after=${UNTIL}`,
    );
  });

  it('add-builder and add-verifier name keys of the trust root, as many as are needed', () => {
    done('add-verifier', FILE, '--verifier-id=https://verify.example.com', '--key=first');
    assert.deepEqual(document().verifiers, [
      { id: 'https://verify.example.com', keys: ['first'], threshold: 1 },
    ]);
    refused(/there is no key/, 'add-verifier', FILE, '--verifier-id=https://b.example.com', '--key=second');
    refused(
      /more than the 1/,
      'add-verifier',
      FILE,
      '--verifier-id=https://b.example.com',
      '--key=first',
      '--threshold=2',
    );
    const builder = ['add-builder', FILE, '--builder-id=https://b.example.com', '--max-level=3'];
    refused(/names no key/, ...builder);
    refused(/go together/, ...builder, '--certificate-identity=https://b.example.com/x');
    refused(/is there twice/, 'add-builder', FILE, `--builder-id=${BUILDER}`, '--max-level=3', '--key=first');
    refused(/host/, ...builder, '--key=first', '--source=git+https://*/app');
  });

  it('add-sigstore lets a builder be known by a certificate', () => {
    const trustedRoot = join(import.meta.dirname, '../../../test-vectors/keys/sigstore-root.json');
    done('add-sigstore', FILE, '--name=example', `--trusted-root=${trustedRoot}`);
    const certificate = [
      '--sigstore=example',
      '--certificate-identity=https://ci.example.com/w',
      '--certificate-issuer=https://id.example.com',
    ];
    done('add-builder', FILE, '--builder-id=https://b.example.com', '--max-level=3', ...certificate);
    assert.equal(document().builders?.[1]?.certificates?.length, 1);
    refused(/trusted root/, 'add-sigstore', FILE, '--name=b', '--trusted-root=trust-root.json');
  });

  it('sign and check agree on who signed, by different root keys', () => {
    const signed = join(root, 'signed.json');
    done('sign', FILE, '--key=root.key', `--out=${signed}`);
    const check = (...args: readonly string[]): number | null => trust('check', signed, ...args).code;
    assert.equal(check('--trust-root-key=root.key.pub'), 0);
    assert.equal(check('--trust-root-key=other.key.pub'), 1);
    const both = [
      '--trust-root-key=root.key.pub',
      '--trust-root-key=other.key.pub',
      '--trust-root-threshold=2',
    ];
    assert.equal(check(...both), 1);
    assert.equal(trust('sign', '--append', signed, '--key=root.key', `--out=${signed}`).code, 2);
    done('sign', '--append', signed, '--key=other.key', `--out=${signed}`);
    assert.equal(check(...both), 0);
    assert.deepEqual(Buffer.from(parseEnvelope(readFileSync(signed)).payload), readFileSync(FILE));
    assert.deepEqual(
      JSON.parse(done('show', signed, '--format=json')),
      JSON.parse(readFileSync(FILE, 'utf8')),
    );
    refused(/would make its signatures void/, 'add-key', signed, ...key('second', 'second'));
    assert.equal(check(), 2);
  });

  it('check refuses one that expired or is older than the one before, and only reads the state', () => {
    const state = join(root, 'state.json');
    write(state, `{"version":7,"sha256":"${'0'.repeat(64)}"}\n`);
    const { code, stdout } = trust('check', FILE, `--trust-state=${state}`);
    assert.equal(code, 1);
    assert.match(stdout, /older than version 7/);
    assert.match(readFileSync(state, 'utf8'), /"version":7/);
    write(FILE, readFileSync(FILE, 'utf8').replace('2056-06-01', '2026-06-01'));
    assert.equal(trust('check', FILE).code, 1);
  });

  it('check warns of what will surprise somebody', () => {
    done('add-key', FILE, ...key('second', 'second'));
    done('revoke', FILE, '--key-name=first', '--reason=lost');
    const { code, stderr } = trust('check', FILE);
    assert.equal(code, 0);
    assert.match(stderr, /the key second signs for nobody/);
    assert.match(stderr, /needs 1 signers, and 0 can sign now/);
    assert.match(stderr, /no timestamp authority/);
  });

  it('sign warns of a root key that signs provenance as well', () => {
    assert.match(trust('sign', FILE, '--key=first.key').stderr, /a key of the trust root as well/);
  });

  it('names the file and the place in it when the document contradicts itself', () => {
    write(FILE, readFileSync(FILE, 'utf8').replace('"threshold": 1', '"threshold": 0'));
    refused(/trust-root\.json: \/builders\/0\/threshold/, 'check', FILE);
  });
});
