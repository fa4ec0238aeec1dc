import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { ISSUER } from '../../vectors/sigstore-instance.ts';
import type { Content } from '../../vectors/vector.ts';
import { cosign, cosign2, cosignAnswer } from './cosign.ts';
import { danubeAnswer } from './danube.ts';
import { writeFile } from './files.ts';
import { libraryAnswer, readBundle } from './library.ts';
import { slsaVerifier as releasedSlsaVerifier, slsaVerifierAnswer } from './slsa-verifier.ts';
import { type Column, notAsked, OURS } from './table.ts';
import { versionOfPackage } from './versions.ts';

/** An attestation that a certificate signed, and whose certificate its reader expects. */
export interface CertificateFiles {
  readonly artifact: Content;
  readonly bundle: Content;
  readonly trustedRoot: Content;
  readonly identity: string;
  readonly issuer: string;
  /** The repository that it must have been built from, where the verifier can be asked for one. */
  readonly source: string;
  readonly predicate: 'v1' | 'v0.2';
}

const danube: Column<CertificateFiles> = {
  name: OURS,
  version: () => 'this',
  verify({ artifact, bundle, trustedRoot, identity, issuer, source, predicate }, folder) {
    const file = writeFile(folder, 'app.tgz', artifact);
    const built = ['--source-uri', predicate === 'v1' ? source : `git+${source}`];
    const evidence = [...built, '--provenance', writeFile(folder, 'provenance.json', bundle)];
    const root = ['--sigstore-root', writeFile(folder, 'root.json', trustedRoot)];
    const signer = ['--certificate-identity', identity, '--certificate-issuer', issuer];
    return danubeAnswer([file, ...evidence, ...root, ...signer], folder);
  },
};

function byCosign(program: typeof cosign): Column<CertificateFiles> {
  return {
    ...program,
    verify({ artifact, bundle, trustedRoot, identity, issuer, predicate }, folder) {
      const type = predicate === 'v1' ? 'slsaprovenance1' : 'slsaprovenance02';
      const evidence = ['--bundle', writeFile(folder, 'bundle.json', bundle), '--type', type];
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

/** It expects a builder and a source, in place of an identity and an issuer. */
const slsaVerifier: Column<CertificateFiles> = {
  ...releasedSlsaVerifier,
  async verify({ artifact, bundle, trustedRoot, identity, issuer, source, predicate }, folder) {
    if (issuer !== ISSUER) return notAsked('it takes no other issuer than GitHub');
    const [command, option] =
      predicate === 'v1'
        ? ['verify-github-attestation', '--attestation-path']
        : ['verify-artifact', '--provenance-path'];
    const file = writeFile(folder, 'app.tgz', artifact);
    const evidence = [option, writeFile(folder, 'bundle.json', bundle)];
    const expected = ['--builder-id', identity, '--source-uri', source.replace('https://', '')];
    return slsaVerifierAnswer([command, file, ...evidence, ...expected], { trustedRoot }, folder);
  },
};

export const CERTIFICATE_VERIFIERS: readonly Column<CertificateFiles>[] = [
  danube,
  byCosign(cosign),
  byCosign(cosign2),
  sigstoreVerify,
  slsaVerifier,
];
