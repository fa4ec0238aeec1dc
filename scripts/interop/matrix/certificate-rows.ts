import {
  COMMIT,
  envelopeWithCertificate,
  IDENTITY,
  ISSUER,
  keylessBundle,
  REF,
  REPOSITORY,
  trustedRoot,
  type Mistakes,
} from '../../vectors/sigstore-instance.ts';
import { APP, DOCS, PROVENANCE_V02, statement } from '../../vectors/statements.ts';
import { workflowStatement } from '../../vectors/verify-sigstore.ts';
import { AT_BRANCH, BUILDER, GENERATOR } from './builders.ts';
import { because, COSIGNS } from './reasons.ts';
import { CERTIFICATE_VERIFIERS, type CertificateFiles } from './certificate-verifiers.ts';
import { type AnyTable, type Row, tableOf } from './table.ts';

/** What the builder says of a build, with `actions/attest`. */
const built = (difference: Parameters<typeof workflowStatement>[0] = {}): object =>
  workflowStatement({ builder: BUILDER, ...difference });

/** What the generator says of the same build. */
function generated(): object {
  const source = { uri: `git+${REPOSITORY}@${REF}`, digest: { sha1: COMMIT } };
  return {
    ...statement(),
    predicateType: PROVENANCE_V02,
    predicate: {
      builder: { id: GENERATOR },
      buildType: 'https://github.com/slsa-framework/slsa-github-generator/generic@v1',
      invocation: { configSource: { ...source, entryPoint: '.github/workflows/release.yml' } },
      metadata: { completeness: { parameters: true, environment: false, materials: false } },
      materials: [source],
    },
  };
}

const signedBy = (builder: string, statement: object, mistakes: Mistakes = {}): string =>
  JSON.stringify(keylessBundle(statement, { identity: builder, ...mistakes }));

/** What a workflow signed, and its reader expects. */
function keyless(parts: Partial<CertificateFiles> = {}, mistakes: Mistakes = {}): CertificateFiles {
  return {
    artifact: APP.content,
    bundle: signedBy(BUILDER, built(), mistakes),
    trustedRoot: JSON.stringify(trustedRoot()),
    identity: BUILDER,
    issuer: ISSUER,
    source: REPOSITORY,
    predicate: 'v1',
    ...parts,
  };
}

interface Entry {
  inclusionPromise?: object;
  inclusionProof: { hashes: string[] };
}

interface Bundle {
  verificationMaterial: { tlogEntries: Entry[] };
  dsseEnvelope: { payload: string };
}

/** A right bundle, changed after it was signed. */
function changed(change: (bundle: Bundle) => void): CertificateFiles {
  const bundle = JSON.parse(signedBy(BUILDER, built())) as Bundle;
  change(bundle);
  return keyless({ bundle: JSON.stringify(bundle) });
}

const NO_STATEMENT = because(
  ['@sigstore/verify'],
  'It verifies signatures, and leaves the statement to its caller.',
);

const NO_PREDICATE = because(
  [...COSIGNS, '@sigstore/verify'],
  'It has no option for it; what the predicate says is left to its caller.',
);

