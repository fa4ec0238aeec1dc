import type { TreeCase, TreeEntry } from './case-format.ts';
import { hex } from './statements.ts';
import { vector, type Vector } from './vector.ts';

type Options = Pick<TreeCase, 'include'>;

function lists(
  name: string,
  description: string,
  tree: readonly TreeEntry[],
  files: Readonly<Record<string, string>>,
  options: Options = {},
): Vector {
  return treeVector(name, description, tree, options, {
    verdict: 'accepted',
    files: Object.entries(files).map(([path, text]) => ({ name: path, sha256: hex('sha256', text) })),
  });
}

function refuses(
  name: string,
  description: string,
  tree: readonly TreeEntry[],
  code: string,
  options: Options = {},
): Vector {
  return treeVector(name, description, tree, options, { verdict: 'rejected', code });
}

function treeVector(
  name: string,
  description: string,
  tree: readonly TreeEntry[],
  options: Options,
  expect: TreeCase['expect'],
): Vector {
  return vector(name, { description, kind: 'tree', tree, root: 'dist', ...options, expect });
}

const FILE: TreeEntry = { path: 'dist/app.tgz', text: 'app' };
const named = (name: string): TreeEntry => ({ path: `dist/${name}`, text: 'x' });

const LISTED: readonly Vector[] = [
  lists(
    'files',
    'Files in folders, hidden ones too, in the order of their names.',
    [
      FILE,
      { path: 'dist/.hidden', text: 'h' },
      { path: 'dist/a/b.txt', text: 'b' },
      { path: 'dist/empty', directory: true },
    ],
    { '.hidden': 'h', 'a/b.txt': 'b', 'app.tgz': 'app' },
  ),
  lists(
    'include',
    'Only what a pattern matches.',
    [FILE, { path: 'dist/a/b.txt', text: 'b' }, { path: 'dist/a/c/d.txt', text: 'd' }],
    { 'a/b.txt': 'b', 'a/c/d.txt': 'd' },
    { include: ['a/**/*.txt'] },
  ),
  lists(
    'symlink-inside',
    'A symbolic link to a file inside counts under its own name.',
    [FILE, { path: 'dist/latest.tgz', symlink: 'app.tgz' }],
    { 'app.tgz': 'app', 'latest.tgz': 'app' },
  ),
  lists(
    'excluded-symlink',
    'A link that leaves the folder does not matter where no pattern matches it.',
    [FILE, { path: 'secret', text: 's' }, { path: 'dist/link', symlink: '../secret' }],
    { 'app.tgz': 'app' },
    { include: ['*.tgz'] },
  ),
  lists('unicode', 'A name of letters that are not ASCII.', [named('größe.txt')], { 'größe.txt': 'x' }),
];

const REFUSED: readonly Vector[] = [
  refuses(
    'symlink-escape',
    'A symbolic link to a file outside.',
    [FILE, { path: 'secret', text: 's' }, { path: 'dist/link', symlink: '../secret' }],
    'ERR_ARTIFACT_SYMLINK_ESCAPE',
  ),
  refuses(
    'symlink-loop',
    'Symbolic links that lead back to themselves.',
    [FILE, { path: 'dist/a', symlink: 'b' }, { path: 'dist/b', symlink: 'a' }],
    'ERR_ARTIFACT_SYMLINK_LOOP',
  ),
  refuses(
    'symlink-directory',
    'A symbolic link to a folder, whose files would count twice.',
    [
      { path: 'dist/a/b.txt', text: 'b' },
      { path: 'dist/link', symlink: 'a' },
    ],
    'ERR_ARTIFACT_SYMLINK_DIRECTORY',
  ),
  refuses(
    'symlink-dangling',
    'A symbolic link to nothing.',
    [FILE, { path: 'dist/link', symlink: 'nothing' }],
    'ERR_ARTIFACT_NOT_FOUND',
  ),
  refuses(
    'no-folder',
    'The folder does not exist.',
    [{ path: 'other', text: 'x' }],
    'ERR_ARTIFACT_NOT_FOUND',
  ),
  refuses(
    'fifo',
    'A named pipe, which would wait for a writer.',
    [FILE, { path: 'dist/pipe', fifo: true }],
    'ERR_ARTIFACT_NOT_A_FILE',
  ),
  refuses(
    'name-utf8',
    'A name that is not UTF-8.',
    [{ pathHex: Buffer.from('dist/\xff.txt', 'latin1').toString('hex'), text: 'x' }],
    'ERR_ARTIFACT_NAME_UTF8',
  ),
  refuses(
    'name-backslash',
    'A backslash, which some systems read as a separator.',
    [named(String.raw`..\app.tgz`)],
    'ERR_ARTIFACT_NAME_PATH',
  ),
  refuses(
    'name-lookalike',
    'A character that is drawn like a slash.',
    [named('a\u2215app.tgz')],
    'ERR_ARTIFACT_NAME_PATH',
  ),
  refuses('name-line-feed', 'A line feed in a name.', [named('app\n.tgz')], 'ERR_ARTIFACT_NAME_CONTROL'),
  refuses(
    'name-bidirectional',
    'A character that turns the reading direction: the name shows as appexe.tgz.',
    [named('app\u202ezgt.exe')],
    'ERR_ARTIFACT_NAME_CONTROL',
  ),
  refuses(
    'name-case',
    'Two names that are equal but for case.',
    [named('App.tgz'), named('app.tgz')],
    'ERR_ARTIFACT_NAME_CLASH',
  ),
  refuses(
    'name-normalisation',
    'Two names that are equal after Unicode normalisation.',
    [named('gr\u00f6sse'), named('gro\u0308sse')],
    'ERR_ARTIFACT_NAME_CLASH',
  ),
  refuses('pattern', 'A pattern that climbs out of the folder.', [FILE], 'ERR_ARTIFACT_PATTERN', {
    include: ['../*'],
  }),
  refuses('no-match', 'A pattern that matches no file.', [FILE], 'ERR_ARTIFACT_NO_MATCH', {
    include: ['*.zip'],
  }),
  refuses(
    'too-deep',
    'Folders nested deeper than a listing goes.',
    [named(`${'d/'.repeat(257)}app.tgz`)],
    'ERR_ARTIFACT_LIMIT',
  ),
];

/** Directories as they are listed and hashed. */
export const TREE_VECTORS: readonly Vector[] = [...LISTED, ...REFUSED];
