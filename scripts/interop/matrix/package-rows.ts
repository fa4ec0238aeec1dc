import { createHash } from 'node:crypto';
import {
  COMMIT,
  IDENTITY,
  ISSUER,
  REF,
  REPOSITORY,
  RUN,
  SIGNED_AT,
  trustedRoot,
} from '../../vectors/sigstore-instance.ts';
import { APP, hex, statement } from '../../vectors/statements.ts';
import { NAME, OTHER_REGISTRY, type PackageCase, published, REGISTRY } from '../../vectors/verify-npm.ts';
import { PACKAGE_VERIFIERS, type PackageFiles, RUNNER } from './package-verifiers.ts';
import { because } from './reasons.ts';
import { type AnyTable, type Row, tableOf } from './table.ts';

/** What npm's command says of a build: whoever verifies packages knows its form. */
const BUILT = {
  ...statement(),
  predicate: {
    buildDefinition: {
      buildType: 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: REF, repository: REPOSITORY, path: '.github/workflows/release.yml' },
      },
      internalParameters: { github: { event_name: 'push' } },
      resolvedDependencies: [{ uri: `git+${REPOSITORY}@${REF}`, digest: { gitCommit: COMMIT } }],
    },
    runDetails: { builder: { id: RUNNER }, metadata: { invocationId: RUN } },
  },
};

/** What the registry answers about the package of the test vectors. */
function answered(change: PackageCase = {}, parts: Partial<PackageFiles> = {}): PackageFiles {
  const { evidence, files = {} } = published('', {
    ...change,
    provenance: { built: BUILT, ...change.provenance },
  });
  return {
    name: NAME,
    version: '1.2.0',
    tarball: APP.content,
    integrity: `sha512-${createHash('sha512').update(APP.content).digest('base64')}`,
    registryKey: REGISTRY,
    keys: files['keys.json'] ?? '',
    attestations: JSON.stringify(evidence['attestations.json']),
    trustedRoot: JSON.stringify(trustedRoot()),
    identity: IDENTITY,
    issuer: ISSUER,
    source: REPOSITORY,
    ...parts,
  };
}

const NPM = ['`npm audit signatures`'];
const SLSA = ['slsa-verifier'];
const FIRST_SUBJECT = because(NPM, 'It compares the first subject of each attestation, and no predicate.');
const PREDICATE = because(
  SLSA,
  'Of the publish attestation it compares digests and the predicate, no name of a subject.',
);
const WHAT_IS_THERE = because(NPM, 'It verifies the attestations that are there, and demands none.');
const WHOEVER = because(NPM, 'It verifies what the registry answers, and expects nothing of it.');

const ROWS: readonly Row<PackageFiles>[] = [
  { what: 'right: provenance and publish attestation', good: true, files: answered() },
  {
    what: 'built by another workflow than expected',
    good: false,
    files: answered({}, { identity: IDENTITY.replace('release', 'other') }),
    why: { ...WHOEVER, ...because(SLSA, 'It expects a repository and a kind of machine, and no workflow.') },
  },
  {
    what: 'built from another repository than expected',
    good: false,
    files: answered({}, { source: 'https://github.com/shop/other' }),
    why: WHOEVER,
  },
  {
    what: 'the registry’s key expired after it signed',
    good: true,
    files: answered({ expires: '2026-02-01T10:05:01Z' }),
  },
  {
    what: 'the registry’s key expired when it signed',
    good: false,
    files: answered({ expires: SIGNED_AT }),
    why: because(SLSA, 'It does not look at when the registry’s keys were good.'),
  },
  {
    what: 'the publish attestation by a key that is not the registry’s',
    good: false,
    files: answered({ publication: { by: OTHER_REGISTRY } }),
  },
  {
    what: 'the publish attestation is of another package',
    good: false,
    files: answered({ publication: { url: 'pkg:npm/%40shop/app-evil@1.2.0' } }),
    why: PREDICATE,
  },
  {
    what: 'the publish attestation’s predicate names another version',
    good: false,
    files: answered({ publication: { predicate: { version: '1.2.1' } } }),
    why: FIRST_SUBJECT,
  },
  {
    what: 'the publish attestation is of another tarball',
    good: false,
    files: answered({ publication: { sha512: hex('sha512', 'another tarball') } }),
  },
  {
    what: 'the publish attestation is of two packages',
    good: false,
    files: answered({ publication: { second: true } }),
    why: { ...FIRST_SUBJECT, ...PREDICATE },
  },
  {
    what: 'the publish attestation is in no log',
    good: false,
    files: answered({ publication: { mistakes: { unlogged: 'no log entry' } } }),
  },
  {
    what: 'the time of the publish attestation’s log entry changed',
    good: false,
    files: answered({ publication: { mistakes: { editedTime: '2026-02-01T10:06:00Z' } } }),
  },
  {
    what: 'no publish attestation',
    good: false,
    files: answered({ answer: (provenance) => [provenance] }),
    why: WHAT_IS_THERE,
  },
  {
    what: 'no provenance',
    good: false,
    files: answered({ answer: (_, publication) => [publication] }),
    why: WHAT_IS_THERE,
  },
  {
    what: 'two provenances',
    good: false,
    files: answered({ answer: (provenance, publication) => [provenance, provenance, publication] }),
    why: { ...WHAT_IS_THERE, ...because(SLSA, 'Of two attestations of one type it takes the last.') },
  },
  {
    what: 'the provenance is of another package',
    good: false,
    files: answered({ provenance: { url: 'pkg:npm/%40shop/app-evil@1.2.0' } }),
  },
  {
    what: 'the provenance is of another tarball',
    good: false,
    files: answered({ provenance: { sha512: hex('sha512', 'another tarball') } }),
  },
  {
    what: 'the provenance is signed by the registry’s key, by no workflow',
    good: false,
    files: answered({ provenance: { by: REGISTRY } }),
    why: because(NPM, 'A key of the registry may sign any attestation; we believe it of publications alone.'),
  },
];

export const PACKAGE_TABLE: AnyTable = tableOf({
  id: 'package',
  title: 'Packages of npm',
  intro: `A package as a registry answers it, from the same Sigstore instance. \`npm audit signatures\` runs as it is, against a registry
on this machine; it has no option for another Sigstore than the public one, so its cache gets the root of a TUF repository
of the run, and a proxy of the run answers for \`tuf-repo-cdn.sigstore.dev\`. slsa-verifier, as above, runs as \`verify-npm-package\`;
that repository tells it the registry's keys, too.`,
  columns: PACKAGE_VERIFIERS,
  rows: ROWS,
});