const ROWS: readonly Row<CertificateFiles>[] = [
  { what: 'right', good: true, files: keyless() },
  {
    what: 'right, SLSA provenance v0.2',
    good: true,
    files: keyless({
      bundle: signedBy(GENERATOR, generated()),
      identity: GENERATOR,
      predicate: 'v0.2',
    }),
  },
  {
    what: 'right, a workflow that builds for its own repository alone',
    good: true,
    files: keyless({ bundle: signedBy(IDENTITY, workflowStatement()), identity: IDENTITY }),
    why: because(['slsa-verifier'], 'It reads the provenance of the builders that it knows, a closed list.'),
  },
  {
    what: 'right, the workflow at a branch',
    good: true,
    files: keyless({
      bundle: signedBy(AT_BRANCH, built({ builder: AT_BRANCH })),
      identity: AT_BRANCH,
    }),
    why: because(['slsa-verifier'], 'It believes builders at the tag of a version alone.'),
  },
  {
    what: 'another identity',
    good: false,
    files: keyless({ identity: BUILDER.replace('v1.2.0', 'v1.2.1') }),
  },
  {
    what: 'the beginning of the identity',
    good: false,
    files: keyless({ identity: BUILDER.replace(/\/publish.*/, '') }),
    why: because(
      ['@sigstore/verify'],
      'It takes the expected identity for a regular expression that matches anywhere.',
    ),
  },
  {
    what: 'another issuer',
    good: false,
    files: keyless({ issuer: 'https://accounts.example.com' }),
    why: because(['slsa-verifier'], 'Its issuer is GitHub; it has no option for another.'),
  },
  {
    what: 'another source than expected',
    good: false,
    files: keyless({ source: 'https://github.com/shop/other' }),
    why: NO_PREDICATE,
  },
  { what: 'another artifact', good: false, files: keyless({ artifact: DOCS.content }), why: NO_STATEMENT },
  {
    what: 'a byte of the payload flipped',
    good: false,
    files: changed(({ dsseEnvelope }) => {
      const text = Buffer.from(dsseEnvelope.payload, 'base64').toString();
      dsseEnvelope.payload = Buffer.from(text.replace('"push"', '"pull"')).toString('base64');
    }),
  },
  {
    what: 'the certificate names another repository than the statement',
    good: false,
    files: keyless({ bundle: signedBy(BUILDER, built({ repository: 'https://github.com/shop/other' })) }),
    why: because(
      [...COSIGNS, '@sigstore/verify'],
      'It compares the certificate with what its caller expects, not with the statement.',
    ),
  },
  {
    what: 'a certificate of an authority that is not trusted',
    good: false,
    files: keyless({}, { forged: true }),
  },
  {
    what: 'a trusted root of others',
    good: false,
    files: keyless({ trustedRoot: JSON.stringify(trustedRoot('other')) }),
  },
  {
    what: 'a certificate for a server',
    good: false,
    files: keyless({}, { usage: 'server' }),
    why: because(['@sigstore/verify'], 'It does not look at what the certificate is for.'),
  },
  {
    what: 'a certificate that no certificate log saw',
    good: false,
    files: keyless({}, { unlogged: 'no certificate log' }),
  },
  {
    what: 'signed when the certificate had expired',
    good: false,
    files: keyless({}, { signedAt: '2026-02-01T10:10:01Z' }),
  },
  {
    what: 'no entry of a log, and no timestamp',
    good: false,
    files: keyless({}, { unlogged: 'no log entry' }),
  },
  {
    what: 'the time of the log entry changed',
    good: false,
    files: keyless({}, { editedTime: '2026-02-01T10:06:00Z' }),
  },
  {
    what: 'a log entry without the signed promise: its time is nobody’s word',
    good: false,
    files: changed(({ verificationMaterial }) => {
      for (const entry of verificationMaterial.tlogEntries) delete entry.inclusionPromise;
    }),
  },
  {
    what: 'a log entry whose proof of inclusion leads elsewhere',
    good: false,
    files: changed(({ verificationMaterial }) => {
      for (const { inclusionProof } of verificationMaterial.tlogEntries)
        inclusionProof.hashes = [Buffer.alloc(32).toString('base64')];
    }),
    why: because(['slsa-verifier'], 'In a bundle it verifies what the log promised, not what it proves.'),
  },
  {
    what: 'the log entry of another certificate, same key and bytes',
    good: false,
    files: keyless({}, { splicedSigner: true }),
    why: because(
      ['@sigstore/verify', 'slsa-verifier'],
      'It compares signature and content of the entry, not its signer.',
    ),
  },
  {
    what: 'the log entry of another statement',
    good: false,
    files: changed(({ verificationMaterial }) => {
      const other = JSON.parse(signedBy(BUILDER, built({ ref: 'refs/heads/main' }))) as Bundle;
      verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
    }),
  },
  {
    what: 'an envelope with the certificate beside the signature, no log entry',
    good: false,
    files: keyless({
      bundle: JSON.stringify(envelopeWithCertificate(workflowStatement())),
      identity: IDENTITY,
    }),
  },
];

export const CERTIFICATE_TABLE: AnyTable = tableOf({
  id: 'certificate',
  title: 'Signed by a certificate',
  intro: `What a workflow on GitHub signs, by a Sigstore instance of the test vectors: its own authorities, logs and trusted root.
All are asked for identity and issuer, all but the library for the file, slsa-verifier and we for the source. The workflow is one
that slsa-verifier knows, and builds for another repository. slsa-verifier runs as \`verify-github-attestation\`, for v0.2 as
\`verify-artifact\`. It has the root of Sigstore's TUF repository built in and no option for another one: here it is built from its
source with the root of a TUF repository of the run, and a proxy of the run answers for \`tuf-repo-cdn.sigstore.dev\`.`,
  columns: CERTIFICATE_VERIFIERS,
  rows: ROWS,
});
