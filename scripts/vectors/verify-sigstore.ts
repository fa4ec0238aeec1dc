import type { VerifyExpectations } from './case-format.ts';
import {
  COMMIT,
  envelopeWithCertificate,
  IDENTITY,
  ISSUER,
  keylessBundle,
  REF,
  REPOSITORY,
  RUN,
  trustedRoot,
  type Mistakes,
} from './sigstore-instance.ts';
import { statement } from './statements.ts';
import { encodeText, type Content, type Vector } from './vector.ts';
import { accepts, refuses, rejects, type Verification } from './verify-case.ts';
import { APP } from './statements.ts';
import { SIGNED } from './signed.ts';

/** The trusted root that the cases are judged by, as a case in its folder names it. */
export const SIGSTORE_ROOT = '../../keys/sigstore-root.json';

/** The file of the trusted root, below test-vectors/keys/. */
export function sigstoreFiles(): Record<string, Content> {
  return {
    'sigstore-root.json': encodeText(trustedRoot()),
    'sigstore-other-root.json': encodeText(trustedRoot('other')),
  };
}

const EXPECTED: Partial<VerifyExpectations> = {
  publicKeys: [],
  sigstoreRoot: SIGSTORE_ROOT,
  certificateIdentity: IDENTITY,
  certificateIssuer: ISSUER,
};

/** What a workflow on GitHub says of its build, where it differs from what its certificate says. */
interface Difference {
  readonly repository?: string;
  readonly ref?: string;
  readonly commit?: string;
  readonly trigger?: string;
  readonly runner?: string;
  readonly builder?: string;
  readonly run?: string;
  readonly path?: string;
}

/** What a workflow on GitHub says of the build that its certificate is about. */
export function workflowStatement(difference: Difference = {}): object {
  const {
    repository = REPOSITORY,
    ref = REF,
    commit = COMMIT,
    trigger = 'push',
    runner = 'github-hosted',
  } = difference;
  const { builder = IDENTITY, run = RUN, path = '.github/workflows/release.yml' } = difference;
  return {
    ...statement(),
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: { workflow: { ref, repository, path } },
        internalParameters: { github: { event_name: trigger, runner_environment: runner } },
        resolvedDependencies: [{ uri: `git+${repository}@${ref}`, digest: { gitCommit: commit } }],
      },
      runDetails: { builder: { id: builder }, metadata: { invocationId: run } },
    },
  };
}

function keyless(
  description: string,
  {
    mistakes,
    difference,
    expect,
  }: { mistakes?: Mistakes; difference?: Difference; expect?: Partial<VerifyExpectations> } = {},
): Verification {
  return {
    description,
    evidence: { [`${APP.name}.sigstore.json`]: keylessBundle(workflowStatement(difference), mistakes) },
    expectations: { ...EXPECTED, ...expect },
  };
}

const UNTRUSTED = ['signature', 'key.threshold'];
const UNLOGGED = ['signature', 'transparency', 'key.threshold'];
const STRANGER = ['certificate.identity', 'key.threshold'];

