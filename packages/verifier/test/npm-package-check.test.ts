import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Check, type PublicationProof, loadEvidence } from '../src/index.ts';
import {
  APP,
  AUDITOR,
  BUILDER,
  LIB,
  NOW,
  STRANGER,
  checkOf,
  evaluate,
  signed,
  statementOf,
  type Case,
  type Signing,
} from './fixture.ts';

const PUBLISH_TYPE = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
const URL = 'pkg:npm/%40shop/app@1.2.0';
const SUBJECT = { name: URL, digest: APP.digest };
const PREDICATE = { name: '@shop/app', version: '1.2.0', registry: 'https://registry.example.com' };

const provenance = (subject: object = SUBJECT, signing?: Signing): Uint8Array =>
  signed(statementOf({ subject: [subject].flat() }), signing);
const publication = (subject: object = SUBJECT, predicate: object = PREDICATE): Uint8Array =>
  signed(statementOf({ subject: [subject].flat(), predicateType: PUBLISH_TYPE, predicate }), {
    keys: [AUDITOR],
  });

interface Situation {
  readonly files?: readonly Uint8Array[];
  readonly artifacts?: Case['artifacts'];
  readonly expires?: Date;
  readonly proof?: PublicationProof;
  readonly keys?: Case['keys'];
}

function made({
  files = [provenance(), publication()],
  artifacts,
  expires,
  proof,
  keys,
}: Situation = {}): Check {
  const evidence = loadEvidence(files.map((bytes, index) => ({ path: `${index}`, bytes })));
  const times = { times: [{ by: 'a log', time: NOW }] };
  const report = evaluate({
    evidence,
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(keys === undefined ? {} : { keys }),
    expect: {
      npmPackage: {
        name: '@shop/app',
        version: '1.2.0',
        registryKeys: [{ publicKey: AUDITOR.publicKey, ...(expires === undefined ? {} : { expires }) }],
      },
    },
    publications: new Map(evidence.items.map((item) => [item, proof ?? times])),
  });
  return checkOf(report, 'npm.package');
}

const PROBLEM = 'the publish attestation: ';

describe('npm.package', () => {
  it('passes for one provenance and one publish attestation that agree', () => {
    const { status, actual } = made();
    const told = `published to https://registry.example.com, signed ${NOW.toISOString()}, says a log`;
    assert.deepEqual([status, actual], ['pass', told]);
  });

  it('is not made without an artifact', () => {
    const { status, actual } = made({ files: [provenance()], artifacts: 'provenance-only' });
    assert.deepEqual([status, actual], ['not-run', 'no package was given']);
  });

  it('fails for a signature that names a key which did not sign', () => {
    const named = (keyid: string): Check => made({ files: [provenance(SUBJECT, { keyid }), publication()] });
    const { status, actual } = named(STRANGER.publicKey.keyid);
    const told = `its signature names the key ${STRANGER.publicKey.keyid}, which did not sign`;
    assert.deepEqual([status, actual], ['fail', told]);
    assert.equal(named('').status, 'pass');
    assert.equal(named(BUILDER.publicKey.keyid).status, 'pass');
    const keys = [BUILDER, STRANGER];
    const both = [provenance(SUBJECT, { keys }), publication()];
    assert.equal(made({ files: both, keys: keys.map(({ publicKey }) => publicKey) }).status, 'pass');
  });

  it('counts what claims to be about the package, by name or by digest, in any subject', () => {
    for (const subject of [
      { name: URL, digest: LIB.digest },
      { name: 'other', digest: APP.digest },
      [LIB, SUBJECT],
      [SUBJECT, LIB],
    ]) {
      const files = [provenance(), publication(), publication(subject)];
      assert.equal(made({ files }).actual, '2 publish attestations of this package');
      const built = [provenance(), publication(), provenance(subject, { keys: [STRANGER] })];
      assert.equal(made({ files: built }).actual, '2 provenance attestations of this package');
    }
    const files = [provenance(), publication(), publication(LIB), provenance(LIB)];
    assert.equal(made({ files }).status, 'pass');
  });

  it('fails for a publish attestation of another package, and quotes it', () => {
    const of = (predicate: object): string | null =>
      made({ files: [provenance(), publication(SUBJECT, predicate)] }).actual;
    assert.equal(of({ ...PREDICATE, name: '@shop/lib' }), `${PROBLEM}its predicate is about @shop/lib 1.2.0`);
    assert.equal(of({ ...PREDICATE, version: 1 }), `${PROBLEM}its predicate is about @shop/app nothing`);
    for (const registry of ['', 7])
      assert.equal(of({ ...PREDICATE, registry }), `${PROBLEM}its predicate names no registry`);
  });

  it('fails for a key of the registry that had ended when it was logged, to the moment', () => {
    assert.equal(made({ expires: new Date(NOW.getTime() + 1) }).status, 'pass');
    assert.equal(made({ expires: NOW }).status, 'fail');
  });

  it('fails when nothing proves when it was published', () => {
    assert.equal(made({ proof: { reason: 'no entry' } }).actual, `${PROBLEM}no entry`);
    assert.equal(made({ proof: { times: [] } }).actual, `${PROBLEM}no log proves when it was signed`);
  });
});
