import { AUDITOR, BUILDER } from './fixed-keys.ts';
import { parses, refusesParsing } from './parse-case.ts';
import {
  IDENTITY,
  ISSUER,
  keylessBundle,
  REPOSITORY,
  trustedRoot,
  type Mistakes,
} from './sigstore-instance.ts';
import { SIGNED } from './signed.ts';
import { APP } from './statements.ts';
import { trustedBuilder, trustedKey, trustRoot } from './trust-roots.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, rejects, type Verification } from './verify-case.ts';
import { workflowStatement } from './verify-sigstore.ts';

type Json = Record<string, unknown>;

const SIGSTORE = [{ name: 'example', trustedRoot: trustedRoot() }];
const OTHERS = [...SIGSTORE, { name: 'other', trustedRoot: trustedRoot('other') }];

function certificate(parts: Json = {}): Json {
  return { sigstore: 'example', identity: IDENTITY, issuer: ISSUER, ...parts };
}

/** A builder on GitHub, known by its certificates alone. */
function workflowBuilder(parts: Json = {}): Json {
  return { id: IDENTITY, certificates: [certificate()], threshold: 1, maxLevel: 3, ...parts };
}

function byCertificate(description: string, parts: Json = {}, mistakes: Mistakes = {}): Verification {
  const root = trustRoot({ keys: undefined, builders: [workflowBuilder()], sigstore: SIGSTORE, ...parts });
  return {
    description,
    evidence: { [`${APP.name}.sigstore.json`]: keylessBundle(workflowStatement(), mistakes) },
    files: { [APP.name]: APP.content, 'root.json': encodeText(root) },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json', buildLevel: 3 },
  };
}

const STRANGER = ['certificate.identity', 'key.threshold'];
const builders = (...parts: Json[]): Json => ({ builders: parts.map(workflowBuilder) });

/** What a trust root says of builders that sign with certificates. */
const CERTIFICATE_VECTORS: readonly Vector[] = [
  accepts(
    'trust-certificate',
    byCertificate('The trust root knows the identity of the certificate for this builder.'),
    [
      { id: 'trust.root', status: 'pass' },
      { id: 'signature', status: 'pass' },
      { id: 'transparency', status: 'pass' },
      { id: 'certificate.identity', status: 'pass' },
      { id: 'key.validity', status: 'pass' },
      { id: 'build.level', status: 'pass' },
    ],
  ),
  accepts(
    'trust-certificate-pattern',
    byCertificate(
      'Any tag of the repository may have been built.',
      builders({
        certificates: [certificate({ identity: `${REPOSITORY}/.github/workflows/release.yml@refs/tags/*` })],
      }),
    ),
  ),
  accepts('trust-certificate-beside-keys', {
    ...byCertificate(
      'The trust root knows certificates of one builder, and the key of another one that signed.',
      {
        keys: [trustedKey(BUILDER)],
        builders: [workflowBuilder(), trustedBuilder()],
      },
    ),
    evidence: { 'provenance.json': SIGNED },
    expectations: { publicKeys: [], plainTrustRoot: 'root.json' },
  }),
  rejects(
    'trust-certificate-identity-other',
    byCertificate(
      'The trust root knows another identity.',
      builders({ certificates: [certificate({ identity: IDENTITY.replace('v1.2.0', 'v1.2.1') })] }),
    ),
    STRANGER,
  ),
  rejects(
    'trust-certificate-issuer-other',
    byCertificate(
      'The trust root knows another issuer.',
      builders({ certificates: [certificate({ issuer: 'https://accounts.example.com' })] }),
    ),
    STRANGER,
  ),
  rejects(
    'trust-certificate-instance-other',
    byCertificate('The identity must be proven by another instance of Sigstore.', {
      ...builders({ certificates: [certificate({ sigstore: 'other' })] }),
      sigstore: OTHERS,
    }),
    STRANGER,
  ),
  rejects(
    'trust-certificate-builder-other',
    byCertificate(
      'The identity is one of another builder: it cannot sign for this one.',
      builders(
        {
          certificates: [
            certificate({ identity: `${REPOSITORY}/.github/workflows/other.yml@refs/heads/main` }),
          ],
        },
        { id: `${IDENTITY}/other` },
      ),
    ),
    ['build.level'],
  ),
  rejects('trust-certificate-level', byCertificate('The builder has level 2.', builders({ maxLevel: 2 })), [
    'build.level',
  ]),
  rejects(
    'trust-certificate-threshold',
    byCertificate('The builder needs a key beside its certificate, and an attestation has one signer.', {
      keys: [trustedKey(AUDITOR)],
      ...builders({ keys: ['auditor'], threshold: 2 }),
    }),
    ['build.level'],
  ),
  rejects(
    'trust-certificate-unlogged',
    byCertificate('No log holds the signature.', {}, { unlogged: 'no log entry' }),
    ['signature', 'transparency', 'key.threshold'],
  ),
];

