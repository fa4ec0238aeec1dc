import { readPublicKeyFile } from '@danube/keys/file';
import { parseTrustedRoot, SigstoreError, verifySigstoreBundle, type BundleContext } from '@danube/sigstore';
import { MalformedError, parseSigstoreBundle } from 'in-toto-attestation';
import { matchPattern } from '../../packages/verifier/src/identity-pattern.ts';
import { publicGoodRoot } from './public-good-root.ts';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { compare, type Outcome } from './outcome.ts';

/** Who signs the cases that name nobody else (their README). */
const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';
const FOLDER = 'bundle-verify/';

/** Sigstore bundles that must verify, and those that must not: a folder whose name ends in `_fail`. */
export const sigstoreConformance: VectorFolder = { name: 'sigstore-conformance', exceptions: [], judge };

function* judge(source: Source): Generator<Outcome> {
  const bundles = source.files.filter(
    (path) => path.startsWith(FOLDER) && path.endsWith('/bundle.sigstore.json'),
  );
  for (const path of bundles) {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const name = folder.slice(FOLDER.length, -1);
    yield compare(name, name.endsWith('_fail') ? 'rejected' : 'accepted', verify(source, folder));
  }
}

function verify(source: Source, folder: string): string {
  const has = (name: string): boolean => source.files.includes(folder + name);
  const read = (name: string, other: string): string =>
    has(name) ? source.text(folder + name).trim() : other;
  const root = has('trusted_root.json') ? source.bytes(`${folder}trusted_root.json`) : publicGoodRoot(source);
  const artifact = has('artifact') ? source.bytes(`${folder}artifact`) : source.bytes(artifactPath(source));
  try {
    const signer = verifySigstoreBundle(
      parseSigstoreBundle(source.bytes(`${folder}bundle.sigstore.json`)),
      parseTrustedRoot(root),
      contextOf(artifact, has('key.pub') ? readPublicKeyFile(source.path(`${folder}key.pub`)) : undefined),
    );
    if (signer.kind === 'key') return 'accepted';
    const isExpected =
      matchPattern(read('identity', IDENTITY), signer.identity) &&
      matchPattern(read('issuer', ISSUER), signer.issuer);
    return isExpected ? 'accepted' : 'rejected';
  } catch (error) {
    if (error instanceof SigstoreError || error instanceof MalformedError) return 'rejected';
    return `an error outside the closed unions: ${String(error)}`;
  }
}

function contextOf(artifact: Uint8Array, publicKey: BundleContext['publicKey']): BundleContext {
  return publicKey === undefined ? { artifact } : { artifact, publicKey };
}

function artifactPath({ files }: Source): string {
  const path = [`${FOLDER}a.txt`, 'a.txt'].find((name) => files.includes(name));
  if (path === undefined) throw new UnreadableError('holds no a.txt, which most bundles sign');
  return path;
}
