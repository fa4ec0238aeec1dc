import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dsseProtocol } from '../../conformance/dsse-protocol.ts';
import { UnreadableError } from '../../conformance/folder.ts';
import { intotoAttestationVerifier } from '../../conformance/intoto-attestation-verifier.ts';
import { intotoAttestation } from '../../conformance/intoto-attestation.ts';
import { jcsRfc8785 } from '../../conformance/jcs-rfc8785.ts';
import { slsaExamples } from '../../conformance/slsa-examples.ts';
import { envelope, pae } from '../../vectors/dsse.ts';
import { BUILDER, P256, pem, STRANGER } from '../../vectors/fixed-keys.ts';
import { LINK, provenance, provenanceV02, statement } from '../../vectors/statements.ts';
import { judged, resultsOf } from './judged.ts';

const hex = (data: string | Uint8Array): string => Buffer.from(data).toString('hex');

describe('jcs-rfc8785', () => {
  it('agrees with pairs, numbers and samples', async () => {
    const files = {
      'input/a.json': '{ "b": 1E30, "a": "\\u20ac" }',
      'output/a.json': '{"a":"€","b":1e+30}',
      'outhex/a.txt': hex('{"a":"€","b":1e+30}').replaceAll(/../g, '$& '),
      'numbers.txt': '8000000000000000,0\n3ff0000000000000,1\n1,5e-324\n',
      'samples.json': {
        bytes: { input: '{"b":1,"a":2}', canonical_utf8_hex: hex('{"a":2,"b":1}') },
        order: { input: '{"2":"two","10":"ten"}', expected_value_order: ['ten', 'two'] },
        surrogate: { input: '{"a":"\\ud800"}', expect: 'error' },
        numbers: [
          { ieee754: '7fefffffffffffff', json: '1.7976931348623157e+308' },
          { ieee754: '7ff0000000000000', json: null, expect: 'error' },
        ],
      },
    };
    assert.deepEqual(new Set(await resultsOf(jcsRfc8785, files)), new Set(['agreed']));
    assert.equal((await judged(jcsRfc8785, files)).length, 9);
  });

  it('disagrees with other bytes, another number, a document that should be refused', async () => {
    const files = {
      'input/a.json': '{"a":1}',
      'output/a.json': '{"a": 1}',
      'numbers.txt': '1,0\n',
      'samples.json': { duplicate: { input: '{"a":1,"b":1}', expect: 'error' } },
    };
    assert.deepEqual(await resultsOf(jcsRfc8785, files), ['disagreed', 'disagreed', 'disagreed']);
  });

  it('leaves out a document whose integers our reader refuses', async () => {
    const files = { 'input/a.json': '{"a":9007199254740993}', 'output/a.json': '{"a":9007199254740992}' };
    assert.deepEqual(await resultsOf(jcsRfc8785, files), ['not-applicable']);
  });

  it('disagrees with a dump that is not the output', async () => {
    const files = { 'input/a.json': '1', 'output/a.json': '1', 'outhex/a.txt': '32' };
    assert.deepEqual(await resultsOf(jcsRfc8785, files), ['disagreed']);
  });

  it('refuses an input without an output', async () => {
    await assert.rejects(judged(jcsRfc8785, { 'input/a.json': '1' }), UnreadableError);
  });
});

describe('dsse-protocol', () => {
  const message = pae('text/x', 'hello');
  const vector = {
    payloadType: 'text/x',
    payload_utf8: 'hello',
    pae_utf8: message.toString(),
    pae_hex: hex(message),
    public_key_pem: pem('PUBLIC KEY', P256.spki),
    signature_hex: hex(P256.sign(message)),
    envelope: envelope('hello', [P256], 'text/x'),
    expect: 'verifies',
  };

  it('agrees with a vector that verifies', async () => {
    assert.deepEqual(await resultsOf(dsseProtocol, { 'vector.json': vector }), Array(5).fill('agreed'));
  });

  it('disagrees with another PAE, and with a signature that should verify', async () => {
    const wrong = { ...vector, pae_hex: '00', signature_hex: hex(P256.sign(Buffer.from('x'))) };
    assert.deepEqual(await resultsOf(dsseProtocol, { 'vector.json': wrong }), [
      'agreed',
      'disagreed',
      'agreed',
      'disagreed',
      'agreed',
    ]);
  });

  it('disagrees with an envelope that verifies and should not', async () => {
    const outcomes = await resultsOf(dsseProtocol, {
      'vector.json': { ...vector, expect: 'does not verify' },
    });
    assert.deepEqual(outcomes.slice(-2), ['disagreed', 'disagreed']);
  });
});

