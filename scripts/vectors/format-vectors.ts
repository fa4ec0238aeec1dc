import { envelope, sigstoreBundle } from './dsse.ts';
import { BUILDER } from './fixed-keys.ts';
import { refusesParsing, parses } from './parse-case.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { APP, provenance, statement, subject } from './statements.ts';
import type { Vector } from './vector.ts';

const STATEMENTS: readonly Vector[] = [
  parses('statement', 'v1', 'The statement of the cases.', statement()),
  parses(
    'statement',
    'v0.1',
    'A statement v0.1 has the same fields.',
    statement({ _type: 'https://in-toto.io/Statement/v0.1' }),
  ),
  refusesParsing(
    'statement',
    'no-predicate-type',
    'A statement without predicateType.',
    statement({ predicateType: undefined }),
    'ERR_MISSING',
    '/predicateType',
  ),
  refusesParsing(
    'statement',
    'too-many-digests',
    'A subject with thirty-three digests.',
    statement({
      subject: [
        { name: APP.name, digest: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`x${i}`, 'y'])) },
      ],
    }),
    'ERR_LIMIT',
    '/subject/0/digest',
  ),
  refusesParsing(
    'statement',
    'subject-object',
    'One subject that is not in a list.',
    statement({ subject: subject(APP) }),
    'ERR_TYPE',
    '/subject',
  ),
  refusesParsing(
    'statement',
    'digest-empty',
    'An empty digest by an algorithm that is not known.',
    statement({ subject: [{ digest: { example: '' } }] }),
    'ERR_VALUE',
    '/subject/0/digest/example',
  ),
];

const PREDICATES: readonly Vector[] = [
  parses('provenance', 'v1', 'The predicate of the cases.', provenance()),
  parses(
    'provenance',
    'null-is-absent',
    'null is the same as absent (SLSA parsing rules).',
    provenance({ metadata: { finishedOn: null }, runDetails: { byproducts: null } }),
  ),
  refusesParsing(
    'provenance',
    'dependency-with-name-alone',
    'A dependency needs a URI, a digest or content.',
    provenance({ buildDefinition: { resolvedDependencies: [{ name: 'x' }] } }),
    'ERR_MISSING',
    '/buildDefinition/resolvedDependencies/0',
  ),
  refusesParsing(
    'provenance',
    'version-number',
    "A version of the builder's that is a number.",
    provenance({ runDetails: { builder: { id: 'https://example.com/b', version: { x: 1 } } } }),
    'ERR_TYPE',
    '/runDetails/builder/version/x',
  ),
];

const crowded = {
  ...envelope(PAYLOAD, [BUILDER]),
  signatures: Array.from({ length: 65 }, () => ({ sig: 'AA==' })),
};

const ENVELOPES: readonly Vector[] = [
  parses('envelope', 'dsse', 'The envelope of the cases.', SIGNED),
  parses('envelope', 'other-payload-type', 'DSSE carries payloads of any type.', {
    ...SIGNED,
    payloadType: 'text/plain',
  }),
  parses('envelope', 'empty-payload', 'A payload of no bytes.', { ...SIGNED, payload: '' }),
  parses('envelope', 'sixty-four-signatures', 'As many signatures as an envelope may hold.', {
    ...crowded,
    signatures: crowded.signatures.slice(1),
  }),
  refusesParsing(
    'envelope',
    'sixty-five-signatures',
    'One signature more than an envelope may hold.',
    crowded,
    'ERR_LIMIT',
    '/signatures',
  ),
  refusesParsing(
    'envelope',
    'signature-text',
    'A signature that is a text instead of an object.',
    { ...SIGNED, signatures: ['AA=='] },
    'ERR_TYPE',
    '/signatures/0',
  ),
];

const bundle = sigstoreBundle(SIGNED);
const material = bundle['verificationMaterial'] as object;
const certificate = { rawBytes: 'AA==' };

const BUNDLES: readonly Vector[] = [
  parses('sigstore-bundle', 'v0.3', 'The envelope of the cases in a bundle.', bundle),
  refusesParsing(
    'sigstore-bundle',
    'two-materials',
    'A bundle with a public key and a certificate.',
    { ...bundle, verificationMaterial: { ...material, certificate } },
    'ERR_DUPLICATE',
    '/verificationMaterial',
  ),
  refusesParsing(
    'sigstore-bundle',
    'no-material',
    'A bundle that does not say who signed it.',
    { ...bundle, verificationMaterial: {} },
    'ERR_MISSING',
    '/verificationMaterial',
  ),
  refusesParsing(
    'sigstore-bundle',
    'two-contents',
    'A bundle with an envelope and a message signature.',
    { ...bundle, messageSignature: { signature: 'AA==' } },
    'ERR_DUPLICATE',
    '',
  ),
  refusesParsing(
    'sigstore-bundle',
    'chain-in-v0.3',
    'A certificate chain, which version 0.3 no longer has.',
    { ...bundle, verificationMaterial: { x509CertificateChain: { certificates: [certificate] } } },
    'ERR_VALUE',
    '/verificationMaterial/x509CertificateChain',
  ),
];

const FILES: readonly Vector[] = [
  parses(
    'attestations',
    'json-lines',
    'JSON Lines whose first line is broken and whose second is an envelope.',
    `{\n${JSON.stringify(SIGNED)}\n`,
  ),
  refusesParsing(
    'attestations',
    'other-json',
    'JSON that is no attestation.',
    { hello: 'world' },
    'ERR_TYPE',
  ),
  refusesParsing(
    'attestations',
    'message-signature',
    'A bundle that signs a file and holds no attestation.',
    { ...bundle, dsseEnvelope: undefined, messageSignature: { signature: 'AA==' } },
    'ERR_MISSING',
    '/dsseEnvelope',
  ),
];

/** Untrusted documents as each format reads them. */
export const FORMAT_VECTORS: readonly Vector[] = [
  ...STATEMENTS,
  ...PREDICATES,
  ...ENVELOPES,
  ...BUNDLES,
  ...FILES,
];
