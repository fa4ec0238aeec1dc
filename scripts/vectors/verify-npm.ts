import type { VerifyArtifacts } from './case-format.ts';
import { p256Key, type FixedKey } from './fixed-keys.ts';
import {
  IDENTITY,
  ISSUER,
  keyedBundle,
  keylessBundle,
  SIGNED_AT,
  type Mistakes,
} from './sigstore-instance.ts';
import { APP, hex, PROVENANCE_V1, STATEMENT_V1 } from './statements.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, rejects, type Verification } from './verify-case.ts';
import { SIGSTORE_ROOT, workflowStatement } from './verify-sigstore.ts';

/** The registry's key, and one that a registry of somebody else has. */
export const REGISTRY: FixedKey = p256Key('npm registry');
export const OTHER_REGISTRY: FixedKey = p256Key('another npm registry');

const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
export const NAME = '@shop/app';
const URL = 'pkg:npm/%40shop/app@1.2.0';
const SHA512 = hex('sha512', APP.content);
const LOCK = 'package-lock.json';
const KEYS = 'keys.json';
const TARBALL: VerifyArtifacts = { package: 'pkg:npm/@shop/app@1.2.0', tarball: APP.name };
const PINNED: VerifyArtifacts = { package: URL, packageLock: LOCK };

/** What an answer of the registry says otherwise. */
interface Said {
  readonly url?: string;
  readonly sha512?: string;
  readonly second?: boolean;
}

export interface PackageCase {
  readonly provenance?: Said & {
    readonly by?: FixedKey;
    /** What the workflow says of the build; what `actions/attest` does when left out. */
    readonly built?: object;
  };
  readonly publication?: Said & {
    readonly predicate?: object;
    readonly by?: FixedKey;
    readonly mistakes?: Mistakes;
  };
  /** Which attestations the registry answers. */
  readonly answer?: (provenance: object, publication: object) => readonly object[];
  readonly artifacts?: VerifyArtifacts;
  /** When the registry's key expires. */
  readonly expires?: string;
  readonly lock?: object;
}

function subjectsOf({ url = URL, sha512 = SHA512, second = false }: Said): object[] {
  const subject = { name: url, digest: { sha512 } };
  return second ? [subject, { ...subject, name: `${url}-other` }] : [subject];
}

export function keysOf(key: FixedKey, expires: string | null = null): object {
  const spki = Buffer.from(key.spki).toString('base64');
  return {
    keys: [
      {
        expires,
        keyid: key.keyid,
        keytype: 'ecdsa-sha2-nistp256',
        scheme: 'ecdsa-sha2-nistp256',
        key: spki,
      },
    ],
  };
}

function lockOf(version: string, sha512: string = SHA512): object {
  const integrity = `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`;
  return {
    name: 'a-consumer',
    lockfileVersion: 3,
    packages: { '': { name: 'a-consumer' }, [`node_modules/${NAME}`]: { version, integrity } },
  };
}

/** A package that a workflow built and the registry published, and what is different about it. */
export function published(description: string, change: PackageCase = {}): Verification {
  const { provenance: said = {}, publication = {}, artifacts = TARBALL, lock = lockOf('1.2.0') } = change;
  const built = { ...(said.built ?? workflowStatement()), subject: subjectsOf(said) };
  const provenance = said.by === undefined ? keylessBundle(built) : keyedBundle(built, said.by);
  const statement = {
    _type: STATEMENT_V1,
    subject: subjectsOf(publication),
    predicateType: PUBLISH,
    predicate: {
      name: NAME,
      version: '1.2.0',
      registry: 'https://registry.npmjs.org',
      ...publication.predicate,
    },
  };
  const taken = keyedBundle(statement, publication.by ?? REGISTRY, publication.mistakes);
  const answered = (change.answer ?? ((...both) => both))(
    { predicateType: PROVENANCE_V1, bundle: provenance },
    { predicateType: PUBLISH, bundle: taken },
  );
  return {
    description,
    artifacts,
    evidence: { 'attestations.json': { attestations: answered } },
    files: {
      [APP.name]: APP.content,
      [KEYS]: encodeText(keysOf(REGISTRY, change.expires)),
      ...(artifacts === TARBALL ? {} : { [LOCK]: encodeText(lock) }),
    },
    expectations: {
      publicKeys: [KEYS],
      sigstoreRoot: SIGSTORE_ROOT,
      certificateIdentity: IDENTITY,
      certificateIssuer: ISSUER,
    },
  };
}

