import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  type Attestations,
  encodeSigstoreBundle,
  parseAttestations,
  parseEnvelope,
  publicKeyBundle,
} from '../src/index.ts';
import { assertMalformed, bytes, envelope, json, statement, text } from './documents.ts';

const dsse = JSON.stringify(envelope);
const bundle = text(encodeSigstoreBundle(publicKeyBundle(parseEnvelope(bytes(envelope)), 'SHA256:key')));

function summary(content: string): unknown {
  const { format, attestations } = parseAttestations(bytes(content));
  const entries = attestations.map((entry) => {
    const kind = 'error' in entry ? entry.error.code : entry.format;
    return entry.line === undefined ? kind : `${entry.line}: ${kind}`;
  });
  return [format, ...entries];
}

describe('parseAttestations', () => {
  it('recognises an envelope, compact or laid out', () => {
    assert.deepEqual(summary(dsse), ['dsse', 'dsse']);
    assert.deepEqual(summary(`\n${JSON.stringify(envelope, null, 2)}\n`), ['dsse', 'dsse']);
    assert.deepEqual(summary(JSON.stringify(envelope, null, '\n')), ['dsse', 'dsse']);
  });

  it('recognises a Sigstore bundle and gives its envelope', () => {
    assert.deepEqual(summary(bundle), ['sigstore-bundle', 'sigstore-bundle']);
    const [entry] = parseAttestations(bytes(bundle)).attestations;
    assert.ok(entry && 'envelope' in entry);
    assert.deepEqual(entry.envelope, parseEnvelope(bytes(envelope)));
    assert.equal(entry.bundle?.version, '0.3');
  });

  it('recognises JSON Lines of both, and keeps the line numbers', () => {
    assert.deepEqual(summary(`${dsse}\n\n${bundle}\n`), ['json-lines', '1: dsse', '3: sigstore-bundle']);
  });

  it("recognises a npm registry's answer, and says where an entry of it is malformed", () => {
    const entries = [{ predicateType: 'x', bundle: JSON.parse(bundle) }, { predicateType: 'x' }, 7];
    const broken = JSON.stringify(JSON.parse(bundle)).replace('"c2ln"', '"c2l"');
    const answer = JSON.stringify({ attestations: [...entries, { bundle: JSON.parse(broken) }] });
    assert.deepEqual(summary(answer), [
      'npm-attestations',
      'sigstore-bundle',
      'ERR_TYPE',
      'ERR_TYPE',
      'ERR_BASE64',
    ]);
    const places = parseAttestations(bytes(answer)).attestations.flatMap((entry) =>
      'error' in entry ? [[entry.error.pointer, entry.error.message.startsWith(entry.error.pointer)]] : [],
    );
    assert.deepEqual(places, [
      ['/attestations/1/bundle', true],
      ['/attestations/2/bundle', true],
      ['/attestations/3/bundle/dsseEnvelope/signatures/0/sig', true],
    ]);
    assertMalformed(() => parseAttestations(bytes('{"attestations":{}}')), 'ERR_TYPE', '');
  });

  it('ignores lines that are something else, whatever comes first', () => {
    const expected = ['json-lines', '1: ERR_TYPE', '2: ERR_JSON_SYNTAX', '3: dsse', '4: ERR_BASE64'];
    const broken = dsse.replace('"c2ln"', '"c2l"');
    assert.deepEqual(summary(`{"a":1}\nnot json\n${dsse}\n${broken}`), expected);
    assert.deepEqual(summary(`not json\n${dsse}`), ['json-lines', '1: ERR_JSON_SYNTAX', '2: dsse']);
  });

  it('gives a recognised but malformed document as an entry with its error', () => {
    assert.deepEqual(summary('{"payload":"aGk=","payloadType":"t","signatures":[]}'), ['dsse', 'ERR_VALUE']);
    assert.deepEqual(summary('{"payloadType":"t"}'), ['dsse', 'ERR_MISSING']);
    assert.deepEqual(summary('{"dsseEnvelope":{}}'), ['sigstore-bundle', 'ERR_MISSING']);
    const future = bundle.replace('v0.3', 'v0.9');
    assert.deepEqual(summary(future), ['sigstore-bundle', 'ERR_VALUE']);
  });

  it('finds no attestation in a bundle that signs an artifact', () => {
    const { dsseEnvelope: _, ...rest } = json(bytes(bundle)) as Record<string, unknown>;
    const message = JSON.stringify({ ...rest, messageSignature: { signature: 'AA==' } });
    assert.deepEqual(summary(message), ['sigstore-bundle', 'ERR_MISSING']);
  });

  it('rejects a file that is none of the formats', () => {
    for (const other of ['{}', '[]', '"x"', '1', '[{"payload":""}]', '{"a":1}\n{"b":2}']) {
      assertMalformed(() => parseAttestations(bytes(other)), 'ERR_TYPE', '');
    }
    for (const other of ['', '\n\n', 'hello', '{"a":', 'one\ntwo']) {
      assertMalformed(() => parseAttestations(bytes(other)), 'ERR_JSON_SYNTAX');
    }
    assertMalformed(() => parseAttestations(bytes('{"a":1,"a":2}')), 'ERR_JSON_DUPLICATE_KEY', '/a');
  });

  it('says of an unsigned statement that it is one', () => {
    assert.throws(() => parseAttestations(bytes(statement)), {
      code: 'ERR_TYPE',
      hint: 'this statement is not signed',
    });
  });

  it('has one reading of a file that looks like two: what is one JSON value is no JSON Lines', () => {
    const ambiguous = `{"x":[{}\n,\n${dsse}\n],"payload":"","payloadType":"outer","signatures":[{"sig":"AA=="}]}`;
    const read: Attestations = parseAttestations(bytes(ambiguous));
    assert.equal(read.format, 'dsse');
    const [entry] = read.attestations;
    assert.ok(entry && 'envelope' in entry);
    assert.equal(entry.envelope.payloadType, 'outer');
  });

  it('decides for the bundle when a document claims both', () => {
    const both = JSON.stringify({ ...envelope, ...(json(bytes(bundle)) as object) });
    assert.deepEqual(summary(both), ['sigstore-bundle', 'sigstore-bundle']);
  });
});