describe('intoto-attestation', () => {
  const validation = (kind: string, input: object, expect: string): object => ({
    kind,
    name: 'a case',
    input: JSON.stringify(input),
    expect,
  });
  const cases = (...list: object[]): Record<string, object> => ({ 'validation-cases.json': { cases: list } });

  it('agrees with valid documents and with faults found at their place', async () => {
    const files = cases(
      validation('statement', statement({ predicateType: 'thePredicate' }), 'valid'),
      validation('statement', statement({ subject: [] }), 'ErrSubjectRequired'),
      validation(
        'slsa-provenance-v1-predicate',
        provenance({ runDetails: { builder: {} } }),
        'ErrBuilderRequired',
      ),
      validation('resource-descriptor', { uri: 'https://example.com/x' }, 'parses'),
    );
    assert.deepEqual(await resultsOf(intotoAttestation, files), Array(4).fill('agreed'));
  });

  it('disagrees with a valid document that is called invalid, and with a fault that is elsewhere', async () => {
    const files = cases(
      validation('statement', statement(), 'ErrSubjectRequired'),
      validation('statement', statement({ subject: [] }), 'ErrPredicateTypeRequired'),
      validation('statement', statement({ subject: [] }), 'valid'),
    );
    assert.deepEqual(await resultsOf(intotoAttestation, files), Array(3).fill('disagreed'));
  });

  it('leaves out what the Go library takes and the specification does not', async () => {
    const files = cases(
      validation('resource-descriptor', { name: 'x' }, 'valid'),
      validation('resource-descriptor', { digest: { sha256: 'A'.repeat(64) } }, 'valid'),
      validation('bundle', {}, 'valid'),
    );
    assert.deepEqual(await resultsOf(intotoAttestation, files), Array(3).fill('not-applicable'));
  });

  it('judges examples by their content, with cut off digests filled in', async () => {
    const cutOff = statement({ subject: [{ name: 'x', digest: { sha256: '78ab6a8...' } }] });
    const files = {
      'examples/a.json': cutOff,
      'examples/b.json': statement({ subject: 'x' }),
      'examples/c.json': { predicate: {} },
    };
    assert.deepEqual(await resultsOf(intotoAttestation, files), ['agreed', 'disagreed', 'not-applicable']);
  });
});

describe('intoto-attestation-verifier', () => {
  const key = { 'raw/key.pub': { keytype: 'ed25519', keyval: { public: hex(BUILDER.raw) } } };
  const payload = JSON.stringify(statement());

  it('agrees with an envelope of the key and its statement', async () => {
    const files = {
      ...key,
      'data/build.json': envelope(payload, [BUILDER]),
      'raw/build.json': statement(),
      'layouts/l.yml': 'x',
    };
    assert.deepEqual(await resultsOf(intotoAttestationVerifier, files), ['agreed', 'agreed']);
  });

  it('disagrees with an envelope of another key, and with one that is cut off', async () => {
    const files = { ...key, 'a.json': envelope(payload, [STRANGER]), 'b.json': '{"payload":' };
    assert.deepEqual(await resultsOf(intotoAttestationVerifier, files), ['disagreed', 'disagreed']);
  });

  it('leaves out the statement, never the signature, where the payload is a stub', async () => {
    const stub = {
      ...statement(),
      predicate: { ...provenance(), buildDefinition: { buildType: 'https://example.com/t' } },
    };
    const typed = {
      ...statement({ _type: undefined, predicateType: LINK }),
      type: 'https://in-toto.io/Statement/v1',
    };
    const files = {
      ...key,
      'a.json': envelope(JSON.stringify(stub), [BUILDER]),
      'b.json': envelope(JSON.stringify(typed), [BUILDER]),
    };
    assert.deepEqual(await resultsOf(intotoAttestationVerifier, files), [
      'agreed',
      'not-applicable',
      'agreed',
      'not-applicable',
    ]);
  });

  it('refuses a folder without a public key', async () => {
    await assert.rejects(
      judged(intotoAttestationVerifier, { 'a.json': envelope(payload, [BUILDER]) }),
      UnreadableError,
    );
  });
});

describe('slsa-examples', () => {
  const draft = statement({
    predicateType: 'https://slsa.dev/provenance/v1?draft',
    predicate: { ...provenance(), runDetails: {} },
  });

  it('agrees with statements, predicates and excerpts', async () => {
    const files = {
      'a.json': statement(),
      'b.json': provenance(),
      'c.json': provenanceV02({ builder: undefined }),
      'd.json': { externalParameters: { a: 1 } },
      'e.json': envelope(JSON.stringify(statement()), [BUILDER]),
    };
    assert.deepEqual(await resultsOf(slsaExamples, files), Array(5).fill('agreed'));
  });

  it('expects a rejection where the SOURCE of the folder says that the example is negative', async () => {
    const SOURCE = 'note: a NEGATIVE example for a v1 validator';
    assert.deepEqual(await resultsOf(slsaExamples, { 'x/SOURCE': SOURCE, 'x/a.json': draft }), ['agreed']);
    assert.deepEqual(await resultsOf(slsaExamples, { 'x/SOURCE': SOURCE, 'x/a.json': statement() }), [
      'disagreed',
    ]);
  });

  it('disagrees with a malformed example', async () => {
    const malformed = statement({ predicate: provenance({ buildDefinition: { buildType: 7 } }) });
    assert.deepEqual(await resultsOf(slsaExamples, { 'a.json': malformed }), ['disagreed']);
  });

  it('leaves out schemas, incomplete test data and times with an offset', async () => {
    const offset = provenanceV02({ metadata: { buildFinishedOn: '2022-06-17T00:47:28+03:00' } });
    const files = { 'a.cue': '{}', 'b.json': { attestations: [] }, 'c.json': draft, 'd.json': offset };
    assert.deepEqual(await resultsOf(slsaExamples, files), Array(4).fill('not-applicable'));
  });
});