function refusesRoot(name: string, description: string, parts: Json, pointer: string): Vector {
  return refusesParsing('trust-root', name, description, trustRoot(parts), 'ERR_TRUST_ROOT', pointer);
}

const VERIFIER = { id: 'https://verifier.example.com', keys: ['auditor'], threshold: 1 };
const verifiers = (...parts: Json[]): Json => ({
  verifiers: parts.map((part) => ({ ...VERIFIER, ...part })),
});
const certificates = (...entries: Json[]): Json => ({
  ...builders({ certificates: entries.map(certificate) }),
  sigstore: SIGSTORE,
});

/** Trust roots that contradict themselves about verifiers and certificates. */
const DOCUMENT_VECTORS: readonly Vector[] = [
  parses(
    'trust-root',
    'verifiers',
    'A verifier, and no builder.',
    trustRoot({ builders: undefined, ...verifiers({}) }),
  ),
  refusesRoot('nobody', 'Neither a builder nor a verifier.', { builders: undefined }, ''),
  refusesRoot('verifiers-empty', 'An empty list could mean none or any.', { verifiers: [] }, '/verifiers'),
  refusesRoot(
    'verifier-twice',
    'One verifier, two answers.',
    verifiers({}, { keys: ['builder'] }),
    '/verifiers/1',
  ),
  refusesRoot(
    'verifier-without-key',
    'Nobody could sign for it.',
    verifiers({ keys: [] }),
    '/verifiers/0/keys',
  ),
  refusesRoot(
    'verifier-unknown-key',
    'It names a key that is not there.',
    verifiers({ keys: ['x'] }),
    '/verifiers/0/keys/0',
  ),
  refusesRoot(
    'verifier-threshold-0',
    'A threshold of 0 would trust anybody.',
    verifiers({ threshold: 0 }),
    '/verifiers/0/threshold',
  ),
  refusesRoot(
    'verifier-threshold-above',
    'More keys are needed than there are.',
    verifiers({ threshold: 2 }),
    '/verifiers/0/threshold',
  ),
  refusesRoot(
    'verifier-same-key',
    'The same key twice does not meet a threshold of two.',
    verifiers({ keys: ['auditor', 'auditor'], threshold: 2 }),
    '/verifiers/0/keys/1',
  ),
  refusesRoot(
    'verifier-unknown-field',
    'A verifier has no level.',
    verifiers({ maxLevel: 3 }),
    '/verifiers/0/maxLevel',
  ),
  parses(
    'trust-root',
    'certificates',
    'A builder that signs with certificates alone.',
    trustRoot(certificates({})),
  ),
  refusesRoot(
    'certificates-empty',
    'An empty list could mean none or any.',
    { ...builders({ certificates: [] }), sigstore: SIGSTORE },
    '/builders/0/certificates',
  ),
  refusesRoot(
    'certificate-unknown-sigstore',
    'It names an instance that is not there.',
    builders({}),
    '/builders/0/certificates/0/sigstore',
  ),
  refusesRoot(
    'certificate-without-issuer',
    'An identity is nothing without who vouched for it.',
    certificates({ issuer: undefined }),
    '/builders/0/certificates/0/issuer',
  ),
  refusesRoot(
    'certificate-anybody',
    'A pattern must name the host.',
    certificates({ identity: 'https://**' }),
    '/builders/0/certificates/0/identity',
  ),
  refusesRoot(
    'certificate-twice',
    'An entry that is there twice is a slip.',
    certificates({}, {}),
    '/builders/0/certificates/1',
  ),
  refusesRoot(
    'certificates-threshold',
    'All certificates of a builder are one signer: an attestation has one at most.',
    {
      ...builders({
        certificates: [certificate(), certificate({ identity: `${REPOSITORY}/x` })],
        threshold: 2,
      }),
      sigstore: SIGSTORE,
    },
    '/builders/0/threshold',
  ),
  refusesRoot(
    'builder-without-signer',
    'Neither keys nor certificates sign for the builder.',
    { builders: [{ ...workflowBuilder(), certificates: undefined }] },
    '/builders/0/keys',
  ),
  refusesRoot(
    'sigstore-twice',
    'Two instances of one name.',
    { ...certificates({}), sigstore: [...SIGSTORE, ...SIGSTORE] },
    '/sigstore/1',
  ),
  refusesRoot(
    'sigstore-no-object',
    'A trusted root is an object.',
    { sigstore: [{ name: 'example', trustedRoot: 'x' }] },
    '/sigstore/0/trustedRoot',
  ),
];

export const TRUST_SIGNER_VECTORS: readonly Vector[] = [...CERTIFICATE_VECTORS, ...DOCUMENT_VECTORS];
