import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MalformedError, encodeSigstoreBundle, publicKeyBundle } from 'in-toto-attestation';
import {
  ExpectationError,
  type Evidence,
  type EvidenceFile,
  digestAlgorithms,
  loadEvidence,
} from '../src/index.ts';
import { APP, BUILDER, LIB, bytesOf, envelopeOf, hash, signed, statementOf } from './fixture.ts';

const file = (bytes: Uint8Array): EvidenceFile => ({ path: 'evidence', bytes });

describe('loadEvidence', () => {
  it('reads an envelope, a Sigstore bundle and JSON Lines by what they hold', () => {
    const bundle = encodeSigstoreBundle(publicKeyBundle(envelopeOf(statementOf()), BUILDER.publicKey.keyid));
    const lines = bytesOf([signed(), signed()].map((line) => new TextDecoder().decode(line)).join('\n'));
    const { items } = loadEvidence([file(signed()), file(bundle), file(lines)]);
    assert.deepEqual(
      items.map(({ line }) => line),
      [undefined, undefined, 1, 2],
    );
    for (const item of items) assert.equal(item.statement() instanceof MalformedError, false);
  });

  it('keeps a file or a line that is none of them, with its error', () => {
    const lines = bytesOf(`${new TextDecoder().decode(signed())}\nnot JSON\n{"other":1}\n`);
    const { items } = loadEvidence([file(bytesOf('?')), file(lines)]);
    assert.deepEqual(
      items.map(({ line, envelope }) => [line, envelope instanceof MalformedError]),
      [
        [undefined, true],
        [1, false],
        [2, true],
        [3, true],
      ],
    );
  });

  it('keeps a file that holds nothing', () => {
    for (const text of ['', '\n\n']) assert.equal(loadEvidence([file(bytesOf(text))]).items.length, 1);
  });

  it('holds what the bytes were when they were read, whatever becomes of them', () => {
    const bundle = encodeSigstoreBundle(publicKeyBundle(envelopeOf(statementOf()), BUILDER.publicKey.keyid));
    const line = new TextDecoder().decode(signed());
    const read = ({ items }: Evidence): object[] =>
      items.map((item) => ({ ...item, statement: item.statement() }));
    for (const bytes of [signed(), bundle, bytesOf(`${line}\nnot JSON\n${line}\n`), bytesOf('?')]) {
      const others = loadEvidence([file(bytes.slice())]);
      const loaded = loadEvidence([file(bytes)]);
      bytes.fill(0x20);
      assert.deepEqual(read(loaded), read(others));
    }
  });

  it('reads a statement once', () => {
    const [item] = loadEvidence([file(signed())]).items;
    assert.equal(item?.statement(), item?.statement());
  });

  it('refuses what is no file', () => {
    for (const given of [{ path: 'x', bytes: 'text' }, { bytes: signed() }]) {
      assert.throws(() => loadEvidence([given as unknown as EvidenceFile]), ExpectationError);
    }
  });
});

function algorithmsOf(...statements: Parameters<typeof signed>[0][]): string[] {
  return digestAlgorithms(loadEvidence(statements.map((statement) => file(signed(statement)))));
}

describe('digestAlgorithms', () => {
  it('is always sha256', () => {
    assert.deepEqual(algorithmsOf(), ['sha256']);
    assert.deepEqual(algorithmsOf(statementOf({ subject: [{ digest: { gitCommit: 'a'.repeat(40) } }] })), [
      'sha256',
    ]);
    assert.deepEqual(algorithmsOf('not a statement'), ['sha256']);
  });

  it('is every accepted algorithm of any subject, and none that is not accepted', () => {
    const subject: object[] = [
      APP,
      { digest: { sha512: hash('sha512', 'x'), md5: 'a'.repeat(32), sha1: 'a'.repeat(40) } },
      { digest: { sha3_256: 'a'.repeat(64), constructor: 'x' } },
    ];
    assert.deepEqual(algorithmsOf(statementOf({ subject }), statementOf({ subject: [LIB] })), [
      'sha256',
      'sha512',
    ]);
    const other = [{ digest: { sha384: hash('sha384', 'x') } }];
    assert.deepEqual(algorithmsOf(statementOf({ subject: other })), ['sha256', 'sha384']);
  });
});
