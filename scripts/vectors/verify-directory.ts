import { envelope } from './dsse.ts';
import { BUILDER } from './fixed-keys.ts';
import { APP, DOCS, statement, subject } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';

const BOTH = envelope(JSON.stringify(statement({ subject: [subject(APP), subject(DOCS)] })), [BUILDER]);
const APP_FILE = { [`release/${APP.name}`]: APP.content };
const BOTH_FILES = { ...APP_FILE, [`release/${DOCS.name}`]: DOCS.content };
const EXTRA_FILES = { ...BOTH_FILES, 'release/extra.txt': 'nobody attested this\n' };
const artifacts = { directory: 'release' } as const;
const evidence = { 'provenance.json': BOTH };

/** artifact.extra and artifact.missing: what a directory holds too much, and what it lacks. */
export const DIRECTORY_VECTORS: readonly Vector[] = [
  accepts(
    'directory',
    {
      description: 'Every file of the directory is a subject, and every subject a file of it.',
      artifacts,
      files: BOTH_FILES,
      evidence,
      expectations: { noExtra: true, noMissing: true },
    },
    [
      { id: 'artifact.extra', status: 'pass' },
      { id: 'artifact.missing', status: 'pass' },
    ],
  ),
  accepts('directory-with-extra-file', {
    description: 'A file that no provenance names is listed, and not judged unless somebody asks.',
    artifacts,
    files: EXTRA_FILES,
    evidence,
  }),
  rejects(
    'directory-with-extra-file-asked',
    {
      description: 'A file that no provenance names, where none is allowed.',
      artifacts,
      files: EXTRA_FILES,
      evidence,
      expectations: { noExtra: true },
    },
    ['evidence.found', 'subject.digest', 'artifact.extra'],
  ),
  accepts('directory-with-missing-file', {
    description: 'A subject without a file is nothing to complain about unless somebody asks.',
    artifacts,
    files: APP_FILE,
    evidence,
  }),
  rejects(
    'directory-with-missing-file-asked',
    {
      description: 'A subject without a file, where every subject is demanded.',
      artifacts,
      files: APP_FILE,
      evidence,
      expectations: { noMissing: true },
    },
    ['artifact.missing'],
  ),
  rejects(
    'directory-without-attested-file',
    {
      description:
        'No file of the directory is named by any provenance: that is never "nothing to complain about".',
      artifacts,
      files: { 'release/extra.txt': 'nobody attested this\n' },
      evidence,
    },
    ['evidence.found', 'subject.digest'],
  ),
  rejects(
    'directory-with-changed-file',
    {
      description: 'A file of the directory was changed since it was attested.',
      artifacts,
      files: { ...BOTH_FILES, [`release/${DOCS.name}`]: 'changed\n' },
      evidence,
    },
    ['subject.digest'],
  ),
];
