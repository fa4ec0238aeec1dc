import {
  envelopeWithCertificate,
  IDENTITY,
  ISSUER,
  keylessBundle,
  REPOSITORY,
  trustedRoot,
  type Mistakes,
} from '../../vectors/sigstore-instance.ts';
import { APP, DOCS } from '../../vectors/statements.ts';
import { workflowStatement } from '../../vectors/verify-sigstore.ts';
import { because, COSIGNS } from './reasons.ts';
import { CERTIFICATE_VERIFIERS, type CertificateFiles } from './certificate-verifiers.ts';
import { type AnyTable, type Row, tableOf } from './table.ts';

/** What a workflow signed, and its reader expects. */
function keyless(parts: Partial<CertificateFiles> = {}, mistakes: Mistakes = {}): CertificateFiles {
  return {
    artifact: APP.content,
    bundle: JSON.stringify(keylessBundle(workflowStatement(), mistakes)),
    trustedRoot: JSON.stringify(trustedRoot()),
    identity: IDENTITY,
    issuer: ISSUER,
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
  const bundle = keylessBundle(workflowStatement()) as Bundle;
  change(bundle);
  return keyless({ bundle: JSON.stringify(bundle) });
}

const NO_STATEMENT = because(
  ['@sigstore/verify'],
  'It verifies signatures, and leaves the statement to its caller.',
);

const ROWS: readonly Row<CertificateFiles>[] = [
  { what: 'right', good: true, files: keyless() },
  {
    what: 'another identity',
    good: false,
    files: keyless({ identity: IDENTITY.replace('v1.2.0', 'v1.2.1') }),
  },
  {
    what: 'the beginning of the identity',
    good: false,
    files: keyless({ identity: REPOSITORY }),
    why: because(
      ['@sigstore/verify'],
      'It takes the expected identity for a regular expression that matches anywhere.',
    ),
  },
  { what: 'another issuer', good: false, files: keyless({ issuer: 'https://accounts.example.com' }) },
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
    files: keyless({
      bundle: JSON.stringify(
        keylessBundle(workflowStatement({ repository: 'https://github.com/shop/other' })),
      ),
    }),
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
  },
  {
    what: 'the log entry of another certificate, same key and bytes',
    good: false,
    files: keyless({}, { splicedSigner: true }),
    why: because(['@sigstore/verify'], 'It compares signature and content of the entry, not its signer.'),
  },
  {
    what: 'the log entry of another statement',
    good: false,
    files: changed(({ verificationMaterial }) => {
      const other = keylessBundle(workflowStatement({ ref: 'refs/heads/main' })) as Bundle;
      verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries;
    }),
  },
  {
    what: 'an envelope with the certificate beside the signature, no log entry',
    good: false,
    files: keyless({ bundle: JSON.stringify(envelopeWithCertificate(workflowStatement())) }),
  },
];

export const CERTIFICATE_TABLE: AnyTable = tableOf({
  id: 'certificate',
  title: 'Signed by a certificate',
  intro: `What a workflow on GitHub signs, by a Sigstore instance of the test vectors: its own authorities, logs and trusted root.
All are asked for identity and issuer, all but the library for the file.`,
  columns: CERTIFICATE_VERIFIERS,
  rows: ROWS,
});
