import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import type { Content } from '../../vectors/vector.ts';
import { cosign, cosign2, cosignAnswer } from './cosign.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { libraryAnswer, readBundle } from './library.ts';
import { type Column, OURS } from './table.ts';
import { versionOfPackage } from './versions.ts';

/** An attestation that a certificate signed, and whose certificate its reader expects. */
export interface CertificateFiles {
  readonly artifact: Content;
  readonly bundle: Content;
  readonly trustedRoot: Content;
  readonly identity: string;
  readonly issuer: string;
}

const danube: Column<CertificateFiles> = {
  name: OURS,
  version: () => 'this',
  verify({ artifact, bundle, trustedRoot, identity, issuer }, folder) {
    const file = writeFile(folder, 'app.tgz', artifact);
    const evidence = ['--provenance', writeFile(folder, 'provenance.json', bundle)];
    const root = ['--sigstore-root', writeFile(folder, 'root.json', trustedRoot)];
    const signer = ['--certificate-identity', identity, '--certificate-issuer', issuer];
    return danubeAnswer([file, ...evidence, ...root, ...signer], folder);
  },
};

function byCosign(program: typeof cosign): Column<CertificateFiles> {
  return {
    ...program,
    verify({ artifact, bundle, trustedRoot, identity, issuer }, folder) {
      const evidence = ['--bundle', writeFile(folder, 'bundle.json', bundle), '--type', 'slsaprovenance1'];
      const root = ['--trusted-root', writeFile(folder, 'root.json', trustedRoot)];
      const signer = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer];
      const file = writeFile(folder, 'app.tgz', artifact);
      return cosignAnswer(program, [...evidence, ...root, ...signer, file], folder);
    },
  };
}

/** With its own defaults: a log, a certificate log and a time must vouch for it. */
const sigstoreVerify: Column<CertificateFiles> = {
  name: '@sigstore/verify',
  version: () => versionOfPackage('@sigstore/verify'),
  verify: ({ bundle, trustedRoot, identity, issuer }) =>
    libraryAnswer(() => {
      const root = TrustedRoot.fromJSON(JSON.parse(Buffer.from(trustedRoot).toString()));
      const policy = { subjectAlternativeName: identity, extensions: { issuer } };
      new Verifier(toTrustMaterial(root)).verify(readBundle(bundle), policy);
    }),
};

export const CERTIFICATE_VERIFIERS: readonly Column<CertificateFiles>[] = [
  danube,
  byCosign(cosign),
  byCosign(cosign2),
  sigstoreVerify,
];
