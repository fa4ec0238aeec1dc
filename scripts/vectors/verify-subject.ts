import { signedByBuilder } from './signed.ts';
import { APP, DOCS, hex, statement, subject } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';

const about = (...list: object[]): Record<string, object> => ({
  'provenance.json': signedByBuilder({ ...statement(), subject: list }),
});
const sha256 = hex('sha256', APP.content);

/** subject.digest: whether the artifact is what was attested. */
export const SUBJECT_VECTORS: readonly Vector[] = [
  accepts(
    'subject-second',
    {
      description: 'The artifact is the second of two subjects.',
      evidence: about(subject(DOCS), subject(APP)),
    },
    [{ id: 'subject.digest', status: 'pass', pointer: '/subject/1' }],
  ),
  accepts('subject-renamed', {
    description: 'The subject has another name than the file: the digest decides.',
    evidence: about({ ...subject(APP), name: 'other-name.tgz' }),
  }),
  accepts('subject-sha512', {
    description: 'The subject has a sha512 digest alone.',
    evidence: about({ name: APP.name, digest: { sha512: hex('sha512', APP.content) } }),
  }),
  accepts('subject-unknown-algorithm', {
    description: 'Beside the right sha256, digests by algorithms that are not accepted: they never decide.',
    evidence: about({ name: APP.name, digest: { sha256, sha1: '0'.repeat(40), example: 'anything' } }),
  }),
  rejects(
    'artifact-changed',
    {
      description: 'One byte was appended to the file after the build.',
      files: { [APP.name]: `${APP.content}x` },
      evidence: about(subject(APP)),
    },
    ['subject.digest'],
    [{ id: 'subject.digest', status: 'fail', pointer: '/subject/0/digest' }],
  ),
  rejects(
    'artifact-empty',
    {
      description: 'The file was cut to nothing.',
      files: { [APP.name]: '' },
      evidence: about(subject(APP)),
    },
    ['subject.digest'],
  ),
  rejects(
    'subject-sha512-disagrees',
    {
      description: 'The sha256 is right and the sha512 is not: every accepted digest must agree.',
      evidence: about({ name: APP.name, digest: { sha256, sha512: hex('sha512', DOCS.content) } }),
    },
    ['subject.digest'],
  ),
  rejects(
    'subject-sha1-alone',
    {
      description: 'A subject with sha1 alone, which is right and not accepted.',
      evidence: about({ name: APP.name, digest: { sha1: hex('sha1', APP.content) } }),
    },
    ['subject.digest'],
  ),
  rejects(
    'subject-wrong-algorithm',
    {
      description:
        'The sha256 of the file under the name sha3_256: an algorithm is never told by the length.',
      evidence: about({ name: APP.name, digest: { sha3_256: sha256 } }),
    },
    ['subject.digest'],
  ),
  accepts('digest-alone', {
    description: 'A digest is judged instead of a file.',
    artifacts: { digests: [`sha256:${sha256}`] },
    evidence: about(subject(APP)),
  }),
  rejects(
    'digest-alone-of-another',
    {
      description: 'The digest that is judged is not the one that was attested.',
      artifacts: { digests: [`sha256:${hex('sha256', DOCS.content)}`] },
      evidence: about(subject(APP)),
    },
    ['evidence.found', 'subject.digest'],
  ),
  accepts('checksums', {
    description: 'The entries of a checksum file are judged.',
    artifacts: { checksums: 'SHA256SUMS' },
    files: { SHA256SUMS: `${sha256}  ${APP.name}\n` },
    evidence: about(subject(APP)),
  }),
  rejects(
    'checksums-of-another',
    {
      description: 'An entry of the checksum file has another digest than its provenance.',
      artifacts: { checksums: 'SHA256SUMS' },
      files: { SHA256SUMS: `${hex('sha256', DOCS.content)}  ${APP.name}\n` },
      evidence: about(subject(APP)),
    },
    ['subject.digest'],
  ),
  accepts(
    'provenance-only',
    {
      description:
        'No artifact is given: the provenance alone is judged, and the report says that no digest was.',
      artifacts: 'provenance-only',
      files: {},
      evidence: about(subject(APP)),
    },
    [
      { id: 'signature', status: 'pass' },
      { id: 'subject.digest', status: 'not-run' },
    ],
  ),
  rejects(
    'one-of-two-artifacts',
    {
      description: 'Two files, of which one was changed: every file is judged, and one rejection rejects.',
      artifacts: { files: [APP.name, DOCS.name] },
      files: { [APP.name]: APP.content, [DOCS.name]: `${DOCS.content}x` },
      evidence: about(subject(APP), subject(DOCS)),
    },
    ['subject.digest'],
    [
      { id: 'subject.digest', status: 'pass' },
      { id: 'subject.digest', status: 'fail' },
    ],
  ),
];