/** What is rejected lists the publish attestation too, which no workload signed. */
const BESIDE = ['signature', 'key.threshold'];
const PASSED = [
  { id: 'npm.package', status: 'pass' },
  { id: 'certificate.claims', status: 'pass' },
] as const;

function differs(
  name: string,
  description: string,
  change: PackageCase,
  failed: readonly string[] = BESIDE,
): Vector {
  return rejects(name, published(description, change), ['npm.package', ...failed]);
}

/** npm.package: the provenance and the registry's publish attestation of one package. */
export const NPM_VECTORS: readonly Vector[] = [
  accepts('npm-package', published('Provenance and publish attestation agree on the tarball.'), PASSED),
  accepts(
    'npm-package-lock',
    published('What a lock file pins is what was built and published.', { artifacts: PINNED }),
    PASSED,
  ),
  accepts(
    'npm-package-last-second',
    published('The registry signed before its key expired.', { expires: '2026-02-01T10:05:01Z' }),
    PASSED,
  ),
  differs('npm-package-expired', 'The registry signed at the very time at which its key expired.', {
    expires: SIGNED_AT,
  }),
  differs(
    'npm-package-unpublished',
    'The registry did not say that it published the package.',
    {
      answer: (provenance) => [provenance],
    },
    [],
  ),
  differs('npm-package-published-twice', 'Two publish attestations leave it open which one counts.', {
    answer: (provenance, publication) => [provenance, publication, publication],
  }),
  differs('npm-package-built-twice', 'Two provenance attestations leave it open which build it was.', {
    answer: (provenance, publication) => [provenance, provenance, publication],
  }),
  differs('npm-package-published-by-stranger', 'A key that is not the registry’s signed the publication.', {
    publication: { by: OTHER_REGISTRY },
  }),
  differs('npm-package-published-unlogged', 'No log holds the publication: nothing proves when it was.', {
    publication: { mistakes: { unlogged: 'no log entry' } },
  }),
  differs('npm-package-published-name', 'The registry published another package with this digest.', {
    publication: { url: 'pkg:npm/%40shop/app-evil@1.2.0' },
  }),
  differs('npm-package-published-version', 'The predicate names another version than its subject.', {
    publication: { predicate: { version: '1.2.1' } },
  }),
  differs(
    'npm-package-published-digest',
    'The registry published another tarball under this name.',
    {
      publication: { sha512: hex('sha512', 'another tarball') },
    },
    [],
  ),
  differs('npm-package-published-two', 'A publication of two packages is none of this one.', {
    publication: { second: true },
  }),
  differs('npm-package-registry-missing', 'The publication does not say where it was published.', {
    publication: { predicate: { registry: '' } },
  }),
  differs('npm-package-built-name', 'The provenance has the digest, of a package of another name.', {
    provenance: { url: 'pkg:npm/@shop/app@1.2.0' },
  }),
  differs('npm-package-built-two', 'Provenance of two packages is not how npm writes it.', {
    provenance: { second: true },
  }),
  rejects(
    'npm-package-built-by-registry',
    published('The registry says of itself how the package was built: its key signs publications alone.', {
      provenance: { by: REGISTRY },
    }),
    BESIDE,
  ),
  differs(
    'npm-package-lock-other',
    'The lock file pins another tarball than was built and published.',
    { artifacts: PINNED, lock: lockOf('1.2.0', hex('sha512', 'another tarball')) },
    ['subject.digest', ...BESIDE],
  ),
];
