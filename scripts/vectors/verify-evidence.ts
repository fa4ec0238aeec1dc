import { envelope, sigstoreBundle, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER } from './fixed-keys.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { DOCS, statement, subject } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';

const ABOUT_DOCS = JSON.stringify(statement({ subject: [subject(DOCS)] }));
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

function urlSafe(signed: EnvelopeJson): EnvelopeJson {
  return {
    ...signed,
    payload: toUrlSafe(signed.payload),
    signatures: signed.signatures.map((signature) => ({ ...signature, sig: toUrlSafe(signature.sig) })),
  };
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

function withUnknownFields(): object {
  const signed = envelope(JSON.stringify({ ...statement(), example_field: { a: 1 } }), [BUILDER]);
  return {
    ...signed,
    signatures: signed.signatures.map((signature) => ({ ...signature, cert: 'not looked at' })),
    example_field: true,
  };
}

const FORMATS: readonly Vector[] = [
  accepts(
    'dsse',
    {
      description: 'One DSSE envelope signed by the builder; no expectation but its key.',
      evidence: { 'provenance.json': SIGNED },
    },
    [
      { id: 'evidence.found', status: 'pass' },
      { id: 'envelope.format', status: 'pass' },
      { id: 'signature', status: 'pass' },
      { id: 'key.threshold', status: 'pass' },
      { id: 'statement.format', status: 'pass' },
      { id: 'subject.digest', status: 'pass' },
      { id: 'predicate.type', status: 'pass' },
      { id: 'predicate.format', status: 'pass' },
      { id: 'builder.id', status: 'not-run' },
      { id: 'build.type', status: 'not-run' },
      { id: 'source.uri', status: 'not-run' },
      { id: 'source.ref', status: 'not-run' },
      { id: 'source.commit', status: 'not-run' },
      { id: 'parameters', status: 'warn' },
      { id: 'time.age', status: 'not-run' },
      { id: 'artifact.extra', status: 'not-run' },
      { id: 'artifact.missing', status: 'not-run' },
    ],
  ),
  accepts('sigstore-bundle', {
    description: 'The same envelope in a Sigstore bundle v0.3 with a public key hint.',
    evidence: { 'app-1.2.0.tgz.sigstore.json': sigstoreBundle(SIGNED) },
  }),
  accepts('sigstore-bundle-v0.1', {
    description: 'The same envelope in a Sigstore bundle of the media type of version 0.1.',
    evidence: {
      'bundle.json': sigstoreBundle(SIGNED, 'application/vnd.dev.sigstore.bundle+json;version=0.1'),
    },
  }),
  accepts(
    'json-lines',
    {
      description: 'JSON Lines with an attestation of another file first, then the one that counts.',
      evidence: { 'app-1.2.0.tgz.intoto.jsonl': line(envelope(ABOUT_DOCS, [BUILDER])) + line(SIGNED) },
    },
    [{ id: 'signature', status: 'pass', line: 2 }],
  ),
  accepts('format-by-content', {
    description:
      'A Sigstore bundle in a file that is named like a DSSE envelope: content decides, never the name.',
    evidence: { 'provenance.json': sigstoreBundle(SIGNED) },
  }),
  accepts('base64-url-safe', {
    description: 'Payload and signature in URL-safe base64, which DSSE allows a signer to choose.',
    evidence: {
      'provenance.json': urlSafe(
        envelope(JSON.stringify(statement({ danube_note: '>>>???~~~' })), [BUILDER]),
      ),
    },
  }),
  accepts('unknown-fields', {
    description:
      'Fields that DSSE and in-toto do not know, in the envelope, the signature and the statement, are ignored.',
    evidence: { 'provenance.json': withUnknownFields() },
  }),
];

const FOUND: readonly Vector[] = [
  rejects(
    'no-evidence',
    {
      description: 'There is no attestation at all.',
      evidence: {},
    },
    ['evidence.found'],
  ),
  rejects(
    'evidence-of-another-artifact',
    {
      description: 'The only attestation is about another file.',
      evidence: { 'provenance.json': envelope(ABOUT_DOCS, [BUILDER]) },
    },
    ['evidence.found', 'subject.digest'],
  ),
  accepts('broken-neighbours', {
    description:
      'Next to a good attestation: a file that is no JSON, a line that is none, an attestation that nobody trusts signed.',
    evidence: {
      'broken.json': '{"payload":',
      'more.jsonl': `not json\n${line({ hello: 'world' })}${line(envelope(PAYLOAD, [AUDITOR]))}`,
      'provenance.json': SIGNED,
    },
  }),
];

/** evidence.found: what evidence files hold, and what they do not. */
export const EVIDENCE_VECTORS: readonly Vector[] = [...FORMATS, ...FOUND];