/** signature, transparency and certificate.identity for attestations that a certificate signed. */
const CERTIFICATE_VECTORS: readonly Vector[] = [
  accepts(
    'certificate',
    keyless('A workload signed with a certificate of the trusted root, and a trusted log holds it.'),
    [
      { id: 'signature', status: 'pass' },
      { id: 'transparency', status: 'pass' },
      { id: 'certificate.identity', status: 'pass' },
      { id: 'certificate.claims', status: 'pass' },
      { id: 'subject.digest', status: 'pass' },
    ],
  ),
  accepts(
    'certificate-pattern',
    keyless('Any tag of the repository may have been built.', {
      expect: { certificateIdentity: `${REPOSITORY}/.github/workflows/release.yml@refs/tags/*` },
    }),
  ),
  rejects(
    'certificate-identity-other',
    keyless('Another identity is expected.', {
      expect: { certificateIdentity: IDENTITY.replace('v1.2.0', 'v1.2.1') },
    }),
    STRANGER,
  ),
  rejects(
    'certificate-identity-prefix',
    keyless('The expected identity is only the beginning of the real one.', {
      expect: { certificateIdentity: REPOSITORY },
    }),
    STRANGER,
  ),
  rejects(
    'certificate-identity-pattern',
    keyless('A * does not reach over a slash into another workflow folder.', {
      expect: { certificateIdentity: `${REPOSITORY}/*@${REF}` },
    }),
    STRANGER,
  ),
  rejects(
    'certificate-issuer-other',
    keyless('Another issuer is expected.', { expect: { certificateIssuer: 'https://accounts.example.com' } }),
    STRANGER,
  ),
  rejects(
    'certificate-forged',
    keyless('The certificate was issued by an authority of the same name with another key.', {
      mistakes: { forged: true },
    }),
    UNTRUSTED,
  ),
  rejects(
    'certificate-wrong-usage',
    keyless('The certificate is for a server, not for signing code.', { mistakes: { usage: 'server' } }),
    UNTRUSTED,
  ),
  rejects(
    'certificate-unseen',
    keyless('No certificate log vouches for the certificate.', {
      mistakes: { unlogged: 'no certificate log' },
    }),
    UNTRUSTED,
  ),
  rejects(
    'certificate-expired',
    keyless('The log says that it was signed after the certificate had expired.', {
      mistakes: { signedAt: '2026-02-01T10:10:01Z' },
    }),
    UNTRUSTED,
  ),
  rejects(
    'transparency-none',
    keyless('The bundle brings no log entry and no timestamp.', { mistakes: { unlogged: 'no log entry' } }),
    UNLOGGED,
  ),
  rejects(
    'transparency-spliced-signer',
    keyless('The log entry is about the same bytes and signed by another certificate.', {
      mistakes: { splicedSigner: true },
    }),
    UNLOGGED,
  ),
  rejects(
    'transparency-edited-time',
    keyless('The time of the log entry was changed after the log signed it.', {
      mistakes: { editedTime: '2026-02-01T10:06:00Z' },
    }),
    UNLOGGED,
  ),
  rejects(
    'transparency-envelope',
    {
      description:
        'An envelope with a certificate beside its signature: nothing in the file proves when it was signed.',
      evidence: { 'provenance.json': envelopeWithCertificate(workflowStatement()) },
      expectations: EXPECTED,
    },
    ['transparency'],
    [{ id: 'signature', status: 'pass' }],
  ),
  rejects(
    'certificate-none',
    {
      description: 'A key signed, and a certificate is expected.',
      evidence: { 'provenance.json': SIGNED },
      expectations: EXPECTED,
    },
    UNTRUSTED,
  ),
  refuses(
    'certificate-issuer-missing',
    keyless('An identity without who vouches for it.', { expect: { certificateIssuer: '' } }),
    'certificateIssuer',
  ),
  refuses(
    'certificate-identity-host',
    keyless('The pattern leaves the host open.', { expect: { certificateIdentity: 'https://*/shop/app' } }),
    'certificateIdentity',
  ),
];

/** The same under a root of other authorities. */
const OTHER_ROOT = '../../keys/sigstore-other-root.json';

/** certificate.claims: what the certificate says of the build is what the provenance says. */
const CLAIM_VECTORS: readonly Vector[] = [
  disagreement('repository', { repository: 'https://github.com/shop/other' }),
  disagreement('ref', { ref: 'refs/tags/v1.2.1' }),
  disagreement('commit', { commit: COMMIT.replace('c', 'd') }),
  disagreement('trigger', { trigger: 'workflow_dispatch' }),
  disagreement('runner', { runner: 'self-hosted' }),
  disagreement('builder', {
    builder: 'https://github.com/shop/app/.github/workflows/other.yml@refs/tags/v1.2.0',
  }),
  disagreement('hosted', { builder: 'https://github.com/actions/runner/self-hosted' }),
  disagreement('run', { run: `${RUN}0` }),
  disagreement('workflow', { path: '.github/workflows/other.yml' }),
];

function disagreement(what: string, difference: Difference): Vector {
  return rejects(`claims-${what}`, keyless(`Certificate and provenance disagree: ${what}.`, { difference }), [
    'certificate.claims',
  ]);
}

export const SIGSTORE_VECTORS: readonly Vector[] = [
  rejects(
    'certificate-other-root',
    keyless('The trusted root is that of other authorities.', { expect: { sigstoreRoot: OTHER_ROOT } }),
    UNTRUSTED,
  ),
  ...CERTIFICATE_VECTORS,
  ...CLAIM_VECTORS,
];
